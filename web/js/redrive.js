// Asking again for what a run could not get.

import { get, id, post } from "./api.js";
import { fill, h, toast } from "./dom.js";
import { number, reason, t } from "./i18n.js";

let offered;

/** Whether the API can ask again: an older one cannot, and then nothing is offered. */
async function isOffered() {
  offered ??= get("/openapi.json").then((document) => Boolean(document.paths?.["/api/runs/{id}/redrive"]), () => false);
  return offered;
}

/** A button for a closed run with failures. `failed` is a count for each reason. */
export function redriveButton(run, failed, begun) {
  const reasons = Object.entries(failed).sort((one, other) => other[1] - one[1]);
  const all = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (!all) return null;
  const which = h("select", { "aria-label": t("run.redrive.which") }, h("option", { value: "" }, t("run.redrive.all", { n: number(all) })),
    reasons.map(([name, count]) => h("option", { value: name }, `${reason(name)} (${number(count)})`)));
  const wrong = h("span", { class: "small up", role: "alert" });
  const button = h("button", { type: "button", onclick: async () => {
    button.disabled = true;
    fill(wrong);
    try {
      await post(`/runs/${id(run)}/redrive`, which.value ? { reason: which.value } : {}, { "idempotency-key": crypto.randomUUID() });
      toast(t("run.redrive.begun"));
      begun();
    } catch (error) {
      wrong.textContent = error.message;
    } finally { button.disabled = false; }
  } }, t("run.redrive"));
  const box = h("div", { class: "row", hidden: true }, reasons.length > 1 && which, button, wrong);
  isOffered().then((yes) => { box.hidden = !yes; });
  return box;
}
