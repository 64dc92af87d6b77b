// The page, put together: the form, the answer, the map, and the address that keeps which trip is shown.

import { h, icon, announce } from "./dom.js";
import { planTrip, fetchPlan, sampleWallets, region, watchPlan } from "./api.js";
import { tripForm } from "./form.js";
import { tripView } from "./trip.js";
import { infeasibleView } from "./infeasible.js";
import { askWhatHappened, tellItWorks } from "./failed.js";
import { bannerAfterFailure, bannerBroken, keyPrompt } from "./banners.js";
import { loadReasons } from "./reasons.js";
import { makeSheet } from "./sheet.js";
import { openAbout } from "./about.js";
import { drawPlan, drawPlaces, drawInfeasible, drawRejected, drawCursor } from "./trip-map.js";

const views = { form: document.getElementById("view-form"), answer: document.getElementById("view-answer") };
const crumb = document.getElementById("crumb");
const dock = document.getElementById("chart-dock");
const panel = document.getElementById("panel");
const scroll = document.getElementById("scroll");

const answers = new Map();
let shown = { plan: null, chosen: 0, banner: null };
let map = null;
let chart = null;
let redrawChart = () => {};
let unwatch = () => {};

const sheet = makeSheet(panel, document.getElementById("grip"), () => {});
const form = tripForm({ onPlan: plan, onPlaces: (places) => { if (map && !shown.plan) drawPlaces(map, places, { fit: true }); }, middle: () => map?.middle() });
views.form.append(form.node);

async function plan(request) {
  const result = await planTrip(request);
  if (result.kind === "plan") open(result.answer, { request }); else showInfeasible(result.answer);
}

/** Show a plan and give it an address, so that "back" returns to what was before. */
function open(answer, { banner = null } = {}) {
  answers.set(answer.id, { plan: answer, banner });
  history.pushState({ plan: answer.id }, "", `#plan=${encodeURIComponent(answer.id)}`);
  showPlan(answer, { banner });
}

function showPlan(answer, { chosen = 0, banner = null, focusTab = false } = {}) {
  shown = { plan: answer, chosen, banner };
  const variants = [answer, ...(answer.alternatives ?? [])];
  const current = variants[chosen];
  const view = tripView({ mission: answer.mission, rejected: answer.rejected, ...current }, {
    variants, chosen, banner,
    actions: {
      choose: (index, options) => showPlan(answer, { chosen: index, banner, ...options }),
      failed: (stop) => askWhatHappened(current, stop, (result, outcome) => afterFailure(current, stop, result, outcome)),
      worked: (stop, button) => tellItWorks(current, stop, button),
      showStop: (index) => { sheet.set("half"); map?.goTo(current.charging_stops[index].station.location, 11); },
      showFallback: (fallback) => { sheet.set("half"); map?.fit([...(fallback.leg?.geometry.coordinates ?? []), fallback.station.location]); },
      ...leftOut(current.rejected ?? answer.rejected),
    },
  });
  showAnswer(view.node);
  if (focusTab) view.node.querySelector('[role="tab"][aria-selected="true"]')?.focus(); else view.node.querySelector(".promise").focus({ preventScroll: true });
  announce(current.promise);
  showChart(view, current, answer.mission?.reserve_soc ?? 0.1);
  map?.resize();
  if (map) drawOnMap();
  watch(answer, current);
}

function drawOnMap() {
  const { plan: answer, chosen } = shown;
  const variants = [answer, ...(answer.alternatives ?? [])];
  drawPlan(map, { ...variants[chosen], rejected: variants[chosen].rejected ?? answer.rejected, mission: answer.mission }, {
    others: variants.filter((_, index) => index !== chosen),
    onStop: revealStop,
    onFallback: (index) => { const card = revealStop(index); if (card) card.querySelector(".backup").open = true; },
  });
}

function revealStop(index) {
  sheet.set("half");
  const card = document.getElementById(`stop-${index}`);
  card?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  card?.focus({ preventScroll: true });
  return card;
}

const leftOut = (rejected) => ({
  lightReason: (reason) => { if (map) drawRejected(map, rejected, reason); },
  showRejected: (station) => {
    if (!map || !station.location) return;
    sheet.set("half");
    map.goTo(station.location, 9);
    map.explain({ properties: { name: station.name || station.id, reason: "", detail: station.detail }, geometry: { coordinates: station.location } });
  },
});

function afterFailure(before, stop, { kind, answer }, outcome) {
  const next = answer.plan ?? answer;
  if (kind === "plan") {
    open(next, { banner: bannerAfterFailure(next, stop, outcome, () => history.back()) });
    sheet.set("half");
  } else {
    showInfeasible(answer);
  }
}

function showInfeasible(answer) {
  shown = { plan: answer, chosen: 0, banner: null };
  history.pushState({ infeasible: true }, "", "#no-trip");
  const { furthest } = answer;
  const view = infeasibleView(answer, {
    relax, showFurthest: () => { sheet.set("half"); map?.goTo(furthest.location, 9); }, ...leftOut(answer.rejected),
  });
  showAnswer(view);
  showChart(null);
  unwatch();
  view.querySelector(".promise").focus({ preventScroll: true });
  announce(answer.title);
  if (map) drawInfeasible(map, answer);
}

