// A plan on the map: its line, its numbered stops, the dashed ways to the fallbacks, what was left out.

import { h, icon } from "./dom.js";
import { time, percent } from "./words.js";
import { reasonTitle } from "./reasons.js";

const lineOf = (leg, properties = {}) => ({ type: "Feature", properties, geometry: leg.geometry });
const end = (kind, location, title) => ({ location, element: h("div", { class: `mark-end ${kind}`, title, "aria-hidden": "true" }) });

/** Draw a plan. `onStop(index)` is called when a stop's marker is pressed. */
export function drawPlan(map, plan, { others = [], onStop, onFallback }) {
  map.set("trip", plan.legs.map((leg) => lineOf(leg)));
  map.set("others", others.flatMap((other) => other.legs.map((leg) => lineOf(leg))));
  map.set("fallbacks", plan.charging_stops.flatMap((stop, index) => stop.fallbacks.flatMap((fallback) => fallbackLines(fallback, index))));
  drawRejected(map, plan.rejected);
  map.mark("ends", [
    end("start", plan.legs[0].from.location, "Start"),
    ...visits(plan).slice(1, -1).map((place) => end("via", place.location, place.name)),
    end("finish", plan.legs.at(-1).to.location, "Destination"),
  ]);
  map.mark("fallbacks", plan.charging_stops.flatMap((stop, index) => stop.fallbacks.map((fallback) => ({
    location: fallback.station.location,
    element: h("button", {
      type: "button", class: "mark-fallback", "aria-label": `Fallback for stop ${index + 1}: ${fallback.station.name}`,
      title: `If stop ${index + 1} fails: ${fallback.station.name}, there with ${percent(fallback.soc_arrival)}`,
      on: { click: (event) => { event.stopPropagation(); onFallback(index); } },
    }, icon("plug")),
  }))));
  map.mark("stops", plan.charging_stops.map((stop, index) => ({
    location: stop.station.location,
    element: h("button", {
      type: "button", class: "mark-stop figures", "aria-label": `Stop ${index + 1}: ${stop.station.name}, arrive ${time(stop.arrival)}`, title: stop.station.name,
      on: { click: (event) => { event.stopPropagation(); onStop(index); } },
    }, String(index + 1)),
  })));
  map.fit(plan.legs.flatMap((leg) => leg.geometry.coordinates));
}

/** Places of the mission, or the two ends where the plan carries none. */
export function visits(plan) {
  return plan.mission?.stops ?? [plan.legs[0].from, plan.legs.at(-1).to];
}

function fallbackLines(fallback, index) {
  const first = fallback.leg ? [lineOf(fallback.leg, { stop: index, onward: false })] : [];
  const onward = (fallback.onward?.legs ?? []).map((leg) => lineOf(leg, { stop: index, onward: true }));
  return [...onward, ...first];
}

/** Draw the stations left out as faint dots; those of `reason`, if given, are lit. */
export function drawRejected(map, rejected, reason = null) {
  const stations = (rejected?.stations ?? []).filter((station) => station.location);
  map.set("rejected", stations.map((station) => ({
    type: "Feature",
    properties: { name: station.name || station.id, reason: reasonTitle(station.reason), detail: station.detail ?? "", lit: station.reason === reason },
    geometry: { type: "Point", coordinates: station.location },
  })));
}

/** Show why there is no trip: how far one gets, and the stations left out. */
export function drawInfeasible(map, answer) {
  const places = answer.mission?.stops ?? [];
  clear(map);
  drawRejected(map, answer.rejected);
  const marks = places.map((place, index) => end(index === 0 ? "start" : index === places.length - 1 ? "finish" : "via", place.location, place.name));
  map.mark("ends", marks);
  if (answer.furthest) {
    map.mark("furthest", [{ location: answer.furthest.location, anchor: "bottom", element: h("div", { class: "mark-furthest" }, "As far as here") }]);
  }
  map.fit([...places.map((place) => place.location), ...(answer.furthest ? [answer.furthest.location] : [])]);
}

export function clear(map) {
  for (const name of ["trip", "others", "fallbacks", "rejected", "cursor"]) map.set(name, []);
  for (const group of ["ends", "fallbacks", "stops", "furthest"]) map.mark(group, []);
  map.closePopup();
}

/** Mark the places chosen in the form. */
export function drawPlaces(map, places, { fit }) {
  clear(map);
  const chosen = places.filter(Boolean);
  map.mark("ends", places.flatMap((place, index) => (place ? [end(index === 0 ? "start" : index === places.length - 1 ? "finish" : "via", place.location, place.name)] : [])));
  if (fit && chosen.length > 1) map.fit(chosen.map((place) => place.location));
  else if (fit && chosen.length === 1) map.goTo(chosen[0].location, 7);
}

/** Follow the chart: a dot where the trip is after `km` kilometres, none for null. */
export function drawCursor(map, plan, km) {
  const location = km === null ? null : pointAt(plan, km * 1000);
  map.set("cursor", location ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: location } }] : []);
}

function pointAt(plan, metres) {
  let left = metres;
  for (const leg of plan.legs) {
    if (left <= leg.distance_m) return along(leg.geometry.coordinates, leg.distance_m ? left / leg.distance_m : 0);
    left -= leg.distance_m;
  }
  return plan.legs.at(-1).geometry.coordinates.at(-1);
}

function along(line, share) {
  const lengths = line.slice(1).map(([lon, lat], at) => Math.hypot((lon - line[at][0]) * Math.cos((lat * Math.PI) / 180), lat - line[at][1]));
  let left = share * lengths.reduce((sum, length) => sum + length, 0);
  for (let at = 0; at < lengths.length; at += 1) {
    if (left <= lengths[at]) {
      const part = lengths[at] ? left / lengths[at] : 0;
      return [0, 1].map((axis) => line[at][axis] + part * (line[at + 1][axis] - line[at][axis]));
    }
    left -= lengths[at];
  }
  return line.at(-1);
}
