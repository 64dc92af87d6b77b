// The HTTP API: requests out, values in. What goes wrong is a Problem with the words of the server.

let apiKey = sessionStorage.getItem("plugsure-key") ?? "";

/** An RFC 9457 problem; `errors` are `{pointer, detail, remedy}`, and `status` 0 is no answer. */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", type = "", errors = [], retryAfter = null }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, type, errors, retryAfter });
  }
}

/** Keep the key for this browser tab; it goes into the Authorization header and nowhere else. */
export function setKey(key) {
  apiKey = key;
  sessionStorage.setItem("plugsure-key", key);
}

export const hasKey = () => apiKey !== "";

/** Places by name; of those alike what lies near the point `near` comes first. */
export const findPlaces = async (text, signal, near) =>
  (text ? list(`/v1/places?q=${encodeURIComponent(text)}${near ? `&near=${near.join(",")}` : ""}`, "places", signal) : []);

/** What a point is called, undefined where it has no name. */
export const placeAt = async (location, signal) => (await list(`/v1/places?at=${location.join(",")}`, "places", signal))[0];

export const findVehicles = (text, signal) => list(`/v1/vehicles?q=${encodeURIComponent(text)}&limit=30`, "vehicles", signal);

export const sampleWallets = () => list("/v1/wallets", "wallets");

export const region = () => getJson("/v1/region");

export const fetchPlan = (id) => getJson(`/v1/plans/${encodeURIComponent(id)}`);

/** Why a plan stops where it does: of each stop the next best choice. Takes about as long as planning. */
export const fetchChoices = async (id) => (await getJson(`/v1/plans/${encodeURIComponent(id)}/choices`)).choices;

/** A report of charging: `costs`, `charges`, `anomalies` or `cards`. */
export const fetchReport = (name, query) => getJson(`/v1/reports/${name}?${new URLSearchParams(query)}`);

/** The same as a file, with the key in the header. */
export async function saveReport(name, query) {
  const response = await send(`/v1/reports/${name}?${new URLSearchParams(query)}`, {});
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

/** Whatever stands at a path of the API. */
export const askFor = (path) => getJson(path);

/** Store a record, or ask for what needs no body; the answer is what the server keeps of it. */
export async function saveRecord(path, body) {
  const headers = { "Idempotency-Key": randomKey(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const response = await send(path, { method: "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!response.ok) throw await problemOf(response);
  return readJson(response);
}

/** Hand in a file as it is. */
export async function sendFile(path, file, type) {
  const response = await send(path, { method: "POST", headers: { "Idempotency-Key": randomKey(), "Content-Type": type }, body: file });
  if (!response.ok) throw await problemOf(response);
  return readJson(response);
}

/** Fetch a file, with the key in the header. */
export async function fetchFile(path) {
  const response = await send(path, {});
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

/** Delete a record by its id. */
export async function removeRecord(path, id) {
  const response = await send(`${path}/${encodeURIComponent(id)}`, { method: "DELETE" });
  if (!response.ok) throw await problemOf(response);
}

/** Plan one trip: `{kind: "plan" | "infeasible", answer}`. */
export const planTrip = (request, signal) => ask("/v1/plans", request, signal);

/** Tell what happened at a stop, with `soc` and `at` where they are known; the answer is the trip from there. */
export const tellOutcome = (planId, evseId, outcome, asItIs = {}) =>
  ask(`/v1/plans/${encodeURIComponent(planId)}/outcome`, { evse_id: evseId, outcome, ...asItIs });

/** The address of a plan in another format: `gpx`, `ics` or `geojson`. */
export const exportUrl = (planId, format) => `/v1/plans/${encodeURIComponent(planId)}?format=${format}`;

/** Fetch an export with the key in its header, for a link that cannot carry one. */
export async function fetchExport(planId, format) {
  const response = await send(exportUrl(planId, format), {});
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

/** Listen for what becomes of a plan; a server without that route is left alone. */
export function watchPlan(planId, handlers) {
  const source = new EventSource(`/v1/plans/${encodeURIComponent(planId)}/events`);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      try {
        handle(event.data ? JSON.parse(event.data) : {});
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    });
  }
  // The server's own last word is called "error" too; a lost connection carries no data and is tried again.
  source.addEventListener("error", (event) => { if (event.data) source.close(); });
  return () => source.close();
}

async function ask(url, body, signal) {
  const response = await send(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": randomKey() },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return { kind: "plan", answer: await readJson(response) };
  if (response.status === 422) return { kind: "infeasible", answer: await readJson(response) };
  throw await problemOf(response);
}

async function getJson(url, signal) {
  const response = await send(url, { signal });
  if (!response.ok) throw await problemOf(response);
  return readJson(response);
}

async function list(url, name, signal) {
  const answer = await getJson(url, signal);
  return Array.isArray(answer) ? answer : answer[name] ?? [];
}

async function send(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  if (apiKey) headers.Authorization = `Bearer ${apiKey}`;
  try {
    return await fetch(url, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "No connection", detail: "The planner cannot be reached. Check the connection and try again." });
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new Problem({ status: response.status, title: "The answer cannot be read", detail: "The planner answered something that is not JSON." });
  }
}

async function problemOf(response) {
  let said = {};
  try {
    said = await response.json();
  } catch { /* a proxy's page, say: the status tells enough */ }
  return new Problem({
    title: `The planner answered ${response.status}`,
    ...said,
    status: response.status,
    retryAfter: response.headers.get("Retry-After"),
  });
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
