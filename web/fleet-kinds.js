// The kinds of records of a fleet: where each is kept, how it is shown, and what is asked for it.

import { askFor, saveRecord } from "./api.js";
import { BATCHES } from "./fleet-batches.js";
import { gradeTitle, percent } from "./words.js";

const GRADES = [["", "as the mission asks"], ["indicated", "indicated at least"], ["ad_hoc", "by contract or payment card"], ["contracted", "by contract"], ["verified", "verified"], ["committed", "reserved for you"]];

const when = (text) => (text ? new Date(text).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }) : null);

const OVERRIDES = { usable_kwh: ["battery", "kWh"], height_m: ["height", "m"], mass_kg: ["mass", "kg"], max_payload_kg: ["payload", "kg"], ac_kw: ["AC", "kW"] };

/** What differs from the model, in words where there are some. */
const differs = (overrides) => Object.entries(overrides).map(([name, value]) => { const [word, unit] = OVERRIDES[name] ?? [name, ""]; return typeof value === "object" ? word : `${word} ${value} ${unit}`.trim(); }).join(", ");

const policies = { path: "/v1/fleet/policies", list: "policies" };
const ID = { name: "id", label: "Id", hint: "your own", needed: true, fixed: true };
const NAME = { name: "name", label: "Name" };

export const KINDS = [
  {
    key: "plans", title: "Plans in use", path: "/v1/fleet/plans", list: "plans", id: "plan_id", remove: "Release",
    says: "What these plans count on is taken: no other vehicle of the fleet is sent to the same post at that time.",
    none: "No plan is in use. Those of a batch are, and those that a vehicle drives by.",
    warns: "What it counts on may be given to others.",
    heading: (plan) => plan.vehicle ?? plan.mission_id ?? plan.plan_id,
    lines: (plan) => [["Mission", plan.mission_id], ["Departs", when(plan.departs)], ["Ends", when(plan.ends)], ["Batch", plan.batch]],
  },
  BATCHES,
  {
    key: "vehicles", title: "Vehicles", one: "a vehicle", path: "/v1/fleet/vehicles", list: "vehicles", id: "id", edits: true,
    says: "A vehicle names its model in the catalogue; what differs in this one is said here.",
    none: "No vehicle yet. Missions may name models of the catalogue instead.",
    heading: (vehicle) => vehicle.name || vehicle.id,
    lines: (vehicle) => [["Model", vehicle.title || vehicle.model], ["Differs", differs(vehicle.overrides)], ["Policy", vehicle.policy],
      ["Last seen", vehicle.state ? `${when(vehicle.state.at)}, ${percent(vehicle.state.soc)} at ${vehicle.state.location.map((degrees) => degrees.toFixed(3)).join(", ")}` : null]],
    choices: { policy: policies },
    fields: [ID, NAME, { name: "model", label: "Model", kind: "model", needed: true },
      { name: "usable_kwh", label: "Battery", hint: "usable, if it differs", kind: "number", unit: "kWh", within: "overrides" },
      { name: "height_m", label: "Height", hint: "if it differs", kind: "number", unit: "m", within: "overrides" },
      { name: "policy", label: "Policy", kind: "choice" }],
  },
  {
    key: "drivers", title: "Drivers", one: "a driver", path: "/v1/fleet/drivers", list: "drivers", id: "id", edits: true,
    says: "A mission that names a driver has that driver's vehicle, wallet and policy, where it names no others.",
    none: "No driver yet.",
    heading: (driver) => driver.name || driver.id,
    lines: (driver) => [["Vehicle", driver.vehicle], ["Wallet", driver.wallet], ["Policy", driver.policy]],
    choices: { vehicle: { path: "/v1/fleet/vehicles", list: "vehicles" }, wallet: { path: "/v1/wallets", list: "wallets" }, policy: policies },
    fields: [ID, NAME, { name: "vehicle", label: "Vehicle", kind: "choice" }, { name: "wallet", label: "Wallet", kind: "choice" }, { name: "policy", label: "Policy", kind: "choice" }],
  },
  {
    key: "wallets", title: "Wallets", one: "a wallet", path: "/v1/wallets", list: "wallets", id: "id",
    says: "The cards that drivers carry. Card numbers are kept encrypted, and never shown again.",
    none: "No wallet yet.",
    heading: (wallet) => wallet.name || wallet.id,
    lines: (wallet) => [["Cards", wallet.tokens.map((token) => `${token.label || token.provider} ${token.uid}`).join(", ")], ["Payment card", wallet.payment_card ? "yes" : null]],
    fields: [ID, NAME, { name: "tokens", label: "Cards", kind: "tokens" }, { name: "payment_card", label: "A payment card is carried too", kind: "flag" }],
  },
  {
    key: "policies", title: "Policies", one: "a policy", path: "/v1/fleet/policies", list: "policies", id: "id", edits: true,
    says: "What an employer allows. Plans keep it, and say of each station that it left out for it.",
    none: "No policy: drivers may use what their cards open.",
    warns: "It binds nobody any more.",
    heading: (policy) => policy.name || policy.id,
    lines: (policy) => [["Providers", policy.providers ? policy.providers.join(", ") || "none" : null], ["Payment card", policy.payment_card ? null : "not allowed"],
      ["Price", policy.max_per_kwh ? `at most ${policy.max_per_kwh} ${policy.currency} a kWh` : null], ["Prefers", policy.preferred_operators.join(", ")], ["Access", policy.min_grade ? `${gradeTitle(policy.min_grade).toLowerCase()} or better` : null]],
    fields: [ID, NAME, { name: "providers", label: "Allowed providers", hint: "as DE*ABC, separated by commas; left empty: all", kind: "list", nothing: null },
      { name: "max_per_kwh", label: "Highest price of a kWh", kind: "amount" }, { name: "currency", label: "Currency", value: "EUR" },
      { name: "preferred_operators", label: "Preferred operators", hint: "by name or as DE*ABC, separated by commas", kind: "list", nothing: [] },
      { name: "min_grade", label: "Access must be", kind: "select", options: GRADES }, { name: "payment_card", label: "Payment cards may be used", kind: "flag", value: true }],
  },
  {
    key: "depots", title: "Depots", path: "/v1/fleet/depots", list: "depots", id: "id", edits: "Set the price", removes: () => false,
    says: "The fleet's own charge points, as they call in. What they draw together stays within the limits; what a kWh costs, plans and the bill reckon with.",
    none: "No depot yet. Register charge points with plugsure depot add.",
    heading: (depot) => depot.id,
    lines: (depot) => [["Draws", depot.max_kw ? `at most ${depot.max_kw} kW` : null], ["Hours", depot.hours], ["Address", depot.address],
      ["A kWh costs", depot.prices.map(({ per_kwh, currency, since }) => `${per_kwh} ${currency}${since ? ` from ${when(since)}` : ""}`).join(", then ") || "not said"],
      ...depot.charge_points.map((point) => [point.id, `${point.evses.map(({ plugs, status }) => `${plugs} ${status.toLowerCase()}`).join(", ")}${point.max_kw ? `; at most ${point.max_kw} kW` : ""}`])],
    send: (body, depot) => saveRecord(`/v1/fleet/depots/${encodeURIComponent(depot.id)}/prices`, body),
    fields: [{ name: "per_kwh", label: "Price of a kWh", hint: "without VAT", kind: "amount", needed: true }, { name: "currency", label: "Currency", value: "EUR" },
      { name: "since", label: "From", hint: "empty: all sessions", kind: "moment" }],
  },
  {
    key: "webhooks", title: "Webhooks", one: "a webhook", path: "/v1/webhooks", list: "webhooks", id: "id",
    says: "Addresses of your own systems that are told what happens, signed, and told again until they have heard it.",
    none: "Nobody is told yet.",
    warns: "It is told nothing any more.",
    heading: (hook) => hook.name || new URL(hook.url).host,
    lines: (hook) => [["Address", hook.url], ["Told of", hook.events.join(", ") || "everything"]],
    actions: [{ title: "Try it", done: "Queued: see its deliveries", run: (hook) => saveRecord(`/v1/webhooks/${encodeURIComponent(hook.id)}/ping`) }],
    secret: "secret",
    fields: [{ name: "url", label: "Address", hint: "https", needed: true }, NAME,
      { name: "events", label: "Told of", kind: "ticks", hint: "none ticked: everything", options: async () => Object.entries((await askFor("/v1/webhooks")).events).filter(([name]) => name !== "ping") }],
  },
];
