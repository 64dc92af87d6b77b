// "This stop failed": one question, five answers, and the way on.

import { h, icon, uniqueId } from "./dom.js";
import { numberField } from "./fields.js";
import { percent, withOffset } from "./words.js";
import { tellOutcome } from "./api.js";

const NEAR_MS = 20 * 60 * 1000;

const OUTCOMES = [
  ["refused", "My card was refused", "The charger is there and says no"],
  ["occupied", "All chargers are taken", "And it does not look as if one frees up soon"],
  ["broken", "It is broken", "Dark screen, error, no power"],
  ["closed", "The place is closed", "A barrier, a gate, opening hours"],
  ["blocked", "I cannot get to it", "A car, snow or a building site is in the way"],
];

/** Ask what happened at `stop`, tell the planner, and hand its answer to `onAnswer(result, outcome)`. */
export function askWhatHappened(plan, stop, onAnswer) {
  const status = h("p", { class: "field-error", role: "alert", hidden: true });
  const buttons = OUTCOMES.map(([outcome, title, more]) => h("button", { type: "button", class: "outcome", on: { click: () => tell(outcome) } }, h("b", {}, title), h("span", { class: "small muted" }, more)));
  const soc = numberField({ id: uniqueId("soc"), label: "Charge now", unit: "%", min: 0, max: 100, placeholder: String(Math.round(stop.soc_arrival * 100)), hint: `if not ${percent(stop.soc_arrival)}` });
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "failed-title" },
    h("h2", { id: "failed-title" }, "What happened?"),
    h("p", { class: "muted" }, `${stop.station.name}. You get the way to the fallback at once.`),
    h("div", { class: "outcomes" }, buttons), soc.node, status,
    h("button", { type: "button", class: "button wide", on: { click: () => dialog.close() } }, "Cancel"));

  async function tell(outcome) {
    buttons.forEach((button) => { button.disabled = true; });
    status.hidden = true;
    try {
      const result = await tellOutcome(plan.id, evseName(stop), outcome, asItIs(stop, soc.number));
      dialog.close();
      onAnswer(result, outcome);
    } catch (problem) {
      status.textContent = `${problem.message} The proven fallback still holds: ${stop.fallbacks[0]?.station.name ?? "none"}.`;
      status.hidden = false;
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
    }
  }

  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Tell that charging works; kept as evidence for later trips. */
export async function tellItWorks(plan, stop, button) {
  button.disabled = true;
  try {
    await tellOutcome(plan.id, evseName(stop), "ok");
    button.replaceChildren(icon("check"), "Noted, thank you");
  } catch (problem) {
    button.replaceChildren(icon("alert"), problem.message);
    button.disabled = false;
  }
}

/** What the driver knows better than the plan: the charge if typed, the time once the stop is near. */
function asItIs(stop, percentNow) {
  const late = Date.now() > new Date(stop.arrival).getTime() - NEAR_MS;
  return { ...(percentNow === null ? {} : { soc: percentNow / 100 }), ...(late ? { at: withOffset(new Date()) } : {}) };
}

const evseName = (stop) => stop.evse_id ?? stop.evse_uid;
