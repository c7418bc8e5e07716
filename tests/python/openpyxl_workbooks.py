"""Writes random workbooks with openpyxl and, beside them, what a reader must find in them.

    python3 openpyxl_workbooks.py SEED COUNT FOLDER

FOLDER/expected.json lists the workbooks; a cell is [row, column, kind, value], counted from 0.
The kinds: t text, n number, m money ("KRW 12900"), d date, u duration, h a number beyond
fifteen digits, b truth, e error. A formula is an error: openpyxl stores no value with it.
Texts of blanks alone are left out, because openpyxl does not mark them as text to be kept.
"""

import datetime
import json
import random
import re
import sys
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.formula import ArrayFormula

TEXTS = [
    "무선 이어폰", "가", "가", "👩‍👩‍👧 세트", "🎧", "東京", "مرحبا", "naïve", "\u00a0x\u00a0", "\ufeffx",
    "  앞", "뒤  ", " \t둘 다 \n", "첫 줄\n둘째 줄", "\n\n끝", "a\tb", "a  b", "=", "+1", "-1", "@x", "'12",
    "<값> & \"따옴표\" 'x'", "&amp;", "&#44032;", "]]>", "<![CDATA[x]]>", "<!-- x -->", "</t></is></c>",
    "_x000D_", "a_x000D_\nb", "_x005F_x000D_", "_x00e9_", "_xZZZZ_", "_x12", "__x0041__", "_x0041_x0042_",
    "12900", "007", "1e5", "TRUE", "2026-11-21", "₩12,900", "#N/A!", "가" * 32_767, "긴 & 글\n" * 4_000,
]
LOOK_LIKE_FORMULAS = ["=A1", "=1+2", "==", '=HYPERLINK("x")', "= "]
FORMULAS = ["=A1", "=SUM(A1:B2)", '=IF(A1<2,"<&>","가")', "=1/0", "=TRUE", "='둘째 시트'!A1"]
ERRORS = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"]
NUMBERS = [
    0, 1, -1, 12_900, 999_999_999_999_999, -999_999_999_999_999, 10**15, 1234567890123456, 2**63, 10**40,
    0.1, 0.1 + 0.2, 12.99, -0.0, 1 / 3, -2 / 3, 1e-5, 1.5e-15, 4.9e-16, 5e-16, -5.1e-16, 1e-300, 5e-324,
    1e15, 1e16, -1e22, 1e300, 9.99999999999999e307, 99999999999999.95, 999999999999999.9, 123456.789012345678,
]
PLAIN = ["General", "0", "0.00", "#,##0", "#,##0.00", "0%", "0.00E+00", "@", "[Red]#,##0", '#,##0"개"',
         '#,##0.00" days"', BUILTIN_FORMATS[5], BUILTIN_FORMATS[44]]
MONEY = {
    "₩#,##0": "KRW", '#,##0"원"': "KRW", "[$₩-412]#,##0": "KRW", '_-"₩"* #,##0_-': "KRW", "[$USD] #,##0.00": "USD",
    "[$$-409]#,##0.00": "USD", "$#,##0.00": "USD", '#,##0.00\u00a0"€"': "EUR", "[$¥-411]#,##0": "JPY",
}
DATES = ["yyyy-mm-dd", "m/d/yy h:mm", 'yyyy"년" m"월" d"일"', "[$-412]yyyy-mm-dd", "h:mm AM/PM", "mm-dd-yy", "h:mm:ss"]
DURATIONS = ["[h]:mm", "[mm]:ss", "[hh]:mm:ss"]


def plain(number):
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def number(value, kind="n", sign=""):
    """What is seen of a number: fifteen digits, and no more than fifteen places."""
    value = float("%.16g" % value)
    seen = Context(prec=15).create_decimal(Decimal(value)) if value % 1 else Decimal(value)
    if abs(seen) >= 10**15:
        return "h", plain(Decimal(repr(value)))
    if seen.as_tuple().exponent < -15:
        seen = seen.quantize(Decimal("1e-15"), ROUND_HALF_UP)
    return kind, sign + plain(seen)


def unescaped(text):
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)


def any_text(pick, ascii_only):
    if ascii_only:
        return pick.choice([text for text in TEXTS if text.isascii()])
    if pick.random() < 0.6:
        return pick.choice(TEXTS[:-2] if pick.random() < 0.95 else TEXTS)
    letters = "".join(pick.choice("ab1 <&>\"'_x0D=가힣é🎧\n\t") for _ in range(pick.randint(1, 30)))
    return letters + pick.choice("끝z_")


def any_number(pick):
    return pick.choice([
        lambda: pick.choice(NUMBERS),
        lambda: pick.randint(-10**6, 10**6),
        lambda: pick.randint(0, 10**8) / 100,
        lambda: pick.uniform(-1, 1) * 10.0 ** pick.randint(-20, 20),
    ])()


def any_moment(pick):
    """A date, a moment or a time, and its serials in both systems."""
    day = datetime.date(1904, 1, 2) + datetime.timedelta(days=pick.randint(0, 80_000))
    time = datetime.time(pick.randint(0, 23), pick.randint(0, 59), pick.randint(0, 59))
    part = (time.hour * 3600 + time.minute * 60 + time.second) / 86_400
    serials = [(day - start).days for start in (datetime.date(1899, 12, 30), datetime.date(1904, 1, 1))]
    return pick.choice([
        (day, serials),
        (datetime.datetime.combine(day, time), [serial + part for serial in serials]),
        (time, [part, part]),
    ])


