// Building the page: elements from plain values, never from strings of HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; `on` holds listeners, a null attribute is left out, true is an empty one. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "style") {
      for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  swap: "M7 4v15M7 4 4 7M7 4l3 3M17 20V5M17 20l-3-3M17 20l3-3",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  locate: "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10",
  card: "M3 6h18v12H3zM3 10h18M6.5 14.500h4",
  payment_card: "M3 6h18v12H3zM3 10h18M6.5 14.500h4",
  app: "M8 2.500h8a1.5 1.5 0 0 1 1.5 1.500v16a1.5 1.5 0 0 1-1.5 1.500H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.500M11 18.500h2",
  plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  phone: "M6 3h3l1.5 5-2 1.500a11 11 0 0 0 6 6l1.5-2 5 1.500v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2",
  shield: "M12 3l7.5 3v5.500c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.500V6zM8.5 12l2.5 2.5 4.5-5",
  alert: "M12 4l9 16H3zM12 10v4.500M12 17.400v.2",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.500M5 20h14",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  back: "M15 5l-7 7 7 7",
  pin: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11M12 7.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  bolt: "M13 3 5 13.500h6L10 21l9-11h-6z",
  check: "M5 12.500l4.5 4.500L19 7",
  car: "M4 16v-3.500l2-5.500h12l2 5.500V16zM4 12.500h16M7 16v2M17 16v2",
};

/** One of the icons above; decoration only, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.bolt);
  svg.append(path);
  return svg;
}

/** Say something to those who listen to the page rather than see it. */
export function announce(text) {
  const node = document.getElementById("announce");
  node.textContent = "";
  requestAnimationFrame(() => { node.textContent = text; });
}

let counter = 0;

/** An id that no other element has. */
export function uniqueId(stem) {
  counter += 1;
  return `${stem}-${counter}`;
}

/** Call `run` once the calls have paused for `ms`. */
export function debounce(run, ms) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), ms);
  };
}
