// What changed, in sentences and small charts; what fails; what is next.

import { get } from "../api.js";
import { catalogue } from "../catalogue.js";
import { h } from "../dom.js";
import { ago, change, day, direction, money, number, reason, t, weekday } from "../i18n.js";
import { sparkline } from "../sparkline.js";

export default async function overview({ may }) {
  const [products, { runs }, { schedules }] = await Promise.all([catalogue(), get("/runs"), get("/schedules")]);
  const head = h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.overview")), h("p", { class: "soft" }, day(new Date()))));
  if (!products.length) return h("div", {}, head, start(may));

  const last = runs[0];
  const since = last ? Date.parse(last.id.split("@")[1]) - 36e5 : 0;
  const changed = products.filter((row) => row.change_percent && row.changed && row.changed >= since)
    .sort((a, b) => Math.abs(b.change_percent) - Math.abs(a.change_percent));
  const failing = products.filter((row) => row.state === "failing");
  const next = schedules.flatMap((schedule) => schedule.next.slice(0, 1).map((at) => [schedule.name, at])).sort((a, b) => a[1].localeCompare(b[1]))[0];
  const fell = changed.filter((row) => row.change_percent < 0).length;

  return h("div", { class: "stack" }, head,
    h("dl", { class: "figures" },
      figure(t("overview.products"), number(products.length), t("overview.priced", { n: number(products.filter((row) => row.price).length) })),
      figure(t("overview.changed"), number(changed.length), t("overview.fell", { down: number(fell), up: number(changed.length - fell) })),
      figure(t("overview.failing"), number(failing.length), failing.length ? t("overview.failing.see") : t("overview.failing.none")),
      figure(t("overview.next"), next ? ago(next[1]) : "–", next ? weekday(next[1]) : t("overview.next.none"))),
    h("div", { class: "grid2" },
      h("section", { class: "card" }, h("h2", {}, t("overview.changes"), h("a", { href: "#/products?sort=moved" }, t("all"))),
        changed.length ? h("ul", { class: "sentences" }, changed.slice(0, 8).map(sentence)) : h("p", { class: "empty" }, t("overview.changes.none"))),
      h("div", { class: "stack" },
        last && h("section", { class: "card" }, h("h2", {}, t("overview.run"), h("a", { href: "#/runs" }, t("all"))), runLine(last)),
        bestOffers(products),
        h("section", { class: "card" }, h("h2", {}, t("overview.failures"), failing.length > 6 && h("a", { href: "#/products?state=failing" }, t("all"))),
          failing.length ? h("ul", { class: "sentences" }, failing.slice(0, 6).map((row) => h("li", {},
            h("div", {}, h("a", { href: `#/products/${encodeURIComponent(row.id)}` }, row.name), h("div", { class: "small soft" }, [row.vendor, reason(row.failure)].filter(Boolean).join(" · "))),
            h("span", { class: "pill bad" }, t("state.failing"))))) : h("p", { class: "empty" }, t("overview.failures.none"))))));
}

function figure(label, value, note) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, value, h("small", {}, note)));
}

function sentence(row) {
  const fell = row.change_percent < 0;
  return h("li", {},
    h("div", {}, h("a", { href: `#/products/${encodeURIComponent(row.id)}` }, row.name),
      h("div", { class: "small" }, h("span", { class: direction(row.change_percent) }, change(row.change_percent)), " ",
        h("span", { class: "soft" }, t(fell ? "sentence.fell" : "sentence.rose", { price: money(row.price), shop: row.vendor ?? t("the.shop") })))),
    sparkline(row.trend));
}

function runLine(run) {
  const failures = Object.values(run.totals?.failures ?? {}).reduce((sum, count) => sum + count, 0);
  return h("div", { class: "row between" },
    h("a", { href: `#/runs/${encodeURIComponent(run.id)}` }, weekday(run.id.split("@")[1])),
    h("span", { class: "row" }, h("span", { class: "pill good" }, t("run.prices", { n: number(run.totals?.prices ?? 0) })),
      failures > 0 && h("span", { class: "pill bad" }, t("run.failures", { n: number(failures) }))));
}

function bestOffers(products) {
  const items = new Map();
  for (const row of products) if (row.item && row.price) items.set(row.item, [...(items.get(row.item) ?? []), row]);
  const compared = [...items].filter(([, offers]) => offers.length > 1).slice(0, 5);
  if (!compared.length) return null;
  return h("section", { class: "card" }, h("h2", {}, t("overview.best"), h("a", { href: "#/items" }, t("all"))),
    h("ul", { class: "sentences" }, compared.map(([item, offers]) => {
      const best = offers.filter((row) => row.price.currency === offers[0].price.currency).sort((a, b) => a.price.amount - b.price.amount)[0];
      return h("li", {}, h("div", {}, h("a", { href: `#/items/${encodeURIComponent(item)}` }, item), h("div", { class: "small soft" }, best.vendor ?? best.name)), h("b", { class: "num" }, money(best.price)));
    })));
}

function start(may) {
  return h("div", { class: "card empty" }, h("strong", {}, t("empty.start")), h("p", {}, t("empty.start.how")),
    may("editor") && h("div", { class: "row" }, h("a", { class: "button primary", href: "#/add" }, t("nav.add")), h("a", { class: "button", href: "#/workbooks" }, t("workbook.upload"))));
}
