// One product: its chart, what was found, and what its owner says to it.

import { get, id, put, remove } from "../api.js";
import { priceChart } from "../chart/price-chart.js";
import { bases, on } from "../chart/basis.js";
import { dialog, field, h, icon, segments, toast } from "../dom.js";
import { ago, availability, available, change, day, direction, language, money, number, reason, t, when } from "../i18n.js";
import { alertsCard, targets } from "../alerts.js";
import { shareDialog } from "../share.js";
import { reference, standing } from "../standing.js";

export default async function product({ parameter, onLeave, may, reload, query, setQuery }) {
  const path = `/products/${id(parameter)}`;
  const [view, { prices, total }, told] = await Promise.all([get(path), get(`${path}/prices?points=5000`), get(`${path}/standing?language=${language}`).catch(() => null)]);
  const definition = view.product ?? { id: parameter, name: parameter };
  const newestFirst = [...prices].reverse();
  const figures = standing(prices);

  const lines = [...targets(definition), ...reference(figures, figures && `${t("usual")} ${money(figures.median)}`)];
  const known = bases(definition);
  const basis = known.some(([key]) => key === query.get("basis")) ? query.get("basis") : "price";
  const chart = prices.some((outcome) => outcome.price) && priceChart({
    offers: [{ id: definition.id, name: definition.name, best: true, prices }], lines: basis === "price" ? lines : [], name: definition.name,
    priceOf: (price) => on(basis, price, definition),
    range: query.get("range") ?? "all", onRange: (range) => setQuery({ range: range === "all" ? "" : range }),
  });
  if (chart) onLeave(() => chart.end());

  const link = definition.source?.url;
  const head = h("div", { class: "head" },
    h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/products" }, t("nav.products")), definition.category && ` / ${definition.category}`),
      h("h1", { dir: "auto" }, definition.name),
      h("p", { class: "row small soft" }, definition.vendor && h("span", {}, definition.vendor), link && h("a", { href: link, rel: "noopener noreferrer", target: "_blank" }, t("open.shop")),
        definition.item && h("a", { href: `#/items/${encodeURIComponent(definition.item)}` }, t("compare.offers")), (definition.tags ?? []).map((tag) => h("a", { class: "pill", href: `#/products?tag=${encodeURIComponent(tag)}` }, `#${tag}`)), !definition.active && view.product && h("span", { class: "pill warn" }, t("state.paused")))),
    h("div", { class: "row" },
      may("editor") && h("button", { type: "button", onclick: () => shareDialog({ product: parameter }) }, icon("share"), t("share")),
      may("editor") && view.product && h("button", { type: "button", onclick: () => edit(definition, path, reload) }, t("edit"))));

  const newest = newestFirst[0];
  const now = h("section", { class: "card stack" },
    h("div", {}, h("div", { class: "soft small" }, t("price.now")), h("div", { class: "price-now" }, view.last ? money(view.last.price) : "–"),
      figures?.change && h("span", { class: direction(figures.change) }, change(figures.change)), " ",
      view.last && h("span", { class: "soft small" }, ago(view.last.slot))),
    h("div", { class: "row" }, view.last?.availability && h("span", { class: available(view.last.availability) ? "pill good" : "pill warn" }, availability(view.last.availability)),
      newest?.failure && h("span", { class: "pill bad" }, reason(newest.failure))),
    newest?.failure && h("p", { class: "notice bad small" }, h("b", {}, reason(newest.failure)), h("br"), h("span", { class: "mono" }, newest.failure.detail), h("br"), t(`failure.do.${newest.failure.reason}`)),
    view.unreadable && h("p", { class: "notice bad small" }, view.unreadable.detail),
    figures && verdict(figures, told?.verdict ?? []));

  return h("div", {}, head, h("div", { class: "side" },
    h("div", { class: "stack" },
      chart ? h("section", { class: "card", "aria-label": t("chart") },
        h("div", { class: "chart-tools between" }, h("div", { class: "row" }, chart.tools, known.length > 1 && segments(t("basis"), known.map(([key, quantity]) => [key, t(`basis.${key}`, { quantity })]), basis, (key) => { setQuery({ basis: key === "price" ? "" : key }); reload(); })), h("div", { class: "row" },
          h("button", { type: "button", class: "quiet", onclick: chart.saveCsv }, icon("download"), "CSV"), h("button", { type: "button", class: "quiet", onclick: chart.savePng }, icon("download"), "PNG"),
          may("viewer") && h("a", { class: "button quiet", href: `#/exports?template=price-history&product=${encodeURIComponent(definition.id)}` }, icon("exports"), t("chart.workbook")))),
        chart.content, h("p", { class: "small soft" }, t("chart.keys")))
        : h("section", { class: "card empty" }, h("strong", {}, t(prices.length ? "chart.no.price" : "chart.empty")), h("p", {}, t("chart.empty.how")),
          may("editor") && h("a", { class: "button primary", href: "#/runs" }, t("run.start"))),
      outcomes(newestFirst, total, path, may, reload)),
    h("div", { class: "stack" }, now, figures && statistics(figures), view.product && alertsCard(definition, path, may, reload, told?.rules ?? []), facts(definition))));
}

