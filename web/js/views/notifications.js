// What Pricetide told people, and what came of it.

import { get } from "../api.js";
import { h } from "../dom.js";
import { t, weekday } from "../i18n.js";

function title(one) {
  if (one.kind === "run") return h("a", { href: `#/runs/${encodeURIComponent(one.run)}` }, t("notifications.run", { name: one.name }));
  if (one.kind === "alert") return h("a", { href: `#/products/${encodeURIComponent(one.product)}` }, t("notifications.alert", { name: one.name }));
  if (one.kind === "export") return h("span", {}, t(one.report ? "notifications.answer" : "notifications.unanswered", { name: one.name }));
  if (one.kind === "trial") return h("span", {}, t("notifications.trial"));
  return h("a", { href: `#/workbooks/${one.upload}` }, t(one.report ? "notifications.report" : "notifications.failed", { name: one.name }));
}

export default async function notifications() {
  const { notifications } = await get("/notifications");
  const kind = { sent: "good", refused: "bad", sending: "info" };
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.notifications")), h("p", { class: "soft" }, t("notifications.what")))),
    notifications.length ? h("section", { class: "card" }, h("ul", { class: "sentences" }, notifications.map((one) => h("li", {},
      h("div", {}, title(one), h("div", { class: "small soft" }, [one.text, one.counts && t("notifications.counts", one.counts), one.came_at && weekday(one.came_at), one.detail].filter(Boolean).join(" · "))),
      h("span", { class: `pill ${kind[one.delivery] ?? "warn"}` }, t(`delivery.${one.delivery}`))))))
      : h("div", { class: "card empty" }, h("strong", {}, t("notifications.none")), h("p", {}, t("notifications.none.how"))));
}
