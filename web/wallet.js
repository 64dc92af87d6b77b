// The cards of the driver: a sample wallet, or their own. A uid lives in its field and nowhere else.

import { h, icon, uniqueId } from "./dom.js";

const TYPES = [["RFID", "Charging card (RFID)"], ["APP_USER", "App"], ["EMAID", "Plug & Charge contract"], ["AD_HOC_USER", "Ad-hoc app payment"], ["OTHER", "Other"]];

/** The cards' part of the form; `samples` arrive later by `offer`. */
export function walletFields() {
  const choices = h("div", { class: "wallets" });
  const tokens = h("div", { class: "tokens" });
  const paymentCard = h("input", { type: "checkbox", role: "switch", id: uniqueId("payment"), class: "switch" });
  const error = h("p", { class: "field-error", hidden: true, id: uniqueId("error") });
  const own = h("div", { class: "own-cards" },
    tokens,
    h("button", { type: "button", class: "button quiet", on: { click: () => addToken().querySelector("select").focus() } }, icon("plus"), "Add a card"),
    h("label", { class: "switch-row", for: paymentCard.id }, h("span", {}, "I have a payment card with me", h("span", { class: "small muted block" }, "Terminals that take it may be used")), paymentCard));
  const group = uniqueId("wallet");
  let samples = [];

  function addToken(token = {}) {
    const ids = { type: uniqueId("type"), contract: uniqueId("contract"), uid: uniqueId("uid"), error: uniqueId("error") };
    const row = h("div", { class: "token" },
      h("div", {}, h("label", { class: "label", for: ids.type }, "Kind"),
        h("select", { id: ids.type, class: "field", "data-key": "type" }, TYPES.map(([value, text]) => h("option", { value, selected: value === token.type }, text)))),
      h("div", {}, h("label", { class: "label", for: ids.contract }, "Contract number"),
        h("input", { id: ids.contract, class: "field", "data-key": "contract_id", placeholder: "DE-ABC-C12345678-X", autocomplete: "off", spellcheck: "false", autocapitalize: "characters", value: token.contract_id ?? "" })),
      h("div", {}, h("label", { class: "label", for: ids.uid }, "Card number (uid)"),
        h("input", { id: ids.uid, class: "field", "data-key": "uid", type: "password", autocomplete: "off", spellcheck: "false", placeholder: "stays in this page", "aria-describedby": ids.error })),
      h("button", { type: "button", class: "icon-button", "aria-label": "Remove this card", on: { click: () => { row.remove(); } } }, icon("close")),
      h("p", { class: "field-error", id: ids.error, hidden: true }));
    tokens.append(row);
    return row;
  }

  const selected = () => choices.querySelector("input:checked")?.value ?? "own";

  const choose = (id) => {
    const input = [...choices.querySelectorAll("input")].find((radio) => radio.value === id);
    if (input) input.checked = true;
    own.hidden = selected() !== "own";
    if (!own.hidden && !tokens.children.length) addToken();
  };

  const card = (id, title, lines) => h("label", { class: "wallet" },
    h("input", { type: "radio", name: group, value: id, on: { change: () => choose(id) } }),
    h("span", { class: "wallet-face" }, h("span", { class: "wallet-name" }, title), lines.map((line) => h("span", { class: "wallet-line" }, line))));

  const render = () => {
    choices.replaceChildren(
      ...samples.map((wallet) => card(wallet.id, wallet.name || wallet.id, walletLines(wallet))),
      card("own", "My own cards", ["Type them in; they are sent only with your request"]));
    choices.hidden = samples.length === 0;
  };
  render();
  choose("own");

  return {
    node: h("fieldset", { class: "group", "aria-describedby": error.id }, h("legend", {}, "Cards"), choices, own, error),
    offer(wallets) {
      samples = wallets;
      const before = selected();
      render();
      choose(before === "own" && wallets.length && !tokens.querySelector("input[type=password]")?.value ? wallets[0].id : before);
    },
    select: choose,
    /** Take a card of `provider` or a payment card along too; false where only the driver can say how. */
    adopt(provider, bankCard) {
      if (selected() === "own") {
        if (bankCard) paymentCard.checked = true; else addToken();
        return bankCard;
      }
      const held = samples.find(({ id }) => id === selected());
      const wanted = [...held.tokens.map((token) => token.provider), provider].filter(Boolean);
      const larger = samples.find((wallet) => (wallet.payment_card || !(bankCard || held.payment_card)) && wanted.every((name) => wallet.tokens.some((token) => token.provider === name)));
      if (larger) choose(larger.id);
      return Boolean(larger);
    },
    /** The request's `wallet`: a stored one's id, or the cards typed in. */
    get value() {
      const id = selected();
      if (id !== "own") return id;
      const typed = [...tokens.children].map((row) => Object.fromEntries([...row.querySelectorAll("[data-key]")].map((field) => [field.dataset.key, field.value.trim()])));
      return {
        tokens: typed.filter((token) => token.uid || token.contract_id).map((token) => (token.contract_id ? token : { uid: token.uid, type: token.type })),
        payment_card: paymentCard.checked,
      };
    },
    clearErrors() {
      error.hidden = true;
      for (const row of tokens.children) {
        row.querySelector(".field-error").hidden = true;
        row.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
      }
    },
    /** Show a fault at `/wallet/...`; `rest` are the parts of the pointer after `wallet`. */
    setError(rest, text) {
      const row = rest[0] === "tokens" ? tokens.children[Number(rest[1])] : null;
      const place = row?.querySelector(".field-error") ?? error;
      place.textContent = text;
      place.hidden = false;
      const field = row?.querySelector(`[data-key="${CSS.escape(rest[2] ?? "uid")}"]`) ?? null;
      field?.setAttribute("aria-invalid", "true");
    },
  };
}

function walletLines(wallet) {
  const lines = (wallet.tokens ?? []).map((token) => token.label || token.provider || token.contract_id || token.type).filter(Boolean);
  if (wallet.payment_card) lines.push("Payment card");
  if (wallet.says) lines.unshift(wallet.says);
  return lines.length ? [lines.join(" · ")] : [];
}
