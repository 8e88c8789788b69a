/** The sessions: where people and agents meet, and the feed of what was said and done there. */
import { get } from "./api.mjs";
import { Badge, Empty, Loading, Status, Time, Trouble } from "./bits.mjs";
import { agents } from "./data.mjs";
import { clockTime, count, plural, words } from "./format.mjs";
import { html } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";
import { cardLink, link } from "./route.mjs";
import { useStore } from "./store.mjs";

const TAIL = 200;

export function Sessions({ project, rest: [id] }) {
  const { data, error, loading, reload } = useLoad(project, () => get(["sessions"], { project_id: project, limit: 100 }));
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ topic }) => topic.startsWith("session")) && again());
  const all = data ? [...data.items].sort((one, other) => (one.created_at < other.created_at ? 1 : -1)) : [];
  return html`
    <div class=${`split ${id ? "split--open" : ""}`}>
      <div class="page split__list">
        <header class="page__head"><h2>Sessions</h2>${data && html`<span class="page__count">${count(all.length)}</span>`}</header>
        ${loading && html`<${Loading} lines=${6} what="the sessions" />`}
        ${error && html`<${Trouble} error=${error} retry=${reload} />`}
        ${data && all.length === 0 && html`<${Empty} icon="sessions" title="No sessions">They begin when an agent runs, or somebody opens one.<//>`}
        <ul class="sessions">${all.map((session) => html`<${Row} key=${session.id} session=${session} open=${session.id === id} />`)}</ul>
      </div>
      ${id && html`<${Session} key=${id} id=${id} />`}
    </div>
  `;
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
  ${session.participants?.length > 0 && html`<p class="fact fact--wrap">${session.participants.map((one) => html`<${Badge} icon="user">${String(one.user_id ?? one).replace(/^user:/, "")}${one.role ? `, ${one.role}` : ""}<//>`)}</p>`}
  ${feed.length === 0 && html`<p class="muted">Nothing has been said here.</p>`}
  <ol class="feedlines" reversed>
    ${[...feed].reverse().map(
      (entry) => html`<li key=${entry.offset} class="feedline"><time class="time" datetime=${entry.timestamp}>${clockTime(entry.timestamp)}</time>
        <span class="feedline__type">${words(entry.type).replace(":", " ")}</span>
        <span class="feedline__text">${entry.user_id ? `${entry.user_id.replace(/^user:/, "")}: ` : ""}${said(entry.data)}</span></li>`,
    )}
  </ol>
`;

function said(data) {
  if (typeof data !== "object" || data === null) return String(data ?? "");
  return data.text ?? data.message ?? [data.tool, data.input && JSON.stringify(data.input), data.status].filter(Boolean).join(" ") ?? JSON.stringify(data);
}
