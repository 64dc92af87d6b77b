// The trip to plan, as the driver says it; `request()` is the body of POST /v1/plans.

import { h, icon, uniqueId, announce } from "./dom.js";
import { combobox } from "./combobox.js";
import { placeList, placeTitle } from "./places.js";
import { walletFields } from "./wallet.js";
import { numberField, selectField, checkFields, chargeSlider } from "./fields.js";
import { findVehicles } from "./api.js";
import { withOffset, offsetName } from "./words.js";
import { faultsOf } from "./faults.js";

const REMEMBERED = "plugsure-form";
const PRESETS = [["fastest", "Earliest arrival"], ["cheapest", "Least cost"], ["surest", "Surest stops"]];
const AVOIDABLE = [["toll", "Toll roads"], ["ferry", "Ferries"], ["motorway", "Motorways"]];
const SPEEDS_KMH = [120, 110, 100, 90];
const MIN_GRADES = [
  ["committed", "reserved for you"], ["verified", "verified"], ["contracted", "by contract"],
  ["ad_hoc", "payment card too"], ["indicated", "indicated at least"],
];

export const vehicleTitle = (vehicle) => vehicle.title ?? [vehicle.make, vehicle.model, vehicle.variant].filter(Boolean).join(" ");

function vehicleMore(vehicle) {
  const power = vehicle.dc_max_kw ?? Math.max(0, ...(vehicle.dc_curve ?? []).map((point) => point.power_kw ?? point[1] ?? 0));
  return [
    vehicle.usable_kwh ? `${vehicle.usable_kwh} kWh` : "",
    power ? `${Math.round(power)} kW DC` : "no DC",
    vehicle.curve_quality ? `curve ${vehicle.curve_quality}` : "",
  ].filter(Boolean).join(" · ");
}

