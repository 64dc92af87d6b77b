// Costs by month: billed as bars, and for the stops that were planned a mark where the plan had them.

import uPlot from "./vendor/uPlot.esm.js";
import { h } from "./dom.js";

const names = new Intl.DateTimeFormat("en-GB", { month: "short", year: "2-digit" });
const title = (key) => { const [year, month] = key.split("-").map(Number); return names.format(new Date(year, month - 1, 1)); };

/** Draw the months of the currency with the most charges in `container`; returns `{destroy}`. */
export function drawMonths(container, months) {
  const [{ currency }] = [...months.totals].sort((a, b) => b.charges - a.charges);
  const groups = months.groups.filter((one) => one.currency === currency);
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink-2"), font: `12px ${colour("--font")}`, ticks: { show: false } };
  const canvas = h("div", { class: "months-canvas", role: "img", "aria-label": groups.map((one) => `${title(one.key)}: ${one.billed} ${currency}`).join(", ") });
  container.append(canvas);
  const width = () => Math.max(240, canvas.clientWidth);
  const billed = groups.map((one) => Number(one.billed));
  const chart = new uPlot({
    width: width(), height: 180, padding: [12, 12, 0, 0], legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, groups.length - 0.4] }, y: { range: [Math.min(0, ...billed), Math.max(1, ...billed) * 1.08] } },
    axes: [
      { ...axis, size: 26, gap: 4, grid: { show: false }, splits: () => groups.map((_, index) => index), values: (_, ticks) => ticks.map((tick) => title(groups[tick].key)) },
      { ...axis, size: 64, gap: 4, grid: { stroke: colour("--line"), width: 1 }, values: (_, ticks) => ticks.map((tick) => `${tick} ${currency}`) },
    ],
    series: [{}, { stroke: colour("--accent"), fill: colour("--accent"), paths: uPlot.paths.bars({ size: [0.6, 60] }), points: { show: false } }],
  }, [groups.map((_, index) => index), billed], canvas);
  const observer = new ResizeObserver(() => chart.setSize({ width: width(), height: 180 }));
  observer.observe(container);
  return { destroy: () => { observer.disconnect(); chart.destroy(); } };
}
