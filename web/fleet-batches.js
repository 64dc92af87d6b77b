// Batches: a file of missions goes in, its progress is shown, its results come out.

import { h, icon } from "./dom.js";
import { askFor, fetchFile, saveRecord, sendFile } from "./api.js";

const TYPES = { csv: "text/csv", tsv: "text/csv", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", json: "application/json", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };

const CLOCKS = [["", "on the clock where each mission starts"], ...Intl.supportedValuesOf("timeZone").map((zone) => [zone, zone])];

const QUEUEING = [["first_come", "first come, first served"], ["priority", "the most urgent first"], ["improve", "improved until nobody gains"], ["ignore", "vehicles may queue"]];

const when = (text) => new Date(text).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const underWay = (batch) => ["queued", "running"].includes(batch.state);

const path = (batch, rest = "") => `/v1/batches/${encodeURIComponent(batch.id)}${rest}`;

/** How long it should still take, in words. */
const left = (seconds) => (seconds === null ? null : seconds < 90 ? `about ${Math.max(1, Math.round(seconds))} s` : `about ${Math.round(seconds / 60)} min`);

/** Late by what: seconds as people say them. */
const span = (seconds) => (seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

async function download(batch, format) {
  const url = URL.createObjectURL(await fetchFile(path(batch, `/results?format=${format}`)));
  h("a", { href: url, download: `missions-${batch.id.slice(0, 8)}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Which missions broke since, in the dialog, with the offer to plan these again. */
async function showRisks(batch, dialog) {
  const { checked, missions } = await askFor(path(batch, "/at-risk"));
  const close = h("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Close");
  const again = h("button", { type: "button", class: "button primary", on: { click: () => replan(batch, dialog, again) } }, "Plan these again");
  dialog.replaceChildren(h("h2", { id: "editor-title" }, missions.length ? `${missions.length} of ${checked} at risk` : `All ${checked} plans hold`),
    missions.length ? h("ul", { class: "risks" }, missions.map((one) => h("li", {}, h("strong", {}, one.mission_id), ` in ${span(one.slack_s)}: ${one.broken[0]?.detail ?? ""}`))) : h("p", { class: "muted" }, "Nothing that lies ahead of them has changed for the worse."),
    h("p", { class: "editor-do" }, close, missions.length ? again : null));
  dialog.showModal();
}

async function replan(batch, dialog, button) {
  button.disabled = true;
  try {
    const { missions } = await saveRecord(path(batch, "/replan"), {});
    const lost = missions.filter((one) => one.status !== "replanned");
    dialog.replaceChildren(h("h2", { id: "editor-title" }, `${missions.length - lost.length} planned again`),
      lost.length ? h("p", {}, `No way any more: ${lost.map((one) => one.mission_id).join(", ")}. Their former plans stay.`) : null,
      h("p", { class: "editor-do" }, h("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Close")));
  } catch (problem) {
    button.disabled = false;
    dialog.append(h("p", { class: "note red", role: "alert" }, problem.message));
  }
}

const STATES = { queued: "Waits", running: "Planning", done: "Done", cancelled: "Cancelled", failed: "Failed" };

export const BATCHES = {
  key: "batches", title: "Batches", adds: "Plan a file of missions", one: "a file of missions", saves: "Plan", path: "/v1/batches", list: "batches", id: "id", remove: "Cancel",
  says: "Tomorrow's missions in one file: CSV, Excel, JSON, NDJSON or VROOM's. Each row is planned or told why not; no vehicle queues behind another.",
  none: "No batch yet.",
  warns: "What is planned by now stays, the rest is not planned.",
  keeps: "Go on",
  busy: underWay,
  removes: underWay,
  heading: (batch) => `${batch.missions} missions, ${when(batch.created)}`,
  lines: (batch) => [
    ["State", STATES[batch.state]],
    ["Settled", underWay(batch) ? [h("progress", { max: batch.missions, value: batch.done, "aria-label": "Missions settled" }), ` ${batch.done} of ${batch.missions}`] : `${batch.done} of ${batch.missions}`],
    ["Time left", left(batch.left_s)],
    ["Failed", batch.failed ? `${batch.failed}: the results say why, by row and column` : null],
    ["Noted", batch.warnings.join("; ")],
  ],
  actions: [
    { title: "CSV", icon: icon("download"), when: (batch) => batch.done > 0, run: (batch) => download(batch, "csv") },
    { title: "Excel", icon: icon("download"), when: (batch) => batch.done > 0, run: (batch) => download(batch, "xlsx") },
    { title: "At risk?", when: (batch) => batch.done > batch.failed && !underWay(batch), run: showRisks },
  ],
  fields: [
    { name: "missions", label: "File", kind: "file", accept: Object.keys(TYPES).map((ending) => `.${ending}`).join(","), needed: true },
    { name: "queueing", label: "Who charges first", kind: "select", options: QUEUEING, value: "first_come" },
    { name: "timezone", label: "Times without an offset", kind: "select", options: CLOCKS, value: "" },
  ],
  send: ({ missions, queueing, timezone }) => {
    const type = TYPES[missions?.name.split(".").pop().toLowerCase()] ?? "text/csv";
    return sendFile(`/v1/batches?${new URLSearchParams({ queueing, timezone: timezone ?? "" })}`, missions ?? new Blob([]), type);
  },
};
