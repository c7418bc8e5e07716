"""Makes the workbooks of this folder and their right answers: `make.py`, with openpyxl and xlwt.

Each is a kind of table that people make, in Korean and English; those of `harder.py` need more than one
look.
"""

import json

import harder
from write import ANSWERS, DAY, HERE, Days, En, Ko, raw, text, xls, xlsx


def make():
    for words in (Ko, En):
        totals(words)
        codes(words)
        units(words)
        lines(words)
        options(words)
        dates(words)
        periods(words)
        wide(words)
        outside(words)
        groups(words)
        tables(words)
        texts(words)
    korean_texts()
    files()
    harder.make()
    (HERE / "expected.json").write_text(
        json.dumps(ANSWERS, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    )
    print(len(ANSWERS), "workbooks")


def totals(w):
    a, b = Days.a, Days.b
    head = [w.date, w.product, w.category, w.price]
    rows = [[a, w.cup, w.one, 1200], [a, w.pot, w.one, 3400], [b, w.cup, w.one, 1300], [b, w.pot, w.one, 3300]]
    right = [(r[0], r[1], r[3], "", r[2]) for r in rows]
    xlsx(f"total-of-all-{w.tag}", right, [head, *rows, [w.all, None, None, 9200]])
    xlsx(f"total-dated-{w.tag}", right, [head, *rows[:2], [a, w.total, None, 4600], *rows[2:], [b, w.total, None, 4600]])
    xlsx(f"total-named-after-category-{w.tag}", right,
         [head, *rows, [None, f"{w.one} {w.total}", None, 9200]])
    xlsx(f"total-mean-below-{w.tag}", right, [head, *rows, [None, w.mean, None, 2300]])
    xlsx(f"total-in-brackets-{w.tag}", right, [head, *rows, [None, f"{w.all} (4)", None, 9200]])
    # No word says so, but the row without a product adds up the others.
    xlsx(f"total-without-a-word-{w.tag}", right, [head, *rows, [None, None, None, 9200]])
    xlsx(f"total-in-the-category-{w.tag}", right, [head, *rows, [b, None, w.total, 9200]])
    xlsx(f"total-of-prices-as-text-{w.tag}", right,
         [head, *[[r[0], r[1], r[2], f"{r[3]:,}"] for r in rows], [w.all, None, None, "9,200"]])
    groups_of = [[*rows[0][:3], 1200], [*rows[1][:3], 3400], [a, w.one, None, 4600], [*rows[2][:3], 1300], [*rows[3][:3], 3300], [b, w.one, None, 4600]]
    xlsx(f"total-named-as-its-category-{w.tag}", right, [head, *groups_of])
    product = "Colgate Total" if w is En else "비타민 종합 요약"
    xlsx(f"total-that-is-a-product-{w.tag}", [(a, product, 1200), (a, w.pot, 3400), (b, product, 1300)],
         [[w.date, w.product, w.price], [a, product, 1200], [a, w.pot, 3400], [b, product, 1300]])


def codes(w):
    a, b = Days.a, Days.b
    code = "상품코드" if w is Ko else "SKU"
    head = [w.date, code, w.product, w.price]
    right = [(a, w.cup, 1200), (a, w.pot, 3400), (b, w.cup, 1300), (b, w.pot, 3300)]
    def with_codes(name, codes):
        xlsx(f"code-{name}-{w.tag}", right, [head, *[[r[0], c, r[1], r[2]] for r, c in zip(right, codes)]])
    with_codes("good", ["K-1", "K-2", "K-1", "K-2"])
    with_codes("dashes", ["-"] * 4)
    with_codes("not-available", ["N/A"] * 4)
    with_codes("zero", [0, 0, 0, 0])
    with_codes("half-missing", ["K-1", "-", "K-1", "-"])
    with_codes("same-for-all", ["880123"] * 4)
    number = "번호" if w is Ko else "ID"
    for name, ids in [("running", [1, 2, 3, 4]), ("with-gaps", [11, 12, 17, 20]), ("descending", [9, 8, 7, 6]),
                      ("with-a-letter", ["R-1", "R-2", "R-3", "R-4"])]:
        xlsx(f"record-number-{name}-{w.tag}", right,
             [[number, w.date, w.product, w.price], *[[i, *r] for r, i in zip(right, ids)]])
    text(f"code-with-idle-zero-{w.tag}.csv", [(a, "A", 10), (a, "B", 20)],
         [[w.date, code, w.product, w.price], [a, "90.750", "A", 10], [a, "90.75", "B", 20]])


def units(w):
    a, b = Days.a, Days.b
    right = [(a, w.cup, 12900), (b, w.cup, 13900)]
    thousand = ["가격(천원)", "가격 (천 원)", "판매가[천원]", "가격/천원"] if w is Ko else [
        "Price (1,000 KRW)", "Price (in thousands)", "Price (KRW thousands)", "Price (KRW 1,000)"]
    for at, heading in enumerate(thousand, 1):
        xlsx(f"unit-thousand-{at}-{w.tag}", right, [[w.date, w.product, heading], [a, w.cup, 12.9], [b, w.cup, 13.9]])
    if w is Ko:
        xlsx("unit-ten-thousand-ko", right, [[w.date, w.product, "가격(만원)"], [a, w.cup, 1.29], [b, w.cup, 1.39]])
        xlsx("unit-million-ko", [(a, w.pot, 1290000)], [[w.date, w.product, "가격(백만원)"], [a, w.pot, 1.29]])
    line = "(단위: 천원)" if w is Ko else "(unit: 1,000 KRW)"
    xlsx(f"unit-above-{w.tag}", right, [[None, None, line], [w.date, w.product, w.price], [a, w.cup, 12.9], [b, w.cup, 13.9]])


def lines(w):
    a = Days.a
    right = [(a, w.cup, 1250), (a, w.pot, 3400)]
    pairs = [("단가", "금액"), ("판매단가", "합계금액"), ("공급단가", "공급가액")] if w is Ko else [
        ("Unit Cost", "Amount"), ("Rate", "Value"), ("Unit Price", "Total Price"), ("Each", "Price")]
    for at, (unit, amount) in enumerate(pairs, 1):
        xlsx(f"line-total-{at}-{w.tag}", right,
             [[w.date, w.product, w.qty, unit, amount], [a, w.cup, 10, 1250, 12500], [a, w.pot, 3, 3400, 10200]])


    a = Days.a
    xlsx(f"line-total-divided-{w.tag}", right,
         [[w.date, w.product, w.qty, w.amount], [a, w.cup, 10, 12500], [a, w.pot, 3, 10200]])
    # No number of pieces costs a third of 100.
    xlsx(f"line-total-not-divided-{w.tag}", [(a, w.cup, 1250)],
         [[w.date, w.product, w.qty, w.amount], [a, w.cup, 10, 12500], [a, w.pot, 3, 100]])


def options(w):
    a = Days.a
    code, option, color = ("상품코드", "옵션", "색상") if w is Ko else ("SKU", "Option", "Color")
    one, two = ("빨강", "파랑") if w is Ko else ("red", "blue")
    right = [(a, f"{w.cup} ({one})", 1200), (a, f"{w.cup} ({two})", 1300), (a, f"{w.pot} ({one})", 3400)]
    rows = [(w.cup, one, 1200), (w.cup, two, 1300), (w.pot, one, 3400)]
    xlsx(f"option-of-a-name-{w.tag}", right, [[w.date, w.product, option, w.price], *[[a, *r] for r in rows]])
    xlsx(f"option-of-a-code-{w.tag}", right,
         [[w.date, code, w.product, color, w.price], *[[a, f"K-{r[0]}", *r] for r in rows]])
    xlsx(f"option-with-its-own-code-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400)],
         [[w.date, code, w.product, color, w.price], [a, "K-1", w.cup, one, 1200], [a, "K-2", w.pot, one, 3400]])


def dates(w):
    a, b, c = Days.a, Days.b, Days.c
    head = [w.date, w.product, w.price]
    right = [(a, w.cup, 1200), (b, w.cup, 1300), (c, w.cup, 1250)]
    def shown(name, show, top=()):
        xlsx(f"date-{name}-{w.tag}", right, [*top, head, *[[show(r[0]), r[1], r[2]] for r in right]])
    shown("short-one-digit", lambda d: f"{d.year % 100}.{d.month}.{d.day}")
    shown("number-six-digits", lambda d: int(d.strftime("%y%m%d")))
    shown("number-eight-digits", lambda d: int(d.strftime("%Y%m%d")))
    title = [["2026년 가격 조사"], []] if w is Ko else [["Prices of 2026-10"], []]
    shown("without-year-slash", lambda d: f"{d.month}/{d.day}", title)
    shown("without-year-point", lambda d: f"{d.month}.{d.day}", title)
    if w is Ko:
        shown("without-year-words", lambda d: f"{d.month}월 {d.day}일", title)
        shown("day-alone", lambda d: f"{d.day}일", [["2026년 10월 가격 조사"], []])
        shown("weekday-behind", lambda d: f"{d.month}.{d.day}({'월화수목금토일'[d.weekday()]})", title)
    else:
        shown("without-year-words", lambda d: f"Oct {d.day}", title)
        shown("without-year-day-first", lambda d: f"{d.day}/{d.month}", [["Prices 2026"], []])
    names = ["년", "월", "일"] if w is Ko else ["Year", "Month", "Day"]
    xlsx(f"date-in-parts-{w.tag}", right,
         [[*names, w.product, w.price], *[[r[0].year, r[0].month, r[0].day, r[1], r[2]] for r in right]])
    flag = "유통기한 일자" if w is Ko else "Due Date"
    xlsx(f"date-flag-column-{w.tag}", [("", *r[1:]) for r in right],
         [[flag, w.product, w.price], *[["N", r[1], r[2]] for r in right]])
    other = "요일 날짜" if w is Ko else "Weekday date"
    week = "월화수목금토일" if w is Ko else ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    xlsx(f"date-weekday-first-{w.tag}", right,
         [[other, w.date, w.product, w.price], *[[week[r[0].weekday()], *r] for r in right]])


    month = "월" if w is Ko else "Month"
    xlsx(f"date-beside-its-month-{w.tag}", right,
         [["2026"], [month, *head], *[[r[0].month, *r] for r in right]])
    priced = "10월 가격" if w is Ko else "2026-10 price"
    xlsx(f"date-beside-price-of-a-month-{w.tag}", right, [[w.date, w.product, priced], *[list(r) for r in right]])


def periods(w):
    head = [w.date, w.product, w.price]
    first, second = DAY(2026, 10, 1), DAY(2026, 11, 1)
    right = [(first, w.cup, 1200), (second, w.cup, 1300)]
    def shown(name, one, two, days=(first, second), top=()):
        rows = [(days[0], w.cup, 1200), (days[1], w.cup, 1300)]
        xlsx(f"period-{name}-{w.tag}", rows, [*top, head, [one, w.cup, 1200], [two, w.cup, 1300]])
    shown("month", "2026-10", "2026-11")
    shown("month-name", "Oct-26", "Nov-26")
    shown("range", "2026-10-05 ~ 10-11", "2026-10-12 ~ 10-18", (Days.a, Days.b))
    shown("quarter", "2026 Q3", "2026 Q4", (DAY(2026, 7, 1), DAY(2026, 10, 1)))
    shown("iso-week", "2026-W41", "2026-W42", (Days.a, Days.b))
    text(f"period-month-with-point-{w.tag}.csv", right, [head, ["2026.10", w.cup, 1200], ["2026.11", w.cup, 1300]])
    if w is Ko:
        shown("week-of-month", "10월 1주", "10월 2주", (DAY(2026, 10, 1), DAY(2026, 10, 8)), [["2026년 주간 시세"], []])
        shown("quarter-words", "3분기", "4분기", (DAY(2026, 7, 1), DAY(2026, 10, 1)), [["2026년 시세"], []])
        shown("month-words", "2026년 10월", "2026년 11월")


def wide(w):
    a, b = Days.a, Days.b
    right = [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)]
    def table(name, one, two, top=(), days=(a, b)):
        rows = [(days[0], w.cup, 1200), (days[1], w.cup, 1300), (days[0], w.pot, 3400), (days[1], w.pot, 3300)]
        xlsx(f"wide-{name}-{w.tag}", rows, [*top, [w.product, one, two], [w.cup, 1200, 1300], [w.pot, 3400, 3300]])
    table("dates", a, b)
    table("date-texts", a.isoformat(), b.isoformat())
    table("months", "2026-09", "2026-10", (), (DAY(2026, 9, 1), DAY(2026, 10, 1)))
    table("month-names", "Sep-26", "Oct-26", (), (DAY(2026, 9, 1), DAY(2026, 10, 1)))
    table("years", 2025, 2026, (), (DAY(2025, 1, 1), DAY(2026, 1, 1)))
    if w is Ko:
        table("months-without-year", "9월", "10월", [["2026년 가격"], []], (DAY(2026, 9, 1), DAY(2026, 10, 1)))
        table("relative", "당일", "1주일전", [["2026-10-12 기준 시세"], []], (b, a))
    names = ["9월", "10월"] if w is Ko else ["Sep", "Oct"]
    xlsx(f"wide-months-of-no-year-{w.tag}", "no_year", [[w.product, *names], [w.cup, 1200, 1300], [w.pot, 3400, 3300]])
    shops = [("", w.cup, 1200, w.shop), ("", w.cup, 1300, w.other), ("", w.pot, 3400, w.shop), ("", w.pot, 3300, w.other)]
    xlsx(f"wide-shops-{w.tag}", shops, [[w.product, w.shop, w.other], [w.cup, 1200, 1300], [w.pot, 3400, 3300]])
    lowest = "최저가" if w is Ko else "Lowest price"
    xlsx(f"wide-shops-with-lowest-{w.tag}", shops,
         [[w.product, w.shop, w.other, lowest], [w.cup, 1200, 1300, 1200], [w.pot, 3400, 3300, 3300]])
    xlsx(f"wide-shops-and-blank-{w.tag}", [shops[0], shops[2], shops[3]],
         [[w.product, w.shop, w.other], [w.cup, 1200, "-"], [w.pot, 3400, 3300]])
    fee = "배송비" if w is Ko else "Delivery"
    xlsx(f"wide-shops-over-price-{w.tag}", shops,
         [("Sheet1", [[w.product, w.shop, None, w.other, None], [None, w.price, fee, w.price, fee],
                      [w.cup, 1200, 30, 1300, 0], [w.pot, 3400, 0, 3300, 50]], ["A1:A2", "B1:C1", "D1:E1"])])
    xlsx(f"wide-days-with-change-{w.tag}", right,
         [[w.product, a, b, "등락" if w is Ko else "Change"], [w.cup, 1200, 1300, 100], [w.pot, 3400, 3300, -100]])
    sold = ["9월", "10월"] if w is Ko else ["2026-09", "2026-10"]
    xlsx(f"wide-quantities-beside-price-{w.tag}", [("", w.cup, 12000), ("", w.pot, 34000)],
         [[w.product, w.price, *sold], [w.cup, 12000, 3, 5], [w.pot, 34000, 1, 2]])


