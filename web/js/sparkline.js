// A small chart of the last outcomes: steps, and a gap where there was no price.

const LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A canvas of 120 by 30 that draws `trend`: amounts as text with null for a gap, or a level for
    each character, with `-` for a gap and `.` for the same as before. */
export function sparkline(trend, label) {
  const canvas = document.createElement("canvas");
  canvas.className = "spark";
  if (label) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  } else {
    canvas.setAttribute("aria-hidden", "true");
  }
  draw(canvas, trend);
  return canvas;
}

export function draw(canvas, trend) {
  const scale = Math.min(devicePixelRatio || 1, 2);
  const [width, height] = [120, 30];
  canvas.width = width * scale;
  canvas.height = height * scale;
  let before = null;
  const values = typeof trend === "string" ? Array.from(trend, (level) => (before = level === "." ? before : level === "-" ? null : LEVELS.indexOf(level)))
    : trend.map((amount) => (amount === null ? null : Number(amount)));
  const known = values.filter((value) => value !== null);
  if (!known.length) return;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const y = (value) => (high === low ? height / 2 : 4 + ((high - value) / (high - low)) * (height - 8));
  const step = (width - 6) / Math.max(values.length, 1);
  const style = getComputedStyle(document.documentElement);
  pen.strokeStyle = style.getPropertyValue("--spark") || color("--accent");
  pen.lineWidth = 1.6;
  pen.lineJoin = "round";
  pen.beginPath();
  let held = null;
  values.forEach((value, at) => {
    const x = 2 + at * step;
    if (value === null) { held = null; return; }
    if (held === null) pen.moveTo(x, y(value));
    else pen.lineTo(x, y(value));
    pen.lineTo(x + step, y(value));
    held = value;
  });
  pen.stroke();
  const last = values.at(-1);
  if (last !== null) {
    pen.fillStyle = pen.strokeStyle;
    pen.beginPath();
    pen.arc(2 + values.length * step, y(last), 2.4, 0, 7);
    pen.fill();
  }
}

/** What a colour of the stylesheet is at this moment, for a canvas. */
export function color(name) {
  probe ??= document.body.appendChild(Object.assign(document.createElement("span"), { hidden: true }));
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
let probe;
