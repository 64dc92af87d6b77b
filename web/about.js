// "About this map": what the road network ignores and assumes, its date, and who is to be thanked.

import { h } from "./dom.js";
import { region } from "./api.js";

/** Open the dialog with the region's notes. */
export async function openAbout(dialog) {
  const close = h("button", { type: "button", class: "button wide", on: { click: () => dialog.close() } }, "Close");
  const body = h("div", { class: "about" }, h("p", { class: "muted" }, "Loading…"));
  dialog.replaceChildren(h("h2", { id: "about-title" }, "About this map"), body, close);
  dialog.showModal();
  try {
    body.replaceChildren(...describe(await region()));
  } catch (problem) {
    body.replaceChildren(h("p", {}, `The notes on this map cannot be had now: ${problem.message}`), licence());
  }
}

function describe(known) {
  const notes = known.notes ?? known.limits ?? [];
  const attribution = [known.attribution ?? []].flat();
  return [
    h("p", {}, `The roads are the network “${known.name ?? "of this planner"}”`, known.as_of ? `, as of ${known.as_of}` : "", ". The map is drawn from the very roads that trips are planned on, by this server, without any other."),
    notes.length ? h("h3", { class: "section-title" }, "What it leaves out or assumes") : null,
    notes.length ? h("ul", { class: "bullets" }, notes.map((note) => h("li", {}, note))) : null,
    h("h3", { class: "section-title" }, "Thanks to"),
    h("ul", { class: "bullets small" }, attribution.map((line) => h("li", {}, line))),
    licence(),
    h("p", { class: "small" }, h("a", { href: "/costs" }, "What charging has cost"), " · ", h("a", { href: "/fleet" }, "The fleet")),
  ].filter(Boolean);
}

const licence = () => h("p", { class: "small muted" }, "Road data © OpenStreetMap contributors, under the ",
  h("a", { href: "https://opendatacommons.org/licenses/odbl/", rel: "noreferrer", target: "_blank" }, "Open Database License"), ". Coasts and borders: made with Natural Earth. Town names: GeoNames, CC BY 4.0. Vehicles from ",
  h("a", { href: "https://github.com/KilowattApp/open-ev-data", rel: "noreferrer", target: "_blank" }, "Open EV Data"), ". Map by MapLibre, charts by uPlot.");