def outside(w):
    a = Days.a
    right = [(a, w.cup, 1200), (a, w.pot, 3400)]
    body = [[w.product, w.price], [w.cup, 1200], [w.pot, 3400]]
    if w is Ko:
        xlsx("outside-title-ko", right, [["2026년 10월 5일 가격표"], [], *body])
        xlsx("outside-as-of-ko", right, [["가격 조사"], ["(2026.10.05 현재)"], *body])
        xlsx("outside-form-ko", right, [["견 적 서"], ["견적일자", a], ["수신", "홍길동"], *body])
        xlsx("outside-colon-ko", right, [["기준일: 2026-10-05"], [], *body])
        xlsx("outside-two-days-ko", right, [["견적일자", a], ["납기일", DAY(2026, 11, 5)], *body])
        xlsx("outside-vendor-ko", [(a, w.cup, 1200, "가나상사"), (a, w.pot, 3400, "가나상사")],
             [["거래일자", a, "공급자", "가나상사"], [], *body])
    else:
        xlsx("outside-title-en", right, [["Price list 2026-10-05"], [], *body])
        xlsx("outside-form-en", right, [["Quotation"], ["Date", a], ["To", "Jane"], *body])
        xlsx("outside-colon-en", right, [["As of: 2026-10-05"], [], *body])
        xlsx("outside-vendor-en", [(a, w.cup, 1200, "Acme"), (a, w.pot, 3400, "Acme")],
             [["Date", a, "Vendor", "Acme"], [], *body])
    xlsx(f"outside-sheet-name-{w.tag}", right, [("2026-10-05", body, [])])
    xlsx(f"outside-sheets-of-days-{w.tag}", [*right, (Days.b, w.cup, 1300), (Days.b, w.pot, 3300)],
         [("2026-10-05", body, []), ("2026-10-12", [body[0], [w.cup, 1300], [w.pot, 3300]], [])])
    head = [w.date, w.product, w.price]
    xlsx(f"outside-sheets-of-shops-{w.tag}",
         [(a, w.cup, 1200, w.shop), (a, w.cup, 1300, w.other)],
         [(w.shop, [head, [a, w.cup, 1200]], []), (w.other, [head, [a, w.cup, 1300]], [])])
    xlsx(f"outside-sheets-of-categories-{w.tag}",
         [(a, w.cup, 1200, "", w.one), (a, w.lamp, 5300, "", w.two)],
         [(w.one, [head, [a, w.cup, 1200]], []), (w.two, [head, [a, w.lamp, 5300]], [])])
    xlsx(f"outside-sheet-with-a-column-more-{w.tag}",
         [(a, w.cup, 1200, w.shop), (a, w.cup, 1300, w.other)],
         [(w.shop, [head, [a, w.cup, 1200]], []), (w.other, [[*head, w.note], [a, w.cup, 1300, "x"]], [])])
    xlsx(f"outside-copied-sheet-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400)],
         [("Sheet1", [head, [a, w.cup, 1200], [a, w.pot, 3400]], []),
          ("Sheet1 (2)", [head, [a, w.cup, 1200], [a, w.pot, 3400]], [])])


