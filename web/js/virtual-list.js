// A long list of which only what is seen exists.

import { h } from "./dom.js";

/** A scrolling list. `line(row)` makes the element of a row; `show(rows)` changes the rows. */
export function virtualList({ label, height, line }) {
  const room = h("div", { role: "presentation" });
  const port = h("div", { class: "port", role: "list", "aria-label": label, tabindex: "0" }, room);
  room.style.position = "relative";
  let rows = [];
  const shown = new Map();

  function paint() {
    const size = height();
    room.style.height = `${rows.length * size}px`;
    const first = Math.max(0, Math.floor(port.scrollTop / size) - 6);
    const last = Math.min(rows.length, Math.ceil((port.scrollTop + port.clientHeight) / size) + 6);
    for (const [at, element] of shown) {
      if (at < first || at >= last) { element.remove(); shown.delete(at); }
    }
    for (let at = first; at < last; at += 1) {
      if (shown.has(at)) continue;
      const element = line(rows[at]);
      element.setAttribute("aria-setsize", rows.length);
      element.setAttribute("aria-posinset", at + 1);
      element.style.top = `${at * size}px`;
      shown.set(at, element);
      room.append(element);
    }
  }

  port.addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
  const watch = new ResizeObserver(() => { clear(); paint(); });
  watch.observe(port);

  function clear() {
    for (const element of shown.values()) element.remove();
    shown.clear();
  }

  return {
    element: port,
    show(next) { rows = next; clear(); port.scrollTop = Math.min(port.scrollTop, Math.max(0, next.length * height() - port.clientHeight)); paint(); },
    end: () => watch.disconnect(),
  };
}
