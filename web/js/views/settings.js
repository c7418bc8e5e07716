// Who may use Pricetide, and how it looks on this machine.

import { get, id as pathId, post, remove, setToken } from "../api.js";
import { dialog, field, fill, h, segments, toast } from "../dom.js";
import { day, language, speak, t } from "../i18n.js";
import { setTheme, theme } from "../theme.js";

export default async function settings({ session, may, reload, current }) {
  const { grants } = may("editor") ? await get("/grants") : { grants: [] };
  const revoke = async (grant) => { await remove(`/grants/${grant.id}`); toast(t("revoked")); reload(); };
  const list = (some) => h("ul", { class: "sentences" }, some.map((grant) => h("li", {}, h("div", {}, h("b", {}, grant.name), h("div", { class: "small soft" }, t(`role.${grant.role}`), " · ", day(grant.created_at))),
    (grant.role === "share" || may("owner")) && h("button", { type: "button", class: "danger", onclick: () => revoke(grant) }, t("revoke")))));
  const tokens = grants.filter((grant) => grant.role !== "share");
  const shares = grants.filter((grant) => grant.role === "share");
  return h("div", { class: "stack" }, h("div", { class: "head" }, h("h1", {}, t("nav.settings"))), h("div", { class: "grid2" },
    h("section", { class: "card stack" }, h("h2", {}, t("settings.here")),
      h("dl", { class: "facts" }, h("dt", {}, t("settings.you")), h("dd", {}, `${session.name} · ${t(`role.${session.role}`)}`), h("dt", {}, t("schedule.zone")), h("dd", {}, session.timezone), h("dt", {}, t("settings.version")), h("dd", {}, session.version)),
      h("div", { class: "row" }, segments(t("theme"), ["auto", "light", "dark"].map((name) => [name, t(`theme.${name}`)]), theme(), setTheme), segments(t("language"), [["ko", "한국어"], ["en", "English"]], language, speak)),
      h("div", { class: "row" }, h("button", { type: "button", onclick: () => { setToken(null); location.reload(); } }, t("sign.out")), h("a", { class: "button", href: "docs" }, t("settings.api")))),
    may("editor") && channels(current),
    may("editor") && h("section", { class: "card" }, h("h2", {}, t("settings.tokens"), may("owner") && h("button", { type: "button", class: "quiet", onclick: () => make(reload) }, t("token.make"))), h("p", { class: "soft small" }, t("settings.tokens.what")), tokens.length ? list(tokens) : h("p", { class: "empty" }, t("settings.tokens.none"))),
    may("editor") && h("section", { class: "card" }, h("h2", {}, t("settings.shares")), h("p", { class: "soft small" }, t("share.what")), shares.length ? list(shares) : h("p", { class: "empty" }, t("settings.shares.none")))));
}

/** The channels, tried by a message that goes the way of every other. */
function channels(current) {
  const said = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "button", onclick: async () => {
    button.disabled = true;
    fill(said, h("p", { class: "soft small" }, t("channel.sending")), h("progress"));
    try {
      const { id } = await post("/notifications/trial", undefined, { "idempotency-key": crypto.randomUUID() });
      fill(said, came(await settled(id, current)));
    } catch (error) {
      fill(said, h("p", { class: "notice bad", role: "alert" }, error.message));
    } finally { button.disabled = false; }
  } }, t("channel.try"));
  return h("section", { class: "card stack" }, h("h2", {}, t("settings.channels")), h("p", { class: "soft small" }, t("settings.channels.what")), h("div", {}, button), said);
}

/** Waits until every channel is through with a message, at most half a minute. */
async function settled(id, current) {
  let view = null;
  for (let tries = 0; tries < 30 && current() && !view?.settled; tries += 1) {
    await new Promise((done) => { setTimeout(done, 1000); });
    const { notifications } = await get("/notifications?limit=20");
    // It is asked for only once it is known: what is not there yet is no error.
    if (notifications.some((one) => one.id === id)) view = await get(`/notifications/${pathId(id)}`);
  }
  return view;
}

function came(view) {
  if (!view?.channels.length) return h("p", { class: "notice warn" }, t("channel.late"));
  const kind = { sent: "good", refused: "bad" };
  return h("ul", { class: "sentences" }, view.channels.map(({ channel, delivery, detail }) => h("li", {},
    h("div", {}, h("b", {}, t(`channel.${channel}`)), h("div", { class: "small soft" }, detail || t(`channel.${delivery}.how`))), h("span", { class: `pill ${kind[delivery] ?? "warn"}` }, t(`delivery.${delivery}`)))));
}

function make(reload) {
  const name = h("input", { required: true, maxlength: 100 });
  const role = h("select", {}, ["viewer", "editor"].map((value) => h("option", { value }, t(`role.${value}`))));
  const box = dialog(t("token.make"), h("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    const made = await post("/tokens", { name: name.value, role: role.value });
    box.close();
    const shown = h("input", { readonly: true, value: made.token, onfocus: (focus) => focus.target.select() });
    const told = dialog(t("token.made"), h("p", { class: "soft" }, t("token.once")), field(t("token"), shown), h("div", { class: "row" }, h("button", { type: "button", class: "primary", onclick: () => { told.close(); reload(); } }, t("close"))));
    shown.select();
  } }, field(t("name"), name), field(t("role"), role), h("div", { class: "row" }, h("button", { class: "primary" }, t("token.make")), h("button", { type: "button", onclick: () => box.close() }, t("cancel")))));
  name.focus();
}
