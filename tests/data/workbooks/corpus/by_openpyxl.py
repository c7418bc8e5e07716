"""What people do in a spreadsheet program, made with openpyxl."""

import datetime

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from quirks import D, DAYS, KRW, PLAIN, ROWS, refused, used

HEAD = ["날짜", "상품명", "가격"]


def book(rows, title="Sheet1"):
    workbook = Workbook()
    fill(workbook.active, rows)
    workbook.active.title = title
    return workbook


def fill(sheet, rows):
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                cell = sheet.cell(at, column)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
                if isinstance(value, (datetime.date, datetime.datetime)):
                    cell.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime.datetime) else "yyyy-mm-dd"


def save(workbook, target):
    workbook.properties.created = workbook.properties.modified = datetime.datetime(2026, 11, 21)
    workbook.save(target)


def table(name, rows, expected=PLAIN, rejected=(), **more):
    save(book(rows), used(name + ".xlsx", expected, rejected, **more))


def make():
    layout()
    headers()
    sheets()
    lines()
    dates()
    prices()
    currencies()
    currency_formats()
    products()
    errors()


def layout():
    data = [list(row) for row in ROWS]
    table("headings-korean", [HEAD, *data], language="ko")
    table("headings-english", [["Date", "Product", "Price"], *data], language="en")
    table("headings-upper-case", [["DATE", "PRODUCT NAME", "UNIT PRICE"], *data])
    table("headings-snake-case", [["price_date", "product_name", "unit_price"], *data])
    table("headings-with-spaces-inside", [["날 짜", "상 품 명", "판 매 가"], *data])
    table("headings-with-line-breaks", [["날짜\n(조사일)", "상품\n이름", "판매\n가격"], *[[d, p, c] for d, p, c in ROWS]], rejected=())
    table("headings-with-units", [["날짜", "상품명", "가격(원)"], *data], KRW)
    table("headings-longer-than-known", [["가격 조사 일자", "취급 상품명", "최종 판매가"], *data])
    table("title-rows-above-header", [["가격 조사 보고서"], ["작성: 2026-11-21"], HEAD, *data])
    table("empty-rows-above-header", [[], [], [], [], HEAD, *data])
    table("header-in-row-40", [[f"설명 {n}"] for n in range(39)] + [HEAD, *data])
    table("columns-in-other-order", [["가격", "비고", "상품명", "날짜"], *[[c, "", p, d] for d, p, c in ROWS]])
    table("blank-columns-between", [["날짜", None, "상품명", None, None, "가격"], *[[d, None, p, None, None, c] for d, p, c in ROWS]])
    table("data-starts-in-column-d", [[None] * 3 + HEAD, *[[None] * 3 + row for row in data]])
    table("extra-columns", [["번호", *HEAD, "링크", "메모"], *[[n, *row, "http://example.com", "-"] for n, row in enumerate(data, 1)]])
    table("header-repeated-for-printing", [HEAD, data[0], HEAD, data[1], HEAD, data[2]], repeated=2)

    workbook = book([["가격 조사"], HEAD, *data])
    workbook.active.merge_cells("A1:C1")
    save(workbook, used("title-merged.xlsx"))

    workbook = book([["날짜", "상품", None, "가격", None], [None, "상품코드", "상품명", "정가", "판매가"], *[[d, f"C{p}", p, 99999, c] for d, p, c in ROWS]])
    workbook.active.merge_cells("A1:A2")
    workbook.active.merge_cells("B1:C1")
    workbook.active.merge_cells("D1:E1")
    save(workbook, used("header-on-two-rows-merged.xlsx", sku=["C이어폰", "C케이블"]))

    table("header-on-two-rows-with-units", [["날짜", "상품명", "가격"], [None, None, "(원)"], *data], KRW)
    table("list-price-beside-selling-price", [["날짜", "상품명", "정가", "판매가"], *[[d, p, 99999, c] for d, p, c in ROWS]], warnings=["other_price_columns"])
    table("previous-price-beside-price", [["날짜", "상품명", "이전 가격", "가격"], *[[d, p, 99999, c] for d, p, c in ROWS]])
    table("category-and-vendor", [[*HEAD, "카테고리", "쇼핑몰"], *[[*row, "음향", "몰A"] for row in data]], categories=["음향"], vendors=["몰A"])

    workbook = book([HEAD, *data])
    workbook.active.auto_filter.ref = "A1:C4"
    workbook.active.row_dimensions[3].hidden = True
    save(workbook, used("hidden-row-by-filter.xlsx"))
    workbook = book([HEAD, *data])
    workbook.active.column_dimensions["C"].hidden = True
    save(workbook, used("hidden-price-column.xlsx"))


