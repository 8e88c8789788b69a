/** Keeping in step: the project's rows are read once, then the feed says which of them to read again. */
import { get, read } from "./api.mjs";
import { NO_BOARD, agents, board, feed, projects, runs, status, withRows } from "./data.mjs";
import { openFeed } from "./feed.mjs";
import { useEffect, useRef } from "./html.mjs";
import { topicsOf } from "./topics.mjs";

const MANY = 6;
const REST_MS = 200;
const WATCH_MS = 20_000;
const RETRY_MS = 3_000;
/** Cards of a column that are read at first, and the most that ever are. */
const CARDS = 200;
const MOST_CARDS = 1_000;
/** What changes the rows of other tasks too: those that depend on it. */
const RIPPLES = new Set(["completed", "reopened", "deleted", "dependency_added", "dependency_removed"]);

const listeners = new Set();
let followed = null;

/** Calls back with every batch of the feed's events, while the component is shown. */
export function useEvents(handler) {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const listener = (events) => latest.current(events);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
}

/** Show a project: read its rows, then follow the feed from the position they have reached, as a view needs it. */
export async function follow(project, view) {
  followed?.feed?.close();
  clearTimeout(followed?.retry);
  const mine = (followed = { project, view, pending: nothing(), feed: null, cards: CARDS });
  board.set(NO_BOARD);
  agents.set(new Map());
  runs.set(new Map());
  try {
    const position = await readAll(project);
    if (followed !== mine) return;
    mine.feed = openFeed({
      topics: topicsOf(mine.view),
      project_id: project,
      after: position,
      onBatch: (events) => take(mine, events),
      onState: (state) => followed === mine && turn(state),
      onReset: () => followed === mine && follow(project, mine.view),
    });
  } catch (error) {
    if (followed !== mine) return;
    board.patch({ error, loading: false });
    feed.patch(error.status ? { state: "idle" } : { state: "offline", lost: true });
    if (!error.status) mine.retry = setTimeout(() => follow(project, mine.view), RETRY_MS);
  }
}

/** Once the feed is back, the ledger behind it may be another one. */
function turn(state) {
  const { lost } = feed.get();
  const back = state === "live" && lost;
  feed.patch({ state, lost: state === "offline" || (lost && state !== "live") });
  if (back) watch();
}

/** Read everything again, for instance after something could not be read. */
export const reload = () => followed && follow(followed.project, followed.view);

/** Another view of the same project is shown. */
export function look(view) {
  if (!followed || followed.view === view) return;
  const heard = topicsOf(followed.view).join();
  followed.view = view;
  if (topicsOf(view).join() !== heard) followed.feed?.tune(topicsOf(view));
}

async function readAll(project) {
  const positions = await Promise.all([readBoard(project), readAgents(project), readRuns(project)]);
  await readMissingRuns();
  const position = Math.min(...positions);
  feed.patch({ position });
  return position;
}

async function readBoard(project, min_position) {
  const { body, position } = await read(["projects", project, "board"], { limit: followed.cards, min_position });
  const rows = body.columns.flatMap((column) => column.tasks);
  board.set({
    project: body.project,
    columns: body.columns.map(({ name, title, drags }) => ({ name, title, drags })),
    counts: Object.fromEntries(body.columns.map((column) => [column.name, column.count])),
    cut: new Set(body.columns.filter((column) => column.count > column.tasks.length).map((column) => column.name)),
    tasks: withRows(new Map(), rows),
    error: null,
    loading: false,
  });
  return body.position ?? position;
}

/** Read the cards that long columns have left out. */
export function readMore() {
  followed.cards = MOST_CARDS;
  return readBoard(followed.project);
}

async function readAgents(project, min_position) {
  const { body, position } = await read(["agents"], { project_id: project, limit: 100, min_position });
  agents.set(withRows(new Map(), body.items));
  return body.position ?? position;
}

async function readRuns(project, min_position) {
  const { body, position } = await read(["agent-runs"], { project_id: project, limit: 100, min_position });
  runs.set((known) => withRows(known, body.items));
  return body.position ?? position;
}

async function readMissingRuns() {
  const missing = [...agents.get().values()].map((agent) => agent.current_run_id).filter((id) => id && !runs.get().has(id));
  if (missing.length) await readRows("agent-runs", missing, undefined, runs);
}

