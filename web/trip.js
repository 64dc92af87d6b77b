// A plan in words: the promise, its figures, the way with its stops, what was left out, and files to take along.

import { h, icon, uniqueId } from "./dom.js";
import { time, timeFrom, date, duration, between, distance, percent, energy, money, gradeTitle, offsetName } from "./words.js";
import { stopCard, causes } from "./stop.js";
import { rejectedSection } from "./rejected.js";
import { exportUrl, fetchChoices, fetchExport, hasKey } from "./api.js";

/** Build the view of a plan; `actions` are what its buttons do. */
export function tripView(plan, { variants, chosen, banner, actions }) {
  const chart = h("div", { class: "chart-here" });
  const panel = h("div", { class: "trip-panel", role: variants.length > 1 ? "tabpanel" : null, id: uniqueId("trip") },
    figures(plan), guarantee(plan), best(plan.summary), chart, timeline(plan, actions), notes(plan),
    rejectedSection(plan.rejected, actions), exports_(plan), provenance(plan));
  return { node: h("div", { class: "trip" }, banner, h("h2", { class: "promise", tabindex: "-1" }, plan.promise.replace(/(\d) %/g, "$1\u00a0%")),
    variants.length > 1 ? tabs(variants, chosen, panel.id, actions.choose) : null,
    plan.differs ? h("p", { class: "differs small" }, "Beside the first trip: ", h("b", {}, plan.differs.says), ".") : null, panel), chart };
}

function tabs(variants, chosen, panelId, choose) {
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Trips to choose from" }, variants.map((variant, index) => h("button", {
    type: "button", role: "tab", class: "tab figures", "aria-selected": String(index === chosen), "aria-controls": panelId, tabindex: index === chosen ? "0" : "-1",
    title: variant.differs?.says ?? null, on: { click: () => choose(index) },
  }, h("b", {}, time(variant.summary.arrival)), h("span", {}, `${stops(variant.charging_stops.length)}${variantCost(variant)}`))));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) { event.preventDefault(); choose((chosen + step + variants.length) % variants.length, { focusTab: true }); }
  });
  return list;
}

const stops = (count) => `${count || "no"} ${count === 1 ? "stop" : "stops"}`;
const variantCost = ({ summary }) => (summary.cost?.length ? ` · ${money(summary.cost)}` : "");

function figures({ summary, charging_stops: list }) {
  const unpriced = summary.unpriced_stops ?? 0;
  const cost = summary.cost ?? summary.cost_of_priced_stops;
  const figure = (label, value, more) => h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, h("b", {}, value), more ? h("span", {}, more) : null));
  return h("dl", { class: "key-figures figures" },
    figure("Arrive", time(summary.arrival), timeFrom(summary.arrival, summary.departure) === time(summary.arrival) ? `leave ${time(summary.departure)}` : date(summary.arrival)),
    figure("On the way", between(summary.departure, summary.arrival), `${duration(summary.driving_s)} driving`),
    figure("Distance", distance(summary.distance_m), energy(summary.energy_kwh)),
    list.length ? figure("Charging", money(cost?.length ? cost : null, "unknown"), unpriced ? `and ${stops(unpriced)} unpriced` : stops(list.length)) : figure("Charging", "none", "needed"));
}

function guarantee({ summary, charging_stops: list, valid_until: validUntil }) {
  if (!list.length) return null;
  const { min_grade: grade, order, common_causes: shared, p_all_fail: chance } = summary.guarantee;
  const failures = order === 0 ? "no fallbacks were asked for" : `${order === 1 ? "any one stop may fail" : `any ${order} stops may fail`} and you still arrive`;
  return h("div", { class: "guarantee" },
    h("p", { class: "small" }, icon("shield"), h("span", {}, `Access at every stop: ${grade ? gradeTitle(grade).toLowerCase() : "not needed"} or better; ${failures}.`,
      chance === null || chance === undefined ? "" : ` Estimated chance that at some stop all posts are taken, and at its fallback too: ${chance < 0.001 ? "under 0.1 %" : `${(chance * 100).toFixed(1)} %`}.`,
      ` Good until ${timeFrom(validUntil, summary.departure)}, unless something on the way changes.`)),
    shared?.length ? h("p", { class: "note amber small" }, `Stops and fallbacks share ${causes(shared, operators(list))}. If that fails, several may.`) : null);
}

/** How far the trip may be from the best one possible, rounded up; nothing where that is not proven. */
function best({ gap, departure, arrival }) {
  if (gap === null || gap === undefined) return null;
  const minutes = Math.ceil(gap * (new Date(arrival) - new Date(departure)) / 60000 - 1e-9);
  const percent = Math.ceil(1000 * gap - 1e-9) / 10;
  return h("p", { class: "small muted" }, `No trip with as many fallbacks, on any roads, can be more than ${duration(60 * minutes)} (${percent} %) shorter.`);
}

