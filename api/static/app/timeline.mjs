/** A timeline: what happened to one thing, the newest first, each event with all it says. */
import { Avatar, Time, Trouble, Loading, actorName } from "./bits.mjs";
import { get } from "./api.mjs";
import { absolute, clockTime } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { useEvents } from "./live.mjs";
import { useLoad } from "./load.mjs";
import { quoted, tell } from "./topics.mjs";

const PAGE = 100;
const MOST_PAGES = 20;

/** All events of a stream, read once; the feed brings the rest. */
export function Timeline({ kind, id }) {
  const stream = `${{ tasks: "task", agents: "agent", "agent-runs": "agent_run", sessions: "session", projects: "project", phases: "phase" }[kind]}-${id}`;
  const [news, setNews] = useState([]);
  const { data, error, loading, reload } = useLoad(`${kind}/${id}`, () => readStream(kind, id));
  useEvents((events) => {
    const mine = events.filter((event) => event.stream_id === stream);
    if (mine.length) setNews((known) => [...known, ...mine]);
  }, { beyond: true });
  if (loading) return html`<${Loading} what="the timeline" />`;
  if (error) return html`<${Trouble} error=${error} retry=${reload} />`;
  const last = data.at(-1)?.version ?? 0;
  const all = [...data, ...news.filter((event) => event.stream_id === stream && event.version > last)];
  return html`<${Events} events=${all.reverse()} />`;
}

async function readStream(kind, id) {
  const all = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items } = await get([kind, id, "events"], { after_version: all.at(-1)?.version ?? 0, limit: PAGE });
    all.push(...items);
    if (items.length < PAGE) break;
  }
  return all;
}

/** A list of events. `subject(event)` gives `{title, href}` of what each is about, where they are about different things. */
export const Events = ({ events, subject, exact = false }) => html`
  <ol class="timeline">${events.map((event) => html`<${Guard} key=${event.event_id ?? event.position} of=${event} what=${event.topic} as="li" className="happening"><${Item} event=${event} subject=${subject} exact=${exact} /><//>`)}</ol>
`;

function Item({ event, subject, exact }) {
  const [open, setOpen] = useState(false);
  const { icon, tone, text, by } = tell(event);
  const actor = by ?? actorName(event.actor);
  return html`
    <li class=${`happening happening--${tone}`}>
      <span class="happening__icon"><${Icon} name=${icon} /></span>
      <div class="happening__line">
        <p class="happening__text" dir="auto"><${Avatar} name=${actor} small /> <strong>${actor}</strong> <${Told} text=${text} about=${subject?.(event)} /></p>
        ${exact ? html`<time class="time" datetime=${event.at} title=${absolute(event.at)}>${clockTime(event.at)}</time>` : html`<${Time} at=${event.at} />`}
        <button class="iconbutton happening__more" aria-expanded=${String(open)} aria-label=${`Data of ${event.topic}`} title="What was recorded" onClick=${() => setOpen(!open)}>
          <${Icon} name=${open ? "down" : "right"} /></button>
      </div>
      ${open && html`<${Envelope} event=${event} />`}
    </li>
  `;
}

/** The sentence, and what it is about: where the sentence names it, that is the link; otherwise it follows. */
function Told({ text, about }) {
  if (!about) return text;
  const named = quoted(about.title);
  const name = html`<${about.href ? "a" : "span"} class="subject" href=${about.href}>${named.slice(1, -1)}<//>`;
  const at = text.indexOf(named);
  return at < 0 ? html`${text}<span class="subject__mark"> · </span>${name}` : html`${text.slice(0, at + 1)}${name}${text.slice(at + named.length - 1)}`;
}

function Envelope({ event }) {
  const facts = [
    ["topic", event.topic], ["position", event.position], ["version", event.version], ["at", event.at],
    ["actor", event.actor], ["stream", event.stream_id], ["command", event.command_id], ["caused by", event.causation_id], ["correlation", event.correlation_id],
  ].filter(([, value]) => value !== null && value !== undefined);
  return html`
    <div class="envelope">
      <dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <pre tabindex="0" role="group" aria-label="Data of the event">${JSON.stringify(event.data, null, 2)}</pre>
    </div>
  `;
}
