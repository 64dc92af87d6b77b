// No trip: why, how far one gets, and the single changes that would help, each ready to be tried.

import { h, icon } from "./dom.js";
import { distance, duration, plain, timeFrom } from "./words.js";
import { rejectedSection } from "./rejected.js";

const WHY = {
  no_route: "The roads known here do not join these places.",
  no_accessible_charger: "No charger within reach is sure to open for your cards.",
  out_of_range: "There are chargers for your cards, but not close enough together for this battery.",
  window_missed: "The trip can be driven, but not within the times asked for.",
  no_fallback: "The trip can be driven, but a stop on it would have no proven fallback.",
};

/** Build the view of an infeasible answer. `relax(relaxation)` tries one change. */
export function infeasibleView(answer, { relax, showFurthest, lightReason, showRejected }) {
  const { furthest } = answer;
  return h("div", { class: "trip infeasible" },
    h("h2", { class: "promise", tabindex: "-1" }, answer.title || "There is no sure trip"),
    h("p", {}, WHY[answer.reason] ?? ""),
    furthest ? h("div", { class: "note furthest" },
      h("p", {}, "You would get as far as ", h("b", {}, furthest.name || "the point on the map"), h("span", { class: "figures" }, furthest.distance_m ? `, ${distance(furthest.distance_m)} on the way` : ""),
        furthest.remaining_s ? h("span", { class: "figures" }, `; ${duration(furthest.remaining_s)} of driving would be left`) : "", "."),
      h("button", { type: "button", class: "button quiet", on: { click: showFurthest } }, icon("pin"), "Show on the map")) : null,
    relaxations(answer.relaxations ?? [], relax), untried(answer.untried ?? []),
    (answer.warnings ?? []).length ? h("details", { class: "fold notes" }, h("summary", {}, "What was assumed"), h("ul", { class: "fold-body bullets" }, answer.warnings.map((text) => h("li", {}, text)))) : null,
    rejectedSection(answer.rejected, { lightReason, showRejected }));
}

function relaxations(list, relax) {
  if (!list.length) return h("p", { class: "note" }, "No single change was found that would help. A shorter first leg, another card or another car may.");
  return h("section", {}, h("h3", { class: "section-title" }, "One of these would make it sure"),
    h("ul", { class: "relaxations" }, list.map((change) => h("li", {}, h("button", { type: "button", class: "relaxation", on: { click: () => relax(change) } },
      h("span", {}, h("b", {}, change.says), change.arrival ? h("span", { class: "small muted block figures" }, `You would arrive at ${timeFrom(change.arrival, Date.now())}`) : null),
      h("span", { class: "relaxation-go" }, "Try"))))));
}

const CHANGES = {
  arrive_before: "later arrivals", avoid: "roads that are avoided", departure: "other departures", fallbacks: "fewer fallbacks", min_grade: "less sure stations",
  payment_card: "a payment card", reserve_soc: "a smaller reserve", soc: "more charge at the start", token: "other cards",
};

/** What there was no time to try: it may help all the same. */
const untried = (kinds) => (kinds.length ? h("p", { class: "small muted" }, `Not all of these were tried, for time: ${kinds.map((kind) => CHANGES[kind] ?? plain(kind)).join(", ")}.`) : null);
