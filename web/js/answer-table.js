// The first rows of an answer as a table: figures to the right, changes with their direction.

import { h } from "./dom.js";
import { change, day, direction, money, number, t } from "./i18n.js";

const RIGHT = ["count", "number", "percent", "money"];

/** `answer` is `{columns: [{name, kind}], rows: [[cell, …], …]}`. */
export function answerTable({ columns, rows }) {
  const side = (column) => (RIGHT.includes(column.kind) ? "num" : undefined);
  const long = columns.map((_, at) => rows.some((row) => typeof row[at] === "string" && row[at].length > 14));
  return h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("export.answer") }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { class: side(column) }, heading(column.name))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, at) => h("td", { class: cellClass(columns[at], value) ?? (long[at] && "long") }, cell(columns[at], value))))))));
}

/** A column's name in the reader's language where it is a usual one, otherwise as it is. */
function heading(name) {
  const known = t(`answer.${name}`);
  return known === `answer.${name}` ? name.replaceAll("_", " ") : known;
}

function cellClass(column, value) {
  if (column.kind === "percent") return `num ${direction(value)}`;
  return RIGHT.includes(column.kind) || typeof value === "number" ? "num" : undefined;
}

function cell({ kind, name }, value) {
  if (value === null) return "–";
  if (Array.isArray(value)) return money({ amount: value[0], currency: value[1] });
  if (kind === "percent") return change(value);
  if (typeof value === "number") return number(value);
  if (kind === "date") return day(`${value}T12:00:00Z`);
  if (kind === "link" && /^https?:\/\//.test(value)) return h("a", { href: value, rel: "noopener noreferrer", target: "_blank" }, new URL(value).hostname);
  if (name.endsWith("reason") || name === "condition" || name === "remark") return worded("failure", value);
  if (name === "availability") return worded("availability", value);
  if (name === "product" || name === "id") return h("a", { href: `#/products/${encodeURIComponent(value)}` }, value);
  return value;
}

/** One of the page's own words, or what stands there. */
function worded(kind, value) {
  const known = t(`${kind}.${value}`);
  return known === `${kind}.${value}` ? value : known;
}
