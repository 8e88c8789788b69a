/** The log of an agent: one session of it, its end first, followed while the agent writes. */
import { get } from "./api.mjs";
import { Avatar, Empty, Loading, Status, Trouble } from "./bits.mjs";
import { agents, board, isLive, runs } from "./data.mjs";
import { entriesOf } from "./entries.mjs";
import { Entry } from "./entry.mjs";
import { bytes, cost, count, plural } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { useEvents } from "./live.mjs";
import { useLoad } from "./load.mjs";
import { complain } from "./notices.mjs";
import { cardLink, go, link } from "./route.mjs";
import { useStore } from "./store.mjs";

const PAGE = 200;
const KEPT = 2_000;
const NEAR_END = 48;
const LOOK_MS = 3_000;
/** Entries that are drawn until one asks for earlier ones. */
const DRAWN = 1_000;

export function Logs({ rest: [agentId, session] }) {
  const all = useStore(agents);
  const { loading } = useStore(board);
  const sorted = useMemo(() => [...all.values()].sort((one, other) => isLive(other) - isLive(one) || one.name.localeCompare(other.name)), [all]);
  const agent = all.get(agentId);
  useEffect(() => {
    if (!agentId && sorted.length) location.replace(link({ view: "logs", rest: [sorted[0].id] }));
  }, [agentId, sorted]);
  if (loading) return html`<div class="page"><${Loading} what="the agents" /></div>`;
  if (sorted.length === 0) return html`<div class="page"><${Empty} icon="logs" title="No logs">An agent's log appears when it runs.<//></div>`;
  return html`
    <div class="logs">
      <nav class="logs__agents" aria-label="Agents">
        ${sorted.map(
          (one) => html`<a key=${one.id} href=${link({ view: "logs", rest: [one.id] })} aria-current=${one.id === agent?.id ? "page" : undefined} class="logs__agent">
            <${Avatar} name=${one.name} live=${isLive(one)} small /><span class="logs__name">${one.name}</span><${Status} status=${one.status} /></a>`,
        )}
      </nav>
      ${!agentId ? null : agent ? html`<${Log} key=${`${agent.id}/${session ?? ""}`} agent=${agent} session=${session ? Number(session) : null} />` : html`<div class="page"><${Empty} icon="logs" title="No such agent">It may belong to another project.<//></div>`}
    </div>
  `;
}

function Log({ agent, session }) {
  const { chunks, sessions, error, loading, shown, earlier, reload } = useChunks(agent, session);
  const [quiet, setQuiet] = useState(false);
  const entries = useMemo(() => entriesOf(chunks), [chunks]);
  const visible = useMemo(() => (quiet ? entries : entries.filter(({ kind }) => kind !== "quiet")), [entries, quiet]);
  const run = useStore(runs, (all) => all.get(agent.current_run_id));
  const live = isLive(agent) && (!run || run.session_number === shown);
  const current = sessions.find(({ session_number }) => session_number === shown);
  return html`
    <section class="log" aria-label=${`Log of ${agent.name}`}>
      <header class="log__head">
        <h2><${Avatar} name=${agent.name} live=${live} />${agent.name}</h2>
        <label class="log__pick"><span class="hidden">Session</span>
          <select value=${shown ?? ""} onChange=${(event) => go({ view: "logs", rest: [agent.id, event.target.value] })}>
            ${[...sessions].reverse().map((one) => html`<option value=${one.session_number} selected=${one.session_number === shown}>Session ${one.session_number} · ${plural(one.chunks, "chunk")}</option>`)}
          </select></label>
        ${current && html`<span class="muted log__size">${bytes(current.bytes)}</span>`}
        ${run && live && html`<span class="muted log__run">turn ${run.turn_count}/${run.max_turns} · ${cost(run.cost_usd)}</span>`}
        ${run?.task_id && live && html`<a class="log__task" href=${cardLink(run.task_id)}>Its task</a>`}
        <span class="toolbar__space"></span>
        <label class="switch"><input type="checkbox" checked=${quiet} onChange=${(event) => setQuiet(event.target.checked)} />Progress lines</label>
      </header>
      ${loading && html`<${Loading} lines=${8} what="the log" />`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${!loading && !error && chunks.length === 0 && html`<${Empty} icon="logs" title="Nothing logged">${agent.name} has written nothing in this session.<//>`}
      ${chunks.length > 0 && html`<${Roll} entries=${visible} live=${live} first=${chunks[0].seq} earlier=${earlier} name=${agent.name} />`}
    </section>
  `;
}

/** The last chunks of a session, and those that come. */
function useChunks(agent, session) {
  const [chunks, setChunks] = useState([]);
  const { data, error, loading, reload } = useLoad(`${agent.id}/${session}`, () => get(["agents", agent.id, "logs"], { session_number: session, limit: PAGE }));
  const shown = session ?? data?.items[0]?.session_number ?? data?.sessions.at(-1)?.session_number ?? null;
  const state = useRef({ busy: false, again: false });
  useEffect(() => data && setChunks(data.items), [data]);

  const last = useRef(0);
  last.current = chunks.at(-1)?.seq ?? 0;
  const pull = useCallback(async () => {
    if (state.current.busy) return (state.current.again = true);
    state.current.busy = true;
    try {
      do {
        state.current.again = false;
        const { items } = await get(["agents", agent.id, "logs"], { session_number: shown, after_seq: last.current, limit: PAGE });
        if (items.length) setChunks((known) => join(known, items));
        last.current = items.at(-1)?.seq ?? last.current;
        state.current.again ||= items.length === PAGE;
      } while (state.current.again);
    } catch {
      /* The next look fetches what was missed. */
    } finally {
      state.current.busy = false;
    }
  }, [agent.id, shown]);

  useEvents((events) => {
    const mine = events.filter(({ topic, tags, data: said }) => topic.startsWith("agent_log.") && (tags.agent ?? said.agent_id) === agent.id);
    const newer = mine.some(({ data: said }) => said.session_number > shown);
    if (newer && session === null) reload();
    else if (mine.length && shown) pull();
  });
  const live = isLive(agent);
  useEffect(() => {
    if (!live || !shown) return undefined;
    const timer = setInterval(pull, LOOK_MS);
    return () => clearInterval(timer);
  }, [live, shown, pull]);

  const earlier = async () => {
    const first = chunks[0].seq;
    const { items } = await get(["agents", agent.id, "logs"], { session_number: shown, after_seq: Math.max(0, first - PAGE - 1), limit: Math.min(PAGE, first - 1) });
    setChunks((known) => [...items.filter(({ seq }) => seq < known[0].seq), ...known]);
  };
  return { chunks, sessions: data?.sessions ?? [], error, loading, shown, earlier, reload };
}

function join(known, items) {
  const last = known.at(-1)?.seq ?? 0;
  return [...known, ...items.filter(({ seq }) => seq > last)].slice(-KEPT);
}

/** The roll of entries: it stays at the end while one is there, and where one reads when one has scrolled up. */
function Roll({ entries, live, first, earlier, name }) {
  const box = useRef(null);
  const place = useRef({ height: 0, first, most: DRAWN });
  const [following, setFollowing] = useState(true);
  const [most, setMost] = useState(DRAWN);
  const drawn = entries.slice(-most);
  const more = () => (entries.length > most ? setMost(most + DRAWN) : earlier().catch(complain));
  const seen = useRef(entries.length);
  if (following) seen.current = entries.length;

  useLayoutEffect(() => {
    const { current: roll } = box;
    if (first < place.current.first || most > place.current.most) roll.scrollTop += roll.scrollHeight - place.current.height;
    else if (following) roll.scrollTop = roll.scrollHeight;
    place.current = { height: roll.scrollHeight, first, most };
  }, [entries, following, first, most]);

  /* Entries get their height when they come into view: while one is at the end, one stays there. */
  useEffect(() => {
    if (!following) return undefined;
    const roll = box.current;
    const observer = new ResizeObserver(() => (roll.scrollTop = roll.scrollHeight));
    observer.observe(roll.querySelector(".entries"));
    return () => observer.disconnect();
  }, [following]);

  const top = useRef(0);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const up = scrollTop < top.current;
    top.current = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) setFollowing(true);
    else if (up) setFollowing(false);
  };
  const news = entries.length - seen.current;
  return html`
    <div class="roll" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label=${`Entries of ${name}`}>
      ${(first > 1 || entries.length > most) && html`<button class="button button--small roll__earlier" onClick=${more}>Earlier entries</button>`}
      <ol class="entries">${drawn.map((entry) => html`<${Guard} key=${entry.key} of=${entry.text} what=${entry.text} as="li" className="entry"><${Entry} entry=${entry} /><//>`)}</ol>
      ${live && html`<p class="roll__live"><i class="dot dot--running"></i>${name} is at work</p>`}
    </div>
    ${!following &&
    html`<button class="button button--primary roll__down" onClick=${() => setFollowing(true)}><${Icon} name="down" />${news > 0 ? `${count(news)} new` : "To the end"}</button>`}
  `;
}
