// Runs: the latest, and starting one.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { ago, number, t, weekday } from "../i18n.js";

export default async function runs({ may }) {
  const [{ runs }, { schedules }] = await Promise.all([get("/runs"), get("/schedules")]);
  const choice = h("select", { "aria-label": t("col.schedule") }, schedules.map((schedule) => h("option", { value: schedule.name }, schedule.name)));
  const begin = h("button", { type: "button", class: "primary", onclick: async () => {
    begin.disabled = true;
    try {
      const started = await post("/runs", { schedule: choice.value }, { "idempotency-key": crypto.randomUUID() });
      location.hash = `#/runs/${encodeURIComponent(started.id)}`;
    } finally { begin.disabled = false; }
  } }, t("run.start"));
  return h("div", {},
    h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.runs")), h("p", { class: "soft" }, t("runs.what"))), may("editor") && h("div", { class: "row" }, schedules.length > 1 && choice, begin)),
    runs.length ? h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("nav.runs") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, t("col.slot")), h("th", {}, t("col.schedule")), h("th", {}, t("col.state")), h("th", { class: "num" }, t("run.jobs")), h("th", { class: "num" }, t("run.prices.short")), h("th", { class: "num" }, t("run.failures.short")))),
      h("tbody", {}, runs.map((run) => {
        const failures = Object.values(run.totals?.failures ?? {}).reduce((sum, count) => sum + count, 0);
        const [schedule, slot] = run.id.split("@");
        return h("tr", {}, h("td", { class: "nowrap" }, h("a", { href: `#/runs/${encodeURIComponent(run.id)}` }, weekday(slot)), h("div", { class: "soft small" }, ago(slot))), h("td", {}, schedule), h("td", {}, statusPill(run.status)),
          h("td", { class: "num" }, run.jobs === undefined ? "–" : number(run.jobs)), h("td", { class: "num" }, run.totals ? number(run.totals.prices) : "–"), h("td", { class: "num" }, run.totals ? h("span", { class: failures ? "up" : "soft" }, number(failures)) : "–"));
      }))))) : h("div", { class: "card empty" }, h("strong", {}, t("runs.none")), h("p", {}, t("runs.none.how"))));
}

export function statusPill(status) {
  const kind = { complete: "good", incomplete: "warn", running: "info", planning: "info" }[status];
  return h("span", { class: `pill ${kind}` }, t(`status.${status}`));
}
