/** The activity: every event of the project as it happens, the latest first, by the time at which each came about. */
import { get } from "./api.mjs";
import { Empty, Loading, Trouble } from "./bits.mjs";
import { agents, board } from "./data.mjs";
import { dayOf, isMoment } from "./format.mjs";
import { HIGHLIGHTS } from "./hearing.mjs";
import { html, useMemo, useState } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad } from "./load.mjs";
import { complain } from "./notices.mjs";
import { cardLink, link } from "./route.mjs";
import { Events } from "./timeline.mjs";
import { TOPICS } from "./topics.mjs";

const PAGE = 100;
const WANTED = 60;
const KEPT = 500;
/** Log chunks are read in the log view; here they would drown the rest. */
const EVERYTHING = TOPICS.filter((topic) => !topic.startsWith("agent_log.") && !topic.startsWith("session_feed."));
const under = (...kinds) => EVERYTHING.filter((topic) => kinds.includes(topic.split(".")[0]));
const KINDS = {
  highlights: ["Highlights", HIGHLIGHTS],
  tasks: ["Tasks", under("task")],
  agents: ["Agents", under("agent", "agent_run", "tool_calls")],
  delivery: ["Delivery", under("project", "commit", "stage_run", "write_op", "errand")],
  all: ["Everything", EVERYTHING],
};

export function Activity({ project, query }) {
  const kind = query.show in KINDS ? query.show : "highlights";
  return html`
    <div class="page">
      <header class="page__head"><h2>Activity</h2><span class="toolbar__space"></span>
        <nav class="tabs" aria-label="Show">${Object.entries(KINDS).map(
          ([name, [label]]) => html`<a key=${name} class="tabs__tab" href=${link({ query: { show: name } })} aria-current=${name === kind ? "page" : undefined}>${label}</a>`,
        )}</nav></header>
      <${Stream} key=${kind} project=${project} topics=${KINDS[kind][1]} />
    </div>
  `;
}

function Stream({ project, topics }) {
  const wanted = useMemo(() => new Set(topics), [topics]);
  const [news, setNews] = useState([]);
  const [older, setOlder] = useState({ events: [], reached: null });
  const [busy, setBusy] = useState(false);
  const { data, error, loading, reload } = useLoad(project, async () => backward(project, topics, (await get(["status"])).head));
  useEvents((events) => {
    const mine = events.filter(({ topic }) => wanted.has(topic));
    if (mine.length) setNews((known) => [...known, ...mine].slice(-KEPT));
  });
  const shown = useMemo(() => merge([older.events, data?.events ?? [], news]), [older, data, news]);
  const from = older.reached ?? data?.reached ?? 0;
  const more = async () => {
    setBusy(true);
    try {
      const { events, reached } = await backward(project, topics, from);
      setOlder((known) => ({ events: [...events, ...known.events], reached }));
    } catch (problem) {
      complain(problem);
    }
    setBusy(false);
  };
  if (loading) return html`<${Loading} lines=${8} what="the activity" />`;
  if (error) return html`<${Trouble} error=${error} retry=${reload} />`;
  if (shown.length === 0) return html`<${Empty} icon="activity" title="Nothing has happened">Events appear here as they are recorded.<//>`;
  return html`
    <${Days} events=${shown} />
    ${from > 0 && html`<button class="button" disabled=${busy} onClick=${more}>Earlier events</button>`}
  `;
}

function Days({ events }) {
  const days = new Map();
  for (const event of events) {
    const day = dayOf(event.at);
    if (!days.has(day)) days.set(day, []);
    days.get(day).push(event);
  }
  return [...days].map(([day, all]) => html`<section class="day" key=${day}><h3>${day}</h3><${Events} events=${all} subject=${subject} exact /></section>`);
}

/** What was imported came about before it was recorded. */
function merge(lists) {
  const known = new Map(lists.flat().map((event) => [event.position, event]));
  const at = (event) => (isMoment(event.at) ? Date.parse(event.at) : 0);
  return [...known.values()].sort((one, other) => at(other) - at(one) || other.position - one.position);
}

/** What the event is about, as a link to its card. */
function subject({ topic, tags, data }) {
  if (tags?.task && topic !== "task.deleted") {
    const title = board.get().tasks.get(tags.task)?.title ?? data?.title;
    return { title: title ?? tags.task, href: cardLink(tags.task) };
  }
  const agent = agents.get().get(tags?.agent);
  return agent && topic.startsWith("agent.") ? { title: agent.name } : null;
}

/** The last events up to a position: the log is read in windows that grow until enough are found. */
async function backward(project, topics, end) {
  let events = [];
  let [from, width] = [end, 2 * PAGE];
  while (from > 0 && events.length < WANTED) {
    const start = Math.max(0, from - width);
    events = [...(await between(project, topics, start, from)), ...events];
    [from, width] = [start, width * 4];
  }
  return { events, reached: from };
}

async function between(project, topics, start, end) {
  const found = [];
  for (let after = start; ; ) {
    const { items } = await get(["events"], { project_id: project, after, limit: PAGE, topics: topics.join(",") });
    found.push(...items.filter(({ position }) => position <= end));
    if (items.length < PAGE || items.at(-1).position >= end) return found;
    after = items.at(-1).position;
  }
}
