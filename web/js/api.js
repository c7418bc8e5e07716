// The API, on the page's own origin.

const KEY = "pricetide.token";

/** A refusal: what the problem document says. */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.field = problem.field;
  }
}

/** The server could not be reached. */
export class Offline extends Error {}

/** Keeps a token that came in the address's fragment, where no server sees it, and removes it
    from the address. A share link's token holds for this visit alone. */
export function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1).split("?")[0]);
  const token = fragment.get("token");
  const share = fragment.get("share");
  if (token) localStorage.setItem(KEY, token);
  if (share) sessionStorage.setItem(KEY, share);
  if (token) sessionStorage.removeItem(KEY);
  if (token || share) history.replaceState(null, "", `${location.pathname}#/`);
}

export const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
export function setToken(value) {
  sessionStorage.removeItem(KEY);
  if (value) localStorage.setItem(KEY, value);
  else localStorage.removeItem(KEY);
}

async function send(method, path, body, headers = {}) {
  const known = token();
  let response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers: {
        accept: "application/json",
        ...(known && { authorization: `Bearer ${known}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual",
    });
  } catch (cause) {
    throw new Offline(String(cause));
  }
  if (response.status === 204) return undefined;
  const text = await response.text();
  let read;
  try { read = text ? JSON.parse(text) : undefined; } catch { read = { detail: text }; }
  if (!response.ok) throw new Problem(response.status, read ?? {});
  return read;
}

export const get = (path) => send("GET", path);
export const post = (path, body, headers) => send("POST", path, body, headers);
export const put = (path, body) => send("PUT", path, body);
export const remove = (path) => send("DELETE", path);

/** A path parameter. What a gateway could cut or decode wrongly is sent as `~` and Base64. */
export function id(text) {
  if (/^[A-Za-z0-9._@:-]+$/.test(text) && !text.startsWith("~")) return encodeURIComponent(text);
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return `~${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Downloads a file: the API redirects to a freshly signed address. */
export async function download(key) {
  const answer = await get(`/downloads/${id(key)}`);
  location.assign(answer.url);
}

/** Every page of a list. */
export async function everyPage(path, name) {
  const all = [];
  let cursor;
  do {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=5000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    all.push(...page[name]);
    cursor = page.next;
  } while (cursor);
  return all;
}
