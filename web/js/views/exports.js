// Questions to the history: templates, their parameters as a form, the answer as a table before
// anybody downloads it, and what was asked before.

import { download, get, id as pathId, post } from "../api.js";
import { fill, field, h, icon, segments } from "../dom.js";
import { ago, day, language, number, t, when } from "../i18n.js";
import { answerTable } from "../answer-table.js";

const TYPES = { date: "date", whole: "number", text: "text" };

export default async function exports({ query, setQuery, onLeave, current, may }) {
  const [{ templates }, { exports: asked }] = await Promise.all([get("/templates"), get("/exports")]);
  const title = (name) => titleOf(templates.find((one) => one.name === name)) ?? name;
  const answer = h("div", { class: "stack", "aria-live": "polite" });
  const panel = h("div", { class: "stack" });
  const past = h("section", { class: "card flush" });
  let watching = 0;
  let timer;
  onLeave(() => { watching = -1; clearTimeout(timer); });

  const list = h("ul", { class: "choices" }, templates.map((template) => h("li", {}, h("button", {
    type: "button", "data-name": template.name, onclick: () => choose(template),
  }, h("b", {}, titleOf(template)), h("span", { class: "small soft" }, template.own ? t("export.own") : rangeWords(template.range))))));

  function choose(template, values = {}) {
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.name === template.name));
    setQuery({ template: template.name });
    watching += 1;
    fill(answer);
    fill(panel, template.error ? broken(template) : form(template, values));
  }

  function form(template, values) {
    const controls = template.parameters.map((parameter) => [parameter, control(parameter, values[parameter.name])]);
    let format = "xlsx";
    const wrong = h("p", { class: "notice bad", role: "alert", hidden: true });
    const go = h("button", { class: "primary" }, t("export.ask"));
    return h("form", { class: "card stack", onsubmit: async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      go.disabled = true;
      const parameters = {};
      for (const [parameter, input] of controls) if (input.value !== "") parameters[parameter.name] = input.value;
      for (const [, input] of controls) input.removeAttribute("aria-invalid");
      try {
        const begun = await post("/exports", { template: template.name, parameters, format, korean: language === "ko" }, { "idempotency-key": crypto.randomUUID() });
        await follow(begun.id);
      } catch (error) {
        wrong.textContent = error.message;
        wrong.hidden = false;
        const at = controls.find(([parameter]) => error.field === `parameters.${parameter.name}`);
        at?.[1].setAttribute("aria-invalid", "true");
        at?.[1].focus();
      } finally { go.disabled = false; }
    } },
    h("h2", {}, titleOf(template), h("span", { class: "mono soft" }, template.name)), wrong,
    controls.length > 0 ? h("div", { class: "form" }, controls.map(([parameter, input]) => field(label(parameter), input, { hint: hint(parameter) }))) : h("p", { class: "soft small" }, t("export.no.parameters")),
    h("div", { class: "row between" },
      may("editor") ? h("div", { class: "row" }, go, segments(t("export.format"), [["xlsx", "Excel"], ["csv", "CSV"], ["json", "JSON"]], format, (value) => { format = value; })) : h("p", { class: "soft small" }, t("export.editors")),
      statement(template)));
  }

  /** Shows an export until it has ended, and then its first rows. */
  async function follow(export_id) {
    const mine = ++watching;
    for (let tries = 0; mine === watching && current(); tries += 1) {
      const view = await get(`/exports/${pathId(export_id)}`).catch((error) => { if (error.status !== 404 || tries > 20) throw error; });
      if (mine !== watching) return;
      if (view && !["waiting", "working"].includes(view.state)) {
        fill(answer, await ended(view));
        await remember();
        return;
      }
      if (tries === 0) fill(answer, h("div", { class: "card empty", role: "status" }, h("strong", {}, t("export.working")), h("progress")));
      await new Promise((done) => { timer = setTimeout(done, Math.min(400 + tries * 100, 2000)); });
    }
  }

  async function remember() {
    const { exports: newest } = await get("/exports");
    earlier(newest);
  }

  function earlier(list) {
    fill(past, h("h2", {}, t("export.past")), list.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("export.past") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, t("export.question")), h("th", {}, t("export.asked")), h("th", {}, t("col.state")), h("th", { class: "num" }, t("export.rows")), h("th", {}, h("span", { class: "hidden" }, t("actions"))))),
      h("tbody", {}, list.map((one) => h("tr", {}, h("td", {}, h("b", {}, title(one.ask.template)), h("div", { class: "small soft" }, said(one.ask))),
        h("td", { class: "nowrap" }, when(one.slot), h("div", { class: "small soft" }, ago(one.slot))),
        h("td", {}, h("span", { class: `pill ${{ done: "good", failed: "bad", empty: "" }[one.state] ?? "info"}` }, t(`export.state.${one.state}`)), one.reason && h("div", { class: "small soft" }, one.reason)),
        h("td", { class: "num" }, one.rows === undefined ? "–" : number(one.rows)),
        h("td", { class: "end nowrap" }, one.file && [h("button", { type: "button", class: "quiet", "aria-label": `${t("export.look")}: ${title(one.ask.template)}, ${when(one.slot)}`, onclick: () => look(one) }, t("export.look")),
          h("button", { type: "button", class: "quiet", "aria-label": `${t("download")}: ${title(one.ask.template)}, ${when(one.slot)}`, onclick: () => download(one.file) }, icon("download"), one.ask.format.toUpperCase())])))))) : h("p", { class: "empty" }, t("export.past.none")));
  }

  async function look(one) {
    const template = templates.find((known) => known.name === one.ask.template);
    if (template) choose(template, one.ask.parameters);
    await follow(one.id);
    answer.scrollIntoView({ block: "nearest" });
  }

  earlier(asked);
  const first = templates.find((one) => one.name === query.get("template")) ?? templates[0];
  if (first) choose(first, Object.fromEntries(first.parameters.map(({ name }) => [name, query.get(name)]).filter(([, value]) => value)));
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.exports")), h("p", { class: "soft" }, t("export.what")))),
    templates.length ? h("div", { class: "pick" }, h("section", { class: "card" }, h("h2", {}, t("export.templates")), list), h("div", { class: "stack" }, panel, answer)) : h("div", { class: "card empty" }, h("strong", {}, t("export.none")), h("p", {}, t("export.none.how"))),
    past);
}

