"""Number formats in Excel 97 to 2003 workbooks, made with xlwt."""

import xlwt
from quirks import DAYS, FILES, refused, used

HEAD = ["날짜", "상품명", "가격"]


def make():
    # Whole numbers side by side become one record of several cells.
    formatted("row-of-numbers", ['[$₩-412]#,##0', "[$€-407]#,##0.00", "#,##0"], ["KRW", "EUR", None], beside=True, warnings=["several_currencies"])
    formatted("word", ['#,##0"원"', '#,##0" USD"', '"$"#,##0'], ["KRW", "USD", "USD"], warnings=["several_currencies"])
    formatted("of-fractions", ["[$€-407]#,##0.00"] * 3, "EUR", prices=[12.125, 1e9 / 7, 0.1])
    whole = (FILES / "xls-currency-format-word.xls").read_bytes()
    refused("error-cut-off.xls", "truncated").write_bytes(whole[: len(whole) // 2])


def formatted(name, codes, currencies, prices=(12900, 12500, 3900), beside=False, **more):
    workbook = xlwt.Workbook(encoding="utf-8")
    # Sheets before the data, so that places are not those of the first one.
    workbook.add_sheet("설명").write(0, 0, "가격 조사")
    sheet = workbook.add_sheet("가격표")
    for column, heading in enumerate(HEAD):
        sheet.write(0, column, heading)
    currencies = [currencies] * 3 if isinstance(currencies, str) else currencies
    expected = []
    for row, (day, price, code, currency) in enumerate(zip(DAYS, prices, codes, currencies), 1):
        style = xlwt.easyxf(num_format_str=code)
        sheet.write(row, 0, day, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        sheet.write(row, 1, f"상품 {row}")
        sheet.write(row, 2, price, style)
        if beside:
            sheet.write(row, 3, 7, xlwt.easyxf(num_format_str="0"))
        expected.append([day.isoformat(), f"상품 {row}", f"{price:.15g}", currency])
    workbook.save(str(used(f"xls-currency-format-{name}.xls", expected, **more)))
