"""References and verdicts of price histories, computed anew: an oracle for the crate `pricing`.

Reads a JSON array of histories from standard input and writes an array of answers. A history is an
array of observations in any order: {"at": seconds since 1970, "kind": "price" | "void" |
"unconfirmed" | "pending" | "failure", "amount": text, "currency": text}. Amounts are decimals.
"""

import json
import statistics
import sys
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60
DAY = 24 * 60 * 60


def text(amount):
    return format(amount.normalize(), "f")


def percent(price, of):
    exact = abs(price - of) / of * 100
    return text(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def days_before(prices, at, days):
    """The prices of the days before an instant, the instant itself not among them."""
    return [(t, p) for t, p in prices if at - days * DAY <= t < at]


def window(prices, at, days):
    known = days_before(prices, at, days)
    if not known:
        return None
    low = min(p for _, p in known)
    high = max(p for _, p in known)
    return {
        "low": text(low),
        "low_at": min(t for t, p in known if p == low),
        "high": text(high),
        "high_at": min(t for t, p in known if p == high),
        "since": known[0][0],
        "prices": len(known),
    }


def reduction(prices):
    """The cuts since the price last rose: the first, the last, and the price before the first."""
    changes = [
        (t, before, p)
        for (_, before), (t, p) in zip(prices, prices[1:])
        if before != p
    ]
    cuts = []
    for change in changes:
        _, before, after = change
        if after > before:
            cuts = []
        else:
            cuts.append(change)
    if not cuts:
        return None
    return cuts[0][0], cuts[-1][0], cuts[0][1]


def reference(prices, cut, days):
    known = days_before(prices, cut, days)
    return min(p for _, p in known) if known else None


def verdict(prices):
    if not prices:
        return [["no price"]]
    at, price = prices[-1]
    since = prices[0][0]
    if len(prices) < 5 or since > at - 14 * DAY:
        return [["too early", since, len(prices)]]
    said = []
    lowest = False
    for days in (365, 180, 90, 30):
        if since > at - days * DAY:
            continue
        known = [p for _, p in days_before(prices, at, days)]
        if known and price <= min(known) and price < max(known):
            said.append(["lowest", days, text(max(known))])
            lowest = True
            break
    found = reduction(prices)
    if found and found[0] >= at - 90 * DAY:
        first_cut, _, _ = found
        eu = reference(prices, first_cut, 30)
        if eu is not None and price < eu:
            said.append(["real discount", percent(price, eu), text(eu), first_cut])
        elif eu is not None:
            said.append(["no discount", text(eu), first_cut])
    usual = days_before(prices, at, 90)
    if usual:
        low = min(p for _, p in usual)
        low_at = min(t for t, p in usual if p == low)
        median = Decimal(statistics.median([p for _, p in usual]))
        if not lowest and low < price <= low * Decimal("1.05") and price < median:
            said.append(["near lowest", percent(price, low), text(low), low_at])
        if price > median * Decimal("1.05"):
            said.append(["dearer", percent(price, median), text(median)])
        if not said:
            said.append(["usual", text(median)])
    return said or [["too early", at, 1]]


def answer(history):
    counted = sorted(
        (seen["at"], Decimal(seen["amount"]), seen["currency"])
        for seen in history
        if seen["kind"] == "price"
    )
    if not counted:
        return {"omnibus": None, "korean": None, "windows": [], "verdict": verdict([])}
    at, _, currency = counted[-1]
    prices = [(t, p) for t, p, c in counted if c == currency]
    found = reduction(prices)
    omnibus = korean = None
    if found:
        first_cut, last_cut, before = found
        eu = reference(prices, first_cut, 30)
        kr = reference(prices, last_cut, 20)
        omnibus = [first_cut, last_cut, text(before), eu and text(eu)]
        korean = [first_cut, last_cut, text(before), kr and text(kr)]
    return {
        "omnibus": omnibus,
        "korean": korean,
        "windows": [window(prices, at, days) for days in (1, 7, 30, 90, 365)],
        "verdict": verdict(prices),
    }


json.dump([answer(history) for history in json.load(sys.stdin)], sys.stdout)
