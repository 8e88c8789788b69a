/** A column of the board: it draws the cards that are in view, and reads on when one comes to their end. */
import { Card } from "./card.mjs";
import { newTask } from "./commands.mjs";
import { DONE, board } from "./data.mjs";
import { drag, dragged } from "./drag.mjs";
import { filter, found } from "./filter.mjs";
import { count } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, memo, useCallback, useEffect, useRef, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { complain } from "./notices.mjs";
import { readMore } from "./reads.mjs";
import { useStore } from "./store.mjs";

const WINDOW = 50;
/** So far before the end of what is drawn, more of it is. */
const AHEAD = "600px";

const HINTS = {
  backlog: "New tasks wait here for an agent.",
  in_progress: "Assign a task, and its agent starts.",
  waiting_approval: "Finished work comes here for review.",
  [DONE]: "Approved work ends here.",
};

export const Column = memo(function Column({ name, title, all, cards, filtered }) {
  const drop = useStore(dragged, (value) => (value.column === name ? `${value.before}` : null));
  const sign = useStore(dragged, (value) => value.signs?.[name]);
  const more = useStore(found, (value) => value.more !== null);
  const asked = useStore(filter);
  const [room, setRoom] = useState(WINDOW);
  const box = useRef(null);
  /* Other cards begin at their beginning. */
  useEffect(() => {
    box.current.scrollTop = 0;
    setRoom(WINDOW);
  }, [asked]);
  const drawn = cards.slice(0, room);
  const grow = useCallback(() => setRoom((now) => now + WINDOW), []);
  const state = drop ? "column--target" : sign === undefined ? "" : sign.open ? "column--open" : "column--closed";
  return html`
    <section class=${`column ${state}`} aria-labelledby=${`column-${name}`}>
      <header class="column__head">
        <i class=${`columndot columndot--${name}`}></i>
        <h2 id=${`column-${name}`}>${title}</h2>
        <span class="column__count" aria-label=${`${count(all)} cards`}>${filtered ? `${count(cards.length)}${more ? "+" : ""} of ${count(all)}` : count(all)}</span>
        ${sign?.label && html`<span class="column__sign">${sign.label}</span>`}
        ${name === "backlog" && html`<button class="iconbutton" aria-label="New task in the backlog" title="New task (n)" onClick=${newTask}><${Icon} name="plus" /></button>`}
      </header>
      <div class="column__scroll" tabindex="-1" ref=${box}>
        <ul class="column__cards" data-column=${name} aria-label=${title} onDragOver=${(event) => drag.over(event, name)} onDragLeave=${drag.leave} onDrop=${drag.drop}>
          ${drawn.map((task, index) => [
            drop === task.id && html`<li key="drop" class="droplace" aria-hidden="true"></li>`,
            html`<${Guard} key=${task.id} of=${task} what=${task.title} as="li" className="card"><${Card} task=${task} index=${index} total=${cards.length} /><//>`,
          ])}
          ${drop === "null" && html`<li key="drop" class="droplace" aria-hidden="true"></li>`}
        </ul>
        ${cards.length === 0 && html`<p class="column__empty">${filtered ? "No card fits the search." : HINTS[name]}</p>`}
        ${drawn.length < cards.length && html`<${Edge} key="drawn" reach=${grow} />`}
        ${drawn.length === cards.length && !filtered && html`<${Rest} name=${name} number=${all - cards.length} />`}
      </div>
    </section>
  `;
});

/** The end of what is drawn: it calls `reach` as soon as it comes near. */
function Edge({ reach }) {
  const end = useRef(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && reach(), { root: end.current.closest(".column__scroll"), rootMargin: AHEAD });
    observer.observe(end.current);
    return () => observer.disconnect();
  });
  return html`<i class="column__edge" ref=${end} aria-hidden="true"></i>`;
}

/** What has not been read: the next cards come by themselves, older done ones when they are asked for. */
function Rest({ name, number }) {
  const cut = useStore(board, ({ ends }) => ends[name]?.cursor ?? null);
  const [state, setState] = useState("idle");
  const going = useRef(false);
  const read = async () => {
    if (going.current) return;
    going.current = true;
    setState("busy");
    try {
      await readMore(name);
      setState("idle");
    } catch (error) {
      complain(error);
      setState("failed");
    }
    going.current = false;
  };
  if (cut === null) return null;
  return html`
    <button class="button button--small column__more" disabled=${state === "busy"} onClick=${read}>${count(number)} more</button>
    ${name !== DONE && state === "idle" && html`<${Edge} key=${cut} reach=${read} />`}
  `;
}
