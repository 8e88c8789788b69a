/** Picking one task of the project: by its words, also among those that the page has not read. */
import { get } from "./api.mjs";
import { COLUMNS, board, isCut, knownOf } from "./data.mjs";
import { fits } from "./filter.mjs";
import { html, useEffect, useState } from "./html.mjs";

const SHOWN = 50;
const SEARCH_MS = 200;

export function TaskPicker({ field, text, props }) {
  const [asked, setAsked] = useState("");
  const [more, setMore] = useState([]);
  useEffect(() => {
    const { project } = board.get();
    if (!project || !isCut(board.get())) return undefined;
    let current = true;
    const timer = setTimeout(async () => {
      const page = await get(["tasks"], { project_id: project.id, search: asked.trim(), limit: SHOWN }).catch(() => ({ items: [] }));
      if (current) setMore(page.items);
    }, SEARCH_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked]);
  const state = board.get();
  const titles = Object.fromEntries(state.columns.map(({ name, title }) => [name, title]));
  const known = COLUMNS.flatMap((name) => knownOf(state, name));
  const all = new Map([...known, ...more].map((task) => [task.id, task]));
  const shown = [...all.values()].filter((task) => task.id !== field.except && fits(task, { text: asked, agent: null })).slice(0, SHOWN);
  const { "data-first": first, ...rest } = props;
  return html`
    <div class="picker">
      <input type="search" class="picker__search" data-first=${first} dir="auto" placeholder="Find a task" aria-label="Find a task" maxlength="200" autocomplete="off"
        onInput=${(event) => setAsked(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.preventDefault()} />
      <select size="6" ...${rest}>
        ${shown.map((task) => html`<option key=${task.id} value=${task.id} selected=${task.id === text}>${task.title} (${titles[task.board_column] ?? task.board_column})</option>`)}
      </select>
    </div>
  `;
}
