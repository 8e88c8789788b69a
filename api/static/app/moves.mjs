/** Moving cards: a place in a column, or the command that leads to another one. */
import { post } from "./api.mjs";
import { COMMANDS, askFor, refuse } from "./commands.mjs";
import { DONE, board, cardsOf, withRows } from "./data.mjs";
import { stateName } from "./format.mjs";
import { readTasks } from "./reads.mjs";
import { notify, say } from "./notices.mjs";
import { withWhoWasFirst } from "./refusal.mjs";

const columnOf = (column) => board.get().columns.find(({ name }) => name === column);
const titleOf = (column) => columnOf(column)?.title ?? column;

/** to → the command that a drag out of that column is, as the service says. */
const dragsFrom = (column) => columnOf(column)?.drags ?? {};

/** The columns that a card may be put into, its own among them when it may be reordered; what is done stands by its time. */
export function targets(task) {
  const drags = Object.entries(dragsFrom(task.board_column)).filter(([, name]) => task.commands.includes(name));
  const own = task.commands.includes("place") && task.board_column !== DONE ? [task.board_column] : [];
  return new Set([...own, ...drags.map(([column]) => column)]);
}

/** What each column is for a card that is held: `{open, label}`, the label being the command that a drop gives. */
export function signsFor(task) {
  const open = targets(task);
  const drags = dragsFrom(task.board_column);
  return Object.fromEntries(board.get().columns.map(({ name }) => [name, { open: open.has(name), label: open.has(name) && name !== task.board_column ? COMMANDS[drags[name]].label : null }]));
}

/** Say why a card cannot go to a column, and where it can. */
export function refuseMove(task, column) {
  const elsewhere = Object.entries(signsFor(task)).filter(([, { open, label }]) => open && label).map(([name, { label }]) => `${titleOf(name)} (${label})`);
  const ways = elsewhere.length ? `It can go to ${elsewhere.join(" or ")}.` : "It stays where it is.";
  const why = column === task.board_column ? "Done cards stand by the time of their completion." : `A task that is ${stateName(task).toLowerCase()} cannot go to ${titleOf(column)}.`;
  notify(`${why} ${ways}`, { tone: "info" });
}

/**
 * Put a card, as it is looked at, into a column: before another card, after the last one that is known, or at its end.
 * Asks first for what the move needs.
 */
export function move(task, column, before = null, { end = false } = {}) {
  if (!targets(task).has(column)) return refuseMove(task, column);
  const place = { before, end: end || column === DONE };
  if (column === task.board_column) {
    return send(task, column, place, {}).catch(async (error) => refuse(await withWhoWasFirst(error, task.id, task.version)));
  }
  const name = dragsFrom(task.board_column)[column];
  const { fields, complete = (values) => values } = COMMANDS[name];
  const asked = fields(task).filter((field) => field.name !== "to");
  return askFor(task, name, asked, (values, version) => send(task, column, place, complete(values), version));
}

/** One place up (-1) or down (1) in its column. */
export function step(task, by) {
  const cards = cardsOf(board.get(), task.board_column);
  const at = cards.findIndex(({ id }) => id === task.id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= cards.length || !targets(task).has(task.board_column)) return;
  move(task, task.board_column, cards[by < 0 ? to : to + 1]?.id ?? null);
}

/** To the top or the bottom of its column. */
export function toEnd(task, top) {
  const cards = cardsOf(board.get(), task.board_column).filter(({ id }) => id !== task.id);
  if (cards.length) move(task, task.board_column, top ? cards[0].id : null, { end: !top });
}

async function send(task, column, { before, end }, values, version) {
  const others = cardsOf(board.get(), column).filter(({ id }) => id !== task.id);
  const found = before ? others.findIndex(({ id }) => id === before) : -1;
  const at = found < 0 ? others.length : found;
  const place = end ? {} : { before: others[at]?.id, after: others[at - 1]?.id };
  if (column === task.board_column) show(task, others, at);
  try {
    const { position } = await post(["tasks", task.id, "move"], { board_column: column, ...place, ...values }, { version });
    await readTasks([task.id], position).catch(() => {});
    say(`${task.title}: ${titleOf(column)}, ${at + 1} of ${others.length + 1}`);
  } catch (error) {
    await readTasks([task.id]).catch(() => {});
    throw error;
  }
}

/** Show the card in its new place before the service has answered: just behind the one above it. */
function show(task, others, at) {
  const rank = at === 0 ? "" : `${others[at - 1].rank}\u0001`;
  board.set((now) => ({ ...now, tasks: withRows(now.tasks, [{ ...(now.tasks.get(task.id) ?? task), rank }]) }));
}
