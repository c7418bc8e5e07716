// All products: search as you type, filters in the address, as long a list as there is.

import { catalogue } from "../catalogue.js";
import { fill, h } from "../dom.js";
import { available, change, direction, money, number, reason, t } from "../i18n.js";
import { draw } from "../sparkline.js";
import { virtualList } from "../virtual-list.js";

const COLUMNS = [["name", "col.product"], ["vendor", "col.vendor", "opt"], [null, "col.trend", "opt"], ["price", "col.price", "end"], ["moved", "col.change", "end"], ["state", "col.state", "opt"]];

export default async function products({ query, setQuery, onLeave, may }) {
  const rows = await catalogue();
  if (!rows.length) {
    return h("div", {}, h("div", { class: "head" }, h("h1", {}, t("nav.products"))),
      h("div", { class: "card empty" }, h("strong", {}, t("empty.products")), h("p", {}, t("empty.start.how")), may("editor") && h("a", { class: "button primary", href: "#/add" }, t("nav.add"))));
  }
  for (const row of rows) {
    row.words = [row.name, row.id, row.vendor, row.category, row.source, ...(row.tags ?? [])].join(" ").toLowerCase();
    row.move = row.change_percent === undefined ? null : Math.abs(row.change_percent);
  }
  const filters = { q: query.get("q") ?? "", category: query.get("category") ?? "", vendor: query.get("vendor") ?? "", tag: query.get("tag") ?? "", state: query.get("state") ?? "", source: query.get("source") ?? "" };
  let [sort, down] = (query.get("sort") ?? "name").split(".");
  down = down ? down === "down" : sort === "moved";

  const phone = matchMedia("(max-width: 899px)");
  const list = virtualList({ label: t("nav.products"), height: () => (phone.matches ? 64 : 56), line });
  onLeave(() => list.end());
  const count = h("p", { class: "soft num", role: "status" });
  const none = h("div", { class: "empty", hidden: true }, h("strong", {}, t("filter.none")), h("button", { type: "button", onclick: () => {
    for (const control of bar.querySelectorAll("input, select")) control.value = "";
    Object.keys(filters).forEach((name) => { filters[name] = ""; });
    apply();
  } }, t("filter.clear")));

  const search = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), value: filters.q, oninput: () => { filters.q = search.value; apply(); } });
  const choose = (name, values, label) => {
    const select = h("select", { "aria-label": label, onchange: () => { filters[name] = select.value; apply(); } },
      h("option", { value: "" }, label), [...new Set(values)].sort((a, b) => a.localeCompare(b)).map((value) => h("option", { value }, name === "state" ? t(`state.${value}`) : value)));
    select.value = filters[name];
    return select;
  };
  const bar = h("div", { class: "filters" }, search,
    choose("category", rows.map((row) => row.category).filter(Boolean), t("filter.category")),
    choose("vendor", rows.map((row) => row.vendor).filter(Boolean), t("filter.vendor")),
    choose("tag", rows.flatMap((row) => row.tags ?? []), t("filter.tag")),
    choose("state", rows.map((row) => row.state), t("filter.state")), filters.source && only());

  /** The source that a link chose, and a way out of it. */
  function only() {
    const chip = h("button", { type: "button", class: "chip", "aria-label": `${t("filter.clear")}: ${filters.source}`, onclick: () => { filters.source = ""; chip.remove(); apply(); } }, `${t("source")}: ${filters.source}`, h("span", { "aria-hidden": "true" }, "×"));
    return chip;
  }

  const heads = COLUMNS.map(([key, label, side]) => {
    const head = h("div", { class: side, "data-sort": key ?? undefined }, key ? h("button", { type: "button", onclick: () => {
      if (sort === key) down = !down;
      else [sort, down] = [key, key === "moved"];
      apply();
    } }, t(label)) : h("span", { class: "soft small" }, t(label)));
    return head;
  });

  function apply() {
    const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter((row) => words.every((word) => row.words.includes(word))
      && (!filters.category || row.category === filters.category) && (!filters.vendor || row.vendor === filters.vendor)
      && (!filters.tag || row.tags?.includes(filters.tag)) && (!filters.state || row.state === filters.state) && (!filters.source || row.source === filters.source));
    kept.sort((a, b) => compare(key(a), key(b), down) || a.id.localeCompare(b.id));
    for (const head of heads.filter((one) => one.dataset.sort)) {
      const sorted = head.dataset.sort === sort;
      head.dataset.order = sorted ? (down ? "descending" : "ascending") : "";
      head.firstChild.setAttribute("aria-pressed", String(sorted));
    }
    list.show(kept);
    list.element.hidden = !kept.length;
    none.hidden = kept.length > 0;
    count.textContent = t("count", { n: number(kept.length), of: number(rows.length) });
    setQuery({ ...filters, sort: sort === "name" && !down ? "" : `${sort}.${down ? "down" : "up"}` });
  }

  function key(row) {
    switch (sort) {
      case "price": return row.price ? Number(row.price.amount) : null;
      case "moved": return row.move;
      case "vendor": return row.vendor ?? null;
      case "state": return row.state;
      default: return row.name;
    }
  }

  function line(row) {
    const spark = h("canvas", { class: "spark opt", "aria-hidden": "true" });
    draw(spark, row.trend);
    const out = row.availability && !available(row.availability);
    return h("a", { class: "line", role: "listitem", href: `#/products/${encodeURIComponent(row.id)}` },
      h("div", {}, h("div", { class: "name" }, row.name), h("div", { class: "sub" }, [row.category, ...(row.tags ?? []).map((tag) => `#${tag}`)].filter(Boolean).join(" · ") || row.id)),
      h("div", { class: "sub opt" }, row.vendor ?? ""), spark,
      h("div", {}, h("div", { class: "price" }, row.price ? money(row.price) : "–")),
      h("div", { class: `change opt ${direction(row.change_percent)}` }, change(row.change_percent)),
      h("div", { class: "opt" }, row.failure ? h("span", { class: "pill bad", title: t(`failure.do.${row.failure.reason}`) }, reason(row.failure)) : out ? h("span", { class: "pill warn" }, t("availability.OutOfStock")) : h("span", { class: "pill" }, t(`state.${row.state}`))));
  }

  const view = h("div", {},
    h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.products")), count), may("editor") && h("a", { class: "button primary", href: "#/add" }, t("nav.add"))),
    bar, h("div", { class: "list" }, h("div", { class: "cols", role: "group", "aria-label": t("sort") }, heads), list.element, none));
  requestAnimationFrame(() => { apply(); performance.mark("products.shown"); });
  return view;
}

/** What has no figure comes last, whichever way. */
function compare(one, other, down) {
  if (one === null || other === null) return (one === null) - (other === null);
  const order = typeof one === "number" ? one - other : one.localeCompare(other);
  return down ? -order : order;
}