/** Plan the trip that is shown once more, on what is known now. */
async function planAgain() {
  const { mission } = shown.plan;
  if (mission && !form.where.places.every(Boolean)) form.fill(mission);
  changeTrip();
  await form.plan();
}

/** Apply one change that would make the trip sure, and plan again. */
async function relax(relaxation) {
  const applied = form.relax(relaxation);
  changeTrip();
  if (applied) await form.plan();
  else form.showProblem({ errors: [{ pointer: "/wallet", detail: relaxation.says, remedy: "Choose or add it here, then plan again" }] });
}

function showAnswer(node) {
  views.answer.replaceChildren(node);
  views.answer.hidden = false;
  views.form.hidden = true;
  crumb.replaceChildren(h("button", { type: "button", class: "button quiet", on: { click: changeTrip } }, icon("back"), "Change trip"));
  scroll.scrollTop = 0;
  sheet.set("half");
}

function changeTrip() {
  history.pushState({ form: true }, "", location.pathname);
  backToForm();
}

function backToForm() {
  const { mission } = shown.plan ?? {};
  if (mission && !form.where.places.some(Boolean)) form.fill(mission);
  shown = { plan: null, chosen: 0, banner: null };
  views.answer.replaceChildren();
  views.answer.hidden = true;
  views.form.hidden = false;
  crumb.replaceChildren();
  showChart(null);
  unwatch();
  if (map) drawPlaces(map, form.where.places, { fit: true });
}

/** The chart stands under the map, or in the sheet; its place is taken at once, its library comes later. */
function showChart(view, current = null, reserve = 0.1) {
  redrawChart = () => {
    chart?.destroy();
    chart = null;
    dock.replaceChildren();
    view?.chart.replaceChildren();
    if (!current?.legs.length) { map?.resize(); return; }
    const container = h("div", { class: "chart" });
    (sheet.narrow.matches ? view.chart : dock).replaceChildren(container);
    import("./chart.js").then(({ drawChart }) => {
      if (container.isConnected) chart = drawChart(container, current, { reserve, onCursor: (km) => { if (map) drawCursor(map, current, km); } });
    }).catch((error) => container.replaceChildren(h("p", { class: "small muted" }, `The chart cannot be drawn: ${error.message}`)));
  };
  redrawChart();
}

sheet.narrow.addEventListener("change", () => redrawChart());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawChart());

function watch(answer, current) {
  unwatch();
  unwatch = watchPlan(current.id, {
    ok: () => { if (shown.plan === answer) views.answer.querySelector(".banner.changed")?.remove(); },
    broken: ({ broken }) => {
      if (shown.plan !== answer) return;
      views.answer.querySelector(".banner.changed")?.remove();
      views.answer.querySelector(".trip").prepend(bannerBroken(broken ?? [], planAgain));
      announce("Something this trip rests on has changed");
    },
    replanned: ({ id, plan: next }) => {
      if (shown.plan !== answer) return;
      if (next) open(next); else if (id && id !== current.id) fetchPlan(id).then((found) => open(found)).catch(() => {});
    },
  });
}

/** Show what the address names: after "back", "forward" and a reload. */
async function followAddress() {
  const id = new URLSearchParams(location.hash.slice(1)).get("plan");
  if (!id) { backToForm(); return; }
  try {
    const known = answers.get(id) ?? { plan: await fetchPlan(id), banner: null };
    answers.set(id, known);
    showPlan(known.plan, { banner: known.banner });
  } catch (problem) {
    backToForm();
    form.showProblem(problem);
  }
}
addEventListener("popstate", followAddress);

addEventListener("beforeprint", () => document.querySelectorAll(".trip details:not(.reason)").forEach((fold) => { fold.dataset.was = String(fold.open); fold.open = true; }));
addEventListener("afterprint", () => document.querySelectorAll(".trip details[data-was]").forEach((fold) => { fold.open = fold.dataset.was === "true"; }));

document.getElementById("about-open").addEventListener("click", () => openAbout(document.getElementById("about")));

async function offerWallets() {
  try {
    form.wallet.offer(await sampleWallets());
  } catch (problem) {
    if (problem.status === 401) keyPrompt(form.slot, () => location.reload());
  }
}

async function startMap() {
  try {
    const [{ createMap }, known] = await Promise.all([import("./map.js"), region().catch(() => ({}))]);
    map = createMap({
      container: "map", bounds: known.bbox ?? [4, 43.5, 17.2, 50], coveredPx: sheet.coveredPx,
      onPick: (role, place) => { if (shown.plan) changeTrip(); form.where.put(role, place); },
    });
    if (shown.plan?.legs) drawOnMap();
    else if (shown.plan) drawInfeasible(map, shown.plan);
    else drawPlaces(map, form.where.places, { fit: true });
    document.documentElement.dataset.map = "ready";
    globalThis.plugsureMap = map; // for the tests, and the curious
  } catch (error) {
    const missing = document.getElementById("map-missing");
    missing.textContent = `The map cannot be drawn here (${error.message}). Planning works without it: type the places.`;
    missing.hidden = false;
    document.documentElement.dataset.map = "missing";
  }
}

await loadReasons().catch(() => {});
await Promise.all([offerWallets(), startMap(), followAddress()]);
