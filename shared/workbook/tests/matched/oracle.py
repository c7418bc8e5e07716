"""Changes and matched-model price indexes from a history of prices, after their definitions and
with decimals of 50 digits: what the Rust figures are held against.

    python3 oracle.py FOLDER

Reads every .csv of the folder (date, sku, product, category, vendor, price, currency) and prints
the figures of all of them as JSON, by name of the file.
"""

import collections
import csv
import datetime
import decimal
import json
import pathlib
import sys
from decimal import Decimal

decimal.getcontext().prec = 50
HALF_UP = decimal.ROUND_HALF_UP


def plain(number):
    if number is None:
        return None
    number = number.normalize()
    return format(number if number else Decimal(0), "f")


def median(prices):
    prices = sorted(prices)
    middle = len(prices) // 2
    return prices[middle] if len(prices) % 2 else (prices[middle - 1] + prices[middle]) / 2


def geometric_mean(logs):
    return sum(logs, Decimal(0)) / len(logs) if logs else None


def in_percent(log):
    """To two places; what is within 10^-12 of a half, in proportion, is one, and is rounded up."""
    if log is None:
        return None
    hundredths = log.exp() * 10_000
    nudge = hundredths * Decimal("1e-12") + Decimal("1e-9")
    return (hundredths + nudge + Decimal("0.5")).to_integral_value(decimal.ROUND_FLOOR) / 100


class Offer:
    """A product at a vendor: its prices by day."""

    def __init__(self):
        self.days = collections.defaultdict(list)

    def months(self):
        prices = collections.defaultdict(list)
        for day, of_day in self.days.items():
            prices[day[:7]] += of_day
        means = {month: sum(all_of_it) / len(all_of_it) for month, all_of_it in prices.items()}
        return {month: mean.ln() for month, mean in means.items() if mean}

    def ends(self):
        first, last = min(self.days), max(self.days)
        return first, median(self.days[first]), last, median(self.days[last])

    def moved(self):
        first_day, first, last_day, last = self.ends()
        if first_day == last_day or not first or not last:
            return None
        return last.ln() - first.ln()

    def count(self):
        return sum(len(prices) for prices in self.days.values())


def chained(months, offers):
    """The months, each with its matched offers, the change in percent, and the index."""
    by_month = [offer.months() for offer in offers]
    so_far, index = Decimal(0), []
    for at, month in enumerate(months):
        logs = []
        if at:
            before = months[at - 1]
            logs = [of[month] - of[before] for of in by_month if month in of and before in of]
            change = geometric_mean(logs)
            so_far = None if so_far is None or change is None else so_far + change
        else:
            change = None
        index.append((month, len(logs), plain(in_percent(change)), plain(in_percent(so_far))))
    return index


def compared(offers):
    """The vendor at which the price moved most, and how."""

    def rank(item):
        vendor, offer = item
        first_day, first, last_day, last = offer.ends()
        moves = first_day != last_day and first
        ratio = (max(first, last) / min(first, last) if min(first, last) else Decimal("Infinity")) if moves else Decimal(0)
        return -ratio, [-int(part) for part in last_day.split("-")], -offer.count(), vendor

    vendor, offer = min(offers.items(), key=rank)
    first_day, first, last_day, last = offer.ends()
    percent = ((last - first) * 100 / first).quantize(Decimal("0.0001"), HALF_UP) if first else None
    return {
        "vendor": vendor,
        "first": [plain(first), first_day],
        "last": [plain(last), last_day],
        "change": plain(last - first),
        "change_percent": plain(percent),
    }


def figures(path):
    products = collections.defaultdict(lambda: collections.defaultdict(Offer))
    categories, counts = {}, collections.Counter()
    months = collections.defaultdict(set)
    with open(path, newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            currency, category = row["currency"], row["category"]
            key = row["sku"], currency
            products[key][row["vendor"]].days[row["date"]].append(Decimal(row["price"]))
            categories[key] = category
            counts[currency] += 1
            months[None, currency].add(row["date"][:7])
            months[category, currency].add(row["date"][:7])

    def offers(category, currency):
        return [
            offer
            for key, of_product in products.items()
            if key[1] == currency and category in (None, categories[key])
            for offer in of_product.values()
        ]

    answer = {"products": {}, "currencies": {}, "categories": {}, "vendors": {}}
    for (sku, currency), of_product in products.items():
        answer["products"][f"{sku} {currency}"] = compared(of_product)
    for (category, currency), of_scope in months.items():
        index = chained(sorted(of_scope), offers(category, currency))
        if category is not None:
            for month, matched, change, value in index:
                answer["categories"][f"{category} {currency} {month}"] = [matched, change, value]
            continue
        moves = [moved for offer in offers(None, currency) if (moved := offer.moved()) is not None]
        total = in_percent(geometric_mean(moves)) if len(index) == 1 else index[-1][3]
        answer["currencies"][currency] = {
            "change_percent": None if total is None else plain(Decimal(total) - 100),
            "matched": len(moves),
            "months": [[month, matched, value] for month, matched, _, value in index],
        }
    vendors(products, answer["vendors"])
    return answer


def vendors(products, answer):
    levels, moves = collections.defaultdict(list), collections.defaultdict(list)
    lowest, of_vendor = collections.Counter(), collections.Counter()
    for (_, currency), of_product in products.items():
        last_day = max(max(offer.days) for offer in of_product.values())
        current = {}
        for vendor, offer in of_product.items():
            if not vendor:
                continue
            of_vendor[vendor, currency] += 1
            if (moved := offer.moved()) is not None:
                moves[vendor, currency].append(moved)
            _, _, day, last = offer.ends()
            date = datetime.date.fromisoformat
            if (date(last_day) - date(day)).days <= 31:
                current[vendor] = last
        if len(current) > 1 and all(current.values()):
            mean = geometric_mean([price.ln() for price in current.values()])
            for vendor, price in current.items():
                levels[vendor, currency].append(price.ln() - mean)
                lowest[vendor, currency] += price == min(current.values())
    for vendor, currency in of_vendor:
        key = vendor, currency
        change = in_percent(geometric_mean(moves[key]))
        answer[f"{vendor} {currency}"] = {
            "products": of_vendor[key],
            "compared": len(levels[key]),
            "lowest": lowest[key],
            "level_percent": plain(in_percent(geometric_mean(levels[key]))),
            "change_percent": None if change is None else plain(change - 100),
        }


def main():
    folder = pathlib.Path(sys.argv[1])
    json.dump({path.name: figures(path) for path in folder.glob("*.csv")}, sys.stdout)


if __name__ == "__main__":
    main()
