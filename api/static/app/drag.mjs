/** Dragging a card with the mouse: what is dragged, and the place it would fall into. The Move to… menu does the same by keyboard. */
import { board } from "./data.mjs";
import { createStore } from "./store.mjs";
import { move, targets } from "./moves.mjs";

const TYPE = "application/x-workledger-task";
const NOTHING = { task: null, column: null, before: null };

/** What is dragged, and the column and card that it would be put before. */
export const dragged = createStore(NOTHING);

export const drag = {
  begin(event, task) {
    event.dataTransfer.setData(TYPE, task.id);
    event.dataTransfer.setData("text/plain", task.title);
    event.dataTransfer.effectAllowed = "move";
    requestAnimationFrame(() => dragged.set({ ...NOTHING, task }));
  },

  over(event, column) {
    const { task } = dragged.get();
    if (!task || !targets(task).has(column)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const before = cardBelow(event.currentTarget, event.clientY, task.id);
    const now = dragged.get();
    if (now.column !== column || now.before !== before) dragged.set({ task, column, before });
  },

  leave(event) {
    if (!event.currentTarget.contains(event.relatedTarget)) dragged.patch({ column: null, before: null });
  },

  drop(event) {
    const { task, column, before } = dragged.get();
    dragged.set(NOTHING);
    if (!task || !column) return;
    event.preventDefault();
    const now = board.get().tasks.get(task.id);
    if (now) move(now, column, before);
  },

  end: () => dragged.set(NOTHING),
};

function cardBelow(list, y, dragging) {
  for (const card of list.querySelectorAll("[data-task]")) {
    if (card.dataset.task === dragging) continue;
    const { top, height } = card.getBoundingClientRect();
    if (y < top + height / 2) return card.dataset.task;
  }
  return null;
}
