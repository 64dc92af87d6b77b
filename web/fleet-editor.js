// The form of one record, in a dialog: its fields, what is wrong with them, and a secret shown once.

import { h, icon, uniqueId, announce } from "./dom.js";
import { findVehicles } from "./api.js";
import { combobox } from "./combobox.js";
import { checkFields, numberField, selectField } from "./fields.js";
import { faultsOf } from "./faults.js";

/** Open the form of a record, null for a new one; `save` is given its body and may throw a Problem. */
export async function editRecord(dialog, kind, record, choices, save) {
  const fields = await Promise.all(kind.fields.map(async (field) => ({ field, ...(await made(field, record, choices[field.name])) })));
  const above = h("p", { class: "note red", role: "alert", hidden: true });
  const form = h("form", { class: "form", novalidate: true, on: { submit: (event) => { event.preventDefault(); send(); } } },
    h("h2", { id: "editor-title" }, record ? `Change ${kind.heading(record)}` : kind.adds ?? `Add ${kind.one}`), above, fields.map(({ node }) => node),
    h("p", { class: "editor-do" }, h("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, kind.saves ?? "Save")));

  async function send() {
    above.hidden = true;
    fields.forEach(({ setError }) => setError(""));
    try {
      form.querySelector("[type=submit]").disabled = true;
      const saved = await save(bodyOf(fields, record));
      if (kind.secret && saved[kind.secret]) showSecret(dialog, saved[kind.secret]); else dialog.close();
      announce("Saved");
    } catch (problem) {
      if (!problem.errors) throw problem;
      tell(problem);
    } finally {
      form.querySelector("[type=submit]").disabled = false;
    }
  }

  function tell(problem) {
    const { placed, general } = faultsOf(problem);
    const lost = placed.filter(({ pointer, text }) => {
      const hit = fields.find(({ field }) => pointer.includes(field.name));
      hit?.setError(text);
      return !hit;
    });
    const words = [...general, ...lost.map(({ text }) => text)];
    above.textContent = words.join(" ");
    above.hidden = !words.length;
    (form.querySelector("[aria-invalid]") ?? above).focus?.();
  }

  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector("input:not([readonly]), select")?.focus();
}

/** The body of a request: what is not asked for here stays as it was. */
function bodyOf(fields, record) {
  const body = {};
  for (const { field, get } of fields) {
    const value = get();
    if (field.within) {
      body[field.within] ??= { ...record?.[field.within] };
      if (value === null) delete body[field.within][field.name]; else body[field.within][field.name] = value;
    } else if (value !== undefined && !(value === null && field.needed)) {
      body[field.name] = value;
    }
  }
  return body;
}

function showSecret(dialog, secret) {
  const shown = h("input", { class: "field", readonly: true, value: secret, "aria-label": "Secret" });
  dialog.replaceChildren(h("h2", { id: "editor-title" }, "Keep this secret"), h("p", { class: "muted" }, "Notices are signed with it. It is not shown again."), shown,
    h("p", { class: "editor-do" }, h("button", { type: "button", class: "button primary", on: { click: () => dialog.close() } }, "I have kept it")));
  shown.select();
}

async function made(field, record, choices = []) {
  const was = field.within ? record?.[field.within]?.[field.name] : record?.[field.name];
  const value = was ?? field.value;
  const id = uniqueId(field.name);
  const { label, hint } = field;
  if (field.kind === "number") {
    const made_ = numberField({ id, label, hint, unit: field.unit, value, min: 0 });
    return { ...made_, get: () => made_.number };
  }
  if (field.kind === "select" || field.kind === "choice") {
    const options = field.kind === "select" ? field.options : [["", "none"], ...[...new Set([...choices, ...(value ? [value] : [])])].map((one) => [one, one])];
    const made_ = selectField({ id, label, hint, value: value ?? "", options });
    return { ...made_, get: () => made_.value || null };
  }
  if (field.kind === "flag") return flag(id, label, value ?? false);
  if (field.kind === "ticks") {
    const made_ = checkFields({ label: `${label} (${hint})`, options: await field.options() });
    made_.set(value ?? []);
    return { ...made_, get: () => made_.values };
  }
  if (field.kind === "file" || field.kind === "moment") return inputField(field, id);
  if (field.kind === "model") return modelField(id, label, value, record?.title);
  if (field.kind === "tokens") return tokensField(label);
  return textField(field, id, value, record);
}

function textField(field, id, value, record) {
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  const isList = field.kind === "list";
  const input = h("input", { id, class: "field", autocomplete: "off", spellcheck: "false", inputmode: field.kind === "amount" ? "decimal" : null,
    value: isList ? (value ?? []).join(", ") : value ?? "", readonly: Boolean(record && field.fixed), "aria-describedby": error.id });
  const node = h("div", { class: "labelled" }, h("label", { class: "label", for: id }, field.label, field.hint ? h("span", { class: "muted" }, ` ${field.hint}`) : null), input, error);
  const listed = () => { const parts = input.value.split(",").map((part) => part.trim()).filter(Boolean); return parts.length ? parts : field.nothing; };
  const plain = () => { const text = input.value.trim(); return field.kind === "amount" ? text.replace(",", ".") || null : text || (field.needed ? null : undefined); };
  return { node, setError: errorOf(input, error), get: isList ? listed : plain };
}

/** A file, or a moment on the clock of whoever types it. */
function inputField(field, id) {
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  const isFile = field.kind === "file";
  const input = h("input", { id, class: "field", type: isFile ? "file" : "datetime-local", accept: field.accept ?? null, "aria-describedby": error.id });
  const node = h("div", { class: "labelled" }, h("label", { class: "label", for: id }, field.label, field.hint ? h("span", { class: "muted" }, ` ${field.hint}`) : null), input, error);
  const get = () => (isFile ? input.files[0] ?? undefined : input.value ? new Date(input.value).toISOString() : undefined);
  return { node, setError: errorOf(input, error), get };
}

function flag(id, label, value) {
  const input = h("input", { id, type: "checkbox", role: "switch", class: "switch", checked: value });
  return { node: h("label", { class: "switch-row", for: id }, h("span", {}, label), input), setError: () => {}, get: () => input.checked };
}

function modelField(id, label, value, title) {
  let chosen = value ?? null;
  const box = combobox({ id, label, placeholder: "Make and model", find: findVehicles, title: (vehicle) => vehicle.title, describe: (vehicle) => vehicle.id,
    onChoose: (vehicle) => { chosen = vehicle?.id ?? null; } });
  const input = box.node.querySelector("input");
  if (value) input.value = title ?? value;
  return { node: box.node, setError: (text) => box.setError(text), get: () => chosen ?? (input.value.trim() || null) };
}

/** The cards of a wallet: their numbers are typed anew each time, for none is ever shown again. */
function tokensField(label) {
  const rows = h("div", { class: "tokens" });
  const error = h("p", { class: "field-error", hidden: true });
  const add = () => {
    const field = (name, title, more = {}) => { const id = uniqueId(name); return h("div", {}, h("label", { class: "label", for: id }, title), h("input", { id, class: "field", "data-key": name, autocomplete: "off", spellcheck: "false", ...more })); };
    const row = h("div", { class: "token" }, field("label", "What it is called"), field("contract_id", "Contract number", { placeholder: "DE-ABC-C12345678-X" }), field("uid", "Card number (uid)", { type: "password" }),
      h("button", { type: "button", class: "icon-button", "aria-label": "Remove this card", on: { click: () => row.remove() } }, icon("close")));
    rows.append(row);
  };
  add();
  const node = h("fieldset", { class: "group" }, h("legend", {}, label), rows, error, h("button", { type: "button", class: "button quiet", on: { click: add } }, icon("plus"), "Add a card"));
  const read = (row) => Object.fromEntries([...row.querySelectorAll("[data-key]")].map((input) => [input.dataset.key, input.value.trim()]));
  const setError = (text) => { error.textContent = text; error.hidden = !text; };
  return { node, setError, get: () => [...rows.children].map(read).filter((token) => token.uid || token.contract_id) };
}

function errorOf(input, error) {
  return (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  };
}
