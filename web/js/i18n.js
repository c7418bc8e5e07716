// Words and figures in the reader's language.

import { words } from "./words.js";

const KEY = "pricetide.language";

/** `ko` or `en`: as chosen, or as the browser asks. */
export const language = chosen();

function chosen() {
  const kept = localStorage.getItem(KEY);
  if (kept === "ko" || kept === "en") return kept;
  return navigator.languages?.some((tag) => tag.toLowerCase().startsWith("ko")) ? "ko" : "en";
}

/** Speaks another language from now on. */
export function speak(next) {
  localStorage.setItem(KEY, next);
  location.reload();
}

const AT = language === "ko" ? 1 : 0;

/** The words for a key, with `{name}` filled in. */
export function t(key, values = {}) {
  const entry = words[key];
  if (!entry) return key;
  return entry[AT].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const moneys = new Map();

/** An exact amount with its currency. The amount stays a decimal string all the way. */
export function money(price) {
  if (!price) return "–";
  const decimals = price.amount.split(".")[1]?.replace(/0+$/, "").length ?? 0;
  const key = `${price.currency} ${decimals}`;
  if (!moneys.has(key)) {
    const usual = new Intl.NumberFormat(language, { style: "currency", currency: price.currency });
    const least = decimals ? Math.max(decimals, usual.resolvedOptions().minimumFractionDigits) : 0;
    moneys.set(key, new Intl.NumberFormat(language, {
      style: "currency", currency: price.currency, currencyDisplay: "narrowSymbol",
      minimumFractionDigits: least, maximumFractionDigits: Math.max(least, decimals),
    }));
  }
  return moneys.get(key).format(price.amount);
}

const counts = new Intl.NumberFormat(language);
export const number = (value) => counts.format(value);

const percents = new Intl.NumberFormat(language, { maximumFractionDigits: 1, signDisplay: "exceptZero" });

/** A change in percent with its direction: `▼ 12.5 %`. */
export function change(percent) {
  if (percent === undefined || percent === null) return "";
  const value = Number(percent);
  const sign = value < 0 ? "▼" : value > 0 ? "▲" : "";
  return `${sign} ${percents.format(Math.abs(value)).replace("+", "")}%`.trim();
}

export const direction = (percent) => (Number(percent) < 0 ? "down" : Number(percent) > 0 ? "up" : "soft");

let zone;
const formats = new Map();

/** Dates are those of the pipeline's zone. */
export function useZone(name) { zone = name; formats.clear(); }

function format(kind, options) {
  if (!formats.has(kind)) formats.set(kind, new Intl.DateTimeFormat(language, { timeZone: zone, ...options }));
  return formats.get(kind);
}

const date = (instant) => (instant instanceof Date ? instant : new Date(instant));
export const day = (instant) => format("day", { year: "numeric", month: "short", day: "numeric" }).format(date(instant));
export const shortDay = (instant) => format("short", { month: "numeric", day: "numeric" }).format(date(instant));
export const month = (instant) => format("month", { year: "numeric", month: "short" }).format(date(instant));
export const time = (instant) => format("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date(instant));
export const when = (instant) => format("when", {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
}).format(date(instant));
export const weekday = (instant) => format("weekday", {
  weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
}).format(date(instant));

const distance = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** `3 hours ago`, `in 2 days`. */
export function ago(instant) {
  const seconds = (date(instant) - Date.now()) / 1000;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]]
    .find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return distance.format(Math.round(seconds / size), unit);
}

const sizes = [["MB", 1e6], ["kB", 1e3], ["B", 1]];
export function bytes(count) {
  const [unit, size] = sizes.find(([, size]) => count >= size) ?? sizes[2];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(count / size)} ${unit}`;
}

export const availability = (name) => (name ? t(`availability.${name}`) : t("availability.unknown"));
export const reason = (failure) => t(`failure.${failure.reason ?? failure}`);
export const available = (name) => !["OutOfStock", "SoldOut", "Discontinued"].includes(name);
