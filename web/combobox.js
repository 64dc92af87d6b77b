// A text field that proposes what fits while one types (the ARIA combobox pattern).

import { h, uniqueId, debounce, announce } from "./dom.js";

/**
 * Make a combobox.
 *
 * `find(text, signal)` gives the items, `title(item)` the text that stands in the field once one
 * is chosen, `describe(item)` the smaller line under it, `accept(text)` may turn free text into
 * an item (or null), `sure(items)` tells which of the finds is surely meant where none was chosen.
 * `onChoose(item | null)` is told of each change.
 */
export function combobox({ id, label, hiddenLabel = false, placeholder, find, title, describe, accept = () => null, sure = ([best]) => best, onChoose = () => {}, name }) {
  const listId = uniqueId("list");
  const errorId = uniqueId("error");
  const input = h("input", {
    id, name, type: "text", role: "combobox", class: "field", placeholder,
    "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list", "aria-describedby": errorId,
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search",
  });
  const list = h("ul", { id: listId, role: "listbox", class: "options", "aria-label": label, hidden: true });
  const error = h("p", { id: errorId, class: "field-error", hidden: true });
  const node = h("div", { class: "combobox" }, h("label", { for: id, class: hiddenLabel ? "hidden-text" : "label" }, label), input, list, error);

  let chosen = null;
  let items = [];
  let active = -1;
  let asked = null;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (item) => {
    chosen = item;
    if (item) input.value = title(item);
    close();
    setError("");
    onChoose(item);
  };

  const setActive = (index) => {
    active = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = list.children[index];
    if (option?.id) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const show = (found, empty) => {
    items = found;
    list.replaceChildren(...found.map((item, index) => h("li", {
      id: `${listId}-${index}`, role: "option", "aria-selected": "false",
      on: { pointerdown: (event) => { event.preventDefault(); choose(item); } },
    }, h("span", { class: "option-title" }, title(item)), describe(item) ? h("span", { class: "option-more" }, describe(item)) : null)));
    if (!found.length) list.append(h("li", { class: "option-none", role: "option", "aria-disabled": "true" }, empty));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    setActive(found.length ? 0 : -1);
    announce(found.length ? `${found.length} found` : empty);
  };

  const search = async (text) => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const found = await find(text, signal);
      if (!signal.aborted && document.activeElement === input) show(found, "Nothing of that name");
    } catch (problem) {
      if (problem.name !== "AbortError" && document.activeElement === input) show([], problem.message);
    }
  };
  const searchSoon = debounce((text) => { if (input.value.trim() === text) search(text); }, 130);

  input.addEventListener("input", () => {
    const text = input.value.trim();
    setError("");
    chosen = accept(text);
    onChoose(chosen);
    if (text && !chosen) searchSoon(text); else close();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => { asked?.abort(); close(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); return; }
    if (event.key === "ArrowDown" && list.hidden) { event.preventDefault(); search(input.value.trim()); return; }
    if (list.hidden || !items.length) return;
    if (event.key === "ArrowDown") { event.preventDefault(); setActive((active + 1) % items.length); }
    if (event.key === "ArrowUp") { event.preventDefault(); setActive((active - 1 + items.length) % items.length); }
    if (event.key === "Enter" && active >= 0) { event.preventDefault(); choose(items[active]); }
    if (event.key === "Tab" && active >= 0 && !chosen) choose(items[active]);
  });

  function setError(text) {
    error.textContent = text;
    error.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  }

  return {
    node, input, setError,
    get value() { return chosen; },
    get text() { return input.value.trim(); },
    set(item) { chosen = item; input.value = item ? title(item) : ""; setError(""); },
    /** The chosen item; failing that the find that the text surely means. Tells all finds. */
    async settle() {
      if (chosen || !this.text) return [];
      const found = await find(this.text);
      const best = sure(found);
      if (best) this.set(best);
      return found;
    },
  };
}
