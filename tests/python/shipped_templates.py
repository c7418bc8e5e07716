"""Computes what a shipped template should answer, with Decimal and plain loops, and compares.

    shipped_templates.py HISTORY.csv.gz ANSWER.json TEMPLATE PARAMETERS-AS-JSON
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

history, answer, template, values = sys.argv[1:]
values = json.loads(values)
with gzip.open(history, "rt", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
with open(answer, encoding="utf-8") as file:
    answer = json.load(file)

today = date.fromisoformat(values["today"])
PLACES = {"KRW": 0, "USD": 2, "KWD": 3}


def between(first, last):
    def inside(row):
        day = row["slot_local"][:10]
        return (not first or first <= day) and (not last or day <= last)

    return [row for row in rows if inside(row)]


def days_back(days):
    return date.fromordinal(today.toordinal() - days).isoformat()


def counted(row):
    return row["outcome"] == "price" and not row["unconfirmed"] and not row["void"]


def remark(row):
    return row["reason"] or row["void"] or row["unconfirmed"] or None


def money(amount, currency):
    return str(Decimal(amount).quantize(Decimal(1).scaleb(-PLACES[currency])))


def percent(new, old):
    change = (Decimal(new) - Decimal(old)) * 100 / Decimal(old)
    return str(change.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def latest_known(some):
    known = {}
    for row in some:
        known[row["product"]] = row
    return known


def by_product_and_currency(some):
    groups = defaultdict(list)
    for row in some:
        if counted(row):
            groups[row["product"], row["currency"]].append(row)
    return groups


def counts_by_condition():
    some = between(values["from"], values["to"])
    groups = defaultdict(list)
    known = latest_known(some)
    for row in some:
        by = values["by"] or "reason"
        condition = row["reason"] if by == "reason" else known[row["product"]][by]
        groups[condition or None].append(row)
    for condition, of in groups.items():
        yield [
            condition,
            len(of),
            sum(map(counted, of)),
            sum(row["reason"] != "" for row in of),
            sum(row["unconfirmed"] != "" for row in of),
            sum(row["void"] != "" for row in of),
        ]


def price_history():
    some = between(values["from"], values["to"])
    known = latest_known(some)
    for row in some:
        if not values["product"] and not values["item"]:
            continue
        if values["product"] and row["product"] != values["product"]:
            continue
        if values["item"] and known[row["product"]]["item"] != values["item"]:
            continue
        price = change = None
        if counted(row):
            price = money(row["amount"], row["currency"])
            if row["previous_amount"] and row["previous_currency"] == row["currency"]:
                change = percent(row["amount"], row["previous_amount"])
        yield [
            row["slot_local"][:10],
            row["product"],
            known[row["product"]]["name"],
            known[row["product"]]["vendor"] or None,
            price,
            row["currency"] or None,
            change,
            row["availability"] or None,
            remark(row),
        ]


def movers():
    some = between(values["from"], values["to"])
    known = latest_known(some)
    for (product, currency), of in by_product_and_currency(some).items():
        prices = [Decimal(row["amount"]) for row in of]
        first, last = prices[0], prices[-1]
        if first == last or abs(last - first) * 100 < (values["at_least"] or 0) * first:
            continue
        if values["direction"] == "down" and last > first:
            continue
        if values["direction"] == "up" and last < first:
            continue
        definition = known[product]
        yield [
            product,
            definition["name"],
            definition["category"] or None,
            definition["vendor"] or None,
            money(first, currency),
            money(last, currency),
            percent(last, first),
            money(min(prices), currency),
            money(max(prices), currency),
            currency,
        ]


def without_price():
    some = between(days_back(89), values["today"])
    groups = defaultdict(list)
    for row in some:
        groups[row["product"]].append(row)
    for product, of in groups.items():
        of.sort(key=lambda row: (row["slot"]))
        prices = [row["slot_local"][:10] for row in of if counted(row)]
        last = max(prices) if prices else None
        since = date.fromisoformat(last or min(row["slot_local"][:10] for row in of))
        without = (today - since).days
        if last and without < (values["days"] or 0):
            continue
        final = of[-1]
        if values["category"] and final["category"] != values["category"]:
            continue
        yield [
            product,
            final["name"],
            final["category"] or None,
            final["vendor"] or None,
            last,
            without,
            len(of),
            remark(final),
            final["url"],
        ]


def cheapest_offers():
    some = between(days_back(2), values["today"])
    known = latest_known(some)
    latest = {}
    for row in some:
        if counted(row):
            latest[row["product"]] = row
    offers = defaultdict(list)
    for product, row in latest.items():
        item = known[product]["item"]
        if not item or row["availability"] in ("OutOfStock", "SoldOut", "Discontinued"):
            continue
        offers[item, row["currency"]].append((Decimal(row["amount"]), product, row))
    for (item, currency), of in offers.items():
        if values["item"] and item != values["item"]:
            continue
        amount, product, row = min(of, key=lambda offer: offer[:2])
        definition = known[product]
        yield [
            item,
            money(amount, currency),
            currency,
            definition["vendor"] or None,
            product,
            definition["name"],
            len(of),
            row["slot_local"][:10],
            definition["url"],
        ]


def median(prices):
    prices = sorted(prices)
    middle = len(prices) // 2
    if len(prices) % 2:
        return prices[middle]
    return (prices[middle - 1] + prices[middle]) / 2


def real_discounts():
    some = between(values["since"], values["day"])
    known = latest_known(some)
    for (product, currency), of in by_product_and_currency(some).items():
        now = [row for row in of if row["slot_local"][:10] == values["day"]]
        before = [Decimal(row["amount"]) for row in of if row["slot_local"][:10] < values["day"]]
        if not now or not before:
            continue
        price, lowest = Decimal(now[-1]["amount"]), min(before)
        if price >= lowest or (lowest - price) * 100 < (values["at_least"] or 0) * lowest:
            continue
        listed = now[-1]["list_amount"]
        yield [
            product,
            known[product]["name"],
            known[product]["vendor"] or None,
            money(price, currency),
            money(lowest, currency),
            str(median(before).normalize()),
            money(listed, currency) if listed else None,
            percent(price, lowest),
            percent(price, listed) if listed else None,
            currency,
            known[product]["url"],
        ]


expected = list(globals()[template.replace("-", "_")]())


def comparable(row):
    """Amounts as numbers, as a median's zeros at its end mean nothing."""
    kinds = [column["kind"] for column in answer["columns"]]
    return tuple(
        Decimal(value) if kind == "money" and value is not None else value
        for kind, value in zip(kinds, row, strict=True)
    )


def order(row):
    return tuple("" if value is None else str(value) for value in row)


given = sorted(map(comparable, answer["rows"]), key=order)
expected = sorted(map(comparable, expected), key=order)
if given != expected:
    only_given = [row for row in given if row not in expected][:3]
    only_expected = [row for row in expected if row not in given][:3]
    sys.exit(f"{len(given)} rows, {len(expected)} expected\n{only_given}\n{only_expected}")
print(len(given))
