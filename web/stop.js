// One charging stop as a card: when, how, for how much, why it is sure, and what if it fails.

import { h, icon } from "./dom.js";
import {
  time, timeFrom, between, duration, distance, percent, energy, money, moneyBasis, ago, withOffset,
  gradeTitle, gradeMeaning, plain, connectorName, statusName, howToStart,
} from "./words.js";

/** The card of stop number `index` of a plan; `onFailed(stop)` and `onWorked(stop)` are its buttons. */
export function stopCard(stop, index, { departure, onFailed, onWorked, onShow, onShowFallback, nextBest }) {
  return h("article", { class: "stop", id: `stop-${index}`, "aria-labelledby": `stop-title-${index}`, tabindex: "-1" },
    h("header", { class: "stop-head" },
      h("button", { type: "button", class: "stop-number figures", "aria-label": `Show stop ${index + 1} on the map`, on: { click: onShow } }, String(index + 1)),
      h("div", { class: "stop-name" }, h("h3", { id: `stop-title-${index}` }, stop.station.name), h("p", { class: "muted small" }, stop.station.operator)),
      gradeChip(stop.access.grade)),
    h("p", { class: "stop-times figures" },
      h("strong", {}, timeFrom(stop.arrival, departure)), h("span", { class: "arrow", "aria-label": "until" }, "→"), h("strong", {}, time(stop.departure)),
      h("span", { class: "muted" }, `  ${between(stop.arrival, stop.departure)}`), h("span", { class: "stop-cost" }, money(stop.cost))),
    chargeBar(stop),
    starting(stop),
    availability(stop),
    stop.decide_by ? h("p", { class: "decide figures" }, icon("clock"), h("span", {}, "No charge by ", h("b", {}, time(stop.decide_by)), "? Then go on to the fallback.")) : null,
    (stop.access.warnings ?? []).map((warning) => h("p", { class: "note amber small" }, warning)),
    h("details", { class: "fold why" }, h("summary", {}, icon("shield"), "Why this is sure"), evidence(stop)),
    whyHere(index, nextBest),
    stop.fallbacks.length ? h("details", { class: "fold backup" }, h("summary", {}, icon("alert"), h("span", {}, "If it fails: ", h("b", {}, stop.fallbacks[0].station.name))),
      stop.fallbacks.map((fallback) => fallbackCard(fallback, departure, onShowFallback)))
      : h("p", { class: "note amber small" }, "No fallback was asked for: if this stop fails, nothing is proven."),
    h("div", { class: "stop-actions" },
      h("button", { type: "button", class: "button failed", on: { click: () => onFailed(stop) } }, icon("alert"), "This stop failed"),
      h("button", { type: "button", class: "button quiet worked", on: { click: (event) => onWorked(stop, event.currentTarget) } }, icon("check"), "It works")));
}

const gradeChip = (grade) => h("span", { class: `grade ${grade}`, title: gradeMeaning(grade) }, gradeTitle(grade));

function chargeBar(stop) {
  const [from, to] = [stop.soc_arrival, stop.soc_departure];
  const floor = stop.floor_soc > 0 ? h("span", { class: "charge-floor", style: { left: `${stop.floor_soc * 100}%` }, title: `You need ${percent(stop.floor_soc)} here for the fallback` }) : null;
  return h("div", { class: "charge-line" },
    h("div", { class: "charge-bar", role: "img", "aria-label": `Battery from ${percent(from)} to ${percent(to)}${floor ? `; ${percent(stop.floor_soc)} is needed here for the fallback` : ""}` },
      h("span", { class: "charge-had", style: { width: `${from * 100}%` } }), h("span", { class: "charge-won", style: { left: `${from * 100}%`, width: `${Math.max(0, to - from) * 100}%` } }), floor),
    h("p", { class: "charge-words figures" }, h("span", {}, `arrive with ${percent(from)}`), h("span", {}, `leave with ${percent(to)}`)));
}

function starting(stop) {
  const { start, connector } = stop;
  const post = start.physical_reference ? `Post ${start.physical_reference}` : stop.evse_id ?? "";
  const facts = [post, `${connectorName(connector.standard)} ${Math.round(connector.power_kw)} kW`, energy(stop.energy_kwh)].filter(Boolean);
  return h("div", { class: "how" }, h("span", { class: "how-icon" }, icon(start.how)),
    h("div", {},
      h("p", { class: "how-act" }, howToStart(start), stop.token?.uid ? h("span", { class: "muted small" }, `  ${stop.token.uid}`) : null),
      h("p", { class: "muted small figures" }, facts.join(" · ")),
      stop.waiting_s > 60 ? h("p", { class: "small" }, `Wait ${duration(stop.waiting_s)} here before charging begins.`) : null,
      start.directions ? h("p", { class: "small" }, start.directions) : null,
      start.help_phone ? h("p", { class: "small" }, h("a", { class: "help", href: `tel:${start.help_phone.replaceAll(/[^+\d]/g, "")}` }, icon("phone"), start.help_phone)) : null));
}

const DOWN = new Set(["BLOCKED", "INOPERATIVE", "OUTOFORDER"]);

