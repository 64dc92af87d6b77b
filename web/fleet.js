// The fleet: what it drives by now, and its records, one kind at a time; the address keeps which.

import { h, icon, announce } from "./dom.js";
import { askFor, removeRecord, saveRecord } from "./api.js";
import { keyPrompt } from "./banners.js";
import { KINDS } from "./fleet-kinds.js";
import { editRecord } from "./fleet-editor.js";

const main = document.getElementById("records");
const tabs = document.getElementById("kinds");
const editor = document.getElementById("editor");

const LOOK_EVERY_MS = 2000;

const current = () => KINDS.find((kind) => `#${kind.key}` === location.hash) ?? KINDS[0];

/** Fetch the kind that is chosen, with what its cards and forms name, and show it. */
async function show() {
  const kind = current();
  tabs.replaceChildren(...KINDS.map((each) =>
    h("a", { href: `#${each.key}`, class: "kind", "aria-current": each === kind ? "page" : null }, each.title)));
  tabs.querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  main.setAttribute("aria-busy", "true");
  try {
    const records = (await askFor(kind.path))[kind.list];
    if (current() !== kind) return;
    main.replaceChildren(...page(kind, records));
    announce(`${records.length} ${kind.title.toLowerCase()}`);
    if (kind.busy && records.some(kind.busy)) setTimeout(() => follow(kind), LOOK_EVERY_MS);
  } catch (problem) {
    const slot = h("div", {});
    main.replaceChildren(h("p", { class: "note red", role: "alert" }, problem.message), slot);
    if (problem.status === 401) keyPrompt(slot, show);
  }
  main.setAttribute("aria-busy", "false");
}

/** Show how what is under way gets on, without taking the focus or telling it aloud. */
async function follow(kind) {
  if (current() !== kind) return;
  const records = await askFor(kind.path).then((said) => said[kind.list], () => null);
  if (current() !== kind) return;
  const list = main.querySelector(".cards");
  if (records && list && !list.contains(document.activeElement)) list.replaceChildren(...records.map((record) => card(kind, record)));
  if (!records || records.some(kind.busy) || list?.contains(document.activeElement)) setTimeout(() => follow(kind), LOOK_EVERY_MS);
}

function page(kind, records) {
  return [
    h("div", { class: "kind-head" }, h("p", { class: "muted" }, kind.says),
      kind.one ? h("button", { type: "button", class: "button primary", on: { click: () => edit(kind, null) } }, icon("plus"), kind.adds ?? `Add ${kind.one}`) : null),
    records.length ? h("ul", { class: "cards" }, records.map((record) => card(kind, record))) : h("p", { class: "note" }, kind.none),
  ];
}

function card(kind, record) {
  const name = record[kind.id];
  const lines = kind.lines(record).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("li", { class: "record" },
    h("h2", {}, kind.heading(record), record.id && record.id !== kind.heading(record) ? h("span", { class: "muted record-id" }, record.id) : null),
    lines.length ? h("dl", { class: "figures" }, lines.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))) : null,
    h("p", { class: "record-do" },
      (kind.actions ?? []).filter((action) => action.when?.(record) ?? true).map((action) => h("button", { type: "button", class: "button quiet", on: { click: () => act(() => action.run(record, editor), action.done) } }, action.icon?.cloneNode(true) ?? null, action.title)),
      kind.edits ? h("button", { type: "button", class: "button quiet", "aria-label": `${kind.edits === true ? "Change" : kind.edits} ${name}`, on: { click: () => edit(kind, record) } }, kind.edits === true ? "Change" : kind.edits) : null,
      kind.removes?.(record) ?? true ? h("button", { type: "button", class: "button quiet", "aria-label": `${kind.remove ?? "Delete"} ${name}`, on: { click: () => remove(kind, name) } }, kind.remove ?? "Delete") : null));
}

async function edit(kind, record) {
  const choices = {};
  try {
    for (const [field, source] of Object.entries(kind.choices ?? {})) choices[field] = (await askFor(source.path))[source.list].map((one) => one.id);
  } catch { /* a field without its list is typed */ }
  editRecord(editor, kind, record, choices, async (body) => {
    const saved = await (kind.send ? kind.send(body, record) : saveRecord(kind.path, body));
    await show();
    return saved;
  });
}

function remove(kind, name) {
  const what = kind.remove ?? "Delete";
  const yes = h("button", { type: "button", class: "button primary", on: { click: () => { editor.close(); act(() => removeRecord(kind.path, name), `${name}: done`); } } }, what);
  editor.replaceChildren(h("h2", { id: "editor-title" }, `${what} ${name}?`), h("p", { class: "muted" }, kind.warns ?? "Missions that name it can no longer be planned."),
    h("p", { class: "editor-do" }, h("button", { type: "button", class: "button", on: { click: () => editor.close() } }, kind.keeps ?? "Keep it"), yes));
  editor.showModal();
}

async function act(work, done) {
  try {
    await work();
    if (!done) return;
    await show();
    announce(done);
  } catch (problem) {
    main.prepend(h("p", { class: "note red", role: "alert" }, problem.message));
  }
}

addEventListener("hashchange", show);
await show();
