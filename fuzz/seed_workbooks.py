"""Makes inputs for the fuzz targets `workbook_file`, `workbook_sheet` and `workbook_texts` of the
workbook corpus.

    python3 fuzz/seed_workbooks.py        into fuzz/corpus/workbook_file and the others

What the first bytes of an input mean stands in shared/workbook/tests/fuzz/properties.rs, and in
`readers_agree` and `texts_agree`.
"""

import struct
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ROOT / "tests/data/workbooks/corpus/files"
CORPUS = ROOT / "fuzz/corpus"
MOST = 16 << 10
# Types of records in .xls files ([MS-XLS] 2.3): of the workbook, and of a sheet.
GLOBALS = (0x809, 0x0A, 0x22, 0x42, 0x85, 0xE0, 0xFC, 0x41E)
CELLS = (0x809, 0x0A, 0x06, 0xBD, 0xD6, 0xFD, 0x200, 0x203, 0x204, 0x205, 0x207, 0x27E)
# Parts that no reader looks at.
USELESS = ("docProps/", "xl/theme/", "Thumbnails/", "Configurations2/", "settings.xml", "meta.xml", "xl/printerSettings/")


def stream_of(compound):
    """The stream `Workbook` of a compound file; its sectors lie one after the other in what
    LibreOffice and xlwt write. A short one lies in small sectors inside the root's stream."""
    shift = struct.unpack_from("<H", compound, 30)[0]
    size = 1 << shift
    directory = struct.unpack_from("<I", compound, 48)[0]
    at = (directory + 1) * size
    while at + 128 <= len(compound):
        entry = compound[at : at + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        if name == "Workbook":
            start, length = struct.unpack_from("<II", entry, 116)
            root = struct.unpack_from("<I", compound, (directory + 1) * size + 116)[0]
            place = (start + 1) * size if length >= 4096 else (root + 1) * size + start * 64
            return compound[place:][:length]
        at += 128
    return None


def records(stream, at):
    """The records from a place to the end of their substream: type and bytes."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at : at + 4 + length]
        at += 4 + length
        depth += (kind == 0x809) - (kind == 0x0A)
        if depth == 0:
            return


def only_what_is_read(stream):
    """A stream without the records that no reader looks at, a tenth of its size."""
    head = [record for kind, record in records(stream, 0) if kind in GLOBALS]
    at, sheets = sum(map(len, head)), []
    for number, record in enumerate(head):
        if record[:2] == b"\x85\0":
            start = struct.unpack_from("<I", record, 4)[0]
            sheets.append(b"".join(record for kind, record in records(stream, start) if kind in CELLS))
            head[number] = record[:4] + struct.pack("<I", at) + record[8:]
            at += len(sheets[-1])
    return b"".join(head + sheets)


def parts_of(path):
    try:
        with zipfile.ZipFile(path) as archive:
            return [(info.filename, archive.read(info)) for info in archive.infolist() if info.file_size < MOST and not any(part in info.filename for part in USELESS)]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        return []


def save(target, name, content):
    if len(content) <= MOST:
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


for path in sorted(FILES.iterdir()):
    content = path.read_bytes()
    parts = parts_of(path)
    if parts:
        packed = b"".join(b"\n@@@" + name.encode() + b"\n" + part for name, part in parts)
        save("workbook_file", path.name + ".parts", b"z" + packed)
        for name, part in parts:
            if "worksheets/" in name and name.endswith(".xml"):
                save("workbook_sheet", path.name + "." + Path(name).name, bytes([7, 40, 8, 12]) + part)
            if name.lower().endswith("sharedstrings.xml"):
                save("workbook_texts", path.name, bytes([7, 12]) + part)
    stream = stream_of(content) if content.startswith(b"\xd0\xcf\x11\xe0") else None
    if stream:
        save("workbook_file", path.name + ".stream", b"x" + only_what_is_read(stream))
    if not parts or len(content) < 2048:
        save("workbook_file", path.name + ".file", b"f" + content)
