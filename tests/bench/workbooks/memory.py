"""Peak memory of `pricetide report` for files at the limits that it allows, and beyond them.

    python3 tests/bench/workbooks/memory.py target/release/pricetide

Each file is made in a temporary folder, read in a process of its own, and removed. A file within the
limits of `shared/workbook/src/limits.rs` must not take more than the memory that `serverless.yml`
gives the reporter; the command fails if one does.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parents[3]
MIB = 1 << 20


def reporter_memory():
    wiring = (HERE / "serverless.yml").read_text()
    section = wiring.split("\n  reporter:\n", 1)[1]
    return int(re.search(r"memorySize: (\d+)", section).group(1))


def csv(path, lines):
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write("date,product,price\n")
        out.writelines(lines)


TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>"
)
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
REL = '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(path, sheets, strings=None):
    """A workbook of sheets, each an iterable of rows' XML; `strings` are the shared strings' XML."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("[Content_Types].xml", TYPES)
        out.writestr("_rels/.rels", RELS.format(REL.format("r1", "officeDocument", "xl/workbook.xml")))
        names = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1))
        out.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            f"<sheets>{names}</sheets></workbook>",
        )
        rels = "".join(REL.format(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1))
        if strings:
            rels += REL.format("rs", "sharedStrings", "sharedStrings.xml")
            with out.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
                part.write(f'<sst xmlns="{MAIN}">'.encode())
                for text in strings:
                    part.write(f"<si><t>{text}</t></si>".encode())
                part.write(b"</sst>")
        out.writestr("xl/_rels/workbook.xml.rels", RELS.format(rels))
        for n, rows in enumerate(sheets, 1):
            with out.open(f"xl/worksheets/sheet{n}.xml", "w", force_zip64=True) as part:
                part.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for row in rows:
                    part.write(row.encode())
                part.write(b"</sheetData></worksheet>")


def row(*cells):
    return "<row>" + "".join(
        f"<c><v>{cell}</v></c>" if isinstance(cell, (int, float)) else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
        for cell in cells
    ) + "</row>"


def shared(*indices):
    return "<row>" + "".join(f'<c t="s"><v>{at}</v></c>' for at in indices) + "</row>"


HEAD = row("date", "product", "price")


def rows(count, name):
    yield HEAD
    for n in range(count):
        yield row("2026-10-05", name(n), 900 + n % 50)


def long_name(n):
    return f"{n:07d}" + "x" * 200_000


CASES = [
    ("1,000,000 products, CSV", "csv", lambda path: csv(path, (f"2026-10-05,product {n:07d},900\n" for n in range(1_000_000)))),
    ("1,000,000 products, XLSX", "xlsx", lambda path: xlsx(path, [rows(1_000_000, lambda n: f"product {n:07d}")])),
    ("1,100,000 products, CSV", "csv", lambda path: csv(path, (f"2026-10-05,product {n:07d},900\n" for n in range(1_100_000)))),
    ("600 names of 200 KB, XLSX", "xlsx", lambda path: xlsx(path, [rows(600, long_name)])),
    ("12,000 names of 200 KB, XLSX", "xlsx", lambda path: xlsx(path, [rows(12_000, long_name)])),
    ("130,000 names of 1 KB, CSV", "csv", lambda path: csv(path, (f"2026-10-05,{n:07d}{'y' * 1_000},900\n" for n in range(130_000)))),
    ("3,900,000 shared strings, XLSX", "xlsx", lambda path: xlsx(path, [[HEAD, *(row("2026-10-05", "a", 5) for _ in range(5))]], (f"text {n}" for n in range(3_900_000)))),
    ("190 MB of shared strings, XLSX", "xlsx", lambda path: xlsx(path, [[HEAD, row("2026-10-05", "a", 5)]], ("z" * 1_000 for _ in range(190_000)))),
    ("1,000 sheets, XLSX", "xlsx", lambda path: xlsx(path, [[HEAD, row("2026-10-05", "a", 5)]] * 1_000)),
    ("16,384 columns, CSV", "csv", lambda path: open(path, "w").write(("date,product,price" + ",x" * 16_381 + "\n") + ("2026-10-05,a,5" + ",1" * 16_381 + "\n") * 200)),
    ("100,000 rejected rows, CSV", "csv", lambda path: csv(path, (f"2026-10-05,product {n % 10},{'q' * 400}\n" for n in range(100_000)))),
    ("5,000,000 rows of 10 products, CSV", "csv", lambda path: csv(path, (f"2026-10-{n % 28 + 1:02d},product {n % 10},900\n" for n in range(5_000_000)))),
]


def main():
    binary, wanted = sys.argv[1], sys.argv[2:]
    allowed = reporter_memory()
    print(f"{'file':<38} {'size':>9}  {'peak':>10}  {'with --json':>11}  outcome")
    too_much = []
    for name, kind, make in CASES:
        if wanted and not any(part in name for part in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, f"prices.{kind}")
            make(path)
            peaks = []
            for extra in ([], ["--json", os.path.join(folder, "summary.json")]):
                output = os.path.join(folder, "report.xlsx")
                run = subprocess.Popen(
                    [binary, "report", path, "-o", output, *extra],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                )
                said = run.stderr.read().strip().splitlines()
                _, status, usage = os.wait4(run.pid, 0)
                code = os.waitstatus_to_exitcode(status)
                peaks.append(usage.ru_maxrss / 1024)
            outcome = "read" if code == 0 else f"refused: {said[-1][:60] if said else code}"
            if code not in (0, 2) or max(peaks) > allowed:
                too_much.append(name)
            print(f"{name:<38} {os.path.getsize(path) / MIB:>5.1f} MiB  {peaks[0]:>6.0f} MiB  {peaks[1]:>7.0f} MiB  {outcome}", flush=True)
    print(f"the reporter has {allowed} MiB")
    if too_much:
        sys.exit(f"more than that, or no answer: {', '.join(too_much)}")


if __name__ == "__main__":
    main()