def headers():
    data = [list(row) for row in ROWS]
    listed = [[*row, row[2] * 2] for row in data]
    workbook = book([["날짜", "상품명", "가격"], [None, None, "판매가", "정가"], *listed])
    for cells in ("A1:A2", "B1:B2", "C1:D1"):
        workbook.active.merge_cells(cells)
    save(workbook, used("header-merged-down-and-across.xlsx"))
    workbook = book([["Date", "Product", None, "Price"], [None, "Code", "Name", "List", "Sale"], *[[day, f"C-{product}", product, price * 2, price] for day, product, price in data]])
    save(workbook, used("header-list-and-sale-below-price.xlsx", [[*row, f"C-{row[1]}"] for row in PLAIN]))
    table("header-in-two-languages", [HEAD, ["Date", "Product", "Price (KRW)"], *data], KRW)
    table("unit-stated-above", [["가격 조사", None, "(단위: 원)"], HEAD, *data], KRW)
    table("unit-stated-above-in-thousands", [["가격 조사", None, "(단위: 천원)"], HEAD, *data], [[day, product, f"{price}000", "KRW"] for day, product, price, *_ in PLAIN])
    table("row-numbers-called-id", [["id", *HEAD], *[[at, *row] for at, row in enumerate(data, 1)]], [[*row, ""] for row in PLAIN])
    table("small-table-beside-data", [["상품명", "건수", None, *HEAD], ["이어폰", 2, None, *data[0]], ["케이블", 1, None, *data[1]], [None, None, None, *data[2]]])
    table("amount-beside-price", [["날짜", "상품명", "수량", "금액", "도서 판매단가"], *[[day, product, 3, price * 3, price] for day, product, price in data]])
    table("day-of-recording-beside-day-of-looking", [["등록일", "조회일시", "상품명", "가격"], *[[D(2025, 1, 1), *row] for row in data]])


def sheets():
    data = [list(row) for row in ROWS]
    workbook = book([["이 파일은 가격 조사 결과입니다."], ["문의: 담당자"]], "안내")
    fill(workbook.create_sheet("데이터"), [HEAD, *data])
    save(workbook, used("sheets-notes-before-data.xlsx", sheets=["데이터"]))

    workbook = book([HEAD, data[0], data[1]], "11월")
    fill(workbook.create_sheet("12월"), [HEAD, data[2]])
    save(workbook, used("sheets-data-on-two.xlsx", sheets=["11월", "12월"]))

    workbook = book([["상품명", "평균 가격"], ["이어폰", 12700], ["케이블", 3900]], "피벗")
    fill(workbook.create_sheet("원본"), [HEAD, *data])
    save(workbook, used("sheets-pivot-beside-data.xlsx", sheets=["원본"]))

    workbook = book([[*HEAD, "판매처", "통화"]], "양식")
    fill(workbook.create_sheet("11월"), [HEAD, *data])
    save(workbook, used("sheets-form-that-nobody-filled-in.xlsx", sheets=["11월"]))

    workbook = book([["상품코드", "상품명", "카테고리", "쇼핑몰", "정가", "통화"], ["A-1", "이어폰", "음향", "몰A", 20000, "KRW"]], "상품목록")
    fill(workbook.create_sheet("가격"), [HEAD, *data])
    save(workbook, used("sheets-list-of-products-before-data.xlsx", sheets=["가격"]))

    workbook = book([HEAD, *data], "가격")
    fill(workbook.create_sheet("사본"), [HEAD, *data])
    workbook["사본"].sheet_state = "hidden"
    save(workbook, used("sheets-hidden-copy.xlsx", sheets=["가격"]))

    workbook = book([["비어 있음"]], "표지")
    fill(workbook.create_sheet("숨김"), [HEAD, *data])
    workbook["숨김"].sheet_state = "veryHidden"
    save(workbook, used("sheets-data-only-on-a-hidden-one.xlsx", sheets=["숨김"]))

    workbook = book([HEAD, *data], "가격")
    workbook.create_chartsheet("차트")
    save(workbook, used("sheets-with-a-chart-sheet.xlsx", sheets=["가격"]))

    workbook = book([HEAD, *data], "이름이 아주 긴 시트 & <특수> 문자")
    save(workbook, used("sheets-name-with-markup.xlsx", sheets=["이름이 아주 긴 시트 & <특수> 문자"]))


