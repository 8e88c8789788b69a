/** The service's HTTP doors: reads that can wait for a position, writes that can be repeated. */

/** What the service refuses, as it says it: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The service answered ${status}.`);
    this.status = status;
    this.code = body.code || `HTTP_${status}`;
    this.errors = body.errors || [];
    this.body = body;
  }
}

/** No answer at all: the service is not there, or the network is not. */
export class Unreachable extends Error {
  constructor() {
    super("The service cannot be reached.");
    this.code = "UNREACHABLE";
    this.errors = [];
  }
}

/** Whether another try may help: the service is away, or says that it will be able to later. */
export const isPassing = (error) => error instanceof Unreachable || error.status >= 500 || error.status === 429;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The address of a door; parts are encoded, query values that are null, undefined or "" are left out. */
export function path(parts, query = {}) {
  const address = "api/" + parts.map(encodeURIComponent).join("/");
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${address}?${new URLSearchParams(given)}` : address;
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable();
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Problem(answer.status, body), { retryAfter: answer.headers.get("Retry-After") });
  return { body, position: Number(answer.headers.get("X-Position") ?? body.position ?? 0) };
}

/**
 * Read. Reads that come before the read tables have reached `min_position` are asked once more.
 * @throws {Problem|Unreachable}
 */
export async function get(parts, query) {
  return (await read(parts, query)).body;
}

/** Read, and say which position the answer has reached. */
export async function read(parts, query) {
  const address = path(parts, query);
  try {
    return await ask(address);
  } catch (error) {
    if (error.status !== 503) throw error;
    await pause(1000 * Math.min(Number(error.retryAfter) || 1, 5));
    return ask(address);
  }
}

/** The ids of commands whose answer never came: said once more, they are the same commands. */
const unanswered = new Map();

/**
 * Write. One call is one command, whatever becomes of the connection; `version` is the version that was looked at.
 * Said again in the same words after it was not answered, it is still the same command.
 * @throws {Problem|Unreachable}
 */
export async function post(parts, body = {}, { version } = {}) {
  const said = JSON.stringify(body);
  const what = `${path(parts)} ${version ?? ""} ${said}`;
  const id = unanswered.get(what) ?? commandId();
  const headers = { "Content-Type": "application/json", "Idempotency-Key": id };
  if (version) headers["If-Match"] = `"${version}"`;
  const options = { method: "POST", headers, body: said };
  unanswered.set(what, id);
  const settled = (outcome) => {
    unanswered.delete(what);
    return outcome;
  };
  const isLost = (error) => error instanceof Unreachable;
  try {
    return settled((await ask(path(parts), options)).body);
  } catch (error) {
    if (!isLost(error)) throw settled(error);
    await pause(500);
  }
  try {
    return settled((await ask(path(parts), options)).body);
  } catch (error) {
    throw isLost(error) ? error : settled(error);
  }
}

function commandId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
