// Costs: what charging cost in some months, planned beside billed, by whom, and what was odd. Prints as a statement.

import { h, icon, announce } from "./dom.js";
import { fetchReport, saveReport } from "./api.js";
import { keyPrompt } from "./banners.js";
import { drawMonths, hasMonths } from "./month-chart.js";

const DIMENSIONS = [["vehicle", "Vehicle"], ["driver", "Driver"], ["mission", "Mission"], ["provider", "Card provider"], ["operator", "Operator"]];
const ODD = {
  idle_after_full: "Idle after charging", longer_than_curve: "Longer than the car needs", price_above_tariff: "Dearer than the tariff",
  price_above_others: "Dearer than others near", energy_above_battery: "More than the battery", energy_above_post: "More than the post gives",
  overlapping: "Two at a time", away_from_mission: "Away from any mission", expired_card: "Card not valid", foreign_card: "Not our card",
};
const SHOWN = 12;
const FIGURES = new Set(["currency", "charges", "kWh", "net", "VAT", "gross", "planned", "of it billed", "difference", "cost"]);

const main = document.getElementById("books");
const from = document.getElementById("from");
const to = document.getElementById("to");
let by = "vehicle";
let chart = null;

const month = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;

/** The first moment of a month, or of the one after it, in the browser's zone; as RFC 3339 in UTC. */
const firstOf = (text, after = 0) => { const [year, number] = text.split("-").map(Number); return new Date(year, number - 1 + after, 1).toISOString(); };

const span = () => ({ since: firstOf(from.value), until: firstOf(to.value, 1) });

/** An amount as people write it; the digits are the server's, none is rounded here. */
export const amount = (text, currency) => (text === null || text === undefined ? "–" : `${group(text)} ${currency ?? ""}`.trim());

