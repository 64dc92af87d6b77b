// The base map: land and borders, our own roads, the names of towns. Nothing comes from elsewhere.

const LIGHT = {
  sea: "#d9e6ea", land: "#f4f2ec", border: "#b9b4a6", motorway: "#c4ae79", road: "#c9bd9f", minor: "#d8d1c1",
  label: "#3b4642", halo: "#f4f2ec", trip: "#0b6e54", tripCasing: "#ffffff", other: "#7aa596", fallback: "#c77700",
  rejected: "#7b8480", rejectedRing: "#ffffff", lit: "#a2242a",
};
const DARK = {
  sea: "#0a1216", land: "#131b1e", border: "#3a4a4d", motorway: "#4b5b58", road: "#35454a", minor: "#28343a",
  label: "#a9b8b2", halo: "#10181b", trip: "#56d3a9", tripCasing: "#0a1413", other: "#3f7c69", fallback: "#f0a63a",
  rejected: "#87948f", rejectedRing: "#131b1e", lit: "#ff9a92",
};

/** Kinds of road by how they are drawn: OpenStreetMap's classes; a network without classes is drawn alike. */
const MAIN = ["motorway", "motorway_link", "trunk", "trunk_link"];
const MIDDLE = ["primary", "primary_link", "secondary", "secondary_link", "major", "main", "minor"];

export const colours = (dark) => (dark ? DARK : LIGHT);

const width = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];

/** Which towns are named: the large ones from afar, all of them near by. */
const named = [">=", ["get", "population"], ["step", ["zoom"], 250000, 6, 100000, 7, 50000, 8, 20000, 9.5, 0]];

/** MapLibre style for one of the two schemes; without `glyphs` its text is drawn from local fonts. */
export function baseStyle(dark) {
  const c = colours(dark);
  return {
    version: 8,
    sources: {
      outlines: { type: "geojson", data: new URL("/assets/outlines.geojson", location.href).href },
      roads: { type: "vector", tiles: ["roads://{z}/{x}/{y}"], minzoom: 3, maxzoom: 12 },
      towns: { type: "geojson", data: new URL("/assets/towns.geojson", location.href).href },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": c.sea } },
      { id: "land", type: "fill", source: "outlines", filter: ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]], paint: { "fill-color": c.land, "fill-antialias": false } },
      { id: "borders", type: "line", source: "outlines", paint: { "line-color": c.border, "line-width": width(4, 0.8, 10, 1.6), "line-dasharray": [4, 2] } },
      {
        id: "roads", type: "line", source: "roads", "source-layer": "roads", layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": ["match", ["get", "class"], MAIN, c.motorway, MIDDLE, c.road, c.minor], "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 4, ["match", ["get", "class"], MAIN, 0.9, 0.6], 8, ["match", ["get", "class"], MAIN, 1.7, MIDDLE, 1.2, 0.7], 14, ["match", ["get", "class"], MAIN, 8, MIDDLE, 6, 3]] },
      },
      { id: "town-dots", type: "circle", source: "towns", filter: named, paint: { "circle-radius": width(4, 1.8, 10, 3), "circle-color": c.label, "circle-stroke-color": c.halo, "circle-stroke-width": 1 } },
      {
        id: "towns", type: "symbol", source: "towns",
        layout: {
          "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": ["interpolate", ["linear"], ["get", "population"], 10000, 11, 200000, 13, 1500000, 16],
          "symbol-sort-key": ["-", 0, ["get", "population"]], "text-padding": 6, "text-variable-anchor": ["bottom", "top", "left", "right"], "text-radial-offset": 0.75, "text-max-width": 8,
        },
        filter: named,
        paint: { "text-color": c.label, "text-halo-color": c.halo, "text-halo-width": 1.6 },
      },
    ],
  };
}

const empty = { type: "FeatureCollection", features: [] };

/** Sources of what is drawn over the base map. */
export const overlaySources = ["rejected", "others", "fallbacks", "trip", "cursor"];
export const emptyCollection = empty;

/** Layers over the base map, lowest first; the names of towns stay on top of them. */
export function overlayLayers(dark) {
  const c = colours(dark);
  const line = { "line-cap": "round", "line-join": "round" };
  return [
    {
      id: "rejected", type: "circle", source: "rejected",
      paint: {
        "circle-radius": width(4, 2.6, 7, 4, 11, 7), "circle-color": ["case", ["get", "lit"], c.lit, c.rejected],
        "circle-opacity": ["case", ["get", "lit"], 0.95, 0.5], "circle-stroke-color": c.rejectedRing, "circle-stroke-width": 1,
      },
    },
    { id: "others", type: "line", source: "others", layout: line, paint: { "line-color": c.other, "line-width": width(4, 2, 10, 4), "line-opacity": 0.65 } },
    { id: "trip-casing", type: "line", source: "trip", layout: line, paint: { "line-color": c.tripCasing, "line-width": width(4, 6, 10, 10) } },
    { id: "trip", type: "line", source: "trip", layout: line, paint: { "line-color": c.trip, "line-width": width(4, 3.5, 10, 6) } },
    {
      id: "fallbacks", type: "line", source: "fallbacks", layout: { "line-join": "round" },
      // Beside the trip, not under or over it, where both take the same road.
      paint: { "line-color": c.fallback, "line-width": width(4, 2, 10, 3.4), "line-offset": width(4, 4, 10, 7), "line-dasharray": [1.8, 1.4], "line-opacity": ["case", ["get", "onward"], 0.6, 1] },
    },
    { id: "cursor", type: "circle", source: "cursor", paint: { "circle-radius": 7, "circle-color": c.trip, "circle-stroke-color": c.tripCasing, "circle-stroke-width": 3 } },
  ];
}
