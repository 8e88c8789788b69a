/** What the page knows: the rows of the project that is shown, and how fresh they are. */
import { createStore } from "./store.mjs";

export const NO_BOARD = { project: null, columns: [], counts: {}, tasks: new Map(), ends: {}, error: null, loading: true };

export const projects = createStore({ list: null, error: null });
/**
 * The board. `tasks` has every row that is known; `ends` says how far the cards of each column have been read:
 * `{last, cursor}`, where null stands for all of them.
 */
export const board = createStore(NO_BOARD);
export const agents = createStore(new Map());
export const runs = createStore(new Map());
/** `behind`: rows that have changed could not be read yet. */
export const feed = createStore({ state: "connecting", lost: false, behind: false, position: 0 });
/**
 * What waits for people, over all projects: how much in each section, and the items as far as they are shown.
 * `items` is null until they are.
 */
export const inbox = createStore({ count: null, sections: {}, items: null, error: null, position: 0 });
export const status = createStore({ simulated: false, label: null, healthy: true, groups: [] });

/** The column of what is done, where the newest is on top. */
export const DONE = "verified";
export const COLUMNS = ["backlog", "in_progress", "waiting_approval", DONE];

/** Cards stand by rank, and by id where ranks are the same; done ones by their completion, as the service orders them. */
function inOrder(one, other) {
  const done = one.board_column === DONE;
  const [mine, theirs] = done ? [completion(other), completion(one)] : [one.rank, other.rank];
  if (mine !== theirs) return mine < theirs ? -1 : 1;
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}

const completion = (task) => task.completed_at ?? task.created_at ?? "";

/** The column of the board that a task is in; dropped ones are on no board. */
export const columnOf = (task) => (task && task.status !== "cancelled" ? task.board_column : null);

const grouped = new WeakMap();

/** All known cards of each column, in order. */
function inColumns(tasks) {
  if (!grouped.has(tasks)) {
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, []]));
    for (const task of tasks.values()) columns[columnOf(task)]?.push(task);
    Object.values(columns).forEach((cards) => cards.sort(inOrder));
    grouped.set(tasks, columns);
  }
  return grouped.get(tasks);
}

/** The cards of a column as far as it has been read without a gap, in order. */
export function cardsOf({ tasks, ends }, column) {
  const cards = inColumns(tasks)[column] ?? [];
  const last = ends[column]?.last;
  return last ? cards.filter((task) => inOrder(task, last) <= 0) : cards;
}

/** All known cards of a column, those too that a search has found beyond what was read. */
export const knownOf = ({ tasks }, column) => inColumns(tasks)[column] ?? [];

/** Whether the service has cards of the board that the page has not read. */
export const isCut = ({ ends }) => Object.values(ends).some(({ cursor }) => cursor !== null);

/** A copy of a map of rows, with these set and those taken out; an older version never replaces a newer one. */
export function withRows(rows, set, gone = []) {
  const next = new Map(rows);
  for (const row of set) if (!((next.get(row.id)?.version ?? 0) > row.version)) next.set(row.id, row);
  for (const id of gone) next.delete(id);
  return next;
}

export const isLive = (agent) => agent?.status === "running" || agent?.status === "starting";
