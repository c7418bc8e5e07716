// Elements, made of text and never of markup: a name with `<b>` in it is shown as it is.

/** An element: `h("a", {href, class, onclick}, "text", child)`. Empty children are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "value" || name === "checked" || name === "open") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Outlines of 24 by 24, drawn for this page. */
const ICONS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z",
  products: "M4 7h16M4 12h16M4 17h10",
  items: "M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4",
  add: "M12 5v14M5 12h14",
  runs: "M5 12a7 7 0 1 0 2-5M5 4v4h4M12 8v4l3 2",
  workbooks: "M6 3h9l4 4v14H6zM9 12h7M9 16h7M12.5 12v8",
  exports: "M5 5h14v10h-8l-4 4v-4H5zM9 9h6M9 12h3",
  alerts: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2 2 0 0 0 4 0",
  sources: "M4 10l2-5h12l2 5M5 10v9h14v-9M4 10h16M10 19v-5h4v5",
  schedules: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4",
  notifications: "M4 6h16v11H9l-5 4z",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  menu: "M4 7h16M4 12h16M4 17h16",
  theme: "M12 4a8 8 0 1 0 8 8 6.5 6.5 0 0 1-8-8z",
  share: "M9 12l6-4M9 12l6 4M6.5 12a2 2 0 1 1 0 .1M17 7a2 2 0 1 1 0 .1M17 17a2 2 0 1 1 0 .1",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
};

/** An icon; it is decoration, so what it means stands beside it in words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Puts children in the place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A labelled field around a control. */
export function field(label, control, { hint, wide } = {}) {
  const id = control.id || `f${++fields}`;
  control.id = id;
  const note = hint ? h("small", { id: `${id}-hint` }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: wide ? "field wide" : "field" }, h("label", { for: id, class: "soft" }, label), control, note);
}
let fields = 0;

/** A row of buttons of which one is pressed. `options` are `[value, label]`. */
export function segments(label, options, chosen, choose) {
  const group = h("div", { class: "segments", role: "group", "aria-label": label });
  for (const [value, text] of options) {
    group.append(h("button", {
      type: "button", "aria-pressed": String(value === chosen), "data-value": value,
      onclick: (event) => {
        for (const button of group.children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        choose(value);
      },
    }, text));
  }
  return group;
}

/** A dialog with a title. It is removed when it closes. */
export function dialog(title, ...children) {
  const box = h("dialog", { "aria-label": title }, h("div", { class: "stack" }, h("h2", {}, title), ...children));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** A message in the corner, with one thing that can be done about it. */
export function toast(text, action) {
  const box = h("div", { class: "toast" }, h("span", {}, text), action && h("button", {
    type: "button", onclick: () => { box.remove(); action.run(); },
  }, action.label));
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), action ? 12000 : 5000);
}

/** Starts a download of bytes or text under a name. */
export function save(name, data, type) {
  const url = URL.createObjectURL(data instanceof Blob ? data : new Blob([data], { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
