// The chart of a product's or an item's prices.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { h, segments } from "../dom.js";
import { availability, money, month, number, reason, shortDay, t, time, when } from "../i18n.js";
import { columns, holding, points } from "./data.js";
import { saveCsv, savePng } from "./files.js";
import { draw, palette } from "./overlay.js";

const DAY = 86400;
const RANGES = [["1w", 7], ["1m", 31], ["3m", 92], ["1y", 366], ["all", null]];
const days = (range) => (RANGES.find(([key]) => key === range) ?? RANGES.at(-1))[1];

/** A chart with its tools. `offers` are `{id, name, best, prices}`, `lines` are
    `{value, label, kind}`, `priceOf` turns a price into what is drawn. */
export function priceChart({ offers, lines = [], range = "all", name, priceOf = (price) => price, onRange = () => {} }) {
  const figure = h("div", { class: "chart", tabindex: "0", role: "group", "aria-roledescription": t("chart"), "aria-label": t("chart.of", { name }) });
  const tip = h("div", { class: "tip", hidden: true });
  const live = h("p", { class: "hidden", "aria-live": "polite" });
  const currency = commonest(offers);
  const shown = offers.map((offer) => ({
    ...offer,
    points: points(offer.prices, (price, outcome) => (price.currency === currency ? priceOf(price, offer, outcome) : null))
      .map((point) => ({ ...point, label: point.price ? money(point.price) : "" })),
  }));
  const every = shown.flatMap((offer) => offer.points.map((point) => point.t));
  const first = Math.min(...every);
  const last = Math.max(...every);
  const end = Math.min(Date.now() / 1000, last + interval(shown));
  let logarithmic = false;
  let plot;
  let cursor = null;

  function bounds(count) {
    const from = count === null ? first : Math.max(first, end - count * DAY);
    const pad = Math.max((end - from) * 0.015, 1800);
    return { min: from - pad, max: end + pad };
  }

  function build() {
    const limits = plot ? { min: plot.scales.x.min, max: plot.scales.x.max } : bounds(days(range));
    plot?.destroy();
    const colors = palette();
    const width = Math.max(figure.clientWidth, 280);
    const phone = width < 520;
    const height = phone ? 340 : 420;
    const axis = { stroke: colors.soft, grid: { stroke: colors.line, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    plot = new uPlot({
      width, height,
      legend: { show: false },
      padding: [14, 8, 0, 0],
      cursor: { drag: { x: true, y: false, dist: 6 }, points: { show: false }, y: false },
      scales: {
        x: { time: true, ...limits },
        y: { distr: logarithmic ? 3 : 1, range: (u, low, high) => verticals(low, high, [...lines.map((line) => line.value), ...listed(shown, u.scales.x, high)], logarithmic, shown.length, height) },
      },
      axes: [
        { ...axis, space: phone ? 64 : 86, values: (u, splits, at, space, step) => splits.map((split) => tick(split, step)) },
        { ...axis, size: (u, values) => Math.max(52, ...(values ?? []).map((text) => 16 + 6.8 * String(text ?? "").length)),
          values: (u, splits) => splits.map((value) => (value === null ? "" : number(value))) },
      ],
      series: [{}, ...shown.map((offer) => ({ label: offer.name, paths: () => null, points: { show: false } }))],
      hooks: {
        draw: [(u) => draw(u, { offers: shown, lines, colors, end })],
        setCursor: [(u) => u.cursor.left >= 0 && tell(u.posToVal(u.cursor.left, "x"), false)],
        setSelect: [(u) => u.select.width > 4 && zoom(u)],
      },
    }, columns(shown), figure);
    plot.setScale("x", limits);
    figure.append(tip);
    plot.over.addEventListener("mouseleave", () => { tip.hidden = true; });
    plot.over.addEventListener("dblclick", () => plot.setScale("x", bounds(null)));
    figure.plot = plot;
    figure.dataset.ready = "yes";
  }

  function zoom(u) {
    const [from, to] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    u.setScale("x", { min: from, max: to });
    for (const button of ranges.children) button.setAttribute("aria-pressed", "false");
  }

  /** Shows what held at a time, and says it when the keyboard asked. */
  function tell(at, speak) {
    const held = shown.map((offer) => [offer, holding(offer.points, at)]).filter(([, one]) => one);
    if (!held.length) { tip.hidden = true; return; }
    const newest = Math.max(...held.map(([, one]) => one.t));
    tip.replaceChildren(h("div", { class: "soft" }, when(newest * 1000)), ...held.map(([offer, one]) => {
      const [strong, rest] = describe(offer, one, shown.length > 1);
      return h("div", {}, h("b", {}, strong), rest && ` ${rest}`);
    }));
    tip.hidden = false;
    const x = plot.valToPos(newest, "x") + plot.over.offsetLeft;
    const beside = x + 14 + tip.offsetWidth > figure.clientWidth ? x - tip.offsetWidth - 14 : x + 14;
    tip.style.left = `${Math.max(beside, 4)}px`;
    if (speak) live.textContent = tip.textContent;
  }

  figure.addEventListener("keydown", (event) => {
    if (!plot) return;
    const times = plot.data[0];
    const { min, max } = plot.scales.x;
    if (event.key === "Escape") { tip.hidden = true; cursor = null; return; }
    if (event.key === "+" || event.key === "-") {
      const middle = cursor === null ? (min + max) / 2 : times[cursor];
      const factor = event.key === "+" ? 0.5 : 2;
      plot.setScale("x", { min: middle - (middle - min) * factor, max: middle + (max - middle) * factor });
      return;
    }
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    const low = times.findIndex((at) => at >= min);
    const high = times.findLastIndex((at) => at <= max);
    if (!(event.key in moves) || low < 0 || high < low) return;
    event.preventDefault();
    const before = cursor ?? (event.key === "ArrowRight" ? low - 1 : high + 1);
    cursor = Math.min(Math.max(before + moves[event.key], low), high);
    plot.setCursor({ left: plot.valToPos(times[cursor], "x"), top: 20 }, false);
    tell(times[cursor], true);
  });

  const ranges = segments(t("range"), RANGES.map(([key]) => [key, t(`range.${key}`)]), range, (key) => {
    plot?.setScale("x", bounds(days(key)));
    onRange(key);
  });
  const log = h("button", { type: "button", "aria-pressed": "false", class: "log", title: t("log.hint"), onclick: () => {
    logarithmic = !logarithmic;
    log.setAttribute("aria-pressed", String(logarithmic));
    build();
  } }, t("log"));

  const has = (kind) => shown.some((offer) => offer.points.some((one) => one.kind === kind));
  const entry = (shape, label, ink) => h("li", { class: ink }, h("i", { class: shape }), h("span", { class: "soft" }, label));
  const legend = h("ul", { class: "legend" },
    shown.length > 1 && shown.map((offer, at) => entry("", `${offer.name}${offer.best ? ` · ${t("best")}` : ""}`, `c${at % 6}`)),
    shown.some((offer) => offer.points.some((one) => one.list !== null)) && entry("faint", t("legend.list"), "c0"),
    lines.some((line) => line.kind === "reference") && entry("dash", t("legend.reference"), ""),
    lines.some((line) => line.kind === "target") && entry("dash", t("target"), "good"),
    has("failure") && entry("dot", t("legend.failure"), "up"),
    has("void") && entry("ring", t("legend.void"), "c0"),
    entry("box", t("legend.available"), "good"), entry("box", t("legend.out"), "warn"));

  const resize = new ResizeObserver(() => plot && Math.abs(figure.clientWidth - plot.width) > 1 && build());
  const again = () => plot && build();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  addEventListener("themechange", again);
  dark.addEventListener("change", again);
  requestAnimationFrame(function begin() {
    if (!figure.isConnected) { if (plot !== null) requestAnimationFrame(begin); return; }
    const from = performance.now();
    build();
    performance.measure("chart", { start: from });
    resize.observe(figure);
  });

  return {
    tools: [ranges, h("div", { class: "segments", role: "group", "aria-label": t("scale") }, log)],
    content: [figure, live, legend],
    plot: () => plot,
    savePng: () => savePng(plot, name),
    saveCsv: () => saveCsv(shown, name),
    end() {
      resize.disconnect();
      removeEventListener("themechange", again);
      dark.removeEventListener("change", again);
      plot?.destroy();
      plot = null;
    },
  };
}

/** The currency of most prices: a chart has one, and amounts are never converted. */
function commonest(offers) {
  const counts = new Map();
  for (const { prices } of offers) for (const { price } of prices) if (price) counts.set(price.currency, (counts.get(price.currency) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The usual time between outcomes: so long the last price is drawn on. */
function interval(offers) {
  const gaps = offers.flatMap((offer) => offer.points.slice(1).map((point, at) => point.t - offer.points[at].t)).sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? DAY;
}

/** The list prices that are to be seen beside the prices. One that is far above all of them would
    press the prices flat; its line runs out of the picture instead. */
function listed(offers, { min, max }, high) {
  const near = offers.flatMap((offer) => offer.points.filter((point) => point.list !== null && point.kind === "price" && point.t >= min && point.t <= max && point.list <= high * 2).map((point) => point.list));
  return near.length ? [near.reduce((one, other) => Math.min(one, other)), near.reduce((one, other) => Math.max(one, other))] : [];
}

/** The limits of the prices' axis, with room above for a mark and below for bands and failures. */
function verticals(low, high, others, logarithmic, bands, height) {
  const values = [...others];
  if (low !== null && low !== undefined) values.push(low, high);
  if (!values.length) values.push(0, 1);
  low = Math.min(...values);
  high = Math.max(...values);
  if (low === high) { low *= 0.95; high = high * 1.05 || 1; }
  const below = (bands * 9 + 46) / height;
  if (logarithmic && low > 0) {
    const span = Math.log(high / low) || 0.1;
    return [low / Math.exp(span * (below * 1.25 + 0.03)), high * Math.exp(span * 0.12)];
  }
  const span = high - low;
  return [low - span * (below * 1.25 + 0.03), high + span * 0.12];
}

function tick(at, step) {
  const instant = at * 1000;
  if (step < DAY) return `${shortDay(instant)} ${time(instant)}`;
  return step < 28 * DAY ? shortDay(instant) : month(instant);
}

function describe(offer, point, several) {
  const who = several ? `${offer.name}: ` : "";
  if (point.kind === "failure") return [`${who}${point.outcome.failure ? reason(point.outcome.failure) : "–"}`, ""];
  const notes = [point.availability && availability(point.availability)];
  if (point.kind === "void") notes.push(`${t("void")}: ${point.outcome.void.reason}`);
  if (point.kind === "unconfirmed") notes.push(t("unconfirmed"));
  if (point.outcome.list_price) notes.push(`${t("list.price")} ${money(point.outcome.list_price)}`);
  return [`${who}${point.label || "–"}`, notes.filter(Boolean).join(" · ")];
}
