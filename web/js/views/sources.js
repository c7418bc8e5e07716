// Sources: how well the shops and APIs answer that prices are asked of.

import { get } from "../api.js";
import { h } from "../dom.js";
import { ago, number, reason, t, when } from "../i18n.js";

export default async function sources() {
  const { sources } = await get("/sources");
  const head = h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.sources")), h("p", { class: "soft" }, t("sources.what"))));
  if (!sources.length) return h("div", {}, head, h("div", { class: "card empty" }, h("strong", {}, t("sources.none")), h("p", {}, t("empty.start.how"))));
  const troubled = sources.filter((one) => health(one) !== "good");
  return h("div", { class: "stack" }, head,
    h("dl", { class: "figures" }, [["source", sources.length], ["sources.well", sources.length - troubled.length], ["sources.troubled", troubled.length], ["sources.paused", sources.filter((one) => one.paused_until).length]]
      .map(([label, count]) => h("div", {}, h("dt", {}, t(label)), h("dd", {}, number(count))))),
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("nav.sources") }, h("table", {},
      h("thead", {}, h("tr", {}, [["source"], ["col.state"], ["nav.products", "num"], ["run.prices.short", "num"], ["run.by.reason"], ["sources.last", "opt-phone"]].map(([label, side]) => h("th", { class: side }, t(label))))),
      h("tbody", {}, sources.map(line))))));
}

/** `good`, `warn` or `bad`: left alone, or most of it fails, is bad. */
function health(source) {
  const failed = failures(source);
  if (source.paused_until || (failed && failed * 2 >= source.products)) return "bad";
  return failed ? "warn" : "good";
}

const failures = (source) => Object.values(source.failures).reduce((sum, count) => sum + count, 0);

function line(source) {
  const state = health(source);
  const reasons = Object.entries(source.failures).sort((one, other) => other[1] - one[1]);
  return h("tr", {},
    h("td", {}, h("b", {}, source.name), source.paused_until && h("div", { class: "small soft" }, t("sources.until", { when: when(source.paused_until) }), h("br"), source.pause.detail)),
    h("td", {}, h("span", { class: `pill ${state}` }, t(source.paused_until ? "sources.state.paused" : `sources.state.${state}`))),
    h("td", { class: "num" }, h("a", { href: `#/products?source=${encodeURIComponent(source.name)}` }, number(source.products))),
    h("td", { class: "num" }, number(source.priced)),
    h("td", {}, reasons.length ? reasons.map(([name, count]) => h("div", { class: "small" }, `${reason(name)} `, h("span", { class: "soft num" }, number(count)))) : h("span", { class: "soft" }, "–")),
    h("td", { class: "opt-phone nowrap small soft" }, source.last_price ? ago(source.last_price) : "–"));
}