def any_cell(pick, workbook, ascii_only):
    """A value, its number format (or none), whether it is text by force, what is to be read.

    openpyxl writes whatever is not ASCII as an entity, which the quick reader leaves to the
    careful one; `ascii_only` is for a sheet that the quick reader can read to its end.
    """
    rich = 0 if ascii_only else 2
    kind = pick.choices(range(10), [6, 6, 2, 2, rich, 1, 1, 1, 1, 1])[0]
    if kind == 0:
        text = any_text(pick, ascii_only)
        return text, None, True, ("t", unescaped(text))
    if kind == 1:
        value, look = any_number(pick), pick.choice([None, *PLAIN])
        return value, look, False, number(value)
    if kind == 2:
        value, look = any_number(pick), pick.choice(list(MONEY))
        return value, look, False, number(value, "m", MONEY[look] + " ")
    if kind == 3:
        value, serials = any_moment(pick)
        look = pick.choice([None, "General", *DATES])
        if workbook.iso_dates:
            return value, look, False, ("t", value.isoformat())
        serial = serials[workbook.epoch == CALENDAR_MAC_1904]
        return value, look, False, number(serial, "n" if look == "General" else "d")
    if kind == 4:
        runs = [pick.choice([run, TextBlock(InlineFont(b=True, color="FF0000"), run)])
                for run in (any_text(pick, False) for _ in range(pick.randint(1, 4)))]
        text = CellRichText(runs)
        return text, None, False, ("t", "".join(unescaped(str(run)) for run in text))
    if kind == 5:
        value = pick.random() < 0.5
        return value, None, False, ("b", "TRUE" if value else "FALSE")
    if kind == 6:
        error = pick.choice(ERRORS)
        return error, None, False, ("e", error)
    if kind == 7:
        formula = pick.choice([formula for formula in FORMULAS if formula.isascii() or not ascii_only])
        formula = pick.choice([formula, ArrayFormula("A1:A1", formula)])
        return formula, None, False, ("e", "formula without a value")
    if kind == 8:
        text = pick.choice(LOOK_LIKE_FORMULAS)
        return text, None, True, ("t", text.strip() if text.isspace() else text)
    spent = datetime.timedelta(seconds=pick.randint(0, 10**7))
    return spent, pick.choice([None, *DURATIONS]), False, number(spent.total_seconds() / 86_400, "u")


def dress(cell, look, is_text):
    if look:
        cell.number_format = look
    if is_text:
        cell.data_type = "s"


def fill_streamed(pick, workbook, sheet, ascii_only, expected):
    for row in range(pick.randint(0, 30)):
        cells = []
        for column in range(pick.randint(0, 9)):
            if pick.random() < 0.2:
                cells.append(pick.choice([None, "", float("nan")]))
                continue
            value, look, is_text, seen = any_cell(pick, workbook, ascii_only)
            cell = WriteOnlyCell(sheet, value)
            dress(cell, look, is_text)
            cells.append(cell)
            expected[row, column] = seen
        sheet.append(cells)


def fill_placed(pick, workbook, sheet, ascii_only, expected):
    places = [(pick.randint(0, 30), pick.randint(0, 9)) for _ in range(pick.randint(0, 150))]
    far = [(1_048_575, 16_383), (70_000, 27), (40, 702), (1_000, 0)]
    for row, column in places + pick.sample(far, pick.randint(0, 2)):
        value, look, is_text, seen = any_cell(pick, workbook, ascii_only)
        cell = sheet.cell(row + 1, column + 1)
        cell.number_format = "General"
        cell.value = value
        dress(cell, look, is_text)
        expected[row, column] = seen
    for _ in range(pick.randint(0, 2)):
        # Side by side, so that they never overlap.
        top, left = pick.randint(0, 20), 10 + 4 * len(sheet.merged_cells.ranges)
        bottom, right = top + pick.randint(1, 3), left + pick.randint(0, 3)
        sheet.cell(top + 1, left + 1, "merged")
        sheet.cell(bottom + 1, right + 1, "lost")
        sheet.merge_cells(None, top + 1, left + 1, bottom + 1, right + 1)
        expected[top, left] = ("t", "merged")
    if pick.random() < 0.3:
        sheet.freeze_panes = "B2"
    if pick.random() < 0.3:
        sheet.auto_filter.ref = "A1:C5"


def write(pick, path):
    streamed = pick.random() < 0.5
    workbook = Workbook(write_only=streamed, iso_dates=pick.random() < 0.15)
    if pick.random() < 0.3:
        workbook.epoch = CALENDAR_MAC_1904
    sheets = []
    for at in range(pick.randint(1, 4)):
        name = pick.choice(["Sheet", "가격 & <표>", "O'Brien", "🎧"]) + str(at)
        sheet = workbook.active if at == 0 and not streamed else workbook.create_sheet()
        sheet.title = name
        for row in pick.sample(range(1, 30), 3):
            sheet.row_dimensions[row].hidden = pick.random() < 0.5
        sheet.column_dimensions["C"].hidden = pick.random() < 0.3
        if at and pick.random() < 0.3:
            sheet.sheet_state = "hidden"
        expected = {}
        (fill_streamed if streamed else fill_placed)(pick, workbook, sheet, pick.random() < 0.5, expected)
        cells = [[*place, *seen] for place, seen in sorted(expected.items())]
        sheets.append({"name": name, "visible": sheet.sheet_state == "visible", "cells": cells})
    workbook.save(path)
    return {"file": path.name, "is_1904": workbook.epoch == CALENDAR_MAC_1904, "sheets": sheets}


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    pick = random.Random(seed)
    written = [write(pick, folder / f"{at}.xlsx") for at in range(count)]
    (folder / "expected.json").write_text(json.dumps(written), encoding="utf-8")


main()