def lines():
    data = [list(row) for row in ROWS]
    table("totals-korean", [HEAD, *data, ["합계", None, 29300]], totals=1)
    table("totals-in-product-column", [HEAD, *data, [None, "총 합계", 29300]], totals=1)
    table("totals-english", [["Date", "Product", "Price"], *data, [None, "Grand Total", 29300]], totals=1)
    table("totals-between-groups", [HEAD, data[0], data[1], ["소계", None, 25400], data[2], ["소계", None, 3900], ["총계", None, 29300]], totals=3)
    table("totals-named-after-their-group", [HEAD, data[0], data[1], [None, "이어폰 소계", 25400], data[2], ["합계 (3건)", None, 29300]], totals=2)
    table("averages-below", [HEAD, *data, ["평균", None, 9766.67]], totals=1)
    table("product-called-total-with-a-date", [HEAD, *data, [DAYS[2], "Total", 5000]], [*PLAIN, ["2026-11-21", "Total", "5000", None]])
    table("blank-rows-between", [HEAD, data[0], [], [], data[1], [], data[2], [], []])
    table("footnote-below", [HEAD, *data, ["※ 출처: 자체 조사"]])
    table("white-space-in-empty-cells", [HEAD, data[0], ["  ", "\u00a0", " "], data[1], data[2]])
    table("row-number-jumps", [HEAD, data[0], *[[] for _ in range(3000)], data[1], data[2]])


