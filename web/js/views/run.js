// One run: how far it is, live, and what came of it.

import { download, get, id } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { money, number, reason, t, weekday } from "../i18n.js";
import { redriveButton } from "../redrive.js";
import { statusPill } from "./runs.js";

export default async function run({ parameter, onLeave, current, may }) {
  const path = `/runs/${id(parameter)}`;
  const [schedule, slot] = parameter.split("@");
  const box = h("div", { class: "stack" });
  let timer;
  let tries = 0;
  let until = 0;
  onLeave(() => clearTimeout(timer));

  async function refresh() {
    let view;
    try { view = await get(path); } catch (error) {
      // A run that was just asked for is not there at once.
      if (error.status !== 404 || tries > 20) throw error;
    }
    tries += 1;
    const closed = view && ["complete", "incomplete"].includes(view.status);
    const outcomes = view ? (await get(`${path}/outcomes`)).outcomes : [];
    fill(box, parts(view, outcomes, may("editor") ? again : null));
    if ((!closed || Date.now() < until) && current()) timer = setTimeout(() => refresh().catch((error) => fill(box, h("p", { class: "notice bad" }, error.message))), 1500);
  }

  /** Follows a run that is closed and was asked to begin again. */
  function again() {
    clearTimeout(timer);
    until = Date.now() + 15000;
    refresh().catch((error) => fill(box, h("p", { class: "notice bad" }, error.message)));
  }

  await refresh();
  return h("div", {}, h("div", { class: "head" }, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/runs" }, t("nav.runs")), ` / ${schedule}`), h("h1", {}, weekday(slot)))), box);
}

function parts(view, outcomes, reload) {
  if (!view) return [h("div", { class: "card empty", role: "status" }, h("strong", {}, t("run.soon")), h("progress"))];
  const failed = outcomes.filter((one) => one.outcome.failure);
  const priced = outcomes.length - failed.length;
  const closed = ["complete", "incomplete"].includes(view.status);
  const jobs = view.jobs ?? outcomes.length;
  return [
    h("section", { class: "card stack" }, h("div", { class: "row between" }, h("div", { class: "row", role: "status" }, statusPill(view.status), h("span", { class: "num" }, t("run.done", { n: number(outcomes.length), of: number(jobs) }))),
      closed && reload && redriveButton(view.id, tally(failed), reload),
      view.workbook && h("button", { type: "button", onclick: () => download(view.workbook) }, icon("download"), t("run.workbook"))),
    !closed && h("progress", { max: jobs || 1, value: outcomes.length, "aria-label": t("run.progress") })),
    h("dl", { class: "figures" }, [["run.prices.short", priced], ["unconfirmed", outcomes.filter((one) => one.outcome.unconfirmed).length], ["run.failures.short", failed.length], ["run.missing", Math.max(0, jobs - outcomes.length)]].map(([label, count]) => h("div", {}, h("dt", {}, t(label)), h("dd", {}, number(count))))),
    h("div", { class: "grid2" }, counts(t("run.by.reason"), failed, (one) => reason(one.outcome.failure), failed.length), counts(t("run.by.source"), outcomes, (one) => one.vendor ?? "–", outcomes.length, (one) => one.outcome.failure)),
    h("section", { class: "card flush" }, h("h2", {}, t("outcomes")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("outcomes") }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("col.product")), h("th", {}, t("col.vendor")), h("th", { class: "num" }, t("col.price")), h("th", {}, t("col.state")))),
      h("tbody", {}, [...failed, ...outcomes.filter((one) => !one.outcome.failure)].slice(0, 500).map(({ product, name, vendor, outcome }) => h("tr", {}, h("td", {}, h("a", { href: `#/products/${encodeURIComponent(product)}` }, name)), h("td", {}, vendor ?? ""), h("td", { class: "num" }, money(outcome.price)),
        h("td", {}, outcome.failure ? [h("span", { class: "pill bad" }, reason(outcome.failure)), " ", h("span", { class: "small soft" }, outcome.failure.detail)] : outcome.unconfirmed ? h("span", { class: "pill warn" }, t("unconfirmed")) : h("span", { class: "pill good" }, t("run.price"))))))))),
  ];
}

/** How many failed for each reason. */
function tally(failed) {
  const found = {};
  for (const { outcome } of failed) found[outcome.failure.reason] = (found[outcome.failure.reason] ?? 0) + 1;
  return found;
}

function counts(title, list, name, total, bad) {
  const groups = new Map();
  for (const one of list) {
    const key = name(one);
    const [all, failed] = groups.get(key) ?? [0, 0];
    groups.set(key, [all + 1, failed + (bad?.(one) ? 1 : 0)]);
  }
  if (!groups.size) return null;
  return h("section", { class: "card" }, h("h2", {}, title), h("ul", { class: "bars" }, [...groups].sort((a, b) => b[1][0] - a[1][0]).slice(0, 12).map(([key, [all, failed]]) => h("li", {}, h("span", {}, key), h("meter", { min: 0, max: total, value: all, "aria-label": key }), h("span", { class: "num end" }, number(all), failed > 0 && h("span", { class: "up small" }, ` −${failed}`))))));
}
