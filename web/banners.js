// What is said above a trip: the way on after a failed stop, a claim that broke, a key that is asked for.

import { h, icon, uniqueId } from "./dom.js";
import { setKey } from "./api.js";
import { distance, duration, percent, timeFrom } from "./words.js";

const HAPPENED = { refused: "refused your card", occupied: "was taken", broken: "was broken", closed: "was closed", blocked: "could not be reached" };

/** After a failed stop: where to go now, and the way back if it was pressed by mistake. */
export function bannerAfterFailure(plan, stop, outcome, undo) {
  const [next] = plan.charging_stops;
  const [leg] = plan.legs;
  const says = next && leg
    ? [h("p", { class: "banner-go" }, "Go to ", h("b", {}, next.station.name)), h("p", { class: "figures" }, `${distance(leg.distance_m)}, ${duration(leg.duration_s)}: there at ${timeFrom(next.arrival, plan.summary.departure)} with ${percent(next.soc_arrival)}.`)]
    : [h("p", { class: "banner-go" }, "Drive straight to your destination"), h("p", {}, `You arrive with ${percent(plan.legs.at(-1)?.soc_end ?? 0)}.`)];
  return h("div", { class: "banner amber", role: "status" }, h("p", { class: "small" }, `${stop.station.name} ${HAPPENED[outcome] ?? "failed"}.`), says,
    h("button", { type: "button", class: "button", on: { click: undo } }, icon("back"), "Back to the trip before"));
}

/** Something that the trip rests on no longer holds. */
export function bannerBroken(claims, replan) {
  return h("div", { class: "banner amber changed", role: "alert" }, h("p", { class: "banner-go" }, "Something has changed on your way"),
    h("ul", { class: "bullets small" }, claims.map((claim) => h("li", {}, claim.detail ?? String(claim)))),
    h("button", { type: "button", class: "button primary", on: { click: replan } }, "Plan again"));
}

/** Ask for the API key of a planner that wants one. */
export function keyPrompt(slot, onKey) {
  const id = uniqueId("key");
  const input = h("input", { id, class: "field", type: "password", autocomplete: "off" });
  slot.replaceChildren(h("div", { class: "note" }, h("label", { class: "label", for: id }, "This planner asks for an API key"), input,
    h("button", { type: "button", class: "button wide", on: { click: () => { setKey(input.value.trim()); onKey(); } } }, "Use this key")));
}
