"""Writes a workbook beside its right answer, in every format, and the words of both languages.

An answer is a list of day, product, price, vendor and category; what a workbook does not say is empty.
A workbook that must not be guessed about has the reason of its refusal.
"""

import datetime
import json
import pathlib
import zipfile
from xml.sax.saxutils import escape

import xlwt
from openpyxl import Workbook

HERE = pathlib.Path(__file__).parent
ANSWERS = {}
DAY = datetime.date


class Days:
    a, b, c = DAY(2026, 10, 5), DAY(2026, 10, 12), DAY(2026, 10, 19)


def answer(name, rows):
    assert name not in ANSWERS, name
    if isinstance(rows, str):
        ANSWERS[name] = {"refused": rows}
        return HERE / name
    text = lambda value: value.isoformat() if isinstance(value, DAY) else str(value)
    ANSWERS[name] = [[text(value) for value in (list(row) + [""] * 5)[:5]] for row in rows]
    return HERE / name


def xlsx(name, rows, sheets, formats=None):
    """`sheets` is the rows of one sheet, or (title, rows, merged ranges) of several."""
    if isinstance(sheets[0], list):
        sheets = [("Sheet1", sheets, [])]
    book = Workbook()
    book.remove(book.active)
    for title, lines, merges in sheets:
        sheet = book.create_sheet(title)
        for at, line in enumerate(lines, 1):
            for column, value in enumerate(line, 1):
                if value is None or value == "":
                    continue
                cell = sheet.cell(at, column)
                cell.value = value
                if isinstance(value, DAY):
                    cell.number_format = "yyyy-mm-dd"
                elif isinstance(value, str) and not value.startswith("="):
                    cell.data_type = "s"
                code = (formats or {}).get((at, column)) or (formats or {}).get(column)
                if code and at > 1:
                    cell.number_format = code
        for merged in merges:
            sheet.merge_cells(merged)
    book.properties.created = book.properties.modified = datetime.datetime(2026, 11, 21)
    book.save(answer(name + ".xlsx", rows))


def xls(name, rows, lines, stray=None, merges=(), formats=None):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    style = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for at, line in enumerate(lines):
        for column, value in enumerate(line):
            if value is None or value == "":
                continue
            if isinstance(value, DAY):
                sheet.write(at, column, value, style)
            elif at and column in (formats or {}):
                sheet.write(at, column, value, xlwt.easyxf(num_format_str=formats[column]))
            else:
                sheet.write(at, column, value)
    for top, bottom, column in merges:
        sheet.merge(top, bottom, column, column)
    if stray:
        sheet.write(*stray, "x")
    book.save(str(answer(name + ".xls", rows)))


def text(name, rows, lines, separator=",", encoding="utf-8", end="\r\n", after=b""):
    shown = lambda value: "" if value is None else value.isoformat() if isinstance(value, DAY) else str(value)
    body = "".join(separator.join(shown(value) for value in line) + end for line in lines)
    answer(name, rows).write_bytes(body.encode(encoding) + after)


def raw(name, rows, body):
    answer(name, rows).write_bytes(body.encode() if isinstance(body, str) else body)


class Ko:
    tag = "ko"
    date, product, price, vendor, category = "날짜", "상품명", "가격", "판매처", "카테고리"
    cup, pot, lamp = "머그컵", "전기포트", "스탠드 조명"
    shop, other = "가나몰", "다라샵"
    one, two = "주방", "조명"
    total, all, mean = "소계", "합계", "평균"
    note, qty, amount, unit = "비고", "수량", "금액", "단가"


class En:
    tag = "en"
    date, product, price, vendor, category = "Date", "Product", "Price", "Vendor", "Category"
    cup, pot, lamp = "Mug", "Kettle", "Desk lamp"
    shop, other = "North Shop", "South Store"
    one, two = "Kitchen", "Light"
    total, all, mean = "Subtotal", "Grand Total", "Average"
    note, qty, amount, unit = "Remark", "Qty", "Amount", "Unit price"


def ods(name, rows, lines, merges=()):
    """Cells as LibreOffice writes them: a `(value, format)` is a number with a style's digits.

    `merges` gives a cell, by row and column from 0, its number of rows."""
    styles, body = {}, []
    for at, line in enumerate(lines):
        cells, covered = [], {c for (r, c), n in dict(merges).items() if r < at < r + n}
        for column, value in enumerate(line):
            span = dict(merges).get((at, column))
            spans = f' table:number-rows-spanned="{span}" table:number-columns-spanned="1"' if span else ""
            if column in covered:
                cells.append("<table:covered-table-cell/>")
            elif value is None or value == "":
                cells.append("<table:table-cell/>")
            elif isinstance(value, DAY):
                cells.append(f'<table:table-cell{spans} office:value-type="date" office:date-value="{value}"><text:p>{value}</text:p></table:table-cell>')
            elif isinstance(value, tuple):
                number, digits = value
                style = styles.setdefault(digits, f"n{digits}")
                cells.append(f'<table:table-cell table:style-name="{style}" office:value-type="float" office:value="{number}"><text:p>{number:0{digits}d}</text:p></table:table-cell>')
            elif isinstance(value, (int, float)):
                cells.append(f'<table:table-cell{spans} office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>')
            else:
                cells.append(f'<table:table-cell{spans} office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>')
        body.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    shown = "".join(
        f'<number:number-style style:name="{style}p"><number:number number:decimal-places="0" number:min-integer-digits="{digits}"/></number:number-style>'
        f'<style:style style:name="{style}" style:family="table-cell" style:data-style-name="{style}p"/>'
        for digits, style in styles.items())
    spaces = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in
                      [("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle")])
    content = (f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3">'
               f'<office:automatic-styles>{shown}</office:automatic-styles><office:body><office:spreadsheet>'
               f'<table:table table:name="Sheet1">{"".join(body)}</table:table></office:spreadsheet></office:body></office:document-content>')
    with zipfile.ZipFile(answer(name + ".ods", rows), "w") as file:
        kept = lambda part: zipfile.ZipInfo(part, (2026, 11, 21, 0, 0, 0))
        file.writestr(kept("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr(kept("content.xml"), content, zipfile.ZIP_DEFLATED)
