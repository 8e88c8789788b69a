/** The board: its columns, and the cards that stand in them. */
import { Avatar, Empty, Loading, Trouble } from "./bits.mjs";
import { Card } from "./card.mjs";
import { newTask } from "./commands.mjs";
import { agents, board, cardsOf, isLive } from "./data.mjs";
import { drag, dragged } from "./drag.mjs";
import { useTravel } from "./flip.mjs";
import { count } from "./format.mjs";
import { html, useMemo, useRef } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { walk } from "./keys.mjs";
import { readMore, reload } from "./live.mjs";
import { complain } from "./notices.mjs";
import { createStore, useStore } from "./store.mjs";

const NO_FILTER = { text: "", agent: null };
/** Which cards are shown: those that hold the text, those of the agent. */
const filter = createStore(NO_FILTER);

const HINTS = {
  backlog: "New tasks wait here for an agent.",
  in_progress: "Assign a task, and its agent starts.",
  waiting_approval: "Finished work comes here for review.",
  verified: "Approved work ends here.",
};

export function Board() {
  const { columns, tasks, counts, error, loading } = useStore(board);
  const asked = useStore(filter);
  const root = useRef(null);
  const shown = useMemo(() => columns.map(({ name }) => cardsOf(tasks, name).filter((task) => fits(task, asked))), [columns, tasks, asked]);
  useTravel(root, shown, asked);
  if (error?.code === "PROJECT_NOT_FOUND") return html`<div class="page"><${Empty} icon="board" title="No such project">${error.message} Choose another one at the top left.<//></div>`;
  if (error) return html`<div class="page"><${Trouble} error=${error} retry=${reload} /></div>`;
  if (loading) return html`<div class="board"><${Bones} /></div>`;
  const filtered = asked !== NO_FILTER && (asked.text !== "" || asked.agent !== null);
  return html`
    <${Toolbar} asked=${asked} />
    <div class="board" ref=${root} onKeyDown=${walk}>
      ${columns.map(
        ({ name, title }, index) =>
          html`<${Column} key=${name} name=${name} title=${title} count=${counts[name] ?? 0} cards=${shown[index]} filtered=${filtered} />`,
      )}
    </div>
  `;
}

function fits(task, { text, agent }) {
  if (agent && task.agent_id !== agent) return false;
  const found = [task.title, task.agent_name, task.id, ...(task.labels ?? [])].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => found.includes(word));
}

function Toolbar({ asked }) {
  const workers = useStore(agents);
  const tasks = useStore(board, (value) => value.tasks);
  const busy = useMemo(() => {
    const ids = new Set([...tasks.values()].map((task) => task.agent_id));
    return [...workers.values()].filter((agent) => ids.has(agent.id));
  }, [workers, tasks]);
  return html`
    <div class="toolbar" role="search">
      <label class="search">
        <${Icon} name="search" /><span class="hidden">Search the cards</span>
        <input id="search" type="search" placeholder="Search cards" autocomplete="off" value=${asked.text} aria-keyshortcuts="/"
          onInput=${(event) => filter.patch({ text: event.target.value })} /><kbd aria-hidden="true">/</kbd>
      </label>
      ${busy.length > 0 &&
      html`<div class="crew" role="group" aria-label="Only the cards of">
        ${busy.map(
          (agent) => html`<button key=${agent.id} class="crew__member" aria-pressed=${String(asked.agent === agent.id)} title=${agent.name} aria-label=${agent.name}
            onClick=${() => filter.patch({ agent: asked.agent === agent.id ? null : agent.id })}><${Avatar} name=${agent.name} live=${isLive(agent)} /></button>`,
        )}
      </div>`}
      <span class="toolbar__space"></span>
      <button class="button button--primary" onClick=${newTask} aria-keyshortcuts="n"><${Icon} name="plus" />New task<kbd aria-hidden="true">n</kbd></button>
    </div>
  `;
}

function Column({ name, title, count: all, cards, filtered }) {
  const drop = useStore(dragged, (value) => (value.column === name ? `${value.before}` : null));
  return html`
    <section class=${`column ${drop ? "column--target" : ""}`} aria-labelledby=${`column-${name}`}>
      <header class="column__head">
        <i class=${`columndot columndot--${name}`}></i>
        <h2 id=${`column-${name}`}>${title}</h2>
        <span class="column__count" aria-label=${`${count(all)} cards`}>${filtered ? `${count(cards.length)} of ${count(all)}` : count(all)}</span>
        ${name === "backlog" && html`<button class="iconbutton" aria-label="New task in the backlog" title="New task (n)" onClick=${newTask}><${Icon} name="plus" /></button>`}
      </header>
      <div class="column__scroll" tabindex="-1">
        <ul class="column__cards" data-column=${name} aria-label=${title} onDragOver=${(event) => drag.over(event, name)} onDragLeave=${drag.leave} onDrop=${drag.drop}>
          ${cards.map((task, index) => [
            drop === task.id && html`<li key="drop" class="droplace" aria-hidden="true"></li>`,
            html`<${Card} key=${task.id} task=${task} index=${index} total=${cards.length} />`,
          ])}
          ${drop === "null" && html`<li key="drop" class="droplace" aria-hidden="true"></li>`}
        </ul>
        ${cards.length === 0 && html`<p class="column__empty">${filtered ? "No card fits the search." : HINTS[name]}</p>`}
        ${!filtered && all > cards.length && html`<button class="button button--small column__more" onClick=${() => readMore().catch(complain)}>${count(all - cards.length)} more</button>`}
      </div>
    </section>
  `;
}

const Bones = () => [4, 3, 2, 3].map((lines) => html`<section class="column"><${Loading} lines=${lines} what="cards" /></section>`);

export const NoProject = () => html`
  <div class="page"><${Empty} icon="board" title="No project yet">Create the first one, and give it tasks and agents.<//></div>
`;
