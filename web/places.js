// Where the trip goes: from, any number of places on the way, to.

import { h, icon, uniqueId } from "./dom.js";
import { combobox } from "./combobox.js";
import { findPlaces, placeAt } from "./api.js";

const COORDINATES = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,2}(?:\.\d+)?)\s*$/;

/** Read `lon,lat` as a place, null for any other text. */
export function placeFromText(text) {
  const found = COORDINATES.exec(text);
  if (!found) return null;
  const [lon, lat] = [Number(found[1]), Number(found[2])];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { name: "", location: [lon, lat] } : null;
}

export const placeTitle = (place) => place.title || place.name || place.location.map((degree) => degree.toFixed(4)).join(", ");

const KINDS = { district: "District", suburb: "Quarter", neighbourhood: "Quarter", island: "Island", square: "Square", street: "Street", charger: "Charging station" };

const describe = (place) => [KINDS[place.kind], place.country, place.population ? `${place.population.toLocaleString("en-GB")} people` : ""].filter(Boolean).join(" · ");

/** The find that is surely meant: spelled right, and a town or the only one of its name. */
function sure(found) {
  const [best] = found;
  if (!best || (best.match ?? "exact") !== "exact") return null;
  const alone = found.filter((place) => place.match === "exact").length < 2;
  return alone || !["street", "charger", "square"].includes(best.kind) ? best : null;
}

const either = (found) => found.slice(0, 3).map(placeTitle).join(", or ");

/** The places of the trip; `onChange(places)` hears of each change, `middle()` is the map's. */
export function placeList({ onChange, middle = () => null }) {
  const rows = h("ol", { class: "places", "aria-label": "Places of the trip" });
  const fields = [];
  let focused = null;

  const changed = () => onChange(fields.map((field) => field.value));

  const rename = () => {
    fields.forEach((field, index) => {
      const role = index === 0 ? "From" : index === fields.length - 1 ? "To" : "Via";
      field.node.querySelector("label").textContent = role;
      field.node.querySelector("[role=listbox]").setAttribute("aria-label", role);
      field.input.placeholder = role;
      field.input.dataset.role = role.toLowerCase();
      field.row.dataset.role = role.toLowerCase();
      field.drop.hidden = role !== "Via";
      field.locate.hidden = role !== "From";
    });
  };

  const insert = (index) => {
    const field = combobox({
      id: uniqueId("place"), label: "From", hiddenLabel: true, placeholder: "",
      find: (text, signal) => findPlaces(text, signal, middle()), title: placeTitle, accept: placeFromText, sure, onChoose: changed, describe,
    });
    field.drop = h("button", { type: "button", class: "icon-button", "aria-label": "Remove this place", on: { click: () => remove(field) } }, icon("close"));
    field.locate = h("button", { type: "button", class: "icon-button", "aria-label": "Start where I am now", on: { click: () => locate(field) } }, icon("locate"));
    field.row = h("li", { class: "place" }, field.node, field.locate, field.drop);
    field.input.addEventListener("focus", () => { focused = field; });
    fields.splice(index, 0, field);
    rows.insertBefore(field.row, rows.children[index] ?? null);
    rename();
    return field;
  };

  const remove = (field) => {
    const at = fields.indexOf(field);
    fields.splice(at, 1);
    field.row.remove();
    rename();
    changed();
    fields[Math.max(0, at - 1)].input.focus();
  };

  /** Give a touched point the name of its street or town, once that is known. */
  const name = async (field, place) => {
    const known = await placeAt(place.location).catch(() => null); // a point without a name is a place too
    if (!known || field.value !== place) return;
    field.set({ ...place, name: placeTitle(known) });
    changed();
  };

  const locate = (field) => {
    if (!navigator.geolocation) { field.setError("This browser does not tell where you are. Type a place instead."); return; }
    field.locate.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      field.locate.removeAttribute("aria-busy");
      field.set({ name: "My position", location: [coords.longitude, coords.latitude] });
      changed();
    }, () => {
      field.locate.removeAttribute("aria-busy");
      field.setError("Your position is not available. Type a place or touch the map instead.");
    }, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
  };

  const swap = h("button", { type: "button", class: "icon-button swap", "aria-label": "Swap from and to", on: { click: () => {
    const values = fields.map((field) => field.value).reverse();
    const texts = fields.map((field) => field.text).reverse();
    fields.forEach((field, index) => { field.set(values[index]); if (!values[index]) field.input.value = texts[index]; });
    changed();
  } } }, icon("swap"));
  const add = h("button", { type: "button", class: "button quiet", on: { click: () => insert(fields.length - 1).input.focus() } }, icon("plus"), "Add a place on the way");

  insert(0);
  insert(1);

  return {
    node: h("div", { class: "where" }, h("div", { class: "where-fields" }, rows, swap), add),
    fields,
    get places() { return fields.map((field) => field.value); },
    set(places) {
      while (fields.length > Math.max(2, places.length)) { const [field] = fields.splice(1, 1); field.row.remove(); }
      while (fields.length < places.length) insert(fields.length - 1);
      rename();
      fields.forEach((field, index) => field.set(places[index] ?? null));
      changed();
    },
    /** Put a place touched on the map where it was asked for: `from`, `via` or `to`. */
    put(role, place) {
      const field = role === "from" ? fields[0] : role === "to" ? fields.at(-1) : insert(fields.length - 1);
      field.set(place);
      changed();
      name(field, place);
    },
    get focusedRole() { return focused?.input.dataset.role ?? null; },
    setError(index, text) { fields[Math.min(index, fields.length - 1)].setError(text); },
    /** Choose the best find wherever text was typed and nothing chosen; say where none is. */
    async settle() {
      for (const field of fields) {
        const found = await field.settle();
        if (!field.value && !field.text) field.setError("Type a place or touch the map.");
        else if (!field.value) field.setError(found.length ? `Which place is “${field.text}”? Did you mean ${either(found)}?` : `There is no place “${field.text}” here. Choose one of the proposals, or touch the map.`);
      }
      changed();
      return fields.every((field) => field.value);
    },
  };
}
