// The plain fields of the form, each with its label, its hint and a place for what is wrong.

import { h, uniqueId } from "./dom.js";

function framed(input, { id, label, hint = "", unit = "" }) {
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  input.setAttribute("aria-describedby", error.id);
  const node = h("div", { class: "labelled" },
    h("label", { class: "label", for: id }, label, hint ? h("span", { class: "muted" }, ` ${hint}`) : null),
    h("div", { class: "with-unit" }, input, unit ? h("span", { class: "unit" }, unit) : null), error);
  const setError = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  };
  return { node, input, setError };
}

/** A number with its unit; `number` is null where nothing is typed. */
export function numberField({ id, label, unit, value, min, max, hint, placeholder }) {
  const input = h("input", { id, class: "field", type: "number", inputmode: "decimal", step: "any", min, max, value, placeholder });
  const frame = framed(input, { id, label, hint, unit });
  return {
    ...frame,
    get number() { return input.value === "" || Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber; },
    set(number) { input.value = number ?? ""; },
  };
}

/** A choice among `[value, title]`. */
export function selectField({ id, label, value, options, hint }) {
  const input = h("select", { id, class: "field" }, options.map(([key, title]) => h("option", { value: key, selected: key === value }, title)));
  const frame = framed(input, { id, label, hint });
  return { ...frame, get value() { return input.value; }, set(key) { input.value = key; } };
}

/** Any of some `[value, title]`; `values` are those that are ticked, in the order given. */
export function checkFields({ label, options }) {
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  const boxes = options.map(([value]) => h("input", { type: "checkbox", value, "aria-describedby": error.id }));
  const node = h("fieldset", { class: "ticks" }, h("legend", { class: "label" }, label),
    options.map(([, title], index) => h("label", { class: "tick" }, boxes[index], h("span", {}, title))), error);
  return {
    node,
    get values() { return boxes.filter((box) => box.checked).map((box) => box.value); },
    set(values) { for (const box of boxes) box.checked = values.includes(box.value); },
    setError(text) {
      error.textContent = text;
      error.hidden = !text;
      for (const box of boxes) if (text) box.setAttribute("aria-invalid", "true"); else box.removeAttribute("aria-invalid");
    },
  };
}

/** The charge of the battery in whole percent: a slider and, beside it, the number. */
export function chargeSlider({ id, label, value }) {
  const input = h("input", { id, class: "slider", type: "range", min: 1, max: 100, step: 1, value });
  const shown = h("output", { class: "charge-number figures", for: id });
  const error = h("p", { class: "field-error", id: uniqueId("error"), hidden: true });
  const update = () => {
    shown.textContent = `${input.value} %`;
    input.style.setProperty("--filled", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} percent`);
    input.classList.toggle("low", Number(input.value) < 15);
  };
  input.setAttribute("aria-describedby", error.id);
  input.addEventListener("input", update);
  update();
  return {
    node: h("div", { class: "charge" }, h("div", { class: "charge-head" }, h("label", { class: "label", for: id }, label), shown), input, error),
    input,
    get share() { return Number(input.value) / 100; },
    set(share) { input.value = Math.round(share * 100); update(); },
    setError(text) {
      error.textContent = text;
      error.hidden = !text;
      if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    },
  };
}
