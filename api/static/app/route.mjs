/** Where the page is: `#/p/{project}/{view}/{arguments}/task/{id}?{query}`, or `#/inbox`, so that every place has a link. */
import { createStore } from "./store.mjs";

/** The views of a project. */
export const VIEWS = ["board", "plan", "agents", "logs", "sessions", "commits", "activity"];
/** The view over all projects. */
export const INBOX = "inbox";

/** @param {string|null} last the project that was shown before, where the address names none */
export function parse(hash, last = null) {
  const [address, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = address.split("/").filter(Boolean).map(decode);
  let task = null;
  if (parts.length > 2 && parts.at(-2) === "task") task = parts.splice(-2)[1];
  const asked = Object.fromEntries(new URLSearchParams(query));
  if (parts[0] === INBOX) return { project: last, view: INBOX, rest: parts.slice(1), task, query: asked };
  const [, project = null, view = "board", ...rest] = parts[0] === "p" ? parts : [];
  return { project, view: VIEWS.includes(view) ? view : "board", rest, task, query: asked };
}

/** The link to a place; what is not named is as it is now, except the arguments, the card and the query. */
export function link({ project = route.get().project, view = route.get().view, rest = [], task = null, query = {} } = {}) {
  const at = view === INBOX ? [INBOX] : ["p", project, view];
  const parts = [...at, ...rest, ...(task ? ["task", task] : [])].map(encodeURIComponent);
  const asked = new URLSearchParams(query).toString();
  return `#/${parts.join("/")}${asked ? `?${asked}` : ""}`;
}

/** The link to a card over what is shown now; without a task, the link that puts it away. */
export function cardLink(task) {
  const { project, view, rest, query } = route.get();
  return link({ project, view, rest, query, task });
}

export function go(place) {
  location.hash = typeof place === "string" ? place : link(place);
}

/** Say something else in the query, and stay where one is in the history. */
export function replaceQuery(query) {
  const { project, view, rest, task } = route.get();
  history.replaceState(history.state, "", link({ project, view, rest, task, query }));
  route.set(parse(location.hash, project));
}

/**
 * Put away the card that is open: back to where it was opened, so that the way back does not open it again.
 * The state of an entry of the history says how many cards were opened on the way to it.
 */
export function closeCard() {
  const { opened } = history.state ?? {};
  if (opened) history.go(-opened);
  else location.replace(cardLink(null));
}

/** Put away the phase that is open, in the same way. */
export function closePhase() {
  const { phases } = history.state ?? {};
  if (phases) history.go(-phases);
  else location.replace(link({ view: "plan", rest: route.get().rest.slice(0, 1) }));
}

/** The phase of the plan that is open in full. */
export const phaseOf = ({ view, rest }) => (view === "plan" ? (rest[1] ?? null) : null);

const standing = (place) => ({ task: place.task, phase: phaseOf(place), opened: history.state?.opened ?? 0, phases: history.state?.phases ?? 0 });

/** A new entry has no state yet: it is one more card or phase, unless the first of them was opened by an address. */
function count(place) {
  const phase = phaseOf(place);
  if ((place.task || phase) && history.state === null) {
    const opened = place.task ? (here.task ? here.opened && here.opened + 1 : 1) : 0;
    const phases = phase ? (here.phase ? here.phases && here.phases + 1 : 1) : 0;
    history.replaceState({ opened, phases }, "");
  }
  here = standing(place);
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = createStore(parse(location.hash));
let here = standing(route.get());
addEventListener("hashchange", () => {
  const place = parse(location.hash, route.get().project);
  count(place);
  route.set(place);
});
