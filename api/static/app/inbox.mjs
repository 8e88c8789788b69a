/** The inbox: what waits for people over all projects, each thing answered where it stands. */
import { Empty, Loading, Trouble } from "./bits.mjs";
import { agents, inbox, isLive } from "./data.mjs";
import { count, plural } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.mjs";
import { SECTIONS } from "./kinds.mjs";
import { stroll } from "./stroll.mjs";
import { useStore } from "./store.mjs";
import { WaitingItem } from "./waiting-item.mjs";
import { isAllShown, keyOf, lookAtInbox, showInbox, showMore } from "./waiting.mjs";

const RULE = "What stops an agent comes first; in each part, what has waited longest.";

export function Inbox() {
  const all = useStore(inbox);
  const { items, count: total, sections, error } = all;
  const [held, setHeld] = useState(null);
  useEffect(() => {
    showInbox(true);
    return () => showInbox(false);
  }, []);
  const shown = withHeld(items ?? [], held);
  const focus = useFocusKept(shown.map(keyOf));
  return html`
    <div class="page inbox" ...${focus} onKeyDown=${stroll}>
      <header class="page__head"><h2>Inbox</h2>${total > 0 && html`<span class="page__count">${count(total)}</span><p class="inbox__rule">${RULE}</p>`}</header>
      ${!items && !error && html`<${Loading} lines=${5} what="what waits for you" />`}
      ${!items && error && html`<${Trouble} error=${error} retry=${lookAtInbox} />`}
      ${items && shown.length === 0 && html`<${Nothing} />`}
      ${Object.entries(SECTIONS).map(([name, [title, why]]) => {
        const here = shown.filter((item) => item.section === name);
        return here.length > 0 && html`<section key=${name} class="inbox__section" aria-labelledby=${`inbox-${name}`}>
          <header class="inbox__head"><h3 id=${`inbox-${name}`}>${title}</h3><span class="page__count">${count(sections?.[name] ?? here.length)}</span><p class="muted">${why}</p></header>
          <ul class="inbox__items">${here.map((item) => html`<${Guard} key=${keyOf(item)} of=${item} what=${item.title} as="li" className="waiting">
            <${WaitingItem} item=${item} open=${held && keyOf(held.item) === keyOf(item) ? held.name : null} hold=${setHeld} /><//>`)}</ul>
        </section>`;
      })}
      ${!isAllShown(all) && html`<button class="button inbox__more" onClick=${showMore}>Show more of ${count(total)}</button>`}
    </div>
  `;
}

/** What one is answering stays where it is, also when somebody else has answered it meanwhile. */
function withHeld(items, held) {
  if (!held || items.some((item) => keyOf(item) === keyOf(held.item))) return items;
  const gone = { ...held.item, gone: true };
  const after = items.findIndex((item) => item.place > gone.place || (item.place === gone.place && item.since > gone.since));
  const at = after < 0 ? items.length : after;
  return [...items.slice(0, at), gone, ...items.slice(at)];
}

/** When the item that has the focus is answered, the next one gets it. */
function useFocusKept(keys) {
  const order = useRef([]);
  const last = useRef(null);
  useLayoutEffect(() => {
    const left = last.current && !keys.includes(last.current);
    if (left && document.activeElement === document.body) {
      const at = order.current.indexOf(last.current);
      const next = order.current.slice(at).find((key) => keys.includes(key)) ?? keys.at(-1);
      (next ? document.querySelector(`[data-waiting="${CSS.escape(next)}"]`) : document.getElementById("main"))?.focus();
      if (!next) last.current = null;
    }
    order.current = keys;
  });
  return { onFocusIn: (event) => (last.current = event.target.closest("[data-waiting]")?.dataset.waiting ?? null) };
}

function Nothing() {
  const working = useStore(agents, (known) => [...known.values()].filter(isLive).length);
  return html`<${Empty} icon="inbox" title="Nothing waits for you">
    ${working > 0 ? `${plural(working, "agent is", "agents are")} at work. ` : ""}Work to approve, questions of agents, proposals and reviews of all projects come here by themselves.<//>`;
}
