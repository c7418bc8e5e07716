// Workbooks: drop one in, take the daily ones out.

import { download, get, post } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { bytes, t, weekday } from "../i18n.js";

export default async function workbooks({ may }) {
  const [{ runs }, { uploads }] = await Promise.all([get("/runs"), get("/uploads")]);
  const daily = runs.filter((run) => run.workbook);
  const progress = h("div", { class: "stack", "aria-live": "polite" });
  const picker = h("input", { type: "file", accept: ".xlsx,.xlsm,.xlsb,.xls,.ods,.csv,.tsv,.txt", class: "hidden", tabindex: "-1", "aria-hidden": "true", onchange: () => send([...picker.files]) });
  const drop = h("div", { class: "drop" }, h("strong", {}, t("workbook.drop")), h("p", { class: "soft small" }, t("workbook.what")), picker, h("button", { type: "button", class: "primary", onclick: () => picker.click() }, t("workbook.choose")));
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.toggle("over", over); if (name === "drop") send([...event.dataTransfer.files]); });
  }

  async function send(files) {
    for (const file of files) {
      const bar = h("progress", { max: 1, value: 0, "aria-label": file.name });
      const said = h("span", { class: "soft small" }, t("workbook.sending"));
      const card = h("div", { class: "card stack" }, h("div", { class: "row between" }, h("b", {}, file.name), said), bar);
      progress.prepend(card);
      try {
        const made = await post("/uploads", { name: file.name });
        // S3 would say so as well, but only after the whole file was sent.
        if (file.size > made.max_bytes) throw new Error(t("workbook.too.large", { size: bytes(file.size), limit: bytes(made.max_bytes) }));
        if (!file.size) throw new Error(t("workbook.is.empty"));
        await upload(made, file, (part) => { bar.value = part; });
        location.hash = `#/workbooks/${made.id}`;
      } catch (error) {
        fill(card, h("b", {}, file.name), h("p", { class: "notice bad", role: "alert" }, error.message));
      }
    }
  }

  return h("div", { class: "stack" }, h("div", { class: "head" }, h("h1", {}, t("nav.workbooks"))),
    may("editor") && drop, progress,
    h("div", { class: "grid2" },
      h("section", { class: "card" }, h("h2", {}, t("workbook.uploads")), uploads.length ? h("ul", { class: "sentences" }, uploads.map((one) => h("li", {}, h("div", {}, h("a", { href: `#/workbooks/${one.id}` }, one.name), h("div", { class: "small soft" }, [one.came_at && weekday(one.came_at), bytes(one.size)].filter(Boolean).join(" · "))), h("span", { class: `pill ${{ done: "good", failed: "bad", processing: "info" }[one.state]}` }, t(`upload.${one.state}`))))) : h("p", { class: "empty" }, t("workbook.uploads.none"))),
      h("section", { class: "card" }, h("h2", {}, t("workbook.daily")), daily.length ? h("ul", { class: "sentences" }, daily.slice(0, 14).map((run) => h("li", {}, h("a", { href: `#/runs/${encodeURIComponent(run.id)}` }, weekday(run.id.split("@")[1])), h("button", { type: "button", class: "quiet", "aria-label": `${t("download")} ${weekday(run.id.split("@")[1])}`, onclick: () => download(run.workbook) }, icon("download"), t("download"))))) : h("p", { class: "empty" }, t("workbook.daily.none")))));
}

/** Sends a file to where the API says, telling how far it is. */
function upload(made, file, tell) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(made.method, made.url);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && tell(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? done() : failed(new Error(t("workbook.refused", { status: request.status })))));
    request.addEventListener("error", () => failed(new Error(t("error.offline"))));
    const form = new FormData();
    for (const [name, value] of Object.entries(made.fields)) form.append(name, value);
    form.append("file", file);
    request.send(form);
  });
}
