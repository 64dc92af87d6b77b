// Why a station was left out, in words for drivers: the planner's own ledger of reasons.

import { plain } from "./words.js";

let ledger = { excluded: ["Left out by you", "The request asked to do without it"] };

/** Fetch the ledger once; until then, and without it, a code is read as words itself. */
export async function loadReasons() {
  const response = await fetch("/assets/reasons.json");
  if (response.ok) ledger = { ...ledger, ...(await response.json()) };
}

export const reasonTitle = (code) => ledger[code]?.[0] || plain(code);
export const reasonMeaning = (code) => (ledger[code]?.[1] ? `${ledger[code][1]}.` : "");
