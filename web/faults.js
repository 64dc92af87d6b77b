// What is wrong with a request, sorted: what belongs to a field, and what is said above the button.

/** Split a JSON Pointer (RFC 6901; a leading `#` is allowed) into its parts. */
export function pointerParts(pointer) {
  return String(pointer ?? "").replace(/^#/, "").split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `{placed: [{pointer, text}], general: [text]}` of a Problem or any other error. */
export function faultsOf(problem) {
  const placed = [];
  const general = [];
  for (const fault of problem.errors ?? []) {
    const text = sentence(withSubject(fault.detail ?? problem.title), fault.remedy);
    const pointer = pointerParts(fault.pointer);
    if (pointer.length) placed.push({ pointer, text }); else general.push(text);
  }
  if (!placed.length && !general.length) general.push(sentence(whatHappened(problem)));
  return { placed, general };
}

function whatHappened(problem) {
  if (problem.status === 429) return `The planner is busy. Try again in ${problem.retryAfter ?? "a few"} seconds.`;
  if (problem.status === 401 || problem.status === 403) return "This planner asks for a key that you have not given, or that does not allow planning.";
  return problem.detail || problem.message || problem.title || "Something went wrong.";
}

/** What a short name may be made of, as the server writes it. */
const NAME_PATTERN = "'^[A-Za-z0-9._-]+$'";

/** Details are told of the field that they stand at: "is missing", "should be a number". */
const withSubject = (detail) => (detail.includes(NAME_PATTERN) ? "Only letters, digits, dots, hyphens and underscores, without spaces" : /^(is|are|has|have|should|must|lies|holds|takes|needs|names|gives|lacks) /.test(detail) ? `This ${detail}` : detail);

function sentence(detail, remedy = "") {
  const text = [detail, remedy].filter(Boolean).map((part) => part.trim().replace(/[.\s]+$/, "")).join(". ");
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "";
}