def dates():
    def texts(name, dates, rows=PLAIN, **more):
        table(name, [HEAD, *[[date, p, c] for date, (_, p, c) in zip(dates, ROWS)]], rows, **more)

    texts("dates-iso-text", ["2026-11-19", "2026-11-20", "2026-11-21"])
    texts("dates-with-dots", ["2026.11.19", "2026.11.20", "2026.11.21"])
    texts("dates-with-dots-and-spaces", ["2026. 11. 19.", "2026. 11. 20.", "2026. 11. 21."])
    texts("dates-with-slashes", ["2026/11/19", "2026/11/20", "2026/11/21"])
    texts("dates-korean", ["2026년 11월 19일", "2026년 11월 20일", "2026년11월21일"])
    texts("dates-with-weekday", ["2026-11-19(목)", "2026-11-20 (금)", "2026-11-21 (토요일)"])
    texts("dates-short-year", ["26.11.19", "26.11.20", "26.11.21"])
    texts("dates-short-year-with-slashes", ["26/11/19", "26/11/20", "26/11/21"])
    texts("dates-short-year-last", ["19.11.26", "20.11.26", "21.11.26"])
    texts("dates-eight-digits-text", ["20261119", "20261120", "20261121"])
    texts("dates-english-months", ["Nov 19, 2026", "20 November 2026", "21-Nov-26"])
    texts("dates-day-first", ["19/11/2026", "20/11/2026", "21/11/2026"])
    texts("dates-month-first", ["11/19/2026", "11/20/2026", "11/21/2026"])
    texts("dates-two-digit-american", ["11/19/26", "11/20/26", "11/21/26"])
    texts("dates-day-first-settled-by-one", ["05/11/2026", "06/11/2026", "21/11/2026"], with_days(["2026-11-05", "2026-11-06", "2026-11-21"]))
    texts("dates-month-first-settled-by-last", ["11/05/2026", "11/06/2026", "11/21/2026"], with_days(["2026-11-05", "2026-11-06", "2026-11-21"]))
    texts("dates-ambiguous-with-slashes", ["03/04/2026", "05/06/2026", "07/08/2026"], with_days(["2026-03-04", "2026-05-06", "2026-07-08"]), warnings=["assumed_date_order"])
    texts("dates-ambiguous-with-dots", ["3.4.2026", "5.6.2026", "7.8.2026"], with_days(["2026-04-03", "2026-06-05", "2026-08-07"]), warnings=["assumed_date_order"])
    table(
        "dates-in-both-orders",
        [HEAD, ["21/11/2026", "이어폰", 1], ["11/21/2026", "이어폰", 2], ["03/04/2026", "이어폰", 3]],
        [["2026-11-21", "이어폰", "1", None], ["2026-11-21", "이어폰", "2", None]],
        [("A4", "ambiguous_date")],
        warnings=["mixed_date_orders"],
    )
    table("dates-same-day-and-month", [HEAD, ["4/4/2026", "이어폰", 1]], [["2026-04-04", "이어폰", "1", None]], warnings=[])
    table("dates-month-only", [HEAD, ["2026-10", "이어폰", 1], ["2026년 11월", "이어폰", 2]], [["2026-10-01", "이어폰", "1", None], ["2026-11-01", "이어폰", "2", None]])
    table("dates-bare-serials", [HEAD, *[[(d - D(1899, 12, 30)).days, p, c] for d, p, c in ROWS]])
    table("dates-eight-digits-number", [HEAD, *[[int(d.strftime("%Y%m%d")), p, c] for d, p, c in ROWS]])
    table("dates-text-and-serial-mixed", [HEAD, [DAYS[0], "이어폰", 12900], ["2026.11.20", "이어폰", 12500], [46347, "케이블", 3900]])
    at = datetime.datetime(2026, 11, 19, 9, 30)
    table(
        "dates-with-time",
        [HEAD, [at, "이어폰", 1], ["2026-11-19 오후 3:05", "이어폰", 2], ["2026-11-19T23:59:59Z", "이어폰", 3]],
        [["2026-11-19T09:30:00", "이어폰", "1", None], ["2026-11-19T15:05:00", "이어폰", "2", None], ["2026-11-19T23:59:59", "이어폰", "3", None]],
    )
    table(
        "dates-impossible",
        [HEAD, ["2026-02-30", "이어폰", 1], ["2026-13-01", "이어폰", 2], ["내일", "이어폰", 3], [99999999, "이어폰", 4], [True, "이어폰", 5], [DAYS[0], "이어폰", 6]],
        [["2026-11-19", "이어폰", "6", None]],
        [(f"A{row}", "unreadable_date") for row in range(2, 7)],
    )
    table("dates-missing", [HEAD, [None, "이어폰", 1], [DAYS[0], "이어폰", 2]], [["2026-11-19", "이어폰", "2", None]], [("A2", "no_date")])
    table("no-date-column", [["상품명", "가격"], ["이어폰", 12900], ["이어폰", 12500]], [[None, "이어폰", "12900", None], [None, "이어폰", "12500", None]], warnings=["no_currency", "no_dates"])
    for name, code in [("korean", 'yyyy"년" m"월" d"일"'), ("with-locale", "[$-412]yyyy-mm-dd"), ("month-name", "d-mmm-yy"), ("built-in", "mm-dd-yy"), ("with-colour", "[Red]yyyy/m/d")]:
        workbook = book([HEAD, *[list(row) for row in ROWS]])
        for row in range(2, 5):
            workbook.active.cell(row, 1).number_format = code
        save(workbook, used(f"date-format-{name}.xlsx"))
    workbook = book([HEAD])
    workbook.epoch = CALENDAR_MAC_1904
    fill(workbook.active, [HEAD, *[list(row) for row in ROWS]])
    save(workbook, used("dates-1904.xlsx"))


