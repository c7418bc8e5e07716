// Every product at once: the API gives columns, the page works with rows.

import { get } from "./api.js";

/** All products as rows like those of `GET /products`, their trends as characters. */
export async function catalogue() {
  const columns = await get("/catalogue");
  const word = (list, column, at) => columns[list][columns[column][at]] ?? undefined;
  return columns.id.map((id, at) => {
    const failure = word("reasons", "failure", at);
    const amount = columns.amount[at];
    return {
      id, name: columns.name[at],
      category: word("categories", "category", at), vendor: word("vendors", "vendor", at), item: word("items", "item", at),
      source: word("sources", "source", at), tags: columns.tags[at].map((place) => columns.tag_names[place]),
      alerts: columns.alerts[at], state: columns.state[at],
      price: amount === null ? undefined : { amount, currency: word("currencies", "currency", at) },
      availability: word("availabilities", "availability", at),
      change_percent: columns.change[at] ?? undefined, changed: columns.changed[at] === null ? undefined : columns.changed[at] * 1000,
      verdict: word("verdicts", "verdict", at), failure: failure && { reason: failure }, trend: columns.trend[at],
    };
  });
}
