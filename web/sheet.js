// On a narrow screen the panel is a sheet: dragged by its grip, or stepped by a press or the arrow keys.

const narrow = matchMedia("(width < 860px)");
const STEPS = ["peek", "half", "full"];

/** Make `panel` a sheet; `onSettle()` is called once its height has changed. */
export function makeSheet(panel, grip, onSettle) {
  const heights = () => ({ peek: 132, half: Math.round(innerHeight * 0.56), full: innerHeight - 14 });
  let step = "half";
  let drag = null;

  const set = (name) => {
    step = name;
    panel.dataset.sheet = name;
    panel.style.setProperty("--sheet", `${heights()[name]}px`);
    grip.setAttribute("aria-label", name === "full" ? "Show more of the map" : "Show more of the trip");
    grip.setAttribute("aria-expanded", String(name === "full"));
    onSettle();
  };

  grip.addEventListener("pointerdown", (event) => {
    drag = { y: event.clientY, height: panel.offsetHeight, moved: false };
    grip.setPointerCapture(event.pointerId);
    panel.dataset.dragging = "";
  });
  grip.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const moved = drag.y - event.clientY;
    drag.moved ||= Math.abs(moved) > 6;
    panel.style.setProperty("--sheet", `${Math.min(innerHeight - 14, Math.max(90, drag.height + moved))}px`);
  });
  const release = () => {
    if (!drag) return;
    delete panel.dataset.dragging;
    if (drag.moved) {
      const height = panel.offsetHeight;
      const sizes = heights();
      set(STEPS.reduce((best, name) => (Math.abs(sizes[name] - height) < Math.abs(sizes[best] - height) ? name : best), "half"));
    } else {
      set(step === "full" ? "half" : STEPS[STEPS.indexOf(step) + 1]);
    }
    drag = null;
  };
  grip.addEventListener("pointerup", release);
  grip.addEventListener("pointercancel", release);
  grip.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); set(step === "full" ? "half" : STEPS[STEPS.indexOf(step) + 1]); }
    if (event.key === "ArrowUp") { event.preventDefault(); set(STEPS[Math.min(2, STEPS.indexOf(step) + 1)]); }
    if (event.key === "ArrowDown") { event.preventDefault(); set(STEPS[Math.max(0, STEPS.indexOf(step) - 1)]); }
  });
  panel.addEventListener("focusin", (event) => {
    if (narrow.matches && event.target.matches("input:not([type=range]):not([type=radio]):not([type=checkbox])")) set("full");
  });
  addEventListener("resize", () => set(step));
  set(step);

  return {
    set: (name) => { if (narrow.matches) set(name); },
    /** How much of the map the sheet hides, in CSS pixels. */
    coveredPx: () => (narrow.matches ? heights()[step] : 0),
    narrow,
  };
}