/** What came of an export. */
async function ended(view) {
  if (view.state === "failed") return h("div", { class: "notice bad stack", role: "alert" }, h("h2", {}, t("export.failed")), h("p", {}, view.reason));
  if (!view.file || view.rows === 0) return h("div", { class: "card empty" }, h("strong", {}, t("export.empty")), h("p", {}, t("export.empty.how")), view.file && take(view, "button"));
  let first = null;
  try { first = await get(`/exports/${pathId(view.id)}/rows`); } catch (error) { if (error.status !== 404) throw error; }
  const head = h("div", { class: "row between" }, h("span", { class: "row" }, h("span", { class: "pill good" }, t("export.ready")), h("span", { class: "num" }, t("export.count", { n: number(view.rows) })), view.made_before && h("span", { class: "soft small" }, t("export.before"))), take(view, "primary"));
  if (!first) return h("section", { class: "card stack" }, head, h("p", { class: "soft small" }, t("export.only.file")));
  return h("section", { class: "card flush answer" }, h("div", { class: "over" }, head), answerTable(first),
    first.rows.length < view.rows && h("p", { class: "soft small under" }, t("export.first", { n: number(first.rows.length), of: number(view.rows) })));
}

const take = (view, kind) => h("button", { type: "button", class: kind, onclick: () => download(view.file) }, icon("download"), t("export.take", { format: { xlsx: "Excel", csv: "CSV", json: "JSON" }[view.ask.format] }));

function control(parameter, value) {
  if (parameter.one_of?.length) {
    const select = h("select", {}, parameter.one_of.map((one) => h("option", { value: one }, choice(one))));
    select.value = value ?? (parameter.one_of.includes(parameter.default) ? parameter.default : parameter.one_of[0]);
    return select;
  }
  // A day counted from today is left to the question, which knows today where its owner is.
  const counted = parameter.type === "date" && !/^\d{4}-/.test(parameter.default);
  return h("input", { type: TYPES[parameter.type] ?? "text", value: value ?? (counted ? "" : parameter.default), maxlength: parameter.type === "text" ? 200 : undefined, step: parameter.type === "whole" ? 1 : undefined, "data-parameter": parameter.name });
}

const choice = (one) => {
  if (one === "") return t("export.any");
  const known = t(`choice.${one}`);
  return known === `choice.${one}` ? one : known;
};

const label = (parameter) => {
  const known = t(`parameter.${parameter.name}`);
  return known === `parameter.${parameter.name}` ? parameter.name : known;
};

function hint(parameter) {
  const usual = parameter.type === "date" && parameter.default ? t("export.default", { value: daysWords(parameter.default) }) : "";
  const about = language === "ko" && label(parameter) !== parameter.name ? "" : parameter.about;
  return [about, usual].filter(Boolean).join(" · ");
}

/** `today - 6` in words. */
function daysWords(text) {
  const [, sign, count] = /^today(?:\s*([+-])\s*(\d+))?$/.exec(text) ?? [];
  if (text === "today") return t("export.today");
  if (count) return t(sign === "-" ? "export.days.ago" : "export.days.ahead", { n: number(Number(count)) });
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? day(`${text}T12:00:00Z`) : text;
}

function rangeWords(range) {
  const last = /^last (\d+) days$/.exec(range);
  if (last) return t("export.range.last", { n: number(Number(last[1])) });
  return range === "all" ? t("export.range.all") : t("export.range.between");
}

const titleOf = (template) => template && ((language === "ko" && template.title_ko) || template.title);

const said = (ask) => Object.entries(ask.parameters ?? {}).map(([name, value]) => `${label({ name })}: ${choice(value)}`).join(" · ");

const broken = (template) => h("div", { class: "notice bad stack" }, h("h2", {}, titleOf(template)), h("p", {}, t("export.broken")), h("p", { class: "mono small" }, template.error));

/** The text of a template, read when it is asked for. */
function statement(template) {
  const text = h("pre", { class: "mono", tabindex: "0" });
  const box = h("details", { class: "sql", ontoggle: async () => {
    if (!box.open || text.textContent) return;
    text.textContent = t("loading");
    try { text.textContent = (await get(`/templates/${pathId(template.name)}`)).text; } catch (error) { text.textContent = error.message; }
  } }, h("summary", {}, t("export.sql")), text);
  return box;
}