function availability(stop) {
  const { status, as_of: asOf, probability_free: free } = stop.availability;
  const spare = stop.spare_evse_ids?.length ?? 0;
  const parts = [
    `${statusName(status)}${asOf ? `, told ${ago(asOf)}` : ""}`,
    free === null || free === undefined ? "" : `${percent(free)} likely to be free when you arrive`,
    spare ? `${spare} more like it here` : "",
  ].filter(Boolean);
  return [
    h("p", { class: "avail small" }, h("span", { class: `dot ${status}` }), parts.join(" · ")),
    DOWN.has(status) ? h("p", { class: "note amber small" }, "It does not work now. The plan counts on it being back by the time you arrive: look again before you leave.") : null,
  ];
}

/** The value of a fact, with names for the codes of the provider and of the operator, where they are known. */
function factValue(value, { token, station }) {
  const names = [[token?.provider, token?.label], [station.party, station.operator]].filter(([code, name]) => code && name);
  return names.reduce((text, [code, name]) => text.replaceAll(code, name), String(value || "—")).replace("CONNECTED", "connected");
}

function evidence(stop) {
  const { access } = stop;
  return h("div", { class: "fold-body" },
    h("p", {}, gradeMeaning(access.grade)),
    h("ul", { class: "evidence" }, access.evidence.map((fact) => h("li", {},
      h("p", { class: "evidence-value" }, fact.field ? `${plain(fact.field)}: ` : "", h("b", {}, factValue(fact.value, stop))),
      h("p", { class: "small muted" }, `${fact.source}, ${fact.as_of ? `known ${withOffset(new Date(fact.as_of)).slice(0, 10)} ${time(fact.as_of)}` : "no date given"}`)))),
    h("p", { class: "small muted" }, `Rule: ${plain(access.rule)}.`, access.valid_until ? ` Valid until ${timeFrom(access.valid_until, stop.arrival)}.` : ""),
    stop.cost ? h("p", { class: "small muted" }, `${money(stop.cost)} is ${moneyBasis(stop.cost)}.`) : h("p", { class: "small muted" }, "Nobody told the price of this charger. It is not taken for free."));
}

/** Why this station and no other: looked for when it is opened, for that takes as long as planning. */
function whyHere(index, nextBest) {
  const body = h("div", { class: "fold-body", "aria-live": "polite" });
  const fold = h("details", { class: "fold choice" }, h("summary", {}, icon("swap"), "Why this one"), body);
  fold.addEventListener("toggle", async () => {
    if (!fold.open || body.dataset.told) return;
    body.replaceChildren(h("p", { class: "muted" }, "Looking for the best trip without this stop …"));
    try {
      const choice = (await nextBest()).find(({ stop }) => stop === index);
      body.dataset.told = "true";
      body.replaceChildren(...chosen(choice));
    } catch (problem) {
      body.replaceChildren(h("p", { class: "note amber" }, `The next best choice cannot be told now: ${problem.message}`));
    }
  });
  return fold;
}

const chosen = (choice) => (choice?.difference
  ? [h("p", {}, h("b", {}, choice.says), "."), h("p", { class: "small muted" }, "That is the best proven trip that does not stop here, beside this one.")]
  : [h("p", {}, choice?.says ?? "Nothing is known of this stop.")]);

function fallbackCard(fallback, departure, onShow) {
  const onward = fallback.onward ?? { legs: [], charging_stops: [] };
  return h("div", { class: "fold-body fallback" },
    h("div", { class: "fallback-head" }, h("div", {}, h("h4", {}, fallback.station.name), h("p", { class: "small muted" }, fallback.station.operator)), gradeChip(fallback.access.grade)),
    h("p", { class: "figures" }, fallback.leg ? `${distance(fallback.leg.distance_m)}, ${duration(fallback.leg.duration_s)} from the stop; there ` : "There ", h("b", {}, `with ${percent(fallback.soc_arrival)}`), "."),
    h("p", { class: "small" }, `${howToStart(fallback.start)}. ${Math.round(fallback.connector.power_kw)} kW, charge to ${percent(fallback.soc_departure)}${fallback.cost ? `, ${money(fallback.cost)}` : ""}.`),
    availability(fallback),
    h("p", { class: "small" }, onward.charging_stops.length
      ? `From there by ${onward.charging_stops.map((next) => next.station.name).join(", ")} to your destination`
      : "From there straight to your destination",
    fallback.trip_arrival ? h("span", { class: "figures" }, ` at ${timeFrom(fallback.trip_arrival, departure)}${fallback.lateness_s > 60 ? ` (${duration(fallback.lateness_s)} late)` : ""}.`) : "."),
    (fallback.common_causes ?? []).length ? h("p", { class: "note amber small" }, `Both depend on ${causes(fallback.common_causes, { [fallback.station.party]: fallback.station.operator })}: if that fails, both may.`) : null,
    h("button", { type: "button", class: "button quiet", on: { click: () => onShow(fallback) } }, icon("pin"), "Show on the map"));
}

/** `operator:DE*ABC`, `hub:..`, `token:..` in words; `names` are operators by their party. */
export function causes(list, names = {}) {
  const kinds = { operator: "the same operator", hub: "the same roaming hub", token: "the same card" };
  const said = list.map((cause) => {
    const [kind, ...name] = String(cause).split(":");
    return kinds[kind] ? `${kinds[kind]}${name.length && kind !== "token" ? ` (${names[name.join(":")] ?? name.join(":")})` : ""}` : String(cause);
  });
  return said.length > 1 ? `${said.slice(0, -1).join(", ")} and ${said.at(-1)}` : said[0] ?? "";
}
