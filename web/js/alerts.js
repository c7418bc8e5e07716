// Alert rules: told in sentences, edited beside the product.

import { put } from "./api.js";
import { dialog, field, h } from "./dom.js";
import { money, t } from "./i18n.js";

/** The target prices of a product's rules, as lines of a chart. */
export function targets(definition) {
  return (definition.alerts ?? []).filter((rule) => rule.when.kind.startsWith("at_or_") && (rule.when.basis ?? "price") === "price")
    .map((rule) => ({ value: Number(rule.when.price.amount), label: `${t("target")} ${money(rule.when.price)}`, kind: "target" }));
}

/** A rule in a sentence. */
export function sentence(rule) {
  const { kind, price, days, runs, by, direction } = rule.when;
  const margin = by && (by.percent ? `${by.percent}%` : by.amount);
  return t(`rule.${kind}`, { price: price && money(price), days, runs, by: margin, direction: t(`direction.${direction ?? "either"}`) });
}

export function alertsCard(definition, path, may, reload, told) {
  const why = (rule) => told.find((one) => one.rule === rule.id)?.why;
  const rules = definition.alerts ?? [];
  const without = async (rule) => { await put(path, { ...definition, alerts: rules.filter((one) => one !== rule) }); reload(); };
  return h("section", { class: "card" }, h("h2", {}, t("nav.alerts"), may("editor") && h("button", { type: "button", class: "quiet", onclick: () => add(definition, path, reload) }, t("alert.add"))),
    rules.length ? h("ul", { class: "sentences" }, rules.map((rule) => h("li", {}, h("span", {}, sentence(rule), why(rule) && h("span", { class: "small soft rule-why" }, why(rule))), may("editor") && h("button", { type: "button", class: "quiet", "aria-label": `${t("delete")}: ${sentence(rule)}`, onclick: () => without(rule) }, t("delete")))))
      : h("p", { class: "soft small" }, t("alert.none")));
}

function add(definition, path, reload) {
  const currency = definition.currency ?? "KRW";
  const kind = h("select", {}, ["at_or_below", "any_change", "moved", "new_low", "back_in_stock", "out_of_stock", "no_price", "at_or_above", "gone"].map((value) => h("option", { value }, t(`rule.name.${value}`))));
  const amount = h("input", { inputmode: "decimal", pattern: "[0-9]+([.][0-9]+)?", required: true });
  const unit = h("input", { value: currency, maxlength: 3, pattern: "[A-Z]{3}", required: true });
  const days = h("input", { type: "number", min: 1, max: 400, value: "90" });
  const wrong = h("p", { class: "notice bad", role: "alert", hidden: true });
  const fields = { price: [field(t("amount"), amount), field(t("currency"), unit)], days: [field(t("days"), days)] };
  const parts = h("div", { class: "form" });
  const show = () => {
    const needs = { at_or_below: "price", at_or_above: "price", moved: "days", new_low: "days", no_price: "days" }[kind.value];
    parts.replaceChildren(...(fields[needs] ?? []));
    if (needs === "days") {
      fields.days[0].firstChild.textContent = t({ moved: "percent", new_low: "days", no_price: "runs.count" }[kind.value]);
      days.value = { moved: "5", new_low: "90", no_price: "3" }[kind.value];
    }
  };
  kind.addEventListener("change", show);
  show();
  const when = () => {
    switch (kind.value) {
      case "at_or_below": case "at_or_above": return { kind: kind.value, price: { amount: amount.value, currency: unit.value } };
      case "moved": return { kind: "moved", by: { percent: days.value }, against: "previous" };
      case "new_low": return { kind: "new_low", days: Number(days.value) };
      case "no_price": return { kind: "no_price", runs: Number(days.value) };
      default: return { kind: kind.value };
    }
  };
  const box = dialog(t("alert.add"), h("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    const rule = { id: `r${Date.now().toString(36)}`, when: when() };
    try { await put(path, { ...definition, alerts: [...(definition.alerts ?? []), rule] }); box.close(); reload(); } catch (error) { wrong.textContent = error.message; wrong.hidden = false; }
  } }, wrong, field(t("alert.when"), kind), parts, h("div", { class: "row" }, h("button", { class: "primary" }, t("save")), h("button", { type: "button", onclick: () => box.close() }, t("cancel")))));
}
