/** Dragging a card with the mouse: what is dragged, and the place it would fall into. The Move to… menu does the same by keyboard. */
import { DONE, board, cardsOf } from "./data.mjs";
import { createStore } from "./store.mjs";
import { move, refuseMove, signsFor, targets } from "./moves.mjs";

const TYPE = "application/x-workledger-task";
const NOTHING = { task: null, signs: null, column: null, before: null, closed: null, left: 0 };
/** Where a drop is not taken, browsers say first that the column was left and then that the drag has ended. */
const AT_ONCE_MS = 100;

/**
 * What is dragged, as it was when it was taken up; what each column is for it; the column and card that it would be put
 * before, or the column that does not take it, and when that was left.
 */
export const dragged = createStore(NOTHING);

export const drag = {
  begin(event, task) {
    event.dataTransfer.setData(TYPE, task.id);
    event.dataTransfer.setData("text/plain", task.title);
    event.dataTransfer.effectAllowed = "move";
    requestAnimationFrame(() => dragged.set({ ...NOTHING, task, signs: signsFor(task) }));
    /* A card that somebody takes away meanwhile does not hear that its drag has ended; but only then do pointers move again. */
    setTimeout(() => addEventListener("pointermove", () => dragged.set(NOTHING), { once: true }));
  },

  over(event, column) {
    const now = dragged.get();
    if (!now.task) return;
    if (!targets(now.task).has(column)) {
      if (now.closed !== column || now.left !== Infinity) dragged.patch({ column: null, before: null, closed: column, left: Infinity });
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const before = column === DONE ? firstOf(column) : cardBelow(event.currentTarget, event.clientY, now.task.id);
    if (now.column !== column || now.before !== before) dragged.patch({ column, before, closed: null });
  },

  leave(event) {
    if (!event.currentTarget.contains(event.relatedTarget)) dragged.patch({ column: null, before: null, left: performance.now() });
  },

  drop(event) {
    const { task, column, before } = dragged.get();
    dragged.set(NOTHING);
    if (!task || !column) return;
    event.preventDefault();
    move(task, column, before ?? afterDrawn(event.currentTarget, column, task.id));
  },

  /** Let go over a column that does not take it, it says why. */
  end() {
    const { task, closed, left } = dragged.get();
    dragged.set(NOTHING);
    if (task && closed && closed !== task.board_column && performance.now() - left < AT_ONCE_MS) refuseMove(task, closed);
  },
};

/** What is done now stands on top. */
const firstOf = (column) => cardsOf(board.get(), column)[0]?.id ?? null;

function cardBelow(list, y, dragging) {
  for (const card of list.querySelectorAll("[data-task]")) {
    if (card.dataset.task === dragging) continue;
    const { top, height } = card.getBoundingClientRect();
    if (y < top + height / 2) return card.dataset.task;
  }
  return null;
}

/** The card behind the last one that is drawn, if there is one. */
function afterDrawn(list, column, dragging) {
  const last = [...list.querySelectorAll("[data-task]")].map((card) => card.dataset.task).filter((id) => id !== dragging).at(-1);
  const cards = cardsOf(board.get(), column).filter(({ id }) => id !== dragging);
  return cards[cards.findIndex(({ id }) => id === last) + 1]?.id ?? null;
}
