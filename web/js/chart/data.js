// Histories as a chart needs them: one axis of time, and of every offer what held when.

/** Outcomes of one offer as points: `{t, value, price, kind, …}`. `value` is the number that is
    drawn; the exact amount stays beside it. */
export function points(prices, priceOf = (price) => price) {
  return prices.map((outcome) => {
    const kind = outcome.failure ? "failure" : outcome.void ? "void" : outcome.unconfirmed ? "unconfirmed" : "price";
    const shown = outcome.price ? priceOf(outcome.price, outcome) : null;
    return {
      t: Date.parse(outcome.slot) / 1000,
      kind: kind === "price" && !shown ? "failure" : kind,
      price: shown,
      value: shown ? Number(shown.amount) : null,
      list: outcome.list_price ? Number(outcome.list_price.amount) : null,
      availability: outcome.availability,
      outcome,
    };
  });
}

/** The aligned columns that the chart library wants: all times, and per offer a value, null for
    a gap, undefined where that offer has no outcome. */
export function columns(offers) {
  const times = [...new Set(offers.flatMap((offer) => offer.points.map((point) => point.t)))].sort((a, b) => a - b);
  const place = new Map(times.map((t, at) => [t, at]));
  return [times, ...offers.map((offer) => {
    const column = new Array(times.length);
    for (const point of offer.points) column[place.get(point.t)] = point.kind === "price" ? point.value : null;
    return column;
  })];
}

/** The stretches in which a price held: `{from, to, value}`. A failure ends the stretch before
    it: nothing is drawn over what is not known. A price that does not count changes nothing. */
export function stretches(list, end) {
  const found = [];
  let open = null;
  for (const point of list) {
    if (point.kind === "void" || point.kind === "unconfirmed") continue;
    if (point.kind === "failure") {
      if (open) found.push({ ...open, to: point.t });
      open = null;
    } else if (!open) {
      open = { from: point.t, value: point.value };
    } else if (open.value !== point.value) {
      found.push({ ...open, to: point.t });
      open = { from: point.t, value: point.value, joins: true };
    }
  }
  if (open) found.push({ ...open, to: Math.max(end, open.from) });
  return found;
}

/** The stretches of availability: `{from, to, state}` with `in`, `out`, `unknown`. */
export function availabilityBand(list, end, available) {
  const found = [];
  let open = null;
  for (const point of list) {
    const known = point.kind !== "failure" && point.availability;
    const state = known ? (available(point.availability) ? "in" : "out") : "unknown";
    if (open?.state === state) continue;
    if (open) found.push({ ...open, to: point.t });
    open = { from: point.t, state };
  }
  if (open) found.push({ ...open, to: Math.max(end, open.from) });
  return found;
}

/** The point that holds at a time: the last one at or before it. */
export function holding(list, t) {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (list[middle].t <= t) low = middle + 1;
    else high = middle - 1;
  }
  return list[high] ?? null;
}

/** The lowest and the highest price that counts between two times. */
export function extremes(offers, from, to) {
  let [lowest, highest] = [null, null];
  for (const offer of offers) {
    for (const point of offer.points) {
      if (point.kind !== "price" || point.t < from || point.t > to) continue;
      if (!lowest || point.value < lowest.value) lowest = point;
      if (!highest || point.value > highest.value) highest = point;
    }
  }
  return { lowest, highest };
}
