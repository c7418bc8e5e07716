// One item: its offers in one chart and one table.

import { get, id } from "../api.js";
import { priceChart } from "../chart/price-chart.js";
import { h, icon } from "../dom.js";
import { availability, change, direction, money, reason, t } from "../i18n.js";
import { shareDialog } from "../share.js";

export default async function item({ parameter, onLeave, may }) {
  const view = await get(`/items/${id(parameter)}`);
  const histories = await Promise.all(view.offers.map((offer) => get(`/products/${id(offer.id)}/prices?points=2000`)));
  const best = new Set(view.best.map((one) => one.product));
  const offers = view.offers.map((offer, at) => ({ id: offer.id, name: offer.vendor ?? offer.name, best: best.has(offer.id), prices: histories[at].prices }));
  const chart = offers.some((offer) => offer.prices.some((outcome) => outcome.price)) && priceChart({ offers, name: view.id });
  if (chart) onLeave(() => chart.end());
  return h("div", { class: "stack" },
    h("div", { class: "head" }, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/items" }, t("nav.items"))), h("h1", { dir: "auto" }, view.id)),
      may("editor") && h("button", { type: "button", onclick: () => shareDialog({ item: view.id }) }, icon("share"), t("share"))),
    view.best.length > 0 && h("dl", { class: "figures" }, view.best.map((one) => h("div", {}, h("dt", {}, t("best.in", { currency: one.price.currency })), h("dd", {}, money(one.price), h("small", {}, offers.find((offer) => offer.id === one.product)?.name))))),
    chart ? h("section", { class: "card", "aria-label": t("chart") }, h("div", { class: "chart-tools between" }, h("div", { class: "row" }, chart.tools), h("div", { class: "row" },
      h("button", { type: "button", class: "quiet", onclick: chart.saveCsv }, icon("download"), "CSV"), h("button", { type: "button", class: "quiet", onclick: chart.savePng }, icon("download"), "PNG"))), chart.content)
      : h("section", { class: "card empty" }, h("strong", {}, t("chart.empty")), h("p", {}, t("chart.empty.how"))),
    h("section", { class: "card flush" }, h("h2", {}, t("offers")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("offers") }, h("table", {},
      h("thead", {}, h("tr", {}, [["col.product"], ["col.vendor"], ["col.price", "num"], ["col.change", "num"], ["col.state"]].map(([label, side]) => h("th", { class: side }, t(label))))),
      h("tbody", {}, view.offers.map((offer) => h("tr", {}, h("td", {}, h("a", { href: `#/products/${encodeURIComponent(offer.id)}` }, offer.name)), h("td", {}, offer.vendor ?? "–"),
        h("td", { class: "num" }, best.has(offer.id) ? h("b", {}, money(offer.price)) : money(offer.price)), h("td", { class: `num ${direction(offer.change_percent)}` }, change(offer.change_percent)),
        h("td", {}, best.has(offer.id) && h("span", { class: "pill good" }, t("best")), " ", offer.failure ? h("span", { class: "pill bad" }, reason(offer.failure)) : h("span", { class: "small soft" }, availability(offer.availability)))))))))); 
}
