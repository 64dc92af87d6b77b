// Why a station was left out, in words for drivers. A code that is not here is read as words itself.

import { plain } from "./words.js";

const REASONS = {
  no_agreement: ["No card of yours is accepted", "No agreement proves that one of your cards opens these."],
  grade: ["Access not sure enough", "Something hints at access, but less than you asked for."],
  refused: ["Your card was refused", "These said no to your card, or its contract is not valid."],
  connector: ["No plug that fits", "No connector that your car or your cables take."],
  closed: ["Closed when you would be there", "Their opening hours do not cover the stop."],
  hours_unknown: ["Opening hours unknown", "Unknown hours are not open hours."],
  status: ["Out of order", "Their last word was that they do not work."],
  reserved: ["Not for the public", "Reserved for a closed group or other vehicles."],
  no_fallback: ["Nothing to fall back on", "If these failed, nothing else would be in reach."],
  out_of_reach: ["Out of reach", "The battery does not take you there with your reserve."],
};

export const reasonTitle = (code) => REASONS[code]?.[0] ?? plain(code);
export const reasonMeaning = (code) => REASONS[code]?.[1] ?? "";