const group = (text) => { const [whole, rest] = text.split("."); return whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f").replace(/^-/, "−") + (rest === undefined ? "" : `.${rest}`); };

async function show() {
  main.setAttribute("aria-busy", "true");
  try {
    const asked = span();
    const [told, months, odd] = await Promise.all([
      fetchReport("costs", { ...asked, by }), fetchReport("costs", { ...asked, by: "month" }), fetchReport("anomalies", asked),
    ]);
    const sums = { ...told, totals: [...told.totals].sort((a, b) => (a.currency === null) - (b.currency === null) || b.charges - a.charges) };
    main.replaceChildren(...document_(sums, months, odd.anomalies));
    chart?.destroy();
    const place = main.querySelector(".months");
    chart = place ? drawMonths(place, months) : null;
    announce(sums.totals.length ? `Billed ${sums.totals.map((total) => amount(total.billed, total.currency)).join(", ")}` : "Nothing was charged in these months");
  } catch (problem) {
    const slot = h("div", {});
    main.replaceChildren(h("p", { class: "note red", role: "alert" }, problem.message), slot);
    if (problem.status === 401) keyPrompt(slot, show);
  }
  main.setAttribute("aria-busy", "false");
}

function document_(sums, months, odd) {
  if (!sums.totals.length) return [empty(sums)];
  return [
    h("section", { class: "totals", "aria-label": "Totals" }, sums.totals.map(tile)),
    hasMonths(months) ? h("section", { class: "card" }, h("h2", {}, "By month"), h("div", { class: "months" })) : null,
    groupsSection(sums),
    oddSection(odd),
    h("footer", { class: "small muted books-foot" }, "Each charge is rounded to the cent first, and sums are sums of these. ",
      pending(sums), "Planned is what the plans said of the stops that are on the bill."),
  ].filter(Boolean);
}

const empty = (sums) => h("div", { class: "note" }, h("p", {}, "No charging is known in these months. "),
  h("p", {}, "It comes by itself from operators over OCPI, or from a file: ", h("code", {}, "plugsure cdr import FILE"), ". ", pending(sums)));

const pending = (sums) => (sums.pending_sessions.count ? `${many(sums.pending_sessions.count, "session waits for its bill and is", "sessions wait for their bills and are")} in no sum. ` : "");

function tile(total) {
  const { currency } = total;
  if (currency === null) return unpriced(total);
  const off = Number(total.difference);
  return h("div", { class: "tile" },
    h("p", { class: "tile-label" }, "Billed"), h("p", { class: "tile-figure figures" }, amount(total.billed, currency)),
    h("dl", { class: "facts figures" },
      fact("Net", amount(total.net, currency)), fact("VAT", amount(total.vat, currency)), fact("Gross", amount(total.gross, currency)),
      fact("Charges", `${total.charges}${total.credits ? `, ${many(total.credits, "credit", "credits")}` : ""}`), fact("Energy", `${total.energy_kwh.toFixed(1)} kWh`),
      total.metered_charges ? fact(`Of it own depots, ${many(total.metered_charges, "charge", "charges")}`, amount(total.metered, currency)) : null,
      total.planned_stops ? fact(`Planned, ${many(total.planned_stops, "stop", "stops")}`, amount(total.planned, currency)) : null,
      total.planned_stops ? fact("These were billed", `${amount(total.billed_as_planned, currency)} (${off > 0 ? "+" : ""}${group(total.difference)})`) : null),
    total.without_vat ? h("p", { class: "small muted" }, `${many(total.without_vat, "charge tells", "charges tell")} no VAT: in net and billed, not in gross.`) : null,
    total.unpriced ? h("p", { class: "small muted" }, `${many(total.unpriced, "charge tells", "charges tell")} no price.`) : null);
}

/** Charges that tell no price are no amount, least of all nothing. */
const unpriced = (total) => h("div", { class: "tile" },
  h("p", { class: "tile-label" }, "No price told"), h("p", { class: "tile-figure figures" }, many(total.charges, "charge", "charges")),
  h("dl", { class: "facts figures" }, fact("Energy", `${total.energy_kwh.toFixed(1)} kWh`)),
  total.metered_charges ? h("p", { class: "small muted" }, `${total.metered_charges} of them at own depots. Say what a kWh costs there: `, h("code", {}, "plugsure depot price DEPOT 0.25")) : null);

/** A count with its word: one charge, two charges. */
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

/** Groups as bars, the dearest first, and the whole table below for those who need each figure. */
function groupsSection(sums) {
  const tabs = h("div", { class: "by", role: "group", "aria-label": "Add up by" }, DIMENSIONS.map(([name, title]) =>
    h("button", { type: "button", class: "button", "aria-pressed": String(name === by), on: { click: () => { by = name; show(); } } }, title)));
  const byCurrency = sums.totals.map(({ currency }) => {
    const groups = sums.groups.filter((one) => one.currency === currency).sort((a, b) => Number(b.billed) - Number(a.billed));
    const most = Math.max(...groups.map((one) => Math.max(Number(one.billed), Number(one.planned))), 0.01);
    const several = sums.totals.length > 1;
    return h("ul", { class: "bars", "aria-label": currency ?? "No price told" }, several ? h("li", { class: "small muted" }, currency ?? "No price told") : null, groups.slice(0, SHOWN).map((one) => bar(one, most)),
      groups.length > SHOWN ? h("li", { class: "small muted" }, `and ${groups.length - SHOWN} more, in the table`) : null);
  });
  const columns = [by, "currency", "charges", "kWh", "net", "VAT", "gross", "planned", "of it billed", "difference"];
  const told = (one) => (one.currency === null ? ["–", "–", "–"] : [one.net, one.vat, one.gross]);
  const planned = (one) => (one.planned_stops ? [one.planned, one.billed_as_planned, one.difference] : ["–", "–", "–"]);
  const cells = (one) => [one.key ?? "not known", one.currency ?? "–", one.charges, one.energy_kwh.toFixed(3), ...told(one), ...planned(one)];
  const rows = [...sums.groups.map(cells), ...sums.totals.map((total) => ["Total", ...cells(total).slice(1)])];
  const marked = sums.groups.some((one) => one.currency !== null && one.planned_stops);
  return h("section", { class: "card" }, h("h2", {}, "Who and where"), tabs, byCurrency,
    marked ? h("p", { class: "small muted bars-key" }, h("span", { class: "bar-key", "aria-hidden": "true" }), "what was planned, of the stops that were") : null,
    h("details", { class: "whole" }, h("summary", {}, "All figures"), table(columns, rows)),
    h("p", { class: "take" }, saveButton("costs", { by }, "xlsx"), saveButton("costs", { by }, "csv"), saveButton("charges", {}, "csv", "Every charge")));
}

function bar(one, most) {
  const share = (text) => `${Math.max(0, (Number(text) / most) * 100)}%`;
  return h("li", { class: "bar-row" },
    h("span", { class: "bar-name" }, one.key ?? "not known"),
    h("span", { class: "bar", "aria-hidden": "true" }, h("span", { class: "bar-billed", style: { width: share(one.billed) } }),
      one.currency !== null && one.planned_stops ? h("span", { class: "bar-planned", style: { left: share(one.planned) } }) : null),
    h("span", { class: "bar-figure figures" }, one.currency === null ? "no price told" : amount(one.billed, one.currency)));
}

function oddSection(odd) {
  if (!odd.length) return h("section", { class: "card" }, h("h2", {}, "Odd charges"), h("p", { class: "muted" }, "None."));
  const rows = odd.slice(0, 200).map((one) => h("li", { class: "odd" },
    h("p", {}, h("b", {}, ODD[one.kind] ?? one.kind), h("span", { class: "figures odd-cost" }, one.cost === null ? "cost not known" : amount(one.cost, one.currency))),
    h("p", { class: "small" }, one.says),
    h("p", { class: "small muted" }, [new Date(one.ends).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }), one.station, one.vehicle, one.card].filter(Boolean).join(" · "))));
  return h("section", { class: "card" }, h("h2", {}, `Odd charges (${odd.length})`), h("ul", { class: "odds" }, rows),
    odd.length > rows.length ? h("p", { class: "small muted" }, `and ${odd.length - rows.length} more, in the file`) : null,
    h("p", { class: "take" }, saveButton("anomalies", {}, "csv")));
}

