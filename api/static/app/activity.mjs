/** The activity: every event of the project as it happens, the newest first. */
import { get } from "./api.mjs";
import { Empty, Loading, Trouble } from "./bits.mjs";
import { agents, board } from "./data.mjs";
import { count } from "./format.mjs";
import { html, useMemo, useState } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad } from "./load.mjs";
import { cardLink } from "./route.mjs";
import { Events } from "./timeline.mjs";

const PAGE = 100;
const WANTED = 60;
const KEPT = 500;
const KINDS = { all: "Everything", task: "Tasks", agent: "Agents", project: "Project", commit: "Commits" };

export function Activity({ project }) {
  const [news, setNews] = useState([]);
  const [older, setOlder] = useState({ events: [], reached: null });
  const [kind, setKind] = useState("all");
  const [busy, setBusy] = useState(false);
  const { data, error, loading, reload } = useLoad(project, async () => backward(project, (await get(["status"])).head));
  useEvents((events) => setNews((known) => [...known, ...events].slice(-KEPT)));
  const all = useMemo(() => merge([older.events, data?.events ?? [], news]), [older, data, news]);
  const shown = all.filter(({ topic }) => fits(topic, kind));
  const from = older.reached ?? data?.reached ?? 0;
  const more = async () => {
    setBusy(true);
    const { events, reached } = await backward(project, from);
    setOlder((known) => ({ events: [...events, ...known.events], reached }));
    setBusy(false);
  };
  return html`
    <div class="page">
      <header class="page__head"><h2>Activity</h2>${data && html`<span class="page__count">${count(shown.length)}</span>`}
        <span class="toolbar__space"></span>
        <div class="tabs" role="group" aria-label="Show">${Object.entries(KINDS).map(([name, label]) => html`<button class="tabs__tab" aria-pressed=${String(name === kind)} onClick=${() => setKind(name)}>${label}</button>`)}</div></header>
      ${loading && html`<${Loading} lines=${8} what="the activity" />`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${data && shown.length === 0 && html`<${Empty} icon="activity" title="Nothing has happened">Events appear here as they are recorded.<//>`}
      <${Events} events=${shown} subject=${subject} exact />
      ${data && from > 0 && html`<button class="button" disabled=${busy} onClick=${more}>Earlier events</button>`}
    </div>
  `;
}

/** Log chunks are read in the log view; here they would drown the rest. */
const fits = (topic, kind) => !topic.startsWith("agent_log.") && (kind === "all" || topic.startsWith(kind));

function merge(lists) {
  const known = new Map(lists.flat().map((event) => [event.position, event]));
  return [...known.values()].sort((one, other) => other.position - one.position);
}

/** What the event is about, as a link to its card. */
function subject({ topic, tags }) {
  if (tags.task && topic !== "task.deleted") {
    const title = board.get().tasks.get(tags.task)?.title;
    return html` <a class="subject" href=${cardLink(tags.task)}>${title ?? tags.task}</a>`;
  }
  const agent = agents.get().get(tags.agent);
  return agent && topic.startsWith("agent.") ? html` <span class="subject">${agent.name}</span>` : null;
}

/** The last events up to a position: the log is read in windows that grow until enough are found. */
async function backward(project, end) {
  let events = [];
  let [from, width] = [end, 2 * PAGE];
  while (from > 0 && events.length < WANTED) {
    const start = Math.max(0, from - width);
    events = [...(await between(project, start, from)), ...events];
    [from, width] = [start, width * 4];
  }
  return { events, reached: from };
}

async function between(project, start, end) {
  const found = [];
  for (let after = start; ; ) {
    const { items } = await get(["events"], { project_id: project, after, limit: PAGE });
    found.push(...items.filter(({ position }) => position <= end));
    if (items.length < PAGE || items.at(-1).position >= end) return found;
    after = items.at(-1).position;
  }
}
