/** Above the board: the search, whose cards are shown, and the way to a new task. */
import { Avatar } from "./bits.mjs";
import { newTask } from "./commands.mjs";
import { agents, board, isLive } from "./data.mjs";
import { filter, found, isOn, narrow, searchOn, widen } from "./filter.mjs";
import { count, plural } from "./format.mjs";
import { html, useMemo } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { useStore } from "./store.mjs";

export function Toolbar() {
  const asked = useStore(filter);
  return html`
    <div class="toolbar" role="search">
      <label class="search">
        <${Icon} name="search" /><span class="hidden">Search the cards</span>
        <input id="search" type="search" dir="auto" placeholder="Search cards" autocomplete="off" maxlength="200" value=${asked.text} aria-keyshortcuts="/"
          onInput=${(event) => narrow({ text: event.target.value })} onKeyDown=${escape} /><kbd aria-hidden="true">/</kbd>
      </label>
      <${Crew} asked=${asked} />
      ${isOn(asked) && html`<${Filtered} asked=${asked} />`}
      <span class="toolbar__space"></span>
      <button class="button button--primary" onClick=${newTask} aria-keyshortcuts="n"><${Icon} name="plus" />New task<kbd aria-hidden="true">n</kbd></button>
    </div>
  `;
}

/** Esc takes the text and the filter away; once there is none, it leaves the field. */
function escape(event) {
  if (event.key !== "Escape") return;
  event.preventDefault();
  if (isOn(filter.get())) widen();
  else event.target.blur();
}

function Crew({ asked }) {
  const workers = useStore(agents);
  const tasks = useStore(board, (value) => value.tasks);
  const busy = useMemo(() => {
    const ids = new Set([...tasks.values()].map((task) => task.agent_id));
    return [...workers.values()].filter((agent) => ids.has(agent.id));
  }, [workers, tasks]);
  return busy.length > 0 &&
    html`<div class="crew" role="group" aria-label="Only the cards of">
      ${busy.map(
        (agent) => html`<button key=${agent.id} class="crew__member" aria-pressed=${String(asked.agent === agent.id)} title=${agent.name} aria-label=${agent.name}
          onClick=${() => narrow({ agent: asked.agent === agent.id ? null : agent.id })}><${Avatar} name=${agent.name} live=${isLive(agent)} /></button>`,
      )}
    </div>`;
}

/** What the board is narrowed to, and whether all of it was searched. */
function Filtered({ asked: { text, agent } }) {
  const name = useStore(agents, (all) => all.get(agent)?.name ?? agent);
  const { busy, more, error } = useStore(found);
  const known = useStore(board, (value) => value.tasks.size);
  const all = useStore(board, (value) => Object.values(value.counts).reduce((sum, one) => sum + one, 0));
  return html`
    <span class="chip"><span class="chip__text">Filtered: ${[text.trim() && `“${text.trim()}”`, agent && name].filter(Boolean).join(", ")}</span>
      <button class="iconbutton" aria-label="Show all cards" title="Show all cards (Esc)" onClick=${widen}><${Icon} name="close" /></button></span>
    <span class="toolbar__note" role="status">
      ${busy ? "Searching…" : error ? `Only ${count(known)} of ${plural(all, "card")} were searched: ${error.message}` : more && html`More cards fit. <button class="button button--small" onClick=${searchOn}>Show more</button>`}
    </span>
  `;
}
