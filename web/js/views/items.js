// Items: what several products are offers of.

import { get } from "../api.js";
import { h } from "../dom.js";
import { money, number, t } from "../i18n.js";
import { sparkline } from "../sparkline.js";

export default async function items() {
  const { items } = await get("/items");
  return h("div", {}, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.items")), h("p", { class: "soft" }, t("items.what")))),
    items.length ? h("div", { class: "grid2" }, items.map((item) => h("section", { class: "card" },
      h("h2", {}, h("span", {}, item.id), h("a", { href: `#/items/${encodeURIComponent(item.id)}` }, t("compare.offers"))),
      h("ul", { class: "sentences" }, item.offers.slice(0, 5).map((offer) => h("li", { class: "trend" },
        h("div", {}, h("a", { href: `#/products/${encodeURIComponent(offer.id)}` }, offer.vendor ?? offer.name), h("div", { class: "small soft" }, t("offers.of", { n: number(item.offers.length) }))),
        h("div", { class: "row" }, sparkline(offer.trend), item.best.some((best) => best.product === offer.id) && h("span", { class: "pill good" }, t("best")), h("b", { class: "num" }, money(offer.price))))))))) : h("div", { class: "card empty" }, h("strong", {}, t("items.none")), h("p", {}, t("items.how"))));
}