/** Build the form; `onPlan(request)` is called with what was asked, `onPlaces` on each change. */
export function tripForm({ onPlan, onPlaces, middle }) {
  const where = placeList({ onChange: onPlaces, middle });
  const vehicle = combobox({ id: "vehicle", label: "Car", placeholder: "Make and model", find: findVehicles, title: vehicleTitle, describe: vehicleMore });
  const charge = chargeSlider({ id: "soc", label: "Charge now", value: 80 });
  const wallet = walletFields();
  const when = departureFields();
  const advanced = {
    reserve: numberField({ id: "reserve", label: "Reserve, never used", unit: "%", value: 10, min: 0, max: 60 }),
    arrival: numberField({ id: "arrival", label: "Charge on arrival", unit: "%", min: 0, max: 100, placeholder: "as reserve" }),
    temperature: numberField({ id: "temperature", label: "Outside temperature", unit: "°C", value: 15, min: -40, max: 50 }),
    payload: numberField({ id: "payload", label: "Load besides driver", unit: "kg", value: 0, min: 0, max: 5000 }),
    grade: selectField({ id: "grade", label: "Access must be", value: "ad_hoc", options: MIN_GRADES }),
    fallbacks: selectField({ id: "fallbacks", label: "Must survive", value: "1", options: [["0", "no failed stop"], ["1", "one failed stop"], ["2", "two failed stops"], ["3", "three failed stops"]] }),
    preset: selectField({ id: "preset", label: "Prefer", value: "fastest", options: PRESETS }),
    cap: numberField({ id: "speed-cap", label: "Drive at most", unit: "km/h", min: 30, max: 300, placeholder: "as allowed" }),
    avoid: checkFields({ label: "Avoid", options: AVOIDABLE }),
    style: checkFields({ label: "Speed", options: [["slower", "Slower where that gets you there sooner"]] }),
  };
  const more = h("details", { class: "group more" }, h("summary", {}, "Reserve, weather, load and more"),
    h("div", { class: "grid-2" }, Object.values(advanced).map((field) => field.node)));
  const general = h("div", { class: "note red", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: "button primary wide plan-button" }, "Plan my trip");
  const slot = h("div", { class: "form-slot" });

  const node = h("form", { class: "form", novalidate: true, autocomplete: "off", on: { submit: (event) => { event.preventDefault(); plan(); } } },
    slot,
    h("fieldset", { class: "group" }, h("legend", {}, "Trip"), where.node),
    h("fieldset", { class: "group" }, h("legend", { class: "hidden-text" }, "Car"), vehicle.node, charge.node),
    wallet.node, when.node, more, h("div", { class: "form-end" }, general, submit));

  recall();

  function request() {
    const typedArrival = advanced.arrival.number;
    const temperature = advanced.temperature.number;
    const payload = advanced.payload.number;
    const cap = advanced.cap.number;
    const day = { ...(temperature === null ? {} : { temperature_c: temperature }), ...(cap === null ? {} : { speed_cap_kmh: cap }) };
    return {
      stops: where.places.map((place) => ({ location: place.location, ...(place.name ? { name: place.title ?? place.name } : {}) })),
      departure: when.value,
      vehicle: { id: vehicle.value.id, soc: charge.share, ...(payload === null ? {} : { payload_kg: payload }) },
      wallet: wallet.value,
      reserve_soc: (advanced.reserve.number ?? 10) / 100,
      ...(typedArrival === null ? {} : { arrival_soc: typedArrival / 100 }),
      guarantee: { min_grade: advanced.grade.value, fallbacks: Number(advanced.fallbacks.value) },
      objective: { preset: advanced.preset.value },
      ...(Object.keys(day).length ? { conditions: day } : {}),
      avoid: advanced.avoid.values,
      speed_caps_kmh: advanced.style.values.length ? SPEEDS_KMH : [],
      alternatives: 2,
    };
  }

  async function plan() {
    clearErrors();
    setBusy(true);
    try {
      const placed = await where.settle();
      await vehicle.settle();
      if (!vehicle.value) vehicle.setError(vehicle.text ? `There is no car “${vehicle.text}” in the catalogue.` : "Choose your car.");
      if (!placed || !vehicle.value) { focusFirstError(); return; }
      remember();
      await onPlan(request());
    } catch (problem) {
      showProblem(problem);
    } finally {
      setBusy(false);
    }
  }

  function setBusy(busy) {
    submit.setAttribute("aria-disabled", String(busy));
    submit.textContent = busy ? "Planning and checking every stop…" : "Plan my trip";
    submit.disabled = busy;
    if (busy) announce("Planning your trip");
  }

  function clearErrors() {
    general.hidden = true;
    wallet.clearErrors();
    for (const field of [vehicle, charge, when, ...Object.values(advanced), ...where.fields]) field.setError("");
  }

  /** Show each fault at the field that its JSON Pointer names, the rest above the button. */
  function showProblem(problem) {
    const { placed, general: rest } = faultsOf(problem);
    for (const { pointer, text } of placed) if (!placeFault(pointer, text)) rest.push(text);
    general.replaceChildren(icon("alert"), h("div", {}, rest.map((text) => h("p", {}, text))));
    general.hidden = rest.length === 0;
    focusFirstError();
  }

  function placeFault([head, ...rest], text) {
    const fields = { reserve_soc: advanced.reserve, arrival_soc: advanced.arrival, departure: when, objective: advanced.preset, avoid: advanced.avoid, speed_caps_kmh: advanced.style };
    if (head === "stops") where.setError(Number(rest[0] ?? 0), text);
    else if (head === "vehicle") (rest[0] === "soc" ? charge : rest[0] === "payload_kg" ? advanced.payload : vehicle).setError(text);
    else if (head === "wallet") wallet.setError(rest, text);
    else if (head === "guarantee") (rest[0] === "fallbacks" ? advanced.fallbacks : advanced.grade).setError(text);
    else if (head === "conditions") (rest[0] === "speed_cap_kmh" ? advanced.cap : advanced.temperature).setError(text);
    else if (fields[head]) fields[head].setError(text);
    else return false;
    if (more.querySelector("[aria-invalid]")) more.open = true;
    return true;
  }

  function focusFirstError() {
    node.querySelector("[aria-invalid]")?.focus({ preventScroll: true });
    const said = [...node.querySelectorAll(".field-error:not([hidden])")][0] ?? (general.hidden ? null : general);
    said?.scrollIntoView({ block: "center" });
  }

  function remember() {
    const kept = { places: where.places, vehicle: vehicle.value, soc: charge.share };
    try { localStorage.setItem(REMEMBERED, JSON.stringify(kept)); } catch { /* private browsing: nothing is kept */ }
  }

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "null");
      if (!kept) return;
      where.set(kept.places.map((place) => (place.name === "My position" ? null : place)));
      vehicle.set(kept.vehicle);
      charge.set(kept.soc);
    } catch { /* what an older page kept is of no use */ }
  }

  return {
    node, slot, where, wallet, request, plan, showProblem,
    /** Fill the form from a plan's mission, so that a trip opened by its address can be changed. */
    fill(mission) {
      where.set(mission.stops.map(({ location, name }) => ({ location, name: name ?? "" })));
      if (mission.vehicle?.id) vehicle.set(mission.vehicle);
      charge.set(mission.soc ?? mission.vehicle?.soc ?? charge.share);
      wallet.select(typeof mission.wallet === "string" ? mission.wallet : mission.wallet?.id);
      advanced.reserve.set(Math.round((mission.reserve_soc ?? 0.1) * 100));
      if (mission.arrival_soc !== mission.reserve_soc) advanced.arrival.set(Math.round(mission.arrival_soc * 100));
      if (mission.conditions) { advanced.temperature.set(mission.conditions.temperature_c); advanced.payload.set(mission.conditions.payload_kg); advanced.cap.set(mission.conditions.speed_cap_kmh); }
      advanced.avoid.set(mission.avoid ?? []);
      advanced.style.set(mission.speed_caps_kmh?.length ? ["slower"] : []);
      if (mission.guarantee) { advanced.grade.set(mission.guarantee.min_grade); advanced.fallbacks.set(String(mission.guarantee.fallbacks)); }
      if (mission.objective?.preset) advanced.preset.set(mission.objective.preset);
    },
    /** Apply one relaxation of an infeasible trip; false where only the driver can (a card, say). */
    relax({ change, value }) {
      const share = { reserve_soc: advanced.reserve, arrival_soc: advanced.arrival }[change];
      if (share) share.set(Math.round(value * 1000) / 10);
      else if (change === "min_grade") advanced.grade.set(value);
      else if (change === "fallbacks") advanced.fallbacks.set(String(value));
      else if (change === "departure") when.set(typeof value === "number" ? value * 1000 : value);
      else if (change === "soc") charge.set(value);
      else if (change === "avoid") advanced.avoid.set(value === "all" ? [] : advanced.avoid.values.filter((kind) => kind !== value));
      else return wallet.adopt(change === "token" ? value : null, change === "payment_card");
      return true;
    },
    describe: () => where.places.filter(Boolean).map(placeTitle).join(" → "),
  };
}

function departureFields() {
  const group = uniqueId("when");
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  const input = h("input", { type: "datetime-local", class: "field", id: uniqueId("departure"), "aria-label": `Departure time (${offsetName()})`, "aria-describedby": error.id });
  const radio = (value, checked) => h("input", { type: "radio", name: group, value, checked, on: { change: update } });
  const now = radio("now", true);
  const later = radio("later", false);
  const local = (moment) => withOffset(moment).slice(0, 16);
  const row = h("div", { class: "when-row", hidden: true }, input, h("span", { class: "muted small" }, offsetName()));

  function update() {
    row.hidden = now.checked;
    if (later.checked && !input.value) input.value = local(new Date(Date.now() + 3600000));
  }

  return {
    node: h("fieldset", { class: "group" }, h("legend", {}, "Departure"),
      h("div", { class: "segments" }, h("label", {}, now, h("span", {}, "Now")), h("label", {}, later, h("span", {}, "Later"))), row, error),
    get value() { return withOffset(later.checked && input.value ? new Date(input.value) : new Date()); },
    set(iso) { later.checked = true; input.value = local(new Date(iso)); update(); },
    setError(text) {
      error.textContent = text;
      error.hidden = !text;
      if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    },
  };
}
