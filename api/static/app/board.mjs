/** The board: its columns, and the cards that stand in them. */
import { Empty, Loading, Trouble } from "./bits.mjs";
import { Column } from "./column.mjs";
import { board, cardsOf, knownOf } from "./data.mjs";
import { filter, fits, isOn, useSearch } from "./filter.mjs";
import { useTravel } from "./flip.mjs";
import { html, useMemo, useRef } from "./html.mjs";
import { walk } from "./keys.mjs";
import { reload } from "./live.mjs";
import { useStore } from "./store.mjs";
import { Toolbar } from "./toolbar.mjs";

export function Board() {
  const all = useStore(board);
  const asked = useStore(filter);
  const root = useRef(null);
  const { columns, tasks, ends, counts, error, loading } = all;
  const filtered = isOn(asked);
  const shown = useMemo(
    () => columns.map(({ name }) => (filtered ? knownOf(all, name).filter((task) => fits(task, asked)) : cardsOf(all, name))),
    [columns, tasks, ends, asked],
  );
  useSearch();
  useTravel(root, shown, asked);
  if (error && columns.length === 0) return html`<div class="page"><${Trouble} error=${error} retry=${reload} /></div>`;
  if (loading) return html`<div class="board"><${Bones} /></div>`;
  return html`
    <${Toolbar} />
    <div class="board" ref=${root} onKeyDown=${walk}>
      ${columns.map(({ name, title }, index) => html`<${Column} key=${name} name=${name} title=${title} all=${counts[name] ?? 0} cards=${shown[index]} filtered=${filtered} />`)}
    </div>
  `;
}

const Bones = () => [4, 3, 2, 3].map((lines) => html`<section class="column"><${Loading} lines=${lines} what="cards" /></section>`);

export const NoSuchProject = ({ message }) => html`
  <div class="page"><${Empty} icon="board" title="No such project">${message} Choose another one at the top left.<//></div>
`;