def with_days(days):
    return [[day, *row[1:]] for day, row in zip(days, PLAIN)]


def prices():
    def one(name, price, expected, currency=None):
        table(f"price-{name}", [HEAD, [DAYS[0], "이어폰", price]], [["2026-11-19", "이어폰", expected, currency]])

    def bad(name, price, reason):
        table(f"price-{name}", [HEAD, [DAYS[0], "이어폰", price], [DAYS[1], "이어폰", 5]], [["2026-11-20", "이어폰", "5", None]], [("C2", reason)])

    one("text-with-won", "12,900원", "12900", "KRW")
    one("won-sign", "₩12,900", "12900", "KRW")
    one("fullwidth", "￦１２，９００", "12900", "KRW")
    one("no-break-space", "12\u00a0900\u00a0원", "12900", "KRW")
    one("with-code-before", "USD 12.99", "12.99", "USD")
    one("with-code-after", "12.99 usd", "12.99", "USD")
    one("dollar", "$1,234.50", "1234.5", "USD")
    one("european", "1.234,56 €", "1234.56", "EUR")
    one("swiss", "CHF 1'234.50", "1234.5", "CHF")
    one("indian", "₹1,23,456.00", "123456", "INR")
    one("dot-thousands-won", "12.900원", "12900", "KRW")
    one("number-as-text", "12900", "12900")
    one("decimal-comma", "12,9", "12.9")
    one("sum-of-floats", 0.1 + 0.2, "0.3")
    one("third", 1 / 3, "0.333333333333333")
    one("large", 999999999999999, "999999999999999")
    one("small", 0.00000012, "0.00000012")
    one("zero", 0, "0")
    one("cents", 1234.5, "1234.5")
    bad("missing", None, "no_price")
    bad("dash", "-", "no_price")
    bad("sold-out", "품절", "no_price")
    bad("not-available", "#N/A", "no_price")
    bad("negative", -12900, "negative_price")
    bad("negative-in-brackets", "(12,900)", "negative_price")
    bad("range", "12,900~15,000", "unreadable_price")
    bad("words", "만이천구백원", "unreadable_price")
    bad("boolean", True, "unreadable_price")
    bad("date", DAYS[0], "unreadable_price")
    bad("ambiguous-thousands", "1.234 €", "ambiguous_price")
    bad("too-large", 1e300, "unreadable_price")
    bad("bad-groups", "1,29,00", "unreadable_price")


def currencies():
    head = [*HEAD, "통화"]
    rows = [list(row) for row in ROWS]
    table("currency-column", [head, *[[*row, "KRW"] for row in rows]], KRW)
    table("currency-lower-case", [head, *[[*row, "krw"] for row in rows]], KRW)
    table("currency-words", [head, *[[*row, "원"] for row in rows]], KRW)
    table("currency-in-heading-brackets", [["Date", "Product", "Price [USD]"], *rows], [[*row[:3], "USD"] for row in PLAIN])
    table("currency-sign-in-heading", [["날짜", "상품명", "단가 ₩"], *rows], KRW)
    table(
        "currencies-several",
        [head, [DAYS[0], "이어폰", 12900, "KRW"], [DAYS[0], "이어폰", 9.99, "USD"], [DAYS[1], "이어폰", 12500, "KRW"]],
        [["2026-11-19", "이어폰", "12900", "KRW"], ["2026-11-19", "이어폰", "9.99", "USD"], ["2026-11-20", "이어폰", "12500", "KRW"]],
        warnings=["several_currencies"],
    )
    table(
        "currencies-in-price-texts",
        [HEAD, [DAYS[0], "이어폰", "₩12,900"], [DAYS[1], "이어폰", "$9.99"]],
        [["2026-11-19", "이어폰", "12900", "KRW"], ["2026-11-20", "이어폰", "9.99", "USD"]],
    )
    table("currency-unknown", [head, [DAYS[0], "이어폰", 1, "XYZ"], [DAYS[1], "이어폰", 2, "KRW"]], [["2026-11-20", "이어폰", "2", "KRW"]], [("D2", "unknown_currency")])


