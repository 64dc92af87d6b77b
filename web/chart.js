// Charge along the way: percent over kilometres, with the reserve, and at each stop the least charge that still
// reaches its fallback.

import uPlot from "./vendor/uPlot.esm.js";
import { h } from "./dom.js";
import { percent } from "./words.js";

/** Points of the line: `{km, soc, stop}`; a stop gives two points at the same kilometre. */
export function chargeLine(plan) {
  const km = [0];
  const soc = [plan.legs[0].soc_start * 100];
  const stops = [];
  let metres = 0;
  plan.legs.forEach((leg) => {
    if (Math.abs(leg.soc_start * 100 - soc.at(-1)) > 0.05) { km.push(metres / 1000); soc.push(leg.soc_start * 100); }
    metres += leg.distance_m;
    km.push(metres / 1000);
    soc.push(leg.soc_end * 100);
    const stop = plan.charging_stops[stops.length];
    if (stop && Math.hypot(stop.station.location[0] - leg.to.location[0], stop.station.location[1] - leg.to.location[1]) < 1e-6) {
      stops.push({ km: metres / 1000, floor: stop.floor_soc * 100, arrival: stop.soc_arrival * 100, departure: stop.soc_departure * 100 });
    }
  });
  return { km, soc, stops };
}

/** Draw the chart in `container`; `onCursor(km | null)` follows the pointer. Returns `{resize, destroy}`. */
export function drawChart(container, plan, { reserve, onCursor }) {
  const { km, soc, stops } = chargeLine(plan);
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const font = `12px ${colour("--font")}`;
  const canvas = h("div", { class: "chart-canvas" });
  container.append(h("div", { class: "chart-head small" }, h("b", {}, "Charge along the way"),
    h("span", { class: "chart-key reserve" }, "reserve"), stops.some((stop) => stop.floor > 0) ? h("span", { class: "chart-key floor" }, "needed for the fallback") : null), canvas);
  const axis = { stroke: colour("--ink-2"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };

  const overlay = (u) => {
    const { ctx } = u;
    const ratio = devicePixelRatio;
    const { left, top, width, height } = u.bbox;
    const y = (value) => u.valToPos(value, "y", true);
    const x = (value) => u.valToPos(value, "x", true);
    ctx.save();
    ctx.font = `${12 * ratio}px ${colour("--font")}`;
    ctx.strokeStyle = colour("--amber-mark");
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(left, y(reserve * 100));
    ctx.lineTo(left + width, y(reserve * 100));
    ctx.stroke();
    ctx.setLineDash([]);
    stops.forEach((stop, index) => {
      ctx.strokeStyle = colour("--amber-mark");
      ctx.lineWidth = 3 * ratio;
      ctx.beginPath();
      ctx.moveTo(x(stop.km) - 9 * ratio, y(stop.floor));
      ctx.lineTo(x(stop.km) + 9 * ratio, y(stop.floor));
      ctx.stroke();
      const radius = 9 * ratio;
      const middle = Math.max(top + radius, y(stop.departure) - radius - 4 * ratio);
      ctx.fillStyle = colour("--accent");
      ctx.beginPath();
      ctx.arc(x(stop.km), middle, radius, 0, 2 * Math.PI);
      ctx.fill();
      ctx.fillStyle = colour("--on-accent");
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.font = `600 ${11 * ratio}px ${colour("--font")}`;
      ctx.fillText(String(index + 1), x(stop.km), middle + 0.5 * ratio);
      ctx.textAlign = "left";
    });
    ctx.restore();
  };

  const chart = new uPlot({
    width: Math.max(200, canvas.clientWidth), height: heightOf(container),
    padding: [16, 14, 0, 0],
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    legend: { show: false },
    scales: { x: { time: false, range: [0, km.at(-1)] }, y: { range: [0, 100] } },
    axes: [
      { ...axis, size: 26, gap: 3, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => `${tick} km`), space: 80 },
      { ...axis, size: 44, gap: 4, values: (_, ticks) => ticks.map((tick) => `${tick} %`), splits: () => [0, 25, 50, 75, 100] },
    ],
    series: [{}, { stroke: colour("--accent"), width: 2.5, fill: colour("--accent-soft"), points: { show: false } }],
    hooks: { draw: [overlay], setCursor: [(u) => onCursor(u.cursor.left >= 0 && u.cursor.idx !== null ? u.posToVal(u.cursor.left, "x") : null)] },
  }, [km, soc], canvas);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", describe(plan, stops, reserve));

  const observer = new ResizeObserver(() => chart.setSize({ width: Math.max(200, canvas.clientWidth), height: heightOf(container) }));
  observer.observe(container);
  return { destroy: () => { observer.disconnect(); chart.destroy(); } };
}

const heightOf = (container) => Number.parseInt(getComputedStyle(container).getPropertyValue("--chart-height"), 10) || 150;

function describe(plan, stops, reserve) {
  const way = stops.map((stop, index) => `stop ${index + 1} after ${Math.round(stop.km)} kilometres, from ${Math.round(stop.arrival)} to ${Math.round(stop.departure)} percent`);
  return `Charge along the way: start with ${percent(plan.legs[0].soc_start)}, ${way.map((text) => `${text}, `).join("")}end with ${percent(plan.legs.at(-1).soc_end)}; the reserve is ${percent(reserve)}.`;
}
