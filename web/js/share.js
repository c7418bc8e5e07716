// Share links: made, copied, revoked.

import { post, remove } from "./api.js";
import { dialog, field, h, toast } from "./dom.js";
import { t } from "./i18n.js";

/** Makes a link that shows `scope` (`{product}` or `{item}`) and nothing else. */
export async function shareDialog(scope) {
  const made = await post("/shares", { scope });
  const link = h("input", { readonly: true, value: `${location.origin}${location.pathname}#share=${made.token}`, onfocus: (event) => event.target.select() });
  const box = dialog(t("share"), h("p", { class: "soft" }, t("share.what")), field(t("share.link"), link),
    h("div", { class: "row" },
      h("button", { type: "button", class: "primary", onclick: async () => { await navigator.clipboard.writeText(link.value); toast(t("copied")); } }, t("copy")),
      h("button", { type: "button", onclick: async () => { await remove(`/grants/${made.grant.id}`); box.close(); toast(t("revoked")); } }, t("revoke")),
      h("button", { type: "button", onclick: () => box.close() }, t("close"))));
  link.select();
}
