/** A thing of the inbox: what it is, since when it waits, and its answers. */
import { get, post } from "./api.mjs";
import { Avatar, Diff, Time, Trouble } from "./bits.mjs";
import { Field, textsOf, valuesOf } from "./field.mjs";
import { html, useLayoutEffect, useRef, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { KINDS, answersOf, factsOf } from "./kinds.mjs";
import { Menu } from "./menu.mjs";
import { notify } from "./notices.mjs";
import { Prose } from "./prose.mjs";
import { plainly, withWhoWasFirst } from "./refusal.mjs";
import { keyOf, lookAtInbox, takeOut } from "./waiting.mjs";

const KEYS = ["a", "r"];

/**
 * @param {{item: object, open: string|null, hold: (held: {item: object, name: string}|null) => void}} props
 *        `open`: the answer that is being written; `hold`: keeps the item in its place until it is put away
 */
export function WaitingItem({ item, open, hold }) {
  const { icon, tone, says, title = (one) => one.title, about, href, quick } = KINDS[item.kind];
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const all = answersOf(item);
  const answers = all.filter(([, answer]) => answer.tone !== "bad");
  const rest = all.filter(([, answer]) => answer.tone === "bad");
  const to = href?.(item);
  const facts = factsOf(item);

  const send = async (name, values) => {
    setBusy(true);
    setError(null);
    try {
      const { position } = await post([item.resource, item.id, name], await completed(item, name, values), { version: item.version });
      notify(`${KINDS[item.kind].answers[name].done}: ${item.title}`);
      takeOut(item, position);
      return hold(null);
    } catch (problem) {
      setError(await withWhoWasFirst(problem, item.id, item.version, item.resource));
      if (problem.status === 412) lookAtInbox();
    }
    return setBusy(false);
  };
  const press = (name, { fields }) => (fields ? hold({ item, name }) : send(name, {}));
  return html`
    <li class=${`waiting waiting--${tone} ${busy ? "waiting--busy" : ""} ${item.gone ? "waiting--gone" : ""}`} data-waiting=${keyOf(item)} data-row tabindex="-1" aria-label=${`${says(item)}: ${title(item)}`}>
      <span class="waiting__icon"><${Icon} name=${icon} /></span>
      <div class="waiting__main">
        <p class="waiting__says">${item.agent && html`<${Avatar} name=${item.agent} small />`}<strong>${says(item)}</strong>
          ${facts.length > 0 && html`<span class="waiting__where" dir="auto">${facts.join(" · ")}</span>`}<${Time} at=${item.since} /></p>
        <h4 class="waiting__title" dir="auto">${to ? html`<a href=${to} data-open>${title(item)}</a>` : title(item)} <${Diff} task=${item} /></h4>
        ${about?.(item) && html`<p class="waiting__about" dir="auto">${about(item)}</p>`}
        ${item.files?.length > 0 && html`<p class="waiting__about">${item.files.join(", ")}</p>`}
        <${Text} item=${item} />
      </div>
      ${error && html`<${Trouble} error=${plainlyOf(error)} />`}
      ${item.gone && html`<p class="callout callout--info"><span>It waits no longer: somebody else was first.</span><button class="button button--small" onClick=${() => hold(null)}>Put away</button></p>`}
      ${open
        ? html`<${Answer} key=${open} item=${item} answer=${KINDS[item.kind].answers[open]} busy=${busy} send=${(values) => send(open, values)} cancel=${() => hold(null)} error=${error} />`
        : !item.gone && html`<div class="actions waiting__answers">
            ${(quick?.(item) ?? []).map(({ label, name, values }) => html`<button key=${label} class="button button--small" disabled=${busy} onClick=${() => send(name, values)}>${label}</button>`)}
            ${answers.map(([name, answer], index) => html`<button key=${name} class=${`button button--small ${answer.tone ? `button--${answer.tone}` : ""}`} disabled=${busy} data-key=${KEYS[index]} aria-keyshortcuts=${KEYS[index]}
              onClick=${() => press(name, answer)}><${Icon} name=${answer.icon} />${answer.label}${KEYS[index] && html`<kbd aria-hidden="true">${KEYS[index]}</kbd>`}</button>`)}
            ${rest.length > 0 && html`<${Menu} label=${`More for ${title(item)}`} items=${rest.map(([name, answer]) => ({ label: answer.label, icon: html`<${Icon} name=${answer.icon} />`, tone: "bad", run: () => press(name, answer) }))}><${Icon} name="more" /><//>`}
          </div>`}
    </li>
  `;
}

/** What was asked, as its command takes it. */
const completed = (item, name, values) => KINDS[item.kind].answers[name].complete?.(values, item) ?? values;

const plainlyOf = (error) => ({ ...plainly(error), meanwhile: error.meanwhile });

const SHORT = 320;
const LINES = 4;

/** The beginning of its text, and the whole of it when asked for. */
function Text({ item }) {
  const [open, setOpen] = useState(false);
  const [whole, setWhole] = useState(null);
  const text = whole ?? item.text ?? "";
  if (!text && !item.is_cut) return null;
  const isLong = item.is_cut || text.length > SHORT || text.split("\n").length > LINES;
  const toggle = async () => {
    setOpen(!open);
    if (item.is_cut && whole === null) setWhole(KINDS[item.kind].whole?.(await get([item.resource, item.id]).catch(() => ({}))) ?? item.text);
  };
  return html`
    ${text && html`<div class=${`waiting__text ${isLong ? "" : "waiting__text--short"} ${open ? "waiting__text--whole" : ""}`}><${Prose} text=${text} /></div>`}
    ${isLong && html`<button class="output__more" aria-expanded=${String(open)} onClick=${toggle}>${open ? "Less" : "Read on"}</button>`}
  `;
}

/** What an answer asks for, under the item itself. */
function Answer({ item, answer, busy, send, cancel, error }) {
  const form = useRef(null);
  const { label, tone, fields } = answer;
  const asks = typeof fields === "function" ? fields(item) : fields;
  const marks = error ? plainly(error, asks).marks : {};
  useLayoutEffect(() => {
    form.current.querySelector("[data-first]")?.focus();
  }, []);
  const submit = (event) => {
    event.preventDefault();
    if (item.gone) return;
    send(valuesOf(asks, textsOf(asks, new FormData(form.current))));
  };
  const key = (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      const row = event.currentTarget.closest("[data-row]");
      cancel();
      row?.focus();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return html`
    <form class="waiting__form" ref=${form} onSubmit=${submit} onKeyDown=${key} aria-label=${`${label}: ${item.title}`}>
      ${asks.map((field, index) => html`<${Field} key=${field.name} field=${field} text=${field.value ?? ""} first=${index === 0} error=${marks[field.name]} scope=${`${item.id}-`} />`)}
      ${!item.gone && html`<div class="actions"><button type="submit" class=${`button button--small button--${tone ?? "primary"}`} disabled=${busy}>${busy ? "One moment…" : label}</button>
        <button type="button" class="button button--small" onClick=${cancel}>Cancel</button></div>`}
    </form>
  `;
}
