// Light or dark, before anything is painted.

const KEY = "pricetide.theme";

export const theme = () => localStorage.getItem(KEY) ?? "auto";

export function setTheme(next) {
  localStorage.setItem(KEY, next);
  apply();
  dispatchEvent(new Event("themechange"));
}

function apply() {
  const chosen = theme();
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

apply();
