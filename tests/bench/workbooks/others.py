"""The tools that people use instead: `others.py TOOL INPUT.xlsx REPORT.xlsx DIGEST.json`.

Each reads the workbook, adds up by product code and by category and month, and writes a report
with a row per product, the way its documentation shows.
"""

import json
import sys

AGGREGATES = ["count", "min", "max", "median"]


def pandas_tool(engine, source, report, digest, writer):
    import pandas

    data = pandas.read_excel(source, engine=engine)
    products = data.groupby("상품코드")["가격"].agg(AGGREGATES)
    months = data.groupby(["카테고리", data["날짜"].dt.strftime("%Y-%m")])["가격"].agg(["count", "sum"])
    products.to_excel(report, engine=writer)
    finish(digest, products.itertuples(), ((" ".join(key), *row) for key, row in zip(months.index, months.itertuples(index=False))))


def polars_tool(source, report, digest):
    import polars

    data = polars.read_excel(source)
    price = polars.col("가격")
    products = data.group_by("상품코드").agg(price.count().alias("count"), price.min().alias("min"), price.max().alias("max"), price.median().alias("median"))
    month = polars.col("날짜").dt.strftime("%Y-%m").alias("월")
    months = data.group_by("카테고리", month).agg(price.count().alias("count"), price.sum().alias("sum"))
    products.write_excel(report)
    finish(digest, products.iter_rows(), ((f"{category} {month}", count, total) for category, month, count, total in months.iter_rows()))


def finish(digest, products, months):
    out = {"products": {row[0]: [float(one) for one in row[1:]] for row in products}, "months": {row[0]: [float(one) for one in row[1:]] for row in months}}
    with open(digest, "w") as file:
        json.dump(out, file)


def export(target):
    import datetime

    import xlsxwriter

    workbook = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = workbook.add_worksheet()
    date, amount = workbook.add_format({"num_format": "yyyy-mm-dd"}), workbook.add_format({"num_format": "#,##0"})
    start = datetime.datetime(2026, 1, 1)
    for row in range(1_000_000):
        product = row % 10_000
        sheet.write_datetime(row, 0, start + datetime.timedelta(days=row // 10_000), date)
        for column, text in ((1, f"P{product:06}"), (2, f"이어폰 모델 {product}"), (3, "이어폰"), (4, "네이버쇼핑"), (6, "KRW"), (7, f"https://shop.example.com/products/{product}")):
            sheet.write_string(row, column, text)
        sheet.write_number(row, 5, 10_000 + product * 7 % 5_000, amount)
    workbook.close()


tool, source, report, digest = sys.argv[1:]
if tool == "pandas-openpyxl":
    pandas_tool("openpyxl", source, report, digest, "openpyxl")
elif tool == "pandas-calamine":
    pandas_tool("calamine", source, report, digest, "xlsxwriter")
elif tool == "polars-fastexcel":
    polars_tool(source, report, digest)
elif tool == "export-xlsxwriter":
    export(source)
else:
    sys.exit(f"unknown tool {tool}")
