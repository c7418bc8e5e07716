// What Pricetide told people.

import { h } from "../dom.js";
import { t } from "../i18n.js";

export default async function notifications() {
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.notifications")), h("p", { class: "soft" }, t("notifications.what")))),
    h("div", { class: "card empty" }, h("strong", {}, t("notifications.none")), h("p", {}, t("notifications.none.how"))));
}
