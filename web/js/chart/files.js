// What a chart is taken away as: a picture, a table.

import { h, save } from "../dom.js";
import { color } from "../sparkline.js";

/** Saves what is seen as a picture, on the page's own ground. */
export function savePng(plot, name) {
  const source = plot.ctx.canvas;
  const copy = h("canvas", { width: source.width, height: source.height });
  const pen = copy.getContext("2d");
  pen.fillStyle = color("--card");
  pen.fillRect(0, 0, copy.width, copy.height);
  pen.drawImage(source, 0, 0);
  copy.toBlob((blob) => blob && save(`${name}.png`, blob), "image/png");
}

/** Saves the history of offers as a table. */
export function saveCsv(offers, name) {
  save(`${name}.csv`, csv(offers), "text/csv;charset=utf-8");
}

function csv(offers) {
  const lines = [["product", "slot", "amount", "currency", "availability", "state", "detail"]];
  for (const offer of offers) {
    for (const { outcome, kind } of offer.points) {
      lines.push([offer.id, outcome.slot, outcome.price?.amount, outcome.price?.currency, outcome.availability, kind,
        outcome.failure ? `${outcome.failure.reason}: ${outcome.failure.detail}` : outcome.void?.reason]);
    }
  }
  return `\uFEFF${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A cell. What a spreadsheet would take for a formula gets a mark before it. */
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value ?? "") ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
