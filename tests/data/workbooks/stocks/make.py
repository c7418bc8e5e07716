"""Makes stocks.xlsx from stocks.csv, and expected.json with the figures that its report must
have. The figures come from Python's decimal and statistics modules, which share no code with
the reader. Needs openpyxl.

    python make.py
"""

import csv
import datetime
import json
import statistics
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl

HERE = Path(__file__).parent
SECTORS = {"MSFT": "Software", "AMZN": "Retail", "IBM": "Services", "GOOG": "Internet", "AAPL": "Hardware"}


def rows():
    with open(HERE / "stocks.csv", newline="") as file:
        for row in csv.DictReader(file):
            date = datetime.datetime.strptime(row["date"], "%b %d %Y").date()
            yield date, row["symbol"], row["price"]


def workbook():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices"
    sheet.append(["Date", "Product", "Category", "Vendor", "Price", "Currency"])
    for date, symbol, price in rows():
        sheet.append([date, symbol, SECTORS[symbol], "NASDAQ" if symbol != "IBM" else "NYSE", float(price), "USD"])
        sheet.cell(sheet.max_row, 1).number_format = "yyyy-mm-dd"
    book.properties.created = book.properties.modified = datetime.datetime(2026, 11, 21)
    book.save(HERE / "stocks.xlsx")


def text(value):
    """A decimal without trailing zeros."""
    value = value.normalize()
    return format(value, "f")


def expected():
    products = defaultdict(list)
    months = defaultdict(list)
    for date, symbol, price in rows():
        products[symbol].append((date, Decimal(price)))
        months[SECTORS[symbol], date.strftime("%Y-%m")].append(Decimal(price))
    six = Decimal("0.000001")
    out = {"rows": sum(map(len, products.values())), "products": {}, "categories": {}}
    for symbol, seen in sorted(products.items()):
        prices = [price for _, price in seen]
        first, last = min(seen)[1], max(seen)[1]
        out["products"][symbol] = {
            "count": len(prices),
            "first": text(first),
            "first_date": min(seen)[0].isoformat(),
            "last": text(last),
            "last_date": max(seen)[0].isoformat(),
            "minimum": text(min(prices)),
            "maximum": text(max(prices)),
            "mean": text((sum(prices) / len(prices)).quantize(six)),
            "median": text(statistics.median(prices)),
            "deviation": text(statistics.stdev(prices).quantize(six)),
            "change": text(last - first),
            "change_percent": text(((last - first) * 100 / first).quantize(Decimal("0.0001"))),
        }
    for (category, month), prices in sorted(months.items()):
        out["categories"][f"{category} {month}"] = {"count": len(prices), "sum": text(sum(prices)), "mean": text((sum(prices) / len(prices)).quantize(six))}
    (HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n")


workbook()
expected()
