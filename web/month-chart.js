// Costs by month, billed, as bars: a picture for each currency, for amounts of two are never one.

import uPlot from "./vendor/uPlot.esm.js";
import { h } from "./dom.js";

const names = new Intl.DateTimeFormat("en-GB", { month: "short", year: "2-digit" });
const title = (key) => { const [year, month] = key.split("-").map(Number); return names.format(new Date(year, month - 1, 1)); };

/** Draw the months of each currency in `container`, the one with the most charges first; returns `{destroy}`. */
export function drawMonths(container, months) {
  const keys = [...new Set(months.groups.filter((one) => one.currency !== null).map((one) => one.key))].sort();
  const charts = [...months.totals].filter((one) => one.currency !== null).sort((a, b) => b.charges - a.charges)
    .map(({ currency }) => drawCurrency(container, currency, keys, new Map(months.groups.filter((one) => one.currency === currency).map((one) => [one.key, one.billed]))));
  return { destroy: () => charts.forEach((chart) => chart.destroy()) };
}

/** Whether there are months to draw: one alone says no more than its total. */
export const hasMonths = (months) => new Set(months.groups.filter((one) => one.currency !== null).map((one) => one.key)).size > 1;

function drawCurrency(container, currency, keys, told) {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink-2"), font: `12px ${colour("--font")}`, ticks: { show: false } };
  const canvas = h("div", { class: "months-canvas", role: "img", "aria-label": keys.map((key) => `${title(key)}: ${told.has(key) ? `${told.get(key)} ${currency}` : "nothing"}`).join(", ") });
  container.append(h("p", { class: "small muted" }, `Billed, ${currency}`), canvas);
  const width = () => Math.max(240, canvas.clientWidth);
  const billed = keys.map((key) => Number(told.get(key) ?? 0));
  const least = Math.min(0, ...billed);
  const most = Math.max(1, ...billed) * 1.08;
  const chart = new uPlot({
    width: width(), height: 180, padding: [12, 12, 0, 0], legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, keys.length - 0.4] }, y: { range: [least < 0 ? least * 1.08 : 0, most] } },
    axes: [
      { ...axis, size: 26, gap: 4, grid: { show: false }, splits: () => keys.map((_, index) => index), values: (_, ticks) => ticks.map((tick) => title(keys[tick])) },
      { ...axis, size: (_, values) => 16 + 7 * Math.max(4, ...(values ?? []).map((value) => value.length)), gap: 4, grid: { stroke: colour("--line"), width: 1 }, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString("fr-FR").replace("-", "−")) },
    ],
    series: [{}, { stroke: colour("--accent"), fill: colour("--accent"), paths: uPlot.paths.bars({ size: [0.6, 60] }), points: { show: false } }],
  }, [keys.map((_, index) => index), billed], canvas);
  const observer = new ResizeObserver(() => chart.setSize({ width: width(), height: 180 }));
  observer.observe(container);
  return { destroy: () => { observer.disconnect(); chart.destroy(); } };
}
