// The map: our own roads beneath, the trip, its stops and fallbacks, and what was left out above.

import * as maplibre from "./vendor/maplibre-gl.mjs";
import { h } from "./dom.js";
import { installRoadTiles } from "./tiles.js";
import { baseStyle, overlayLayers, overlaySources, emptyCollection } from "./style.js";

const scheme = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Make the map. `onPick(role, place)` hears of touched places, `coveredPx()` tells what the sheet hides. */
export function createMap({ container, bounds, onPick, coveredPx }) {
  installRoadTiles(maplibre);
  const data = Object.fromEntries(overlaySources.map((name) => [name, emptyCollection]));
  const map = new maplibre.Map({
    container, style: baseStyle(scheme.matches), bounds, fitBoundsOptions: { padding: { top: 20, left: 20, right: 20, bottom: 20 + coveredPx() } },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: 15, minZoom: 3,
    renderWorldCopies: false, fadeDuration: calm.matches ? 0 : 200, locale: { "Map.Title": "Map of the trip" },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 110, unit: "metric" }), "bottom-left");

  const drawOverlays = () => {
    for (const name of overlaySources) {
      if (!map.getSource(name)) map.addSource(name, { type: "geojson", data: data[name] });
    }
    for (const layer of overlayLayers(scheme.matches)) if (!map.getLayer(layer.id)) map.addLayer(layer, "town-dots");
  };
  map.on("style.load", drawOverlays);
  scheme.addEventListener("change", () => map.setStyle(baseStyle(scheme.matches), { diff: false }));
  map.on("error", ({ error }) => { if (error?.name !== "AbortError") console.warn("map:", error?.message ?? error); });

  const set = (name, features) => {
    data[name] = { type: "FeatureCollection", features };
    map.getSource(name)?.setData(data[name]);
  };

  const groups = new Map();
  const mark = (group, markers) => {
    groups.get(group)?.forEach((marker) => marker.remove());
    groups.set(group, markers.map(({ element, location, anchor }) => new maplibre.Marker({ element, anchor: anchor ?? "center" }).setLngLat(location).addTo(map)));
  };

  let popup = null;
  const say = (location, content) => {
    popup?.remove();
    popup = new maplibre.Popup({ closeButton: true, maxWidth: "290px", offset: 10, focusAfterOpen: false }).setLngLat(location).setDOMContent(content).addTo(map);
    return popup;
  };

  addEventListener("keydown", (event) => { if (event.key === "Escape") popup?.remove(); });

  const rejectedNear = ({ x, y }) => {
    if (!map.getLayer("rejected")) return null;
    const reach = 12;
    const found = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: ["rejected"] });
    return found[0] ?? null;
  };
  const explain = ({ properties, geometry }) => say(geometry.coordinates, h("div", { class: "popup" },
    h("strong", {}, properties.name), h("p", {}, properties.reason), properties.detail ? h("p", { class: "small muted" }, properties.detail) : null));

  map.on("click", (event) => {
    const rejected = rejectedNear(event.point);
    if (rejected) { explain(rejected); return; }
    const place = { name: "", location: [round(event.lngLat.lng), round(event.lngLat.lat)] };
    const choose = (role) => h("button", { type: "button", class: "button", on: { click: () => { popup.remove(); onPick(role, place); } } }, { from: "From here", via: "Via here", to: "To here" }[role]);
    say(event.lngLat, h("div", { class: "popup pick" }, choose("from"), choose("via"), choose("to")));
  });
  map.on("mousemove", (event) => { map.getCanvas().style.cursor = rejectedNear(event.point) ? "pointer" : ""; });

  const fit = (points, { maxZoom = 11 } = {}) => {
    if (!points.length) return;
    const box = points.reduce((all, point) => all.extend(point), new maplibre.LngLatBounds(points[0], points[0]));
    const height = map.getContainer().clientHeight;
    const bottom = Math.min(coveredPx(), height * 0.72);
    const edge = Math.max(16, Math.min(70, map.getContainer().clientWidth / 9, (height - bottom) / 7));
    map.fitBounds(box, { padding: { top: edge + 14, left: edge, right: edge, bottom: bottom + edge }, maxZoom, duration: calm.matches ? 0 : 700 });
  };

  return {
    set, mark, say, fit, explain,
    closePopup: () => popup?.remove(),
    resize: () => map.resize(),
    goTo(location, zoom = 10) {
      const bottom = Math.min(coveredPx(), map.getContainer().clientHeight * 0.75);
      map.easeTo({ center: location, zoom: Math.max(map.getZoom(), zoom), offset: [0, -bottom / 2], duration: calm.matches ? 0 : 600 });
    },
    /** The point in the middle of the map, `[lon, lat]`. */
    middle() {
      const { lng, lat } = map.getCenter();
      return [round(lng), round(lat)];
    },
    /** Resolve once all that is in view has been drawn. */
    idle: () => new Promise((resolve) => { if (map.loaded() && !map.isMoving()) resolve(); else map.once("idle", () => resolve()); }),
    /** Where a place stands in the window, in CSS pixels. */
    pointOf(location) {
      const { left, top } = map.getContainer().getBoundingClientRect();
      const { x, y } = map.project(location);
      return [left + x, top + y];
    },
    /** How many features of a layer are drawn in view. */
    drawn: (layer) => map.queryRenderedFeatures({ layers: [layer] }).length,
  };
}

const round = (degrees) => Math.round(degrees * 1e5) / 1e5;