async function readRows(kind, ids, min_position, store) {
  const gone = [];
  const found = await Promise.all(
    ids.map((id) =>
      get([kind, id], { min_position }).catch((error) => {
        if (error.status !== 404) throw error;
        gone.push(id);
      }),
    ),
  );
  store.set((rows) => withRows(rows, found.filter(Boolean), gone));
}

/** Read one task again and put it on the board; counts follow it from column to column. */
export async function readTasks(ids, min_position) {
  const found = createCollector();
  await readRows("tasks", ids, min_position, found);
  const { counts, cut, tasks } = board.get();
  const next = { ...counts };
  for (const id of ids) {
    const [before, after] = [columnOf(tasks.get(id)), columnOf(found.rows.get(id))];
    if (!before && cut.size) return readBoard(followed.project, min_position);
    if (before && before !== after) next[before] -= 1;
    if (after && before !== after) next[after] += 1;
  }
  const project = followed?.project;
  const shown = [...found.rows.values()].filter((task) => task.project_id === project);
  board.patch({ counts: next, tasks: withRows(tasks, shown, ids.filter((id) => !found.rows.has(id))) });
}

const columnOf = (task) => (task && task.status !== "cancelled" ? task.board_column : null);

function createCollector() {
  return {
    rows: new Map(),
    set(change) {
      this.rows = change(this.rows);
    },
  };
}

const nothing = () => ({ tasks: new Set(), agents: new Set(), runs: new Set(), project: false, board: false, position: 0 });

/** Note which rows a batch of events touches. */
function touch(pending, events) {
  for (const { topic, tags, position } of events) {
    const [category, fact] = topic.split(".");
    if (category === "project") pending.project = true;
    if (category === "task" && RIPPLES.has(fact)) pending.board = true;
    if (tags.task && ["task", "agent_run"].includes(category)) pending.tasks.add(tags.task);
    if (tags.agent && ["task", "agent", "agent_run"].includes(category)) pending.agents.add(tags.agent);
    if (tags.run && category === "agent_run") pending.runs.add(tags.run);
    pending.position = position;
  }
}

function take(mine, events) {
  if (followed !== mine) return;
  feed.patch({ position: events.at(-1).position });
  touch(mine.pending, events);
  mine.reading ??= refresh(mine).finally(() => (mine.reading = null));
  for (const listener of [...listeners]) listener(events);
}

async function refresh(mine) {
  while (followed === mine && mine.pending.position) {
    const pending = mine.pending;
    mine.pending = nothing();
    const began = performance.now();
    try {
      await readTouched(mine.project, pending);
    } catch {
      if (followed === mine) mine.retry = setTimeout(() => followed === mine && reload(), RETRY_MS);
      return;
    }
    await new Promise((rested) => setTimeout(rested, Math.max(REST_MS, performance.now() - began)));
  }
}

async function readTouched(project, { tasks, agents: touched, runs: ran, project: changed, board: whole, position }) {
  const reads = [];
  if (whole || tasks.size > MANY) reads.push(readBoard(project, position));
  else if (tasks.size) reads.push(readTasks([...tasks], position));
  if (touched.size > MANY) reads.push(readAgents(project, position));
  else if (touched.size) reads.push(readRows("agents", [...touched], position, agents));
  if (ran.size > MANY) reads.push(readRuns(project, position));
  else if (ran.size) reads.push(readRows("agent-runs", [...ran], position, runs));
  if (changed) reads.push(readProjects(), readProject(project, position));
  await Promise.all(reads);
}

async function readProject(id, min_position) {
  const row = await get(["projects", id], { min_position });
  board.patch({ project: row });
}

export async function readProjects() {
  try {
    projects.set({ list: (await get(["projects"], { limit: 100 })).items, error: null });
  } catch (error) {
    projects.patch({ error });
  }
}

/** Now and then, look whether the feed that seems alive has missed something, and how the service is. */
async function watch() {
  try {
    const now = await get(["status"]);
    status.set(now);
    const { state, position } = feed.get();
    if (followed?.feed && now.head < position) return reload();
    if (state !== "live" || now.head === position) return;
    const mine = followed;
    const missed = await get(["events"], { after: position, project_id: mine.project, topics: topicsOf(mine.view).join(","), limit: 1 });
    if (missed.items.length) setTimeout(() => followed === mine && feed.get().position === position && mine.feed.reopen(), RETRY_MS);
  } catch {
    /* The feed's own state says that the service is away. */
  }
}

export function start() {
  readProjects();
  watch();
  setInterval(watch, WATCH_MS);
}