function verdict(figures, sentences) {
  const gauge = h("i");
  gauge.style.left = `calc(${Math.round(figures.place * 100)}% - 2px)`;
  return h("div", { class: "verdict" }, h("div", { class: "row between" }, h("b", {}, t(`verdict.${figures.verdict}`)), h("span", { class: "small soft num" }, t("verdict.days", { n: number(figures.days) }))),
    h("div", { class: "gauge", role: "img", "aria-label": t("verdict.place", { n: Math.round(figures.place * 100) }) }, gauge),
    h("div", { class: "row between small soft num" }, h("span", {}, money(figures.lowest.price)), h("span", {}, money(figures.highest.price))),
    sentences.length > 0 && h("ul", { class: "small soft" }, sentences.map((sentence) => h("li", {}, sentence))));
}

function statistics(figures) {
  const row = (label, value, note) => [h("dt", {}, label), h("dd", {}, value, note && h("span", { class: "soft" }, ` ${note}`))];
  return h("section", { class: "card" }, h("h2", {}, t("statistics")), h("dl", { class: "facts" },
    row(t("lowest"), money(figures.lowest.price), day(figures.lowest.slot)),
    row(t("highest"), money(figures.highest.price), day(figures.highest.slot)),
    row(t("median"), money(figures.median)), row(t("changes"), number(figures.changes)),
    row(t("in.stock"), figures.inStock === null ? "–" : `${figures.inStock}%`), row(t("success"), `${figures.success}%`)));
}

function facts(definition) {
  if (!definition.source) return null;
  const row = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
  return h("section", { class: "card" }, h("h2", {}, t("definition")), h("dl", { class: "facts" },
    row("ID", h("span", { class: "mono" }, definition.id)), row(t("col.schedule"), definition.schedule), row(t("currency"), definition.currency), row(t("source"), definition.source.kind.toUpperCase()),
    row(t("selector"), definition.source.selector && h("span", { class: "mono" }, definition.source.selector)), row(t("pack"), definition.pack && `${definition.pack.quantity} ${definition.pack.unit}`)));
}

function outcomes(list, total, path, may, reload) {
  const body = h("tbody");
  let shown = 0;
  const more = h("button", { type: "button", onclick: () => grow() }, t("more"));
  function grow() {
    for (const outcome of list.slice(shown, shown + 15)) body.append(line(outcome, path, may, reload));
    shown += 15;
    more.hidden = shown >= list.length;
  }
  grow();
  return h("section", { class: "card flush" }, h("h2", {}, t("outcomes"), h("span", { class: "soft small" }, t("count.outcomes", { n: number(total) }))),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("outcomes") }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("col.slot")), h("th", { class: "num" }, t("col.price")), h("th", {}, t("col.state")), h("th", {}, h("span", { class: "hidden" }, t("actions"))))), body)),
    h("p", { class: "empty", hidden: list.length > 0 }, t("outcomes.none")), h("div", { class: "row under", hidden: list.length <= 15 }, more));
}

