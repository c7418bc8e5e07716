// The API's document, readable.

import { fill, h } from "./dom.js";

const main = document.getElementById("main");
const document_ = await (await fetch("/api/openapi.json")).json();
const schemas = document_.components.schemas;

/** A schema in words: `list of Money`, `string (date-time)`. */
function kind(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return h("a", { href: `#schema-${name}` }, name);
  }
  const many = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (many) return many.filter((one) => one.type !== "null").flatMap((one, at) => [at ? " or " : "", kind(one)]);
  const type = [schema.type].flat().filter((name) => name !== "null").join(" or ");
  if (type === "array") return ["list of ", kind(schema.items)];
  if (schema.enum) return schema.enum.map((value) => `“${value}”`).join(", ");
  if (schema.additionalProperties) return ["object of ", kind(schema.additionalProperties)];
  return [type || "any", schema.format ? ` (${schema.format})` : ""];
}

function properties(schema) {
  const own = Object.entries(schema.properties ?? {});
  const parts = (schema.allOf ?? schema.oneOf ?? []).filter((one) => one.properties);
  if (!own.length && !parts.length) return h("p", {}, kind(schema));
  return [own.length > 0 && h("table", {}, h("tbody", {}, own.map(([name, value]) => h("tr", {}, h("td", {}, h("span", { class: "mono" }, name), schema.required?.includes(name) ? "" : h("span", { class: "soft small" }, " optional")), h("td", {}, kind(value)), h("td", { class: "soft" }, value.description ?? ""))))), parts.map((part) => h("div", {}, part.description && h("p", { class: "soft" }, part.description), properties(part)))];
}

function operation(path, method, what) {
  const answers = Object.entries(what.responses);
  const success = answers.find(([status]) => status < 400);
  const body = what.requestBody?.content["application/json"]?.schema;
  const answer = success?.[1].content?.["application/json"]?.schema;
  return h("section", { class: "card stack", id: what.operationId }, h("h3", {}, h("span", { class: "pill info mono" }, method.toUpperCase()), " ", h("span", { class: "mono" }, path)), h("p", {}, what.summary, ". ", h("span", { class: "soft" }, what.description)),
    what.parameters?.length > 0 && h("table", {}, h("tbody", {}, what.parameters.map((one) => h("tr", {}, h("td", {}, h("span", { class: "mono" }, one.name), h("span", { class: "soft small" }, ` ${one.in}`)), h("td", {}, kind(one.schema)), h("td", { class: "soft" }, one.description ?? ""))))),
    body && h("p", {}, "Body: ", kind(body)), h("p", {}, `${success?.[0] ?? ""} `, answer ? kind(answer) : "without a body"));
}

const groups = new Map();
for (const [path, methods] of Object.entries(document_.paths)) {
  for (const [method, what] of Object.entries(methods)) groups.set(what.tags[0], [...(groups.get(what.tags[0]) ?? []), [path, method, what]]);
}
fill(main, h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "./" }, "Pricetide")), h("h1", {}, "The API"), h("p", { class: "soft" }, document_.info.description), h("p", {}, h("a", { href: "/api/openapi.json" }, "OpenAPI document")))),
  [...groups].map(([name, list]) => h("div", { class: "stack" }, h("h2", {}, name), list.map((one) => operation(...one)))),
  h("h2", {}, "Schemas"), Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b)).map(([name, schema]) => h("section", { class: "card stack", id: `schema-${name}` }, h("h3", { class: "mono" }, name), schema.description && h("p", { class: "soft" }, schema.description), properties(schema)))));
