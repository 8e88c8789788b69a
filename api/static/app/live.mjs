/** Keeping in step: the project's rows are read once, then the feed says which of them to read again. */
import { get, isPassing, pause } from "./api.mjs";
import { NO_BOARD, agents, board, feed, projects, runs, status } from "./data.mjs";
import { openFeed } from "./feed.mjs";
import { EVERYWHERE, topicsOf } from "./hearing.mjs";
import { useEffect, useRef } from "./html.mjs";
import { isOf } from "./hub.mjs";
import { readAll, readProjects } from "./reads.mjs";
import { merged, nothing, readTouched, touch } from "./touched.mjs";
import { lookAtInbox, touchInbox } from "./waiting.mjs";

const REST_MS = 200;
const WATCH_MS = 20_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const MISSED_MS = 3_000;

const listeners = new Set();
let followed = null;

/**
 * Calls back with every batch of the project's events while the component is shown; with `beyond`, also with those of what
 * belongs to no single project, such as initiatives, and with none when some of these may have been missed.
 */
export function useEvents(handler, { beyond = false } = {}) {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const listener = { beyond, call: (events) => latest.current(events) };
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
}

/** Show a project, or wait for the first one: read its rows, then follow the feed from the position they have reached. */
export function follow(project, view) {
  leave();
  board.set(NO_BOARD);
  agents.set(new Map());
  runs.set(new Map());
  return begin(project, view);
}

/** Read everything again, for instance after something was missed; what is shown stays until it is there. */
export function reload() {
  if (!followed) return undefined;
  const { project, view } = followed;
  leave();
  return begin(project, view);
}

function leave() {
  followed?.feed?.close();
  followed = null;
}

async function begin(project, view) {
  const mine = (followed = { project, view, pending: nothing(), feed: null });
  for (let wait = FIRST_RETRY_MS; followed === mine; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      const after = project ? await readAll(project, () => followed === mine) : await readProjects();
      if (followed === mine) heed(mine, after);
      return;
    } catch (error) {
      if (followed !== mine) return;
      if (project && board.get().loading) board.patch({ error, loading: false });
      feed.patch(error.status ? { state: "idle" } : { state: "offline", lost: true });
      if (!isPassing(error)) return;
      await pause(wait);
    }
  }
}

function heed(mine, after) {
  if (projects.get().list === null) readProjects().catch(() => {});
  feed.patch({ position: after, behind: false });
  lookAtInbox();
  mine.feed = openFeed({
    topics: mine.project ? topicsOf(mine.view) : EVERYWHERE,
    everywhere: EVERYWHERE,
    project: mine.project,
    after,
    onEvents: (events) => take(mine, events),
    onState: (state) => followed === mine && turn(state),
    onReset: () => followed === mine && reload(),
    onCaughtUp: lookAround,
  });
}

/** What was missed of other projects, and of what belongs to none, is nothing that can be told by itself. */
function lookAround() {
  readProjects().catch(() => {});
  lookAtInbox();
  for (const { beyond, call } of [...listeners]) if (beyond) call([]);
}

/** Once the feed is back, the ledger behind it may be another one. */
function turn(state) {
  const { lost } = feed.get();
  const back = state === "live" && lost;
  feed.patch({ state, lost: state === "offline" || (lost && state !== "live") });
  if (back) watch();
}

/** Another view of the same project is shown. */
export function look(view) {
  if (!followed?.project || followed.view === view) return;
  const heard = topicsOf(followed.view).join();
  followed.view = view;
  if (topicsOf(view).join() !== heard) followed.feed?.tune(topicsOf(view));
}

function take(mine, events) {
  if (followed !== mine) return;
  feed.patch({ position: events.at(-1).position });
  touchInbox(events);
  touch(mine.pending, events, mine.project);
  mine.reading ??= refresh(mine).finally(() => (mine.reading = null));
  const around = events.filter((event) => isOf(event, mine.project));
  const own = around.filter(({ tags }) => tags?.project === mine.project);
  for (const { beyond, call } of [...listeners]) {
    const theirs = beyond ? around : own;
    if (theirs.length) call(theirs);
  }
}

/** Read what was touched until nothing is left; what cannot be read is tried again, and shown as it was until then. */
async function refresh(mine) {
  let wait = FIRST_RETRY_MS;
  while (followed === mine && mine.pending.position) {
    const pending = mine.pending;
    mine.pending = nothing();
    const began = performance.now();
    const failed = await readTouched(mine.project, pending);
    if (followed !== mine) return;
    feed.patch({ behind: failed !== null });
    if (failed) mine.pending = merged(failed, mine.pending);
    await pause(failed ? wait : Math.max(REST_MS, performance.now() - began));
    wait = failed ? Math.min(2 * wait, LONGEST_RETRY_MS) : FIRST_RETRY_MS;
  }
}

/** What waits is looked at in tabs too that nobody sees, as their titles tell it; and accounts wait only until a time. */
function lookAgain() {
  lookAtInbox();
  watch();
}

/** Now and then, look whether the feed that seems alive has missed something, and how the service is. */
async function watch() {
  if (document.visibilityState === "hidden") return;
  try {
    const now = await get(["status"]);
    status.set(now);
    const mine = followed;
    const { state, position } = feed.get();
    if (!mine?.feed) return;
    if (now.head < position) return void reload();
    if (state !== "live" || now.head === position || !mine.project) return;
    const missed = await get(["events"], { after: position, project_id: mine.project, topics: topicsOf(mine.view).join(","), limit: 1 });
    if (missed.items.length) setTimeout(() => followed === mine && feed.get().position === position && mine.feed.reopen(), MISSED_MS);
  } catch {
    /* The feed's own state says that the service is away. */
  }
}

export function start() {
  watch();
  setInterval(lookAgain, WATCH_MS);
  document.addEventListener("visibilitychange", lookAgain);
}
