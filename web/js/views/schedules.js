// Schedules, and trying an expression as it is typed.

import { get } from "../api.js";
import { field, fill, h } from "../dom.js";
import { ago, t, weekday } from "../i18n.js";

export default async function schedules({ session, onLeave }) {
  const { schedules } = await get("/schedules");
  const first = schedules[0];
  const expression = h("input", { value: first?.expression ?? "cron(15 10 * * ? *)", spellcheck: "false", maxlength: 256 });
  const zone = h("input", { value: first?.timezone ?? session.timezone, spellcheck: "false" });
  const due = h("div", { "aria-live": "polite" });
  let timer;
  onLeave(() => clearTimeout(timer));
  async function preview() {
    try {
      const view = await get(`/schedules/preview?${new URLSearchParams({ expression: expression.value, timezone: zone.value })}`);
      expression.setAttribute("aria-invalid", "false");
      fill(due, dates(view));
    } catch (error) {
      expression.setAttribute("aria-invalid", String(error.field !== "timezone"));
      fill(due, h("p", { class: "notice bad" }, error.message));
    }
  }
  for (const input of [expression, zone]) input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(preview, 250); });
  await preview();
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("h1", {}, t("nav.schedules"))),
    h("div", { class: "grid2" }, schedules.map((schedule) => h("section", { class: "card" }, h("h2", {}, schedule.name, h("span", { class: "mono soft" }, schedule.expression)), h("p", { class: "soft small" }, schedule.timezone), dates(schedule))),
      h("section", { class: "card stack" }, h("h2", {}, t("schedule.try")), h("div", { class: "form" }, field(t("schedule.expression"), expression, { hint: t("schedule.expression.hint"), wide: true }), field(t("schedule.zone"), zone)), due)),
    h("p", { class: "soft small" }, t("schedule.where")));
}

function dates(view) {
  return view.next.length ? h("ul", { class: "sentences" }, view.next.map((at) => h("li", {}, h("span", { class: "num" }, weekday(at)), h("span", { class: "soft small" }, ago(at))))) : h("p", { class: "notice warn" }, t("schedule.never"));
}
