// Drawing a chart's content: steps, gaps, failures, bands, lines and marks.

import { available, t } from "../i18n.js";
import { color } from "../sparkline.js";
import { availabilityBand, extremes, stretches } from "./data.js";

/** The colours at this moment; they change with the theme. */
export function palette() {
  return {
    series: [0, 1, 2, 3, 4, 5].map((at) => classColor(`c${at}`)),
    soft: color("--soft"), line: color("--line"), strong: color("--strong-line"), card: color("--card"),
    up: color("--up"), down: color("--down"), good: color("--good"), warn: color("--warn"),
  };
}

function classColor(name) {
  const probe = document.createElement("span");
  probe.className = name;
  probe.hidden = true;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const BAND = 9;

/** Draws everything between the axes. */
export function draw(u, { offers, lines, colors, end }) {
  const pen = u.ctx;
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = u.bbox;
  const x = (t) => u.valToPos(t, "x", true);
  const y = (value) => u.valToPos(value, "y", true);
  const { min: from, max: to } = u.scales.x;
  const bottom = top + height;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();

  // Availability: one band for an offer, from below.
  offers.forEach((offer, at) => {
    const edge = bottom - (at + 1) * BAND * ratio;
    for (const band of availabilityBand(offer.points, end, available)) {
      pen.globalAlpha = { unknown: 0.18, in: 0.55, out: 0.9 }[band.state];
      pen.fillStyle = { unknown: colors.soft, in: colors.good, out: colors.warn }[band.state];
      pen.fillRect(x(band.from), edge, Math.max(x(band.to) - x(band.from), ratio), (BAND - 2) * ratio);
    }
  });
  pen.globalAlpha = 1;

  for (const { value, label, kind } of lines) {
    const at = Math.round(y(value)) + 0.5;
    const ink = kind === "target" ? colors.good : colors.strong;
    pen.strokeStyle = ink;
    pen.setLineDash([6 * ratio, 4 * ratio]);
    pen.lineWidth = 1.2 * ratio;
    stroke(pen, [[left, at], [left + width, at]]);
    pen.setLineDash([]);
    words(pen, label, left + 8 * ratio, at - 5 * ratio, kind === "target" ? colors.good : colors.soft, ratio, colors.card);
  }

  // The best offer is drawn over the others.
  const inOrder = offers.map((offer, at) => [offer, at]).sort(([one], [other]) => Boolean(one.best) - Boolean(other.best));
  inOrder.forEach(([offer, at]) => {
    const ink = colors.series[at % colors.series.length];
    pen.strokeStyle = ink;
    pen.lineJoin = "round";
    const listed = offer.points.filter((point) => point.list !== null && point.kind === "price");
    if (listed.length) {
      pen.globalAlpha = 0.4;
      pen.lineWidth = 1 * ratio;
      steps(pen, stretches(listed.map((point) => ({ ...point, value: point.list })), end), x, y);
      pen.globalAlpha = 1;
    }
    pen.lineWidth = (offer.best ? 2.6 : 1.6) * ratio;
    steps(pen, stretches(offer.points, end), x, y);
    for (const point of offer.points) {
      if (point.t < from || point.t > to) continue;
      if (point.kind === "failure") diamond(pen, x(point.t), bottom - (offers.length * BAND + 9) * ratio, 4.5 * ratio, colors.up);
      else if (point.kind !== "price" && point.value !== null) struck(pen, x(point.t), y(point.value), 4.5 * ratio, ink, colors.card, point.kind === "void");
    }
  });

  const { lowest, highest } = extremes(offers, from, to);
  if (lowest && highest && lowest.value !== highest.value) {
    const edges = [left, left + width];
    mark(pen, x(lowest.t), y(lowest.value), `${t("lowest")} ${lowest.label}`, colors.down, colors.card, 18, ratio, edges);
    mark(pen, x(highest.t), y(highest.value), `${t("highest")} ${highest.label}`, colors.up, colors.card, -9, ratio, edges);
  }
  pen.restore();
}

function stroke(pen, corners) {
  pen.beginPath();
  corners.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function steps(pen, list, x, y) {
  pen.beginPath();
  for (const { from, to, value, joins } of list) {
    const at = y(value);
    if (joins) pen.lineTo(x(from), at);
    else pen.moveTo(x(from), at);
    pen.lineTo(x(to), at);
  }
  pen.stroke();
}

function diamond(pen, x, y, size, ink) {
  pen.fillStyle = ink;
  pen.beginPath();
  pen.moveTo(x, y - size);
  pen.lineTo(x + size, y);
  pen.lineTo(x, y + size);
  pen.lineTo(x - size, y);
  pen.fill();
}

/** A price that does not count: an empty ring, crossed out when its owner voided it. */
function struck(pen, x, y, size, ink, card, cross) {
  pen.fillStyle = card;
  pen.strokeStyle = ink;
  pen.lineWidth = size / 3;
  pen.beginPath();
  pen.arc(x, y, size, 0, 7);
  pen.fill();
  pen.stroke();
  if (cross) stroke(pen, [[x - size * 1.5, y + size * 1.5], [x + size * 1.5, y - size * 1.5]]);
}

function mark(pen, x, y, label, ink, card, below, ratio, [left, right]) {
  pen.fillStyle = ink;
  pen.beginPath();
  pen.arc(x, y, 4 * ratio, 0, 7);
  pen.fill();
  pen.font = font(600, ratio);
  const half = pen.measureText(label).width / 2;
  const middle = Math.min(Math.max(x, left + half + 4 * ratio), right - half - 4 * ratio);
  words(pen, label, middle - half, y + below * ratio, ink, ratio, card, 600);
}

const font = (weight, ratio) => `${weight} ${12 * ratio}px system-ui, "Noto Sans KR", "Noto Sans CJK KR", sans-serif`;

function words(pen, text, x, y, ink, ratio, card, weight = 400) {
  pen.font = font(weight, ratio);
  // The axes leave theirs behind.
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.lineWidth = 3 * ratio;
  pen.strokeStyle = card;
  pen.strokeText(text, x, y);
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}
