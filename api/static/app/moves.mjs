/** Moving cards: a place in a column, or the command that leads to another one. */
import { post } from "./api.mjs";
import { COMMANDS } from "./commands.mjs";
import { board, cardsOf, withRows } from "./data.mjs";
import { ask } from "./form.mjs";
import { readTasks } from "./live.mjs";
import { complain, notify, say } from "./notices.mjs";

const columnOf = (column) => board.get().columns.find(({ name }) => name === column);
const titleOf = (column) => columnOf(column)?.title ?? column;

/** to → the command that a drag out of that column is, as the service says. */
const dragsFrom = (column) => columnOf(column)?.drags ?? {};

/** The columns that a card may be put into, its own among them when it may be reordered. */
export function targets(task) {
  const drags = Object.entries(dragsFrom(task.board_column)).filter(([, name]) => task.commands.includes(name));
  const own = task.commands.includes("place") ? [task.board_column] : [];
  return new Set([...own, ...drags.map(([column]) => column)]);
}

/** Put a card into a column, before another card or at the end; asks first for what the move needs. */
export function move(task, column, before = null) {
  if (column === task.board_column) return send(task, column, before, {}).catch(complain);
  if (!targets(task).has(column)) {
    return notify(`A task cannot go from ${titleOf(task.board_column)} to ${titleOf(column)} as it is now.`, { tone: "bad", code: "TASK_INVALID_TRANSITION" });
  }
  const { label, fields, tone, complete = (values) => values } = COMMANDS[dragsFrom(task.board_column)[column]];
  const asked = fields(task).filter(({ name }) => name !== "to");
  ask({ title: `${label}: ${task.title}`, tone, submit: label, fields: asked, run: (values) => send(task, column, before, complete(values)) });
}

/** One place up (-1) or down (1) in its column. */
export function step(task, by) {
  const cards = cardsOf(board.get().tasks, task.board_column);
  const at = cards.findIndex(({ id }) => id === task.id);
  const to = at + by;
  if (to < 0 || to >= cards.length || !targets(task).has(task.board_column)) return;
  move(task, task.board_column, cards[by < 0 ? to : to + 1]?.id ?? null);
}

/** To the top or the bottom of its column. */
export function toEnd(task, top) {
  const cards = cardsOf(board.get().tasks, task.board_column).filter(({ id }) => id !== task.id);
  if (cards.length) move(task, task.board_column, top ? cards[0].id : null);
}

async function send(task, column, before, values) {
  const others = cardsOf(board.get().tasks, column).filter(({ id }) => id !== task.id);
  const at = before ? others.findIndex(({ id }) => id === before) : others.length;
  const after = others[at - 1]?.id ?? null;
  if (column === task.board_column) show(task, others, at);
  try {
    const { position } = await post(["tasks", task.id, "move"], { board_column: column, before, after, ...values });
    await readTasks([task.id], position);
    say(`${task.title}: ${titleOf(column)}, ${at + 1} of ${others.length + 1}`);
  } catch (error) {
    await readTasks([task.id]).catch(() => {});
    throw error;
  }
}

/** Show the card in its new place before the service has answered: just behind the one above it. */
function show(task, others, at) {
  const rank = at === 0 ? "" : `${others[at - 1].rank}\u0001`;
  board.patch({ tasks: withRows(board.get().tasks, [{ ...task, rank }]) });
}
