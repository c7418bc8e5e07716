"""Workbooks that need more than one look: codes by number format, totals above their rows, notes below,
units, periods, shops and days in headings, several tables of a sheet."""

from write import DAY, HERE, Days, En, Ko, ods, raw, text, xls, xlsx


def make():
    for w in (Ko, En):
        codes(w)
        totals(w)
        notes(w)
        formulas(w)
        wide(w)
        prices(w)
        outside(w)
        dates(w)
        tables(w)
        records(w)
    korean()


def codes(w):
    a, b = Days.a, Days.b
    code = "상품코드" if w is Ko else "SKU"
    rows = [(a, 123456, 1200), (a, 778, 3400), (b, 123456, 1300)]
    right = [(d, f"{c:010d}", p) for d, c, p in rows]
    head = [w.date, code, w.price]
    xlsx(f"code-by-format-{w.tag}", right, [head, *[list(r) for r in rows]], {2: "0000000000"})
    xlsx(f"code-by-quoted-format-{w.tag}", [(d, f"A-{c:06d}", p) for d, c, p in rows],
         [head, *[list(r) for r in rows]], {2: '"A-"000000'})
    xlsx(f"code-by-format-and-text-{w.tag}", right, [
        ("1", [head, [a, "0000123456", 1200], [a, "0000000778", 3400]], []),
        ("2", [head, [b, 123456, 1300]], [])], {2: "0000000000"})
    ods(f"code-by-format-{w.tag}", right, [head, *[[d, (c, 10), p] for d, c, p in rows]])
    xls(f"code-by-format-{w.tag}", right, [head, *[list(r) for r in rows]], formats={1: "0000000000"})
    # A price with zeros before it stays a number.
    xlsx(f"price-by-padded-format-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300)],
         [[w.date, w.product, w.price], [a, w.cup, 1200], [b, w.cup, 1300]], {3: "000000"})
    barcode = "바코드" if w is Ko else "Barcode"
    text(f"code-in-scientific-notation-{w.tag}.csv", [(a, w.cup, 1200), (a, w.pot, 3400), (b, w.cup, 1300)],
         [[w.date, barcode, w.product, w.price], [a, "8.80123E+12", w.cup, 1200], [a, "8.80123E+12", w.pot, 3400], [b, "8.80123E+12", w.cup, 1300]])


def totals(w):
    a = Days.a
    right = [("", w.cup, 1200, "", w.one), ("", w.pot, 3400, "", w.one), ("", w.lamp, 5300, "", w.two), ("", "LED", 700, "", w.two)]
    head = [w.product, w.price]
    above = [[w.one, 4600], [w.cup, 1200], [w.pot, 3400], [w.two, 6000], [w.lamp, 5300], ["LED", 700]]
    grand = "총합계" if w is Ko else "Grand Total"
    xlsx(f"total-above-{w.tag}", right, [head, *above])
    xlsx(f"total-above-and-below-{w.tag}", right, [head, *above, [grand, 10600]])
    first, amount = ("행 레이블", "합계 : 가격") if w is Ko else ("Row Labels", "Sum of Price")
    # Of how many prices each is the sum, nothing says.
    xlsx(f"total-above-in-a-pivot-{w.tag}", "no_header", [[first, amount], *above, [grand, 10600]])
    three = [w.category, w.product, w.price]
    outline = [[w.one, None, 4600], [None, w.cup, 1200], [None, w.pot, 3400],
               [w.two, None, 6000], [None, w.lamp, 5300], [None, "LED", 700], [grand, None, 10600]]
    xlsx(f"total-above-in-an-outline-{w.tag}", right, [three, *outline])
    dated = [(a, *one[1:]) for one in right]
    undivided = [one[:3] for one in dated[:2]]
    xlsx(f"total-above-dated-{w.tag}", dated,
         [[w.date, *head], *[[a, *line] for line in above]])
    words = ["누적합계", "총 합 계", "부분합", "합 계 (원)"] if w is Ko else ["Sum total", "TOTAL AMOUNT", "Sub-Total:", "Overall total"]
    for at, word in enumerate(words, 1):
        xlsx(f"total-word-{at}-{w.tag}", undivided, [[w.date, *head], *[list(r) for r in undivided], [a, word, 4600]])
    # A bundle that happens to cost as much as the things after it.
    xlsx(f"total-above-that-is-a-product-{w.tag}", [(a, w.pot, 4600), (a, w.cup, 1200), (a, w.lamp, 3400), (a, "LED", 700)],
         [[w.date, *head], [a, w.pot, 4600], [a, w.cup, 1200], [a, w.lamp, 3400], [a, "LED", 700]])


