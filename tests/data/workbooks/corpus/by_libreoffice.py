"""The same table saved by LibreOffice in every format."""

import subprocess
import tempfile
from pathlib import Path

import by_openpyxl
from openpyxl import Workbook
from quirks import DAYS, FILES, used

HEAD = ["날짜", "상품코드", "상품명", "카테고리", "쇼핑몰", "가격", "통화"]
DATA = [
    [DAYS[0], "A-1", "이어폰", "음향", "몰A", 12900, "KRW"],
    [DAYS[1], "A-1", "이어폰", "음향", "몰B", 12500, "KRW"],
    [DAYS[2], "B-2", "케이블", "부속", "몰A", 3900, "KRW"],
    [DAYS[2], "C-3", "Adapter", "부속", "몰B", 9.99, "USD"],
    [DAYS[2], "C-3", "Adapter", "부속", "몰B", "품절", "USD"],
]
ROWS = [[row[0].isoformat(), row[2], str(row[5]), row[6]] for row in DATA[:4]]
REJECTED = [("F6", "no_price")]
TARGETS = {
    "libreoffice.xlsx": ("table", "xlsx"),
    "libreoffice.xls": ("table", "xls"),
    "libreoffice.ods": ("table", "ods"),
    "libreoffice-utf-8.csv": ("table", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"),
    "libreoffice-cp949.csv": ("table", "csv:Text - txt - csv (StarCalc):44,34,62,1,,0,false,true,false"),
    "libreoffice-tabs-utf-16.csv": ("table", "csv:Text - txt - csv (StarCalc):9,34,65535,1,,0,false,true,false"),
    "libreoffice-title-and-totals.xls": ("title", "xls"),
    "libreoffice-title-and-totals.ods": ("title", "ods"),
    "libreoffice-formulas.xlsx": ("formulas", "xlsx"),
    "libreoffice-formulas.xls": ("formulas", "xls"),
    "libreoffice-formulas.ods": ("formulas", "ods"),
    "libreoffice-hidden-sheet.ods": ("hidden", "ods"),
    "libreoffice-hidden-sheet.xls": ("hidden", "xls"),
    "libreoffice-1904.xls": ("mac", "xls"),
    "libreoffice-1904.ods": ("mac", "ods"),
    "libreoffice-currency-formats.ods": ("money", "ods"),
}


FORMATS = [('#,##0"원"', "KRW"), ("[$₩-412]#,##0", "KRW"), ("₩#,##0", "KRW"), ("#,##0.00 [$€-407]", "EUR"), ('"USD "#,##0.00', "USD"), ('#,##0"원";[Red]-#,##0"원"', "KRW"), ('0"개"', None)]


def sources(folder):
    table = by_openpyxl.book([HEAD, *DATA])
    title = by_openpyxl.book([["가격 조사 보고서"], [], HEAD, *DATA, ["합계", None, None, None, None, 29309.99]])
    title.active.merge_cells("A1:G1")
    formulas = by_openpyxl.book([HEAD, *DATA[:4], [DAYS[2], "D-4", "합산", "부속", "몰A", None, "KRW"], [DAYS[2], "E-5", "오류", "부속", "몰A", None, "KRW"]])
    formulas.active["F6"] = "=F2+F4"
    formulas.active["F7"] = "=1/0"
    hidden = by_openpyxl.book([HEAD, *DATA])
    by_openpyxl.fill(hidden.create_sheet("사본"), [HEAD, *DATA])
    hidden["사본"].sheet_state = "hidden"
    mac = Workbook()
    mac.epoch = by_openpyxl.CALENDAR_MAC_1904
    by_openpyxl.fill(mac.active, [HEAD, *DATA])
    money = by_openpyxl.book([HEAD, *[[DAYS[0], f"A-{at}", f"상품 {at}", None, None, 12900] for at, _ in enumerate(FORMATS)]])
    for row, (code, _) in enumerate(FORMATS, 2):
        money.active.cell(row, 6).number_format = code
    for name, book in {"money": money, "table": table, "title": title, "formulas": formulas, "hidden": hidden, "mac": mac}.items():
        book.save(folder / f"{name}.xlsx")


def make(run):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        if run:
            sources(folder)
        for name, (source, target) in TARGETS.items():
            if run:
                subprocess.run(["soffice", "--headless", "--convert-to", target, "--outdir", folder / "out", folder / f"{source}.xlsx"], check=True, capture_output=True)
                (folder / "out" / f"{source}.{target.split(':')[0]}").rename(FILES / name)
            if source == "formulas":
                used(name, [*ROWS, ["2026-11-21", "합산", "16800", "KRW"]], [("F7", "unreadable_price")])
            elif source == "money":
                used(name, [["2026-11-19", f"상품 {at}", "12900", currency] for at, (_, currency) in enumerate(FORMATS)])
            elif source == "title":
                used(name, ROWS, [("F8", "no_price")], totals=1)
            else:
                used(name, ROWS, REJECTED, categories=["부속", "음향"], vendors=["몰A", "몰B"])
