/** Moving cards: a place in a column, or the command that leads to another one. */
import { post } from "./api.mjs";
import { COMMANDS, command, stateOf } from "./commands.mjs";
import { board, cardsOf, withRows } from "./data.mjs";
import { ask } from "./form.mjs";
import { readTasks } from "./live.mjs";
import { complain, notify, say } from "./notices.mjs";

/** from → to: the command that the move is. No other way leads from column to column. */
const WAYS = {
  backlog: { in_progress: "assign" },
  in_progress: { waiting_approval: "finish-work", backlog: "cancel" },
  waiting_approval: { verified: "approve", in_progress: "reject", backlog: "cancel" },
  verified: { backlog: "reopen" },
};

/** The columns that a card may be put into, its own among them when it may be reordered. */
export function targets(task) {
  const state = stateOf(task);
  const ways = Object.entries(WAYS[task.board_column] ?? {}).filter(([, name]) => COMMANDS[name].states.includes(state));
  const own = state === "done" || state === "dropped" ? [] : [task.board_column];
  return new Set([...own, ...ways.map(([column]) => column)]);
}

const titleOf = (column) => board.get().columns.find(({ name }) => name === column)?.title ?? column;

/** Put a card into a column, before another card or at the end; asks first for what the move needs. */
export function move(task, column, before = null) {
  const way = WAYS[task.board_column]?.[column];
  if (column === task.board_column) return send(task, column, before, {}).catch(complain);
  if (!way || !targets(task).has(column)) {
    return notify(`A task cannot go from ${titleOf(task.board_column)} to ${titleOf(column)} as it is now.`, { tone: "bad", code: "TASK_INVALID_TRANSITION" });
  }
  if (way === "reopen") return command(task, way);
  const { label, fields, tone, complete = (values) => values } = COMMANDS[way];
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