const table = (columns, rows) => h("div", { class: "wide-table" }, h("table", {},
  h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", class: FIGURES.has(name) ? "figure" : null }, name)))),
  h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, index) => (index === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: "figure figures" }, String(cell)))))))));

const saveButton = (report, more, format, label = "") => h("button", {
  type: "button", class: "button", on: { click: async () => {
    try {
      const link = h("a", { href: URL.createObjectURL(await saveReport(report, { ...span(), ...more, format })), download: `${report}.${format}` });
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (problem) {
      main.prepend(h("p", { class: "note red", role: "alert" }, problem.message));
    }
  } },
}, icon("download"), `${label} ${format.toUpperCase()}`.trim());

const now = new Date();
from.value = month(new Date(now.getFullYear(), now.getMonth() - 2, 1));
to.value = month(now);
document.getElementById("span").addEventListener("submit", (event) => { event.preventDefault(); show(); });
for (const field of [from, to]) field.addEventListener("input", () => to.setCustomValidity(from.value > to.value ? "This month is before the first one." : ""));
document.getElementById("print").addEventListener("click", () => print());
addEventListener("beforeprint", () => document.querySelectorAll("details.whole").forEach((fold) => { fold.dataset.was = String(fold.open); fold.open = true; }));
addEventListener("afterprint", () => document.querySelectorAll("details.whole[data-was]").forEach((fold) => { fold.open = fold.dataset.was === "true"; }));
await show();