def currency_formats():
    def formatted(name, codes, currencies, heading="가격", prices=(12900, 12500, 3900), column=None, **more):
        """Three prices, each with its number format; `codes` is one for all or one for each."""
        codes = [codes] * 3 if isinstance(codes, str) else codes
        currencies = [currencies] * 3 if currencies is None or isinstance(currencies, str) else currencies
        head = ["날짜", "상품명", heading, *(["통화"] if column else [])]
        rows = [[day, f"상품 {at}", price, *([column[at]] if column else [])] for at, (day, price) in enumerate(zip(DAYS, prices))]
        workbook = book([head, *rows])
        for row, code in enumerate(codes, 2):
            workbook.active.cell(row, 3).number_format = code
        expected = [[day.isoformat(), f"상품 {at}", "".join(c for c in str(price) if c in "0123456789."), currency] for at, (day, price, currency) in enumerate(zip(DAYS, prices, currencies))]
        save(workbook, used(f"currency-format-{name}.xlsx", expected, **more))

    won = "[$₩-412]#,##0"
    formatted("won-with-locale", won, "KRW")
    formatted("won-with-named-locale", "[$₩-ko-KR]#,##0", "KRW")
    formatted("won-accounting", "_-[$₩-412]* #,##0_-;-[$₩-412]* #,##0_-;_-[$₩-412]* \"-\"_-;_-@_-", "KRW")
    formatted("won-quoted", '"₩"#,##0;[Red]\\-"₩"#,##0', "KRW")
    formatted("won-word", '#,##0"원"', "KRW")
    formatted("euro-with-locale", "[$€-407]#,##0.00", "EUR", prices=(12.99, 12.5, 3.9))
    formatted("euro-behind", "#,##0.00\\ [$€-1]", "EUR", prices=(12.99, 12.5, 3.9))
    formatted("code-in-brackets", "_-* #,##0.00 [$EUR]_-", "EUR")
    formatted("code-quoted", '#,##0 "USD"', "USD")
    formatted("bare-dollar", "$#,##0.00", "USD", prices=(12.99, 12.5, 3.9))
    formatted("bare-dollar-under-a-canadian-heading", "$#,##0.00", "CAD", heading="Price (CAD)")
    formatted("canadian-dollar", "[$$-1009]#,##0.00", "CAD")
    formatted("yuan-not-yen", "[$¥-804]#,##0", "CNY")
    formatted("krona-by-locale", "#,##0\\ [$kr-41D]", "SEK")
    formatted("against-the-heading", won, "KRW", heading="Price [USD]")
    formatted("built-in-of-whoever-looks", '_("$"* #,##0.00_)_("$"* \\(#,##0.00\\)_("$"* "-"??_)_(@_)', None, warnings=["no_currency"])
    formatted("locale-alone", "[$-412]#,##0", None)
    formatted("other-unit", '#,##0"개"', None)
    formatted("two-in-one", '[$€-407]#,##0" USD"', None)
    formatted("several-in-one-column", [won, "[$€-407]#,##0", "$#,##0"], ["KRW", "EUR", "USD"], warnings=["several_currencies"])
    formatted("yields-to-the-column", "[$€-407]#,##0", ["KRW", "USD", "EUR"], column=["KRW", "USD", None])
    formatted("yields-to-the-text", "[$€-407]#,##0", ["KRW", "USD", "EUR"], prices=("12,900원", "USD 12500", 3900))