def notes(w):
    a, b = Days.a, Days.b
    head = [w.date, w.product, w.price]
    right = [(a, w.cup, 1200), (b, w.cup, 1300)]
    body = [head, *[list(r) for r in right]]
    foot = ["* 부가세 포함", "※ 조사: 가나상사", "작성자: 홍길동"] if w is Ko else ["* VAT included", "Source: own survey", "Prepared by Jane"]
    xlsx(f"note-of-three-lines-{w.tag}", right, [*body, [], *[[one] for one in foot]])
    xlsx(f"note-in-the-middle-{w.tag}", right, [*body, [None, foot[0]], [None, foot[1]]])
    name = ["작성자", "홍길동"] if w is Ko else ["Prepared by", "Jane"]
    xlsx(f"note-of-two-cells-{w.tag}", right, [*body, [], name])
    xlsx(f"note-with-a-number-{w.tag}", right, [*body, [], ["※ 2026년 11월 기준, 3곳 조사" if w is Ko else "* 3 shops in November 2026"]])


def formulas(w):
    a, b = Days.a, Days.b
    # No program has worked out what the formulas make; below the rows they wait for more of them.
    xlsx(f"formula-without-value-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300)],
         [[w.date, w.product, w.price, w.note], [a, w.cup, 1200, "=C2"], [a, w.pot, "=C2*2", None], [b, w.cup, 1300, "=C4"],
          *[[None, None, f"=C{at}*2", None] for at in range(5, 9)]])


