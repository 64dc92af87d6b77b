// What was left out, counted by reason, each station with the fact behind it.

import { h, icon } from "./dom.js";
import { duration } from "./words.js";
import { reasonTitle, reasonMeaning } from "./reasons.js";

const SHOWN = 60;

/** The section of a plan's or an infeasible answer's `rejected`. */
export function rejectedSection(rejected, { lightReason, showRejected }) {
  const counts = Object.entries(rejected?.counts ?? {}).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (!total && !rejected?.unseen) return null;
  return h("section", { class: "rejected" },
    h("h3", { class: "section-title" }, "Left out, and why"),
    h("p", { class: "small muted" }, `${total} ${total === 1 ? "station" : "stations"} looked at${rejected.detour_s ? ` within ${duration(rejected.detour_s)} of detour` : ""} are no stop of this trip. They are the faint dots on the map.`),
    counts.map(([reason, count]) => group(reason, count, rejected.stations.filter((station) => station.reason === reason), { lightReason, showRejected })),
    rejected.truncated ? h("p", { class: "small muted" }, "The counts are complete; the list is cut at 500 stations.") : null,
    rejected.unseen ? h("p", { class: "small muted" }, `${rejected.unseen} more may not be shown to you by their operators, and are not planned with.`) : null);
}

function group(reason, count, stations, { lightReason, showRejected }) {
  const list = h("ul", { class: "fold-body left-out" });
  const fold = h("details", { class: "fold reason" },
    h("summary", {}, h("span", { class: "reason-name" }, reasonTitle(reason)), h("span", { class: "count figures" }, String(count))), list);
  fold.addEventListener("toggle", () => {
    lightReason(fold.open ? reason : null);
    if (fold.open && !list.children.length) fill(list, reason, stations, showRejected);
  });
  return fold;
}

function fill(list, reason, stations, showRejected) {
  const meaning = reasonMeaning(reason);
  if (meaning) list.append(h("li", { class: "small" }, meaning));
  for (const station of stations.slice(0, SHOWN)) {
    list.append(h("li", {}, h("button", { type: "button", class: "left-out-button", on: { click: () => showRejected(station) } },
      icon("pin"), h("span", {}, h("b", {}, station.name || station.id), h("span", { class: "small muted block" }, station.detail)))));
  }
  if (stations.length > SHOWN) list.append(h("li", { class: "small muted" }, `and ${stations.length - SHOWN} more: touch the dots on the map.`));
}
