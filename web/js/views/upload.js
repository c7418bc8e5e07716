// One uploaded workbook: how far it is, and what its report says.

import { download, get } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { bytes, number, t } from "../i18n.js";

export default async function upload({ parameter, onLeave, current }) {
  const box = h("div", { class: "stack" });
  const title = h("h1", {}, t("workbook.report"));
  let timer;
  let tries = 0;
  onLeave(() => clearTimeout(timer));
  async function refresh() {
    let view;
    try { view = await get(`/uploads/${parameter}`); } catch (error) {
      // What was just sent is not known at once.
      if (error.status !== 404 || tries > 30) throw error;
    }
    tries += 1;
    if (view) title.textContent = view.name;
    fill(box, view ? parts(view) : waiting(t("workbook.arriving")));
    if ((!view || view.state === "processing") && current()) timer = setTimeout(() => refresh().catch((error) => fill(box, h("p", { class: "notice bad" }, error.message))), 1000);
  }
  await refresh();
  return h("div", {}, h("div", { class: "head" }, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/workbooks" }, t("nav.workbooks"))), title)), box);
}

const waiting = (text) => h("div", { class: "card empty", role: "status" }, h("strong", {}, text), h("progress"));

function parts(view) {
  if (view.state === "processing") return waiting(t("workbook.processing", { size: bytes(view.size) }));
  if (view.state === "failed") {
    return h("div", { class: "notice bad stack", role: "alert" }, h("h2", {}, t("workbook.failed")), h("p", {}, view.reason), h("div", {}, h("a", { class: "button", href: "#/workbooks" }, t("workbook.again"))));
  }
  const summary = view.summary ?? {};
  const figures = ["rows_read", "rows_used", "rows_rejected", "products", "products_followed", "warnings"]
    .filter((name) => typeof summary[name] === "number").map((name) => [t(`summary.${name}`), number(summary[name])]);
  const dates = summary.first_date && `${summary.first_date.slice(0, 10)} – ${summary.last_date.slice(0, 10)}`;
  return [
    h("section", { class: "card row between" }, h("span", { class: "row" }, h("span", { class: "pill good" }, t("workbook.done")), dates && h("span", { class: "soft num" }, `${t("summary.dates")} ${dates}`)), h("button", { type: "button", class: "primary", onclick: () => download(view.report) }, icon("download"), t("workbook.download"))),
    figures.length > 0 && h("dl", { class: "figures" }, figures.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    summary.rows_rejected > 0 && h("p", { class: "notice warn" }, t("workbook.rejected")),
  ];
}
