// The frame: who is here, where they are, and what they see there.

import { Offline, get, setToken, takeToken, token } from "./api.js";
import { field, fill, h, icon } from "./dom.js";
import { language, speak, t, useZone } from "./i18n.js";
import { setTheme, theme } from "./theme.js";

const PLACES = [
  ["overview", "/"], ["products", "/products"], ["items", "/items"], ["add", "/add", "editor"], null,
  ["runs", "/runs"], ["workbooks", "/workbooks"], ["exports", "/exports"], ["alerts", "/alerts"], null,
  ["sources", "/sources"], ["schedules", "/schedules"], ["notifications", "/notifications"], ["settings", "/settings"],
];

const VIEWS = [
  [/^\/$/, "overview"], [/^\/products$/, "products"], [/^\/products\/([^/]+)$/, "product"],
  [/^\/items$/, "items"], [/^\/items\/([^/]+)$/, "item"], [/^\/add$/, "add"], [/^\/runs$/, "runs"],
  [/^\/runs\/([^/]+)$/, "run"], [/^\/workbooks$/, "workbooks"], [/^\/workbooks\/([^/]+)$/, "upload"],
  [/^\/exports$/, "exports"], [/^\/alerts$/, "alerts"], [/^\/sources$/, "sources"], [/^\/schedules$/, "schedules"], [/^\/notifications$/, "notifications"],
  [/^\/settings$/, "settings"],
];

const main = document.getElementById("main");
let session;
let leave = () => {};
let visit = 0;

/** What the page's parts know of who is here. */
export const may = (role) => {
  const order = ["share", "viewer", "editor", "owner"];
  return order.indexOf(session?.role) >= order.indexOf(role);
};

function frame() {
  document.documentElement.lang = language;
  document.getElementById("skip").textContent = t("skip");
  const rail = document.getElementById("rail");
  const brand = () => h("a", { class: "brand", href: "#/" }, h("img", { src: "icon.svg", alt: "" }), "Pricetide");
  const menu = h("button", {
    class: "menu", type: "button", "aria-expanded": "false", "aria-controls": "rail",
    onclick: () => open(!rail.classList.contains("open")),
  }, icon("menu"), t("menu"));
  const open = (yes) => { rail.classList.toggle("open", yes); menu.setAttribute("aria-expanded", String(yes)); };
  rail.addEventListener("click", () => open(false));
  addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  const places = session?.role === "share" ? [] : PLACES;
  fill(rail, brand(), places.map((place) => (place === null ? h("hr")
    : (!place[2] || may(place[2])) && h("a", { class: "to", href: `#${place[1]}` }, icon(place[0]), t(`nav.${place[0]}`)))));
  const next = { auto: "light", light: "dark", dark: "auto" };
  const themes = h("button", { class: "quiet theme", type: "button", "aria-label": `${t("theme")}: ${t(`theme.${theme()}`)}` }, icon("theme"), h("span", {}, t(`theme.${theme()}`)));
  themes.addEventListener("click", () => { setTheme(next[theme()]); themes.lastChild.textContent = t(`theme.${theme()}`); themes.setAttribute("aria-label", `${t("theme")}: ${t(`theme.${theme()}`)}`); });
  fill(document.getElementById("bar"), brand(), h("span", { class: "offline", id: "offline", hidden: navigator.onLine }, t("offline")),
    themes,
    h("button", { class: "quiet", type: "button", lang: language === "ko" ? "en" : "ko", onclick: () => speak(language === "ko" ? "en" : "ko") },
      language === "ko" ? "English" : "한국어"),
    places.length ? menu : null);
}

/** The place in the address: `#/products?q=…`. */
function place() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  return { path: path || "/", query: new URLSearchParams(query ?? "") };
}

async function show() {
  const { path, query } = place();
  const now = ++visit;
  leave();
  leave = () => {};
  const found = VIEWS.map(([pattern, name]) => [pattern.exec(path), name]).find(([match]) => match);
  for (const link of document.querySelectorAll(".rail a.to")) {
    const to = link.getAttribute("href").slice(1);
    const here = to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const waiting = setTimeout(() => now === visit && fill(main, h("div", { class: "wait" }, h("p", {}, t("loading")))), 150);
  const context = {
    query, session, may,
    parameter: found?.[0][1] && decodeURIComponent(found[0][1]),
    onLeave: (what) => { const before = leave; leave = () => { before(); what(); }; },
    current: () => now === visit,
    /** Writes the filters into the address, without a step in the history. */
    setQuery: (values) => {
      for (const [name, value] of Object.entries(values)) {
        if (value) query.set(name, value);
        else query.delete(name);
      }
      const text = query.toString();
      history.replaceState(null, "", `#${path}${text ? `?${text}` : ""}`);
    },
    reload: () => now === visit && show(),
  };
  try {
    if (!found) throw Object.assign(new Error(t("nothing.here")), { status: 404 });
    const view = await import(`./views/${found[1]}.js`);
    const content = await view.default(context);
    if (now !== visit) return;
    fill(main, content);
    document.title = `${main.querySelector("h1")?.textContent ?? "Pricetide"} · Pricetide`;
  } catch (error) {
    if (now === visit) fill(main, trouble(error));
  } finally {
    clearTimeout(waiting);
  }
}

/** What went wrong, and what to do about it. */
function trouble(error) {
  if (error.status === 401) return signIn(error);
  const [title, text] = error instanceof Offline ? [t("error.offline"), t("error.offline.do")]
    : error.status === 403 ? [t("error.forbidden"), error.message]
    : error.status === 404 ? [t("error.missing"), error.message]
    : [t("error.broken"), error.message];
  if (!error.status && !(error instanceof Offline)) console.error(error);
  return h("div", { class: "notice bad stack", role: "alert" }, h("h1", {}, title), h("p", {}, text),
    h("div", { class: "row" }, h("button", { class: "primary", type: "button", onclick: show }, t("retry")), h("a", { class: "button", href: "#/" }, t("nav.overview"))));
}

function signIn(error) {
  const input = h("input", { type: "password", autocomplete: "current-password", required: true, spellcheck: "false" });
  return h("div", { class: "card stack", role: "region", "aria-label": t("sign.in") },
    h("h1", {}, t("sign.in")), h("p", { class: "soft" }, t("sign.in.how")),
    token() && h("p", { class: "notice bad", role: "alert" }, t("sign.in.wrong"), " ", error.message),
    h("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); setToken(input.value.trim()); start(); } },
      field(t("token"), input), h("div", {}, h("button", { class: "primary" }, t("sign.in")))));
}

async function start() {
  frame();
  try {
    session = await get("/session");
    if (!session.role) { fill(main, signIn({ message: "" })); return; }
    useZone(session.timezone);
    frame();
    if (session.role === "share" && session.scope) {
      const [kind, id] = Object.entries(session.scope)[0];
      const at = `#/${kind}s/${encodeURIComponent(id)}`;
      if (!location.hash.startsWith(`#/product`) && !location.hash.startsWith("#/item")) history.replaceState(null, "", at);
    }
    show();
  } catch (error) {
    fill(main, trouble(error));
  }
}

takeToken();
addEventListener("hashchange", () => {
  if (/^#(token|share)=/.test(location.hash)) { takeToken(); start(); } else { show(); main.focus({ preventScroll: true }); scrollTo(0, 0); }
});
for (const name of ["online", "offline"]) addEventListener(name, () => { document.getElementById("offline").hidden = navigator.onLine; });
start();
