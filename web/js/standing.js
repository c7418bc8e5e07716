// Figures of a history for the page, of prices that count. Amounts are compared as numbers and
// shown as they were read.

export function standing(prices) {
  const counted = prices.filter((outcome) => outcome.price && !outcome.void && !outcome.unconfirmed);
  if (!counted.length) return null;
  const currency = counted.at(-1).price.currency;
  const list = counted.filter((outcome) => outcome.price.currency === currency);
  const value = (outcome) => Number(outcome.price.amount);
  const sorted = [...list].sort((a, b) => value(a) - value(b));
  const [lowest, highest, now] = [sorted[0], sorted.at(-1), list.at(-1)];
  const spread = value(highest) - value(lowest);
  const place = spread ? (value(now) - value(lowest)) / spread : 0.5;
  const before = list.findLast((outcome) => outcome.price.amount !== now.price.amount);
  const changes = list.filter((outcome, at) => at && outcome.price.amount !== list[at - 1].price.amount).length;
  const known = list.filter((outcome) => outcome.availability);
  const inStock = known.filter((outcome) => !["OutOfStock", "SoldOut", "Discontinued"].includes(outcome.availability)).length;
  return {
    lowest, highest, place, changes,
    median: sorted[sorted.length >> 1].price,
    change: before ? ((value(now) - value(before)) / value(before)) * 100 : null,
    verdict: !spread ? "steady" : standsAt(sorted.map(value), value(now)),
    days: Math.max(1, Math.round((Date.parse(now.slot) - Date.parse(list[0].slot)) / 864e5)),
    inStock: known.length ? Math.round((inStock / known.length) * 100) : null,
    success: Math.round((prices.filter((outcome) => outcome.price).length / prices.length) * 100),
  };
}

/** Where a price stands among those before it: by their number, so that one deep sale does not
    make every other day look dear. */
function standsAt(sorted, now) {
  const quantile = (part) => sorted[Math.min(Math.floor(part * sorted.length), sorted.length - 1)];
  const median = quantile(0.5);
  if (now < median && now <= quantile(0.1)) return "low";
  return now > median && now >= quantile(0.8) ? "high" : "typical";
}

/** The usual price as a line of a chart: the middle of those that count, once there are enough to
    speak of a usual one. */
export function reference(figures, label) {
  if (!figures || figures.changes < 2) return [];
  return [{ value: Number(figures.median.amount), label, kind: "reference" }];
}
