/** The sessions: where people and agents meet, and the feed of what was said and done there. */
import { get } from "./api.mjs";
import { Badge, Empty, Loading, Status, Time, Trouble } from "./bits.mjs";
import { agents } from "./data.mjs";
import { clockTime, count, plural, visible, words } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useRef } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";
import { cardLink, link } from "./route.mjs";
import { useStore } from "./store.mjs";

const TAIL = 200;
const PAGE = 100;

export function Sessions({ project, rest: [id] }) {
  const pages = useRef(1);
  const { data, error, loading, reload } = useLoad(project, () => readPages(project, pages.current));
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ topic }) => topic.startsWith("session")) && again());
  const all = data ? [...data.items].sort((one, other) => (one.created_at < other.created_at ? 1 : -1)) : [];
  const more = data?.pagination.has_more;
  return html`
    <div class=${`split ${id ? "split--open" : ""}`}>
      <div class="page split__list">
        <header class="page__head"><h2>Sessions</h2>${data && html`<span class="page__count">${count(all.length)}${more ? "+" : ""}</span>`}</header>
        ${loading && html`<${Loading} lines=${6} what="the sessions" />`}
        ${error && html`<${Trouble} error=${error} retry=${reload} />`}
        ${data && all.length === 0 && html`<${Empty} icon="sessions" title="No sessions">They begin when an agent runs, or somebody opens one.<//>`}
        <ul class="sessions">${all.map((session) => html`<${Row} key=${session.id} session=${session} open=${session.id === id} />`)}</ul>
        ${more && html`<button class="button" onClick=${() => reload(pages.current++)}>Earlier sessions</button>`}
      </div>
      ${id && html`<${Session} key=${id} id=${id} />`}
    </div>
  `;
}

/** So many pages of the sessions, the latest first. */
async function readPages(project, pages) {
  const items = [];
  let pagination = { next_cursor: null };
  for (let page = 0; page < pages && (page === 0 || pagination.next_cursor); page++) {
    const read = await get(["sessions"], { project_id: project, limit: PAGE, sort: "created_at", order: "desc", cursor: pagination.next_cursor });
    items.push(...read.items);
    pagination = read.pagination;
  }
  return { items, pagination };
}

function Row({ session, open }) {
  const agent = useStore(agents, (all) => all.get(session.agent_id));
  return html`
    <li class="session">
      <a href=${link({ view: "sessions", rest: [session.id] })} aria-current=${open ? "true" : undefined}>
        <span class="session__title">${session.title ?? (agent ? `Session with ${agent.name}` : session.id)}</span>
        <${Status} status=${session.status} />
        <span class="session__facts">${agent ? `${agent.name} · ` : ""}${plural(session.message_count ?? 0, "message")} · ${plural(session.tool_call_count ?? 0, "tool call")} · <${Time} at=${session.updated_at ?? session.created_at} compact /></span>
      </a>
    </li>
  `;
}

function Session({ id }) {
  const { data, error, loading, reload } = useLoad(id, async () => {
    const session = await get(["sessions", id]);
    const from_offset = Math.max(0, (session.last_offset ?? 0) - TAIL + 1);
    return { session, feed: (await get(["sessions", id, "feed"], { from_offset, limit: TAIL })).items };
  });
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ tags, stream_id }) => tags.session === id || stream_id.endsWith(id)) && again());
  return html`
    <section class="split__detail" aria-label="Session">
      ${loading && html`<${Loading} what="the session" />`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${data && html`<${Feed} session=${data.session} feed=${data.feed} />`}
    </section>
  `;
}

const Feed = ({ session, feed }) => html`
  <header class="page__head"><h2>${session.title ?? session.id}</h2><${Status} status=${session.status} />
    <span class="toolbar__space"></span>${session.task_id && html`<a href=${cardLink(session.task_id)}>Its task</a>`}
    <a class="button button--small" href=${link({ view: "sessions" })}>Close</a></header>
  ${session.participants?.length > 0 && html`<p class="fact fact--wrap">${session.participants.map((one) => html`<${Badge} icon="user">${bare(one.user_id ?? one)}${one.role ? `, ${one.role}` : ""}<//>`)}</p>`}
  ${feed.length === 0 && html`<p class="muted">Nothing has been said here.</p>`}
  <ol class="feedlines" reversed>
    ${[...feed].reverse().map(
      (entry) => html`<${Guard} key=${entry.offset} of=${entry} what=${entry.type} as="li" className="feedline"><li class="feedline"><time class="time" datetime=${entry.timestamp}>${clockTime(entry.timestamp)}</time>
        <span class="feedline__type">${words(entry.type).replace(":", " ")}</span>
        <span class="feedline__text">${entry.user_id ? `${bare(entry.user_id)}: ` : ""}${said(entry.data)}</span></li><//>`,
    )}
  </ol>
`;

function said(data) {
  if (typeof data !== "object" || data === null) return visible(data);
  const told = data.text ?? data.message ?? [data.tool, data.input && JSON.stringify(data.input), data.status].filter((part) => typeof part === "string").join(" ");
  return visible(typeof told === "string" && told ? told : JSON.stringify(data));
}

const bare = (user) => String(user ?? "").replace(/^user:/, "");