const operators = (list) => Object.fromEntries(list.flatMap((stop) => [stop, ...stop.fallbacks]).map(({ station }) => [station.party, station.operator]));

function timeline(plan, actions) {
  const { departure } = plan.summary;
  const [first] = plan.legs;
  const items = [place(first.from.name || "Start", first.departure, first.soc_start, departure, "start")];
  let next = 0;
  let told = plan.choices?.length ? Promise.resolve(plan.choices) : null;
  const nextBest = () => {
    told ??= fetchChoices(plan.id).catch((problem) => { told = null; throw problem; });
    return told;
  };
  plan.legs.forEach((leg, index) => {
    items.push(drive(leg));
    const stop = plan.charging_stops[next];
    if (stop && same(stop.station.location, leg.to.location)) {
      items.push(stopItem(stop, next, departure, actions, nextBest));
      next += 1;
    } else {
      const last = index === plan.legs.length - 1;
      items.push(place(leg.to.name || (last ? "Destination" : "On the way"), leg.arrival, leg.soc_end, departure, last ? "finish" : "via"));
    }
  });
  return h("section", { "aria-label": "The way" }, h("ol", { class: "way" }, items), h("p", { class: "small muted" }, `Times in your zone, ${offsetName(new Date(departure))}.`));
}

const stopItem = (stop, index, departure, { failed, worked, showStop, showFallback }, nextBest) => h("li", { class: "way-stop" }, stopCard(stop, index, {
  departure, onFailed: failed, onWorked: worked, onShow: () => showStop(index), onShowFallback: showFallback, nextBest,
}));

const same = (a, b) => Math.abs(a[0] - b[0]) < 1e-6 && Math.abs(a[1] - b[1]) < 1e-6;

const place = (name, at, soc, departure, kind) => h("li", { class: `way-place ${kind}` },
  h("b", {}, name), h("span", { class: "figures" }, timeFrom(at, departure)), h("span", { class: "muted figures" }, percent(soc)));

const drive = (leg) => h("li", { class: "way-drive muted small figures" }, `${distance(leg.distance_m)} · ${duration(leg.duration_s)} · ${energy(leg.energy_kwh)}`,
  mainRoads(leg).map((road, index) => h("span", { class: "way-roads" }, `${index ? ", " : ""}${road.ref.split(", ")[0] || road.name} ${distance(road.distance_m)}`)));

/** The few named roads that make up most of a drive, in order. */
function mainRoads({ roads = [], distance_m: whole }) {
  const named = roads.filter((road) => (road.ref || road.name) && road.distance_m >= 0.08 * whole);
  const longest = [...named].sort((one, other) => other.distance_m - one.distance_m).slice(0, 5);
  return named.filter((road) => longest.includes(road));
}

function notes({ warnings }) {
  if (!warnings?.length) return null;
  return h("details", { class: "fold notes" }, h("summary", {}, `${warnings.length} ${warnings.length === 1 ? "note" : "notes"} on this trip`), h("ul", { class: "fold-body bullets" }, warnings.map((text) => h("li", {}, text))));
}

function exports_(plan) {
  const link = (format, title) => h("a", {
    class: "button", href: exportUrl(plan.id, format), download: `plugsure-${plan.id}.${format}`,
    on: { click: (event) => { if (hasKey()) { event.preventDefault(); saveWithKey(plan.id, format); } } },
  }, icon("download"), title);
  return h("section", { class: "take" }, h("h3", { class: "section-title" }, "Take it along"),
    h("div", { class: "take-row" }, link("gpx", "GPX"), link("ics", "Calendar"), link("geojson", "GeoJSON"),
      h("button", { type: "button", class: "button", on: { click: () => globalThis.print() } }, icon("print"), "Print")));
}

async function saveWithKey(id, format) {
  const url = URL.createObjectURL(await fetchExport(id, format));
  h("a", { href: url, download: `plugsure-${id}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function provenance({ world, created, id }) {
  const facts = [
    ["Plan", id], ["Made", `${date(created)}, ${time(created)}`], ["Roads", [world.region, world.region_as_of].filter(Boolean).join(", ")],
    ["Stations as of", world.feeds_as_of ? `${date(world.feeds_as_of)}, ${time(world.feeds_as_of)}` : "unknown"], ["World", String(world.hash).slice(0, 16)],
  ];
  return h("details", { class: "fold provenance" }, h("summary", {}, "What this plan was made from"),
    h("dl", { class: "fold-body facts small" }, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
    h("ul", { class: "fold-body bullets small muted" }, (world.attribution ?? []).map((text) => h("li", {}, text))));
}
