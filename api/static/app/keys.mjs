/** The keyboard: a walk from card to card, and single keys for what is done often. */
import { asking } from "./form.mjs";
import { html } from "./html.mjs";
import { CloseButton, Dialog } from "./dialog.mjs";
import { board } from "./data.mjs";
import { newTask } from "./commands.mjs";
import { startProject } from "./start.mjs";
import { step } from "./moves.mjs";
import { INBOX, VIEWS, go, route } from "./route.mjs";
import { areSingleKeys, keepSingle, single } from "./single.mjs";
import { createStore, useStore } from "./store.mjs";
import { startStroll } from "./stroll.mjs";

const helping = createStore(false);

export const help = () => helping.set(true);

/** Arrow keys: from the card that has the focus to its neighbour; with Shift, the card itself goes up or down. */
export function walk(event) {
  const card = event.target.closest?.("[data-task]");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const task = board.get().tasks.get(card.dataset.task);
  const up = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const aside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (up && event.shiftKey) {
    event.preventDefault();
    step(task, up);
    requestAnimationFrame(() => focusCard(document.querySelector(`[data-task="${CSS.escape(task.id)}"]`)));
  } else if (up || aside) {
    event.preventDefault();
    focusCard(up ? beside(card, up) : across(card, aside));
  } else if (event.key === "m" && areSingleKeys()) {
    event.preventDefault();
    card.querySelector("[data-move]")?.click();
  }
}

const cardsIn = (list) => [...list.querySelectorAll("[data-task]")];
const focusCard = (card) => card?.querySelector("a").focus();

function beside(card, by) {
  const cards = cardsIn(card.parentElement);
  return cards[cards.indexOf(card) + by];
}

function across(card, by) {
  const lists = [...card.closest(".board").querySelectorAll("[data-column]")];
  const row = cardsIn(card.parentElement).indexOf(card);
  for (let at = lists.indexOf(card.parentElement) + by; lists[at]; at += by) {
    const cards = cardsIn(lists[at]);
    if (cards.length) return cards[Math.min(row, cards.length - 1)];
  }
  return null;
}

const ACTIONS = {
  "?": help,
  n: () => (route.get().project ? newTask() : startProject()),
  "/": () => {
    const search = () => document.getElementById("search");
    if (search()) return search().focus();
    if (!route.get().project) return undefined;
    go({ view: "board" });
    return requestAnimationFrame(() => search()?.focus());
  },
  j: startStroll,
  0: () => go({ view: INBOX }),
  ...Object.fromEntries(VIEWS.map((view, index) => [String(index + 1), () => route.get().project && go({ view })])),
};

addEventListener("keydown", (event) => {
  const { target } = event;
  const typing = target.matches?.("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !areSingleKeys()) return;
  if (asking() || document.querySelector("dialog[open], [popover]:popover-open")) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

const SHORTCUTS = [
  ["On the board", [["← ↑ ↓ →", "from card to card"], ["Enter", "open the card"], ["m", "move the card"], ["⇧↑ ⇧↓", "reorder the card"], ["Tab", "every control, in order"]]],
  ["In the inbox and the plan", [["j k ↑ ↓", "from row to row"], ["Enter", "open it"], ["a r", "its first and its second answer"], ["← →", "fold, unfold"]]],
  ["Anywhere", [["n", "new task"], ["/", "search the cards"], ["0", "the inbox, over all projects"], ["1 – 7", "Board, Plan, Agents, Logs, Sessions, Commits, Activity"], ["?", "this list"], ["Esc", "close what is open"], ["Ctrl Enter", "send a form"]]],
];

export function Help() {
  const on = useStore(single);
  if (!useStore(helping)) return null;
  const close = () => helping.set(false);
  return html`
    <${Dialog} label="Keyboard shortcuts" kind="help" onClose=${close}>
      <header class="form__head"><h2>Keyboard shortcuts</h2><${CloseButton} onClose=${close} /></header>
      <div class="shortcuts">
        ${SHORTCUTS.map(
          ([where, keys]) => html`<section><h3>${where}</h3><dl>
            ${keys.map(([key, what]) => html`<div><dt>${key.split(" ").map((one) => (one === "–" ? " – " : html`<kbd>${one}</kbd>`))}</dt><dd>${what}</dd></div>`)}
          </dl></section>`,
        )}
      </div>
      <label class="switch"><input type="checkbox" checked=${on} onChange=${(event) => keepSingle(event.target.checked)} />Single keys are shortcuts</label>
    <//>
  `;
}