def products():
    def named(name, product, expected=None, **more):
        table(f"product-{name}", [HEAD, [DAYS[0], product, 100]], [["2026-11-19", expected or product, "100", None]], **more)

    named("like-a-formula", "=SUM(A1:A9)")
    named("begins-with-plus", "+82 이어폰")
    named("begins-with-minus", "-할인-")
    named("begins-with-at", "@home")
    named("emoji", "🎧 이어폰 👍🏽")
    named("with-markup", "<b>&amp;</b> \"이어폰\"")
    named("with-line-break", "무선\n이어폰")
    named("with-spaces-around", "  이어폰\u00a0", "이어폰")
    named("number", 8801234567890, "8801234567890")
    named("very-long", "가" * 5000)
    named("boolean", True, "TRUE")
    named("decomposed-hangul", "\u110b\u1165\u1111\u1169\u11ab")
    table("product-missing", [HEAD, [DAYS[0], None, 1], [DAYS[0], "이어폰", 2]], [["2026-11-19", "이어폰", "2", None]], [("B2", "no_product")])
    table("product-named-in-its-second-row", [["날짜", "상품코드", "상품명", "가격"], [DAYS[0], "A-1", None, 100], [DAYS[1], "A-1", "이어폰", 200]], [["2026-11-19", "이어폰", "100", None, "A-1"], ["2026-11-20", "이어폰", "200", None, "A-1"]])
    table("product-codes-only", [["날짜", "상품코드", "가격"], *[[d, p, c] for d, p, c in ROWS]])
    table("product-code-with-leading-zeros", [["날짜", "상품코드", "가격"], [DAYS[0], "00123", 1]], [["2026-11-19", "00123", "1", None]])
    table(
        "product-same-name-two-codes",
        [["날짜", "상품코드", "상품명", "가격"], [DAYS[0], "A", "이어폰", 1], [DAYS[0], "B", "이어폰", 2]],
        [["2026-11-19", "이어폰", "1", None, "A"], ["2026-11-19", "이어폰", "2", None, "B"]],
    )
    workbook = book([HEAD, [DAYS[0], None, 100]])
    workbook.active["B2"] = CellRichText("무선 ", TextBlock(InlineFont(b=True), "이어폰"))
    save(workbook, used("product-rich-text.xlsx", [["2026-11-19", "무선 이어폰", "100", None]]))
    workbook = book([HEAD, [DAYS[0], None, 1], [DAYS[0], "이어폰", 2]])
    workbook.active["B2"].value = "#REF!"
    workbook.active["B2"].data_type = "e"
    save(workbook, used("product-error-value.xlsx", [["2026-11-19", "이어폰", "2", None]], [("B2", "unreadable_product")]))
    workbook = book([HEAD, [DAYS[0], "이어폰", None], [DAYS[0], "이어폰", 2]])
    workbook.active["C2"].value = "#DIV/0!"
    workbook.active["C2"].data_type = "e"
    save(workbook, used("price-error-value.xlsx", [["2026-11-19", "이어폰", "2", None]], [("C2", "unreadable_price")]))
    workbook = book([HEAD, [DAYS[0], "이어폰", None], [DAYS[0], "이어폰", 2]])
    workbook.active["C2"].value = "=1+1"
    save(workbook, used("price-formula-without-a-value.xlsx", [["2026-11-19", "이어폰", "2", None]], [("C2", "not_computed")]))


def errors():
    save(book([]), refused("error-empty-workbook.xlsx", "empty"))
    save(book([HEAD]), refused("error-no-rows.xlsx", "no_rows"))
    save(book([[1, 2, 3], [4, 5, 6]]), refused("error-only-numbers.xlsx", "no_header"))
    save(book([["메모"], ["아무 내용"]]), refused("error-no-header.xlsx", "no_header"))
    save(book([["날짜", "상품명", "비고"], [DAYS[0], "이어폰", "-"]]), refused("error-no-price-column.xlsx", "no_price_column"))
    save(book([["날짜", "가격", "비고"], [DAYS[0], 100, "-"]]), refused("error-no-product-column.xlsx", "no_product_column"))