def wide(w):
    a, b = Days.a, Days.b
    fee, ship = ("배송비", "합계") if w is Ko else ("Delivery", "Total")
    shops = [w.shop, w.other, "11ST"]
    right = [("", p, n + at * 10, s) for p, n in [(w.cup, 1200), (w.pot, 3400)] for at, s in enumerate(shops)]
    line = lambda p, n, fees: [p, *[v for at in range(3) for v in (n + at * 10, fees[at])]]
    xlsx(f"wide-three-shops-over-price-{w.tag}", right,
         [("Sheet1", [[w.product, shops[0], None, shops[1], None, shops[2], None], [None, *[w.price, fee] * 3],
                      line(w.cup, 1200, [30, 0, 25]), line(w.pot, 3400, [0, 0, 25])],
           ["A1:A2", "B1:C1", "D1:E1", "F1:G1"])])
    xlsx(f"wide-three-shops-unmerged-{w.tag}", right,
         [[w.product, shops[0], None, shops[1], None, shops[2], None], [None, *[w.price, fee] * 3],
          line(w.cup, 1200, [30, 0, 25]), line(w.pot, 3400, [0, 0, 25])])
    # Shops over days, and a day's price of each.
    pairs = [(d, s) for s in (w.shop, w.other) for d in (a, b)]
    values = {w.cup: [1200, 1210, 1220, 1230], w.pot: [3400, 3410, 3420, 3430]}
    xlsx(f"wide-shops-over-days-{w.tag}", [(d, p, n, s) for p in values for (d, s), n in zip(pairs, values[p])],
         [("Sheet1", [[w.product, w.shop, None, w.other, None], [None, a, b, a, b], *[[p, *values[p]] for p in values]],
           ["A1:A2", "B1:C1", "D1:E1"])])
    days = [(d, s) for d in (a, b) for s in (w.shop, w.other)]
    xlsx(f"wide-days-over-shops-{w.tag}", [(d, p, n, s) for p in values for (d, s), n in zip(days, values[p])],
         [("Sheet1", [[w.product, a, None, b, None], [None, w.shop, w.other, w.shop, w.other], *[[p, *values[p]] for p in values]],
           ["A1:A2", "B1:C1", "D1:E1"])])
    quarters = ["26.1Q", "26.2Q"] if w is Ko else ["Q1 2026", "Q2 2026"]
    xlsx(f"wide-quarters-{w.tag}", [(DAY(2026, 1, 1), w.cup, 1200), (DAY(2026, 4, 1), w.cup, 1300), (DAY(2026, 1, 1), w.pot, 3400), (DAY(2026, 4, 1), w.pot, 3300)],
         [[w.product, *quarters], [w.cup, 1200, 1300], [w.pot, 3400, 3300]])
    weeks = ["10월 1주", "10월 2주"] if w is Ko else ["2026-W41", "2026-W42"]
    at = [DAY(2026, 10, 1), DAY(2026, 10, 8)] if w is Ko else [a, b]
    title = [["2026년 주간 가격"], []] if w is Ko else []
    xlsx(f"wide-weeks-{w.tag}", [(at[0], w.cup, 1200), (at[1], w.cup, 1300), (at[0], w.pot, 3400), (at[1], w.pot, 3300)],
         [*title, [w.product, *weeks], [w.cup, 1200, 1300], [w.pot, 3400, 3300]])
    # Whether the columns are products or shops, nothing says.
    xlsx(f"wide-products-{w.tag}", "no_header",
         [[w.date, w.cup, w.pot], [a, 1200, 3400], [b, 1300, 3300]])
    mean = "평균" if w is Ko else "Average"
    xlsx(f"wide-days-with-mean-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[w.product, a, b, mean], [w.cup, 1200, 1300, 1250], [w.pot, 3400, 3300, 3350], [mean, 2300, 2300, 2300]])
    xlsx(f"wide-days-with-total-row-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[w.product, a, b], [w.cup, 1200, 1300], [w.pot, 3400, 3300], [w.all, 4600, 4600]])
    text(f"wide-days-{w.tag}.csv", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[w.product, a, b], [w.cup, '"1,200"', '"1,300"'], [w.pot, '"3,400"', '"3,300"']])
    thousand = "(단위: 천원)" if w is Ko else "(unit: KRW thousand)"
    xlsx(f"wide-days-in-thousands-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[None, None, thousand], [w.product, a, b], [w.cup, 1.2, 1.3], [w.pot, 3.4, 3.3]])
    xlsx(f"wide-shops-with-date-column-{w.tag}", [(a, w.cup, 1200, w.shop), (a, w.cup, 1250, w.other), (b, w.cup, 1300, w.shop), (b, w.cup, 1350, w.other)],
         [[w.date, w.product, w.shop, w.other], [a, w.cup, 1200, 1250], [b, w.cup, 1300, 1350]])


def prices(w):
    a = Days.a
    right = [(a, w.cup, 1250), (a, w.pot, 3400), (a, w.lamp, 5300)]
    odd = [("개당", "총계"), ("낱개가", "소계금액"), ("단가(원)", "공급가액(원)")] if w is Ko else [("Per piece", "Line total"), ("Unit Rate", "Extended"), ("Price each", "Net amount")]
    count = ["수량(개)", "개수", "주문수량"] if w is Ko else ["Units", "Pcs", "Quantity ordered"]
    for at, ((unit, amount), qty) in enumerate(zip(odd, count), 1):
        xlsx(f"line-total-odd-{at}-{w.tag}", right,
             [[w.date, w.product, qty, unit, amount], [a, w.cup, 10, 1250, 12500], [a, w.pot, 3, 3400, 10200], [a, w.lamp, 2, 5300, 10600]])
    sale, list_price = ("할인가", "정가") if w is Ko else ("Sale price", "List price")
    xlsx(f"price-of-sale-{w.tag}", right,
         [[w.date, w.product, list_price, sale], [a, w.cup, 1500, 1250], [a, w.pot, 4000, 3400], [a, w.lamp, 6000, 5300]])
    rate = "할인율" if w is Ko else "Discount"
    xlsx(f"price-beside-discount-{w.tag}", right,
         [[w.date, w.product, w.price, rate], [a, w.cup, 1250, 0.1], [a, w.pot, 3400, 0.15], [a, w.lamp, 5300, 0]])
    text(f"price-with-spaces-{w.tag}.csv", [(a, w.cup, 12900), (a, w.pot, 1234900)],
         [[w.date, w.product, w.price], [a, w.cup, "12 900"], [a, w.pot, "1 234 900"]], separator=";")


def outside(w):
    a, b = Days.a, Days.b
    body = lambda x, y: [[w.product, w.price], [w.cup, x], [w.pot, y]]
    right = [(a, w.cup, 1200), (a, w.pot, 3400)]
    months = ["1월", "2월"] if w is Ko else ["Jan 2026", "Feb 2026"]
    title = [["2026년 월별 가격"], []] if w is Ko else []
    xlsx(f"outside-sheets-of-months-{w.tag}",
         [(DAY(2026, 1, 1), w.cup, 1200), (DAY(2026, 1, 1), w.pot, 3400), (DAY(2026, 2, 1), w.cup, 1300), (DAY(2026, 2, 1), w.pot, 3300)],
         [(months[0], [*title, *body(1200, 3400)], []), (months[1], [*title, *body(1300, 3300)], [])])
    if w is Ko:
        xlsx("outside-quotation-ko", right, [["견적서 (2026. 10. 5.)"], [], ["아래와 같이 견적합니다."], *body(1200, 3400)])
        xlsx("outside-statement-ko", right, [["거래명세서"], ["2026년", "10월", "5일"], [], ["품목", "수량", "단가", "금액"], [w.cup, 2, 1200, 2400], [w.pot, 1, 3400, 3400], ["합계", None, None, 5800]])
        xlsx("outside-title-of-short-day-ko", right, [["가격표 26.10.05"], [], *body(1200, 3400)])
        xlsx("outside-sheet-of-digits-ko", right, [("261005", body(1200, 3400), [])])
        xlsx("outside-sheet-of-month-and-day-ko", [*right, (b, w.cup, 1300), (b, w.pot, 3300)],
             [("10.05", [["2026년 가격"], *body(1200, 3400)], []), ("10.12", [["2026년 가격"], *body(1300, 3300)], [])])
    else:
        xlsx("outside-quotation-en", right, [["Quotation, October 5, 2026"], [], ["We are pleased to offer:"], *body(1200, 3400)])
        xlsx("outside-statement-en", right, [["Invoice"], ["Invoice date:", "5 Oct 2026"], [], ["Item", "Qty", "Unit price", "Amount"], [w.cup, 2, 1200, 2400], [w.pot, 1, 3400, 3400], ["Total", None, None, 5800]])
        xlsx("outside-sheet-of-digits-en", right, [("20261005", body(1200, 3400), [])])
    for at, (left, rest) in enumerate([("<", ">"), ("▶ ", ""), ("● ", "")] if w is Ko else [("-- ", " --"), ("# ", ""), ("○ ", "")], 1):
        xlsx(f"group-band-odd-{at}-{w.tag}",
             [(a, w.cup, 1200, "", w.one), (a, w.pot, 3400, "", w.one), (a, w.lamp, 5300, "", w.two), (a, "LED", 700, "", w.two)],
             [[w.date, w.product, w.price], [f"{left}{w.one}{rest}"], [a, w.cup, 1200], [a, w.pot, 3400], [f"{left}{w.two}{rest}"], [a, w.lamp, 5300], [a, "LED", 700]])
    # The band is merged over the whole table, and says a shop.
    label = "판매처" if w is Ko else "Vendor"
    xlsx(f"group-band-merged-vendor-{w.tag}", [(a, w.cup, 1200, w.shop), (a, w.pot, 3400, w.shop), (a, w.cup, 1300, w.other), (a, w.pot, 3300, w.other)],
         [("Sheet1", [[w.date, w.product, w.price], [f"{label} : {w.shop}"], [a, w.cup, 1200], [a, w.pot, 3400], [f"{label} : {w.other}"], [a, w.cup, 1300], [a, w.pot, 3300]], ["A2:C2", "A5:C5"])])
    ods(f"group-merged-dates-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400), (b, w.cup, 1300), (b, w.pot, 3300)],
        [[w.date, w.product, w.price], [a, w.cup, 1200], [None, w.pot, 3400], [b, w.cup, 1300], [None, w.pot, 3300]], {(1, 0): 2, (3, 0): 2})
    ods(f"group-merged-vendor-{w.tag}", [(a, w.cup, 1200, w.shop), (a, w.pot, 3400, w.shop), (b, w.cup, 1300, w.other), (b, w.pot, 3300, w.other)],
        [[w.vendor, w.date, w.product, w.price], [w.shop, a, w.cup, 1200], [None, a, w.pot, 3400], [w.other, b, w.cup, 1300], [None, b, w.pot, 3300]], {(1, 0): 2, (3, 0): 2})


def dates(w):
    a, b, c = Days.a, Days.b, Days.c
    head = [w.date, w.product, w.price]
    right = [(a, w.cup, 1200), (b, w.cup, 1300), (c, w.cup, 1250)]
    def shown(name, show, time=""):
        xlsx(f"date-{name}-{w.tag}", [(f"{d}{time}", p, n) for d, p, n in right], [head, *[[show(d), p, n] for d, p, n in right]])
    shown("with-time", lambda d: f"{d} 오후 3:05" if w is Ko else f"{d} 3:05 PM", "T15:05:00")
    shown("dots-and-spaces", lambda d: f"{d.year}. {d.month}. {d.day}.")
    shown("apostrophe-year", lambda d: f"'{d.year % 100}.{d.month}.{d.day}")
    shown("weekday-before", lambda d: f"({'월화수목금토일'[d.weekday()]}) {d}" if w is Ko else d.strftime("%a, %d %b %Y"))
    shown("words", lambda d: f"{d.year}년{d.month}월{d.day}일" if w is Ko else d.strftime("%B %d, %Y"))
    shown("iso-with-zone", lambda d: f"{d}T09:30:00+09:00", "T09:30:00")
    shown("number-in-yymmdd-text", lambda d: d.strftime("%y%m%d"))
    half = ["2026년 상반기", "2026년 하반기"] if w is Ko else ["H1 2026", "H2 2026"]
    xlsx(f"period-half-{w.tag}", [(DAY(2026, 1, 1), w.cup, 1200), (DAY(2026, 7, 1), w.cup, 1300)],
         [head, [half[0], w.cup, 1200], [half[1], w.cup, 1300]])
    span = ["2026.10.05~10.11", "2026.10.12~10.18"] if w is Ko else ["Oct 5 - Oct 11, 2026", "Oct 12 - Oct 18, 2026"]
    xlsx(f"period-range-short-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300)], [head, [span[0], w.cup, 1200], [span[1], w.cup, 1300]])
    week = ["2026년 41주", "2026년 42주"] if w is Ko else ["Week 41, 2026", "Week 42, 2026"]
    xlsx(f"period-week-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300)], [head, [week[0], w.cup, 1200], [week[1], w.cup, 1300]])


def tables(w):
    a, b = Days.a, Days.b
    head = [w.date, w.product, w.vendor, w.price]
    right = [(a, w.cup, 1200, w.shop), (a, w.pot, 3400, w.shop), (b, w.cup, 1300, w.other), (b, w.pot, 3300, w.other)]
    first = [[d, p, s, n] for d, p, n, s in right[:2]]
    xlsx(f"tables-other-order-with-title-{w.tag}", right,
         [["1"], head, *first, [], ["2"], [w.vendor, w.price, w.product, w.date], *[[s, n, p, d] for d, p, n, s in right[2:]]])
    xlsx(f"tables-other-order-directly-{w.tag}", right,
         [head, *first, [w.price, w.product, w.date, w.vendor], *[[n, p, d, s] for d, p, n, s in right[2:]]])
    again = [head, *[[d, p, s, n] for d, p, n, s in right]]
    xlsx(f"tables-copied-with-new-name-{w.tag}", right, [(w.one, again, []), (w.two, again, [])])
    xlsx(f"tables-headings-on-every-page-{w.tag}", right,
         [head, *first, head, *[[d, p, s, n] for d, p, n, s in right[2:]]])
    more = "전월" if w is Ko else "Last month"
    xlsx(f"tables-beside-summary-{w.tag}", right,
         [[*head, None, None, "요약" if w is Ko else "Summary", None], *[[d, p, s, n, None, None, k, v] for (d, p, n, s), k, v in zip(right, [w.all, w.mean, more, w.qty], [9200, 2300, 9000, 4])]])


def records(w):
    a, b = Days.a, Days.b
    right = [(a, w.cup, 1200), (a, w.pot, 3400), (b, w.cup, 1300), (b, w.pot, 3300)]
    number = "순번" if w is Ko else "No."
    order = "주문번호" if w is Ko else "Order ID"
    for name, heading, ids in [("descending-with-gaps", number, [40, 31, 30, 12]), ("order", order, ["O-2026-11", "O-2026-09", "O-2026-31", "O-2026-30"]),
                               ("per-day", number, [1, 2, 1, 2])]:
        xlsx(f"record-number-{name}-{w.tag}", right, [[heading, w.date, w.product, w.price], *[[i, *r] for i, r in zip(ids, right)]])
    # Numbers of records under the name of a code.
    code = "상품번호" if w is Ko else "Item No"
    xlsx(f"record-number-as-code-{w.tag}", right, [[code, w.date, w.product, w.price], *[[i, *r] for i, r in zip([9, 7, 4, 2], right)]])
    # One code, several sizes, in a column of their own.
    size, one, two = ("용량", "500ml", "1L") if w is Ko else ("Size", "500 ml", "1 l")
    sku = "상품코드" if w is Ko else "SKU"
    xlsx(f"option-size-of-a-code-{w.tag}", [(a, f"{w.cup} ({one})", 1200), (a, f"{w.cup} ({two})", 2100), (b, f"{w.cup} ({one})", 1300), (b, f"{w.cup} ({two})", 2200)],
         [[w.date, sku, w.product, size, w.price], [a, "K-1", w.cup, one, 1200], [a, "K-1", w.cup, two, 2100], [b, "K-1", w.cup, one, 1300], [b, "K-1", w.cup, two, 2200]])


def korean():
    a = Days.a
    cases = [("1만2천원", 12000), ("1만 2,500원", 12500), ("₩ 12,900", 12900), ("12,900원 (배송비 별도)", 12900), ("판매가 12,900원", 12900),
             ("12,900 원", 12900), ("１２，９００원", 12900), ("12,900.-", 12900), ("일금 12,900원정", 12900), ("1백20만원", 1200000),
             ("12,900원~", None), ("12,900원 이상", None), ("시가", None), ("미정", None), ("-", None), ("전화문의", None), ("1+1", None), ("가격인하", None)]
    for at, (shown, price) in enumerate(cases, 1):
        xlsx(f"price-text-more-{at}", [*([(a, "컵", price)] if price else []), (a, "솥", 3400)],
             [["날짜", "상품명", "가격"], [a, "컵", shown], [a, "솥", "3,400원"]])
    xlsx("unit-ten-thousand-heading-ko", [(a, "컵", 12900), (a, "솥", 340000)],
         [["날짜", "상품명", "단가(만원)"], [a, "컵", 1.29], [a, "솥", 34]])
    xlsx("unit-of-each-sheet-ko", [(a, "컵", 12900, "", "갑"), (a, "솥", 3400, "", "을")],
         [("갑", [["날짜", "상품명", "가격(천원)"], [a, "컵", 12.9]], []), ("을", [["날짜", "상품명", "가격(원)"], [a, "솥", 3400]], [])])
    xlsx("unit-by-format-ko", [(a, "컵", 12900), (a, "솥", 3400)],
         [["날짜", "상품명", "가격"], [a, "컵", 12900], [a, "솥", 3400]], {3: '#,##0"원/개"'})
    xlsx("wide-relative-three-ko", [(DAY(2026, 10, 12), "배추", 5000), (DAY(2026, 10, 11), "배추", 4900), (DAY(2026, 10, 5), "배추", 4500)],
         [["2026년 10월 12일 (월) 소매가격"], [], ["품목", "당일", "1일전", "1주일전"], ["배추", 5000, 4900, 4500]])
    xlsx("wide-relative-months-ko", [(DAY(2026, 10, 12), "배추", 5000), (DAY(2026, 9, 12), "배추", 4900), (DAY(2025, 10, 12), "배추", 4500)],
         [["조사일: 2026-10-12"], [], ["품목", "금일", "1개월전", "1년전"], ["배추", 5000, 4900, 4500]])
    xlsx("heading-market-ko", [(DAY(2026, 10, 1), "배추", 5000, "가락시장", "채소")],
         [["기준년월", "시장명", "부류", "품목명", "가격(원)"], ["202610", "가락시장", "채소", "배추", 5000]])
