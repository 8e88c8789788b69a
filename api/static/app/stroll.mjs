/** A stroll by keyboard through what stands below each other: rows of the plan, items of the inbox. */
import { areSingleKeys } from "./single.mjs";

const ROWS = "[data-row]";
const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const LETTERS = { j: 1, k: -1 };

/** What takes the focus of a row: itself, or the control that stands for it. */
const handleOf = (row) => (row.tabIndex === -1 && row.hasAttribute("tabindex") ? row : row.querySelector("[data-handle]"));

/** Keys of a row that has the focus: up and down, open and close, and the letters of its commands. */
export function stroll(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select")) return;
  const row = target.closest(ROWS);
  if (!row) return;
  const by = STEPS[key] ?? (areSingleKeys() ? LETTERS[key] : undefined);
  if (by) {
    event.preventDefault();
    const rows = [...event.currentTarget.querySelectorAll(ROWS)];
    handleOf(rows[rows.indexOf(row) + by] ?? row)?.focus();
  } else if (key === "ArrowRight" || key === "ArrowLeft") {
    const fold = row.querySelector("[data-fold]");
    if (!fold || (fold.getAttribute("aria-expanded") === "true") === (key === "ArrowRight")) return;
    event.preventDefault();
    fold.click();
  } else if (key === "Enter" && target === row) {
    row.querySelector("[data-open]")?.click();
  } else if (areSingleKeys()) {
    const command = row.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    command.click();
  }
}

/** Into the rows from anywhere: to the first one that can be seen. */
export function startStroll() {
  const rows = [...document.querySelectorAll(ROWS)];
  handleOf(rows.find((row) => row.getBoundingClientRect().bottom > 0) ?? rows[0])?.focus();
}