def groups(w):
    a, b = Days.a, Days.b
    head = [w.date, w.product, w.vendor, w.price]
    right = [(a, w.cup, 1200, w.shop), (a, w.pot, 3400, w.shop), (b, w.cup, 1300, w.shop), (b, w.pot, 3300, w.shop)]
    body = lambda *blank: [[None if at in blank else r[0], r[1], r[3], r[2]] for at, r in enumerate(right)]
    xlsx(f"group-merged-dates-{w.tag}", right, [("Sheet1", [head, *body(1, 3)], ["A2:A3", "A4:A5"])])
    xlsx(f"group-blank-dates-{w.tag}", right, [head, *body(1, 3)])
    xls(f"group-blank-dates-old-{w.tag}", right, [head, *body(1, 3)])
    xls(f"group-merged-dates-old-{w.tag}", right, [head, *body(1, 3)], None, [(1, 2, 0), (3, 4, 0)])
    many = [(a, f"{w.cup} {at}", 1000 + at) for at in range(20)]
    xls(f"group-stray-cell-old-{w.tag}", many, [[w.date, w.product, w.price], *[list(r) for r in many]], (65535, 255))
    xlsx(f"group-merged-vendor-{w.tag}", right,
         [("Sheet1", [head, *[[r[0], r[1], r[3] if at == 0 else None, r[2]] for at, r in enumerate(right)]], ["C2:C5"])])
    xlsx(f"group-merged-product-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [("Sheet1", [[w.product, w.date, w.price], [w.cup, a, 1200], [None, b, 1300], [w.pot, a, 3400], [None, b, 3300]],
           ["A2:A3", "A4:A5"])])
    xlsx(f"group-blank-product-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[w.product, w.date, w.price], [w.cup, a, 1200], [None, b, 1300], [w.pot, a, 3400], [None, b, 3300]])
    pairs = [(w.one, [w.cup, w.pot]), (w.two, [w.lamp])]
    prices = {w.cup: 1200, w.pot: 3400, w.lamp: 5300}
    of = [(a, p, prices[p], "", c) for c, products in pairs for p in products]
    plain = [w.date, w.product, w.price]
    for name, mark in [("marked", "■ "), ("in-brackets", "["), ("plain", "")]:
        close = "]" if mark == "[" else ""
        rows = []
        for c, products in pairs:
            rows.append([f"{mark}{c}{close}"])
            rows.extend([a, p, prices[p]] for p in products)
        xlsx(f"group-band-{name}-{w.tag}", of, [plain, *rows])
    label = f"{w.vendor}: "
    xlsx(f"group-band-vendor-{w.tag}", [(a, w.cup, 1200, w.shop), (a, w.cup, 1300, w.other)],
         [plain, [label + w.shop], [a, w.cup, 1200], [label + w.other], [a, w.cup, 1300]])
    xlsx(f"group-band-days-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400), (b, w.cup, 1300), (b, w.pot, 3300)],
         [[w.product, w.price], [a.isoformat()], [w.cup, 1200], [w.pot, 3400], [b.isoformat()], [w.cup, 1300], [w.pot, 3300]])
    foot = "※ 부가세 포함 가격임" if w is Ko else "* Prices include VAT"
    xlsx(f"group-footnote-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400)],
         [plain, [a, w.cup, 1200], [a, w.pot, 3400], [], [foot]])


def tables(w):
    a, b = Days.a, Days.b
    head = [w.date, w.product, w.price]
    right = [(a, w.cup, 1200, "", w.one), (a, w.pot, 3400, "", w.one), (a, w.lamp, 5300, "", w.two)]
    xlsx(f"tables-stacked-{w.tag}", right,
         [[f"■ {w.one}"], head, [a, w.cup, 1200], [a, w.pot, 3400], [], [f"■ {w.two}"], head, [a, w.lamp, 5300]])
    xlsx(f"tables-other-order-{w.tag}", [("", w.cup, 1200), ("", w.pot, 3400)],
         [[w.product, w.note, w.price], [w.cup, "1", 1200], [], [w.note, w.product, w.price], ["2", w.pot, 3400]])
    xlsx(f"tables-price-first-{w.tag}", [(a, w.cup, 1200), (a, w.pot, 3400)],
         [head, [a, w.cup, 1200], [], [w.price, w.date, w.product], [3400, a, w.pot]])
    xlsx(f"tables-side-by-side-{w.tag}", [(a, w.cup, 1200), (b, w.cup, 1300), (a, w.pot, 3400), (b, w.pot, 3300)],
         [[*head, None, *head], [a, w.cup, 1200, None, a, w.pot, 3400], [b, w.cup, 1300, None, b, w.pot, 3300]])
    xlsx(f"tables-side-by-side-of-shops-{w.tag}", [(a, w.cup, 1200, w.shop), (a, w.cup, 1300, w.other)],
         [[w.shop, None, None, None, w.other], [*head, None, *head], [a, w.cup, 1200, None, a, w.cup, 1300]])


def texts(w):
    a = Days.a
    head = [w.date, w.product, w.price]
    text(f"text-control-character-{w.tag}.csv", [(a, w.cup, 1200)], [head, [a, w.cup[0] + "\x0b" + w.cup[1:], 1200]])
    text(f"text-ends-with-ctrl-z-{w.tag}.csv", [(a, w.cup, 1200)], [head, [a, w.cup, 1200]], after=b"\x1a")
    text(f"text-points-beside-many-{w.tag}.csv", [(a, w.cup, 12900), (a, w.pot, 1234900)],
         [head, [a, w.cup, "12.900"], [a, w.pot, "1.234.900"]])
    text(f"text-points-of-won-{w.tag}.csv", [(a, w.cup, 12900), (a, w.pot, 900)],
         [[*head, "통화" if w is Ko else "Currency"], [a, w.cup, "12.900", "KRW"], [a, w.pot, "900", "KRW"]], separator=";")
    rows = "".join(f"<tr>{''.join(f'<td>{v}</td>' for v in r)}</tr>" for r in [head, [a, w.cup, "1,200"], [a, w.pot, "3,400"]])
    raw(f"web-table-{w.tag}.xls", [(a, w.cup, 1200), (a, w.pot, 3400)],
        f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>')
    raw(f"web-two-tables-{w.tag}.xls", [(a, w.cup, 1200), (a, w.pot, 3400)],
        f'<html><meta charset="utf-8"><table><tr><td>x</td></tr></table><table>{rows}</table></html>')
    raw(f"web-struck-out-{w.tag}.xls", [(a, w.cup, 1200)],
        f'<meta charset="utf-8"><table><tr><td>{w.date}<td>{w.product}<td>{w.price}<tr><td>{a}<td>{w.cup}<td><del>1,500</del> 1,200</table>')


def korean_texts():
    a = Days.a
    cases = [("1만 2천원", 12000), ("12.9만원", 129000), ("3만5천원", 35000), ("12,900원/개", 12900),
             ("12,900원(VAT포함)", 12900), ("1.29E+04", 12900), ("금 12,900원", 12900), ("12,900원정", 12900),
             ("5천원", 5000), ("2만원", 20000), ("1만2,900원", 12900)]
    for at, (shown, price) in enumerate(cases, 1):
        xlsx(f"price-text-{at}", [(a, "컵", price), (a, "솥", 3400)],
             [["날짜", "상품명", "가격"], [a, "컵", shown], [a, "솥", "3,400원"]])
    for at, shown in enumerate(["무료", "별도문의", "문의", "품절", "약 12,900원", "12,900~15,000"], 1):
        xlsx(f"price-text-none-{at}", [(a, "솥", 3400)],
             [["날짜", "상품명", "가격"], [a, "컵", shown], [a, "솥", "3,400원"]])
    for code in ['General"원"', '#,##0"원"', '"₩"#,##0', '#,##0 "won"', '[$₩-412]#,##0']:
        name = f"format-{['General', 'won-behind', 'won-before', 'won-word', 'won-locale'][len([n for n in ANSWERS if n.startswith('format-')])]}"
        xlsx(name, [(a, "컵", 12900), (a, "솥", 3400)],
             [["날짜", "상품명", "가격"], [a, "컵", 12900], [a, "솥", 3400]], {3: code})


def files():
    a = Days.a
    raw("xml-2003.xls", [(a, "컵", 1200), (a, "솥", 3400)], """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style></Styles>
<Worksheet ss:Name="Sheet1"><Table>
<Row><Cell><Data ss:Type="String">날짜</Data></Cell><Cell><Data ss:Type="String">상품명</Data></Cell><Cell><Data ss:Type="String">가격</Data></Cell></Row>
<Row><Cell ss:StyleID="d"><Data ss:Type="DateTime">2026-10-05T00:00:00.000</Data></Cell><Cell><Data ss:Type="String">컵</Data></Cell><Cell><Data ss:Type="Number">1200</Data></Cell></Row>
<Row ss:Index="5"><Cell ss:StyleID="d"><Data ss:Type="Number">46300</Data></Cell><Cell ss:Index="2"><Data ss:Type="String">솥</Data></Cell><Cell><Data ss:Type="Number">3400</Data></Cell></Row>
</Table></Worksheet></Workbook>""")
    raw("web-page-without-a-table.xls", "no_header",
        '<html><meta charset="utf-8"><body><table><tr><td>로그인이 필요합니다</td></tr></table></body></html>')
    vendors = ["판매업소", "구입처", "공급자", "시장명", "조사처"]
    for at, heading in enumerate(vendors, 1):
        xlsx(f"heading-vendor-{at}", [(a, "컵", 1200, "가나")], [["조사일", "품목", heading, "가격"], [a, "컵", "가나", 1200]])
    for at, heading in enumerate(["조사일", "기준년월", "조사년월", "조사시점", "기간"], 1):
        xlsx(f"heading-date-{at}", [(DAY(2026, 10, 1), "컵", 1200)], [[heading, "품목", "가격"], ["2026-10", "컵", 1200]])


make()
