/** Where the page is: `#/p/{project}/{view}/{arguments}/task/{id}?{query}`, so that every place has a link. */
import { createStore } from "./store.mjs";

export const VIEWS = ["board", "agents", "logs", "sessions", "commits", "activity"];

export function parse(hash) {
  const [address, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = address.split("/").filter(Boolean).map(decode);
  let task = null;
  if (parts.length > 3 && parts.at(-2) === "task") task = parts.splice(-2)[1];
  const [, project = null, view = "board", ...rest] = parts[0] === "p" ? parts : [];
  return { project, view: VIEWS.includes(view) ? view : "board", rest, task, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The link to a place; what is not named is as it is now, except the arguments, the card and the query. */
export function link({ project = route.get().project, view = route.get().view, rest = [], task = null, query = {} } = {}) {
  const parts = ["p", project, view, ...rest, ...(task ? ["task", task] : [])].map(encodeURIComponent);
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
  route.set(parse(location.hash));
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

let here = { task: null, opened: 0 };

/** A new entry has no state yet: it is one more card, unless the first of them was opened by an address. */
function count(place) {
  if (place.task && history.state === null) {
    const opened = here.task ? here.opened && here.opened + 1 : 1;
    history.replaceState({ opened }, "");
  }
  here = { task: place.task, opened: history.state?.opened ?? 0 };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = createStore(parse(location.hash));
here = { task: route.get().task, opened: history.state?.opened ?? 0 };
addEventListener("hashchange", () => {
  const place = parse(location.hash);
  count(place);
  route.set(place);
});
