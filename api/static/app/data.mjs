/** What the page knows: the rows of the project that is shown, and how fresh they are. */
import { createStore } from "./store.mjs";

export const NO_BOARD = { project: null, columns: [], counts: {}, cut: new Set(), tasks: new Map(), error: null, loading: true };

export const projects = createStore({ list: null, error: null });
export const board = createStore(NO_BOARD);
export const agents = createStore(new Map());
export const runs = createStore(new Map());
export const feed = createStore({ state: "connecting", lost: false, position: 0 });
export const status = createStore({ simulated: false, label: null, healthy: true, groups: [] });

/** Cards stand by rank, and by id where ranks are the same, as the service orders them. */
function inOrder(one, other) {
  if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

/** The cards of one column, in order; dropped tasks are on no board. */
export function cardsOf(tasks, column) {
  return [...tasks.values()].filter((task) => task.board_column === column && task.status !== "cancelled").sort(inOrder);
}

/** A copy of a map of rows, with these set and those taken out. */
export function withRows(rows, set, gone = []) {
  const next = new Map(rows);
  for (const row of set) next.set(row.id, row);
  for (const id of gone) next.delete(id);
  return next;
}

export const isLive = (agent) => agent?.status === "running" || agent?.status === "starting";
