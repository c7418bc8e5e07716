// What fired, and the alert rules of all products.

import { get, id } from "../api.js";
import { catalogue } from "../catalogue.js";
import { sentence } from "../alerts.js";
import { h } from "../dom.js";
import { money, t, when } from "../i18n.js";

export default async function alerts() {
  const rows = (await catalogue()).filter((row) => row.alerts);
  const products = await Promise.all(rows.slice(0, 100).map(async (row) => ({ row, definition: (await get(`/products/${id(row.id)}`)).product })));
  const fired = (await get("/alerts")).alerts;
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.alerts")), h("p", { class: "soft" }, t("alerts.what")))),
    fired.length > 0 && h("section", { class: "card" }, h("h2", {}, t("alerts.fired")), h("ul", { class: "sentences" }, fired.map((one) => h("li", {},
      h("div", {}, h("a", { href: `#/products/${encodeURIComponent(one.product)}`, dir: "auto" }, one.name), h("div", { class: "small soft" }, one.text)), h("span", { class: "small soft nowrap" }, when(one.slot)))))),
    products.length ? h("section", { class: "card flush" }, h("h2", {}, t("alerts.rules")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("alerts.rules") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, t("col.product")), h("th", {}, t("alert.when")), h("th", { class: "num" }, t("price.now")))),
      h("tbody", {}, products.flatMap(({ row, definition }) => (definition?.alerts ?? []).map((rule) => h("tr", {}, h("td", {}, h("a", { href: `#/products/${encodeURIComponent(row.id)}` }, row.name)), h("td", {}, sentence(rule)), h("td", { class: "num" }, money(row.price)))))))))
      : h("div", { class: "card empty" }, h("strong", {}, t("alerts.none")), h("p", {}, t("alerts.none.how")), h("a", { class: "button", href: "#/products" }, t("nav.products"))));
}
