// Following something new: paste addresses, see what is read there, save.

import { id as pathId, post, put } from "../api.js";
import { field, fill, h, toast } from "../dom.js";
import { availability, money, reason, t } from "../i18n.js";

export default async function add({ onLeave }) {
  const addresses = h("textarea", { rows: 4, placeholder: "https://shop.example/p/42", spellcheck: "false", required: true });
  const currency = h("input", { maxlength: 3, pattern: "[A-Za-z]{3}", placeholder: "KRW" });
  const locale = h("input", { maxlength: 10, placeholder: "ko, de-CH" });
  const selector = h("input", { maxlength: 200, placeholder: ".price", spellcheck: "false" });
  const results = h("div", { class: "stack", "aria-live": "polite" });
  let here = true;
  onLeave(() => { here = false; });

  const form = h("form", { class: "card stack", onsubmit: async (event) => {
    event.preventDefault();
    const urls = [...new Set(addresses.value.split(/\s+/).filter(Boolean))].slice(0, 50);
    fill(results, urls.map((url) => {
      const card = h("section", { class: "card" }, h("p", { class: "mono soft" }, url), h("p", {}, t("add.reading")));
      return card;
    }));
    const cards = [...results.children];
    // One after another: a shop is asked politely.
    for (const [at, url] of urls.entries()) {
      if (!here) return;
      const source = { kind: "html", url, ...(selector.value.trim() && { selector: selector.value.trim() }) };
      const hints = { ...(currency.value && { currency: currency.value.toUpperCase() }), ...(locale.value && { locale: locale.value }) };
      try {
        const found = await post("/extractions", { source, ...hints });
        fill(cards[at], outcome(found, source, hints));
      } catch (error) {
        fill(cards[at], h("p", { class: "mono soft" }, url), h("p", { class: "notice bad", role: "alert" }, error.message));
      }
    }
  } },
  field(t("add.addresses"), addresses, { hint: t("add.addresses.hint") }),
  h("details", {}, h("summary", {}, t("add.more")), h("div", { class: "form" }, field(t("currency"), currency, { hint: t("add.currency.hint") }), field(t("add.locale"), locale, { hint: t("add.locale.hint") }), field(t("selector"), selector, { hint: t("add.selector.hint") }))),
  h("div", { class: "row" }, h("button", { class: "primary" }, t("add.read")), h("a", { class: "button", href: "#/workbooks" }, t("add.spreadsheet"))));

  return h("div", { class: "stack" }, h("div", { class: "head" }, h("div", {}, h("h1", {}, t("nav.add")), h("p", { class: "soft" }, t("add.what")))), form, results);
}

function outcome(found, source, hints) {
  const name = h("input", { value: found.name ?? found.shop ?? "", required: true, maxlength: 200 });
  const id = h("input", { value: slug(found.name, source.url), required: true, maxlength: 200, spellcheck: "false" });
  const vendor = h("input", { value: found.shop ?? "", maxlength: 200 });
  const category = h("input", { maxlength: 200 });
  const item = h("input", { maxlength: 200 });
  const wrong = h("p", { class: "notice bad", role: "alert", hidden: true });
  const form = h("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    const product = { name: name.value.trim(), source, ...hints };
    if (found.price) product.currency = found.price.currency;
    for (const [key, input] of Object.entries({ vendor, category, item })) if (input.value.trim()) product[key] = input.value.trim();
    try {
      await put(`/products/${pathId(id.value.trim())}`, product);
      toast(t("add.saved", { name: product.name }));
      fill(form, h("p", { class: "row" }, h("span", { class: "pill good" }, t("add.following")), h("a", { href: `#/products/${encodeURIComponent(id.value.trim())}` }, product.name)));
    } catch (error) { wrong.textContent = error.message; wrong.hidden = false; }
  } }, wrong, h("div", { class: "form" }, field(t("name"), name, { wide: true }), field("ID", id), field(t("filter.vendor"), vendor), field(t("filter.category"), category), field(t("item"), item, { hint: t("item.hint") })),
  h("div", {}, h("button", { class: "primary" }, t("add.save"))));

  const others = found.candidates.filter((one) => !one.chosen);
  return [h("p", { class: "mono soft" }, source.url),
    found.price ? h("div", { class: "row" }, h("span", { class: "price-now" }, money(found.price)), found.availability && h("span", { class: "pill info" }, availability(found.availability)), h("span", { class: "soft small" }, t("add.found", { where: found.found_in })))
      : h("div", { class: "notice bad" }, h("b", {}, reason(found.failure)), h("p", { class: "mono small" }, found.failure.detail), h("p", {}, t(`failure.do.${found.failure.reason}`))),
    found.remarks.length > 0 && h("ul", { class: "small soft" }, found.remarks.map((remark) => h("li", {}, remark))),
    others.length > 0 && h("details", {}, h("summary", {}, t("add.others", { n: others.length })), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("add.others", { n: others.length }) }, h("table", {}, h("tbody", {}, others.map((one) => h("tr", {}, h("td", { class: "num" }, one.amount ? `${one.amount} ${one.currency ?? ""}` : one.written), h("td", { class: "small soft" }, one.because))))))),
    h("hr"), form];
}

/** An id that a person would choose. */
function slug(name, url) {
  const text = (name ?? "").normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 50).replace(/-$/, "");
  let tail = 0;
  for (const unit of url) tail = (tail * 31 + unit.codePointAt(0)) >>> 0;
  return `${text || "product"}-${tail.toString(36).slice(0, 4)}`;
}
