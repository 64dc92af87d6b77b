// Figures and codes as words. Metric units; clock times in the browser's zone, the offset kept.

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const dayKey = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });

export const time = (iso) => clock.format(new Date(iso));

export const date = (iso) => day.format(new Date(iso));

/** Clock time, with the day where it is another than that of `reference`. */
export function timeFrom(iso, reference) {
  const same = dayKey.format(new Date(iso)) === dayKey.format(new Date(reference));
  return same ? time(iso) : `${date(iso)}, ${time(iso)}`;
}

/** A moment as a date and time with its offset, to the second as RFC 3339. */
export function withOffset(moment) {
  const offset = -moment.getTimezoneOffset();
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  const local = new Date(moment.getTime() + offset * 60000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

export function offsetName(moment = new Date()) {
  const minutes = -moment.getTimezoneOffset();
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

export function duration(seconds) {
  const minutes = Math.max(0, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

export const between = (start, end) => duration((new Date(end) - new Date(start)) / 1000);

/** How long ago, from an ISO time. */
export function ago(iso, now = Date.now()) {
  const seconds = (now - new Date(iso).getTime()) / 1000;
  if (seconds < 90) return "just now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function distance(metres) {
  if (metres < 950) return `${Math.round(metres / 10) * 10} m`;
  const km = metres / 1000;
  return `${km < 10 ? km.toFixed(1) : Math.round(km)} km`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

export const energy = (kwh) => `${kwh < 10 ? kwh.toFixed(1) : Math.round(kwh)} kWh`;

/** Money or a list of it, summed by currency; null is unknown and said to be so, never 0. */
export function money(cost, unknown = "price unknown") {
  const sums = new Map();
  for (const { amount, currency } of (Array.isArray(cost) ? cost : [cost]).filter(Boolean)) {
    sums.set(currency, (sums.get(currency) ?? 0) + Math.round(Number(amount) * 100));
  }
  return sums.size ? [...sums].map(([currency, hundredths]) => oneMoney({ amount: hundredths / 100, currency })).join(" + ") : unknown;
}

function oneMoney({ amount, currency }) {
  try {
    return new Intl.NumberFormat("en-GB", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

const BASIS = { retail: "your provider's price", cpo_tariff: "the operator's tariff; your provider may charge another price" };

export function moneyBasis(cost) {
  const all = (Array.isArray(cost) ? cost : [cost]).filter(Boolean);
  if (!all.length) return "";
  return `${BASIS[all[0].basis] ?? all[0].basis}${all[0].vat_included ? ", with VAT" : ", without VAT"}`;
}

/** Grades, best first: a short title, and what it means to a driver. */
export const GRADES = {
  committed: ["Reserved", "The operator has accepted a reservation of this very charger with your card, for the time of your stop."],
  verified: ["Verified", "The operator itself has your card on its list, has said yes to it here within a day, or you charged here with it within a month."],
  contracted: ["Contracted", "Your provider has a dated agreement with this operator that covers your card, and the link between them is up."],
  ad_hoc: ["Payment card", "The charger has a terminal that takes your payment card; no contract is needed."],
  indicated: ["Indicated", "The charger appears in your provider's own data, but no agreement proves that your card opens it."],
  unknown: ["Unknown", "Nothing says that your card opens this charger. Unknown is never yes."],
  refused: ["Refused", "Something says that your card does not open this charger."],
};

export const gradeTitle = (grade) => GRADES[grade]?.[0] ?? plain(grade);
export const gradeMeaning = (grade) => GRADES[grade]?.[1] ?? "";

/** `some_stable_code` as plain words. */
export function plain(code) {
  const text = String(code ?? "").replaceAll(/[_-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const STANDARDS = {
  IEC_62196_T2: "Type 2", IEC_62196_T2_COMBO: "CCS", IEC_62196_T1: "Type 1", IEC_62196_T1_COMBO: "CCS 1",
  CHADEMO: "CHAdeMO", TESLA_S: "Tesla", DOMESTIC_F: "Schuko", MCS: "MCS",
};

export const connectorName = (standard) => STANDARDS[standard] ?? plain(standard);

const STATUS = {
  AVAILABLE: "Free", CHARGING: "In use", RESERVED: "Reserved by someone", BLOCKED: "Blocked", UNKNOWN: "Status unknown",
  INOPERATIVE: "Out of service", OUTOFORDER: "Out of order", PLANNED: "Not built yet", REMOVED: "Removed",
};

export const statusName = (status) => STATUS[status] ?? plain(status);

const HOW = { card: "Hold your card to the reader", app: "Start with your app", plug: "Just plug in (Plug & Charge)", payment_card: "Pay with your payment card at the terminal" };

export function howToStart({ how, label }) {
  if (how === "payment_card") return HOW.payment_card;
  const act = HOW[how] ?? plain(how);
  return label ? `${act}: ${label}` : act;
}
