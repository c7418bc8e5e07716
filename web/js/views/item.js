// One item: its offers in one chart, and as a table that says the same.

import { get, id } from "../api.js";
import { bases, on } from "../chart/basis.js";
import { priceChart } from "../chart/price-chart.js";
import { h, icon, segments } from "../dom.js";
import { availability, change, direction, money, number, reason, t, when } from "../i18n.js";
import { shareDialog } from "../share.js";

/** How many rows of the table are shown at first, and with every press. */
const STEP = 30;

export default async function item({ parameter, onLeave, may, query, setQuery, reload }) {
  const view = await get(`/items/${id(parameter)}`);
  const [histories, products] = await Promise.all([
    Promise.all(view.offers.map((offer) => get(`/products/${id(offer.id)}/prices?points=2000`))),
    Promise.all(view.offers.map((offer) => get(`/products/${id(offer.id)}`))),
  ]);
  const best = new Set(view.best.map((one) => one.product));
  const vendors = view.offers.map((offer) => offer.vendor);
  // Two offers of one shop are told apart by their own names.
  const named = (offer) => (offer.vendor && vendors.indexOf(offer.vendor) === vendors.lastIndexOf(offer.vendor) ? offer.vendor : offer.name);
  const offers = view.offers.map((offer, at) => ({ id: offer.id, name: named(offer), best: best.has(offer.id), prices: histories[at].prices, definition: products[at].product ?? {} }));
  const known = [...new Map(offers.flatMap((offer) => bases(offer.definition)).map((basis) => [basis[0], basis])).values()];
  const basis = known.some(([key]) => key === query.get("basis")) ? query.get("basis") : "price";
  const priced = offers.some((offer) => offer.prices.some((outcome) => outcome.price));
  const chart = priced && priceChart({
    offers, name: view.id, priceOf: (price, offer) => on(basis, price, offer.definition),
    range: query.get("range") ?? "all", onRange: (range) => setQuery({ range: range === "all" ? "" : range }),
  });
  if (chart) onLeave(() => chart.end());

  return h("div", { class: "stack" },
    h("div", { class: "head" }, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/items" }, t("nav.items"))), h("h1", { dir: "auto" }, view.id)),
      may("editor") && h("button", { type: "button", onclick: () => shareDialog({ item: view.id }) }, icon("share"), t("share"))),
    view.best.length > 0 && h("dl", { class: "figures" }, view.best.map((one) => h("div", {}, h("dt", {}, t("best.in", { currency: one.price.currency })), h("dd", {}, money(one.price), h("small", {}, offers.find((offer) => offer.id === one.product)?.name))))),
    chart ? h("section", { class: "card", "aria-label": t("chart") },
      h("div", { class: "chart-tools between" }, h("div", { class: "row" }, chart.tools,
        known.length > 1 && segments(t("basis"), known.map(([key, quantity]) => [key, t(`basis.${key}`, { quantity })]), basis, (key) => { setQuery({ basis: key === "price" ? "" : key }); reload(); })),
      h("div", { class: "row" },
        h("button", { type: "button", class: "quiet", onclick: chart.saveCsv }, icon("download"), "CSV"), h("button", { type: "button", class: "quiet", onclick: chart.savePng }, icon("download"), "PNG"),
        may("viewer") && h("a", { class: "button quiet", href: `#/exports?template=price-history&item=${encodeURIComponent(view.id)}` }, icon("exports"), t("chart.workbook")))),
      chart.content, h("p", { class: "small soft" }, t("chart.keys")))
      : h("section", { class: "card empty" }, h("strong", {}, t("chart.empty")), h("p", {}, t("chart.empty.how"))),
    offerTable(view, best), priced && history(offers));
}

function offerTable(view, best) {
  return h("section", { class: "card flush" }, h("h2", {}, t("offers")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("offers") }, h("table", {},
    h("thead", {}, h("tr", {}, [["col.product"], ["col.vendor"], ["col.price", "num"], ["col.change", "num"], ["col.state"]].map(([label, side]) => h("th", { class: side }, t(label))))),
    h("tbody", {}, view.offers.map((offer) => h("tr", {}, h("td", {}, h("a", { href: `#/products/${encodeURIComponent(offer.id)}` }, offer.name)), h("td", {}, offer.vendor ?? "–"),
      h("td", { class: "num" }, best.has(offer.id) ? h("b", {}, money(offer.price)) : money(offer.price)), h("td", { class: `num ${direction(offer.change_percent)}` }, change(offer.change_percent)),
      h("td", {}, best.has(offer.id) && h("span", { class: "pill good" }, t("best")), " ", offer.failure ? h("span", { class: "pill bad" }, reason(offer.failure)) : h("span", { class: "small soft" }, availability(offer.availability)))))))));
}

/** What the chart shows, newest first: a row for each time, a column for each offer. */
function history(offers) {
  const rows = new Map();
  offers.forEach((offer, at) => {
    for (const outcome of offer.prices) {
      if (!rows.has(outcome.slot)) rows.set(outcome.slot, new Array(offers.length));
      rows.get(outcome.slot)[at] = outcome;
    }
  });
  const list = [...rows].sort(([one], [other]) => Date.parse(other) - Date.parse(one));
  const body = h("tbody");
  let shown = 0;
  const more = h("button", { type: "button", onclick: () => grow() }, t("more"));
  function grow() {
    body.append(...list.slice(shown, shown + STEP).map(([slot, cells]) => h("tr", {}, h("td", { class: "nowrap slot" }, when(slot)), Array.from(cells, (outcome) => h("td", { class: "num" }, outcome && cell(outcome))))));
    shown += STEP;
    more.hidden = shown >= list.length;
  }
  grow();
  return h("section", { class: "card flush" }, h("h2", {}, t("outcomes"), h("span", { class: "soft small" }, t("count.outcomes", { n: number(list.length) }))),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("outcomes") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, t("col.slot")), offers.map((offer) => h("th", { class: "num" }, offer.name)))), body)),
    h("div", { class: "row under", hidden: list.length <= STEP }, more));
}

function cell(outcome) {
  if (outcome.failure) return h("span", { class: "small up" }, reason(outcome.failure));
  if (outcome.void) return h("span", { class: "struck", title: outcome.void.reason }, money(outcome.price));
  return outcome.unconfirmed ? [money(outcome.price), " ", h("span", { class: "pill warn" }, t("unconfirmed"))] : money(outcome.price);
}