function line(outcome, path, may, reload) {
  const at = `${path}/prices/${id(outcome.run)}/void`;
  const undo = async () => { await remove(at); toast(t("void.undone")); reload(); };
  const ask = () => {
    const why = h("input", { required: true, maxlength: 100, value: "" });
    const box = dialog(t("void.title"), h("p", { class: "soft" }, t("void.what", { price: money(outcome.price), slot: when(outcome.slot) })),
      h("form", { class: "stack", onsubmit: async (event) => {
        event.preventDefault();
        await put(at, { reason: why.value.trim() });
        box.close();
        toast(t("void.done"), { label: t("undo"), run: undo });
        reload();
      } }, field(t("void.why"), why), h("div", { class: "row" }, h("button", { class: "primary" }, t("void.do")), h("button", { type: "button", onclick: () => box.close() }, t("cancel")))));
  };
  const state = outcome.failure ? [h("span", { class: "pill bad" }, reason(outcome.failure)), " ", h("span", { class: "small soft" }, outcome.failure.detail)]
    : outcome.void ? [h("span", { class: "pill warn" }, t("void")), " ", h("span", { class: "small soft" }, outcome.void.reason)]
    : outcome.unconfirmed ? h("span", { class: "pill warn" }, t("unconfirmed")) : h("span", { class: "small soft" }, outcome.availability ? availability(outcome.availability) : outcome.found_in);
  return h("tr", { class: outcome.void && "void" }, h("td", { class: "nowrap slot" }, when(outcome.slot)), h("td", { class: "num" }, h("span", { class: outcome.void && "struck" }, outcome.price ? money(outcome.price) : "–")),
    h("td", {}, state), h("td", { class: "end" }, may("editor") && outcome.price && (outcome.void ? h("button", { type: "button", class: "quiet", onclick: undo }, t("undo")) : h("button", { type: "button", class: "quiet", onclick: ask }, t("void.do")))));
}

function edit(definition, path, reload) {
  const inputs = Object.fromEntries(["name", "vendor", "category", "item", "currency"].map((name) => [name, h("input", { value: definition[name] ?? "", required: name === "name", maxlength: 200 })]));
  const quantity = h("input", { value: definition.pack?.quantity ?? "", inputmode: "decimal", pattern: "[0-9]+([.][0-9]+)?" });
  const unit = h("select", {}, ["g", "kg", "ml", "l", "cm", "m", "piece"].map((value) => h("option", { value }, t(`unit.${value}`))));
  unit.value = definition.pack?.unit ?? "g";
  const shipping = h("input", { value: definition.costs?.shipping ?? "", inputmode: "decimal", pattern: "[0-9]+([.][0-9]+)?" });
  const freeFrom = h("input", { value: definition.costs?.free_from ?? "", inputmode: "decimal", pattern: "[0-9]+([.][0-9]+)?" });
  const tags = h("input", { value: (definition.tags ?? []).join(" ") });
  const active = h("input", { type: "checkbox", checked: definition.active });
  const wrong = h("p", { class: "notice bad", role: "alert", hidden: true });
  const box = dialog(t("edit"), h("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    const changed = { ...definition, active: active.checked, tags: tags.value.split(/[\s,]+/).filter(Boolean) };
    for (const [name, input] of Object.entries(inputs)) {
      if (input.value.trim()) changed[name] = input.value.trim();
      else delete changed[name];
    }
    delete changed.pack;
    delete changed.costs;
    if (quantity.value) changed.pack = { quantity: quantity.value, unit: unit.value };
    if (shipping.value) changed.costs = { shipping: shipping.value, ...(freeFrom.value && { free_from: freeFrom.value }) };
    try { await put(path, changed); box.close(); reload(); } catch (error) { wrong.textContent = error.message; wrong.hidden = false; }
  } }, wrong, h("div", { class: "form" }, field(t("name"), inputs.name, { wide: true }), field(t("filter.vendor"), inputs.vendor), field(t("filter.category"), inputs.category), field(t("item"), inputs.item, { hint: t("item.hint") }), field(t("currency"), inputs.currency), field(t("pack"), quantity, { hint: t("pack.hint") }), field(t("unit"), unit), field(t("shipping"), shipping), field(t("free.from"), freeFrom), field(t("tags"), tags, { wide: true, hint: t("tags.hint") }), h("label", { class: "check" }, active, t("active"))),
    h("div", { class: "row between" }, h("span", { class: "row" }, h("button", { class: "primary" }, t("save")), h("button", { type: "button", onclick: () => box.close() }, t("cancel"))),
      h("button", { type: "button", class: "danger", onclick: async () => {
        await remove(path);
        box.close();
        toast(t("deleted", { name: definition.name }), { label: t("undo"), run: async () => { await put(path, definition); location.hash = `#/products/${encodeURIComponent(definition.id)}`; } });
        location.hash = "#/products";
      } }, t("delete")))));
}
