"""The list of cases that the scripts fill, and the rows that most of them share."""

import datetime
import json
from pathlib import Path

HERE = Path(__file__).parent
FILES = HERE / "files"
EXPECTED = {}

D = datetime.date
DAYS = [D(2026, 11, 19), D(2026, 11, 20), D(2026, 11, 21)]
# What most files say, each in its own way.
ROWS = [(DAYS[0], "이어폰", 12900), (DAYS[1], "이어폰", 12500), (DAYS[2], "케이블", 3900)]
PLAIN = [[day.isoformat(), product, str(price), None] for day, product, price in ROWS]
KRW = [[day.isoformat(), product, str(price), "KRW"] for day, product, price in ROWS]


def path(name):
    FILES.mkdir(exist_ok=True)
    return FILES / name


def used(name, rows=PLAIN, rejected=(), **more):
    """The file must be read: rows as [date, product, price, currency], rejections as
    (cell, reason); `totals`, `repeated`, `sheets`, `warnings`, `categories`, `vendors` if they
    matter."""
    assert name not in EXPECTED, name
    EXPECTED[name] = {"rows": rows, "rejected": [list(one) for one in rejected], **more}
    return path(name)


def refused(name, code):
    """The file must end with this error."""
    assert name not in EXPECTED, name
    EXPECTED[name] = {"error": code}
    return path(name)


def save():
    text = json.dumps(dict(sorted(EXPECTED.items())), ensure_ascii=False, indent=1)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
