/** A form in a dialog: its fields are told as data; what is refused stands where it was typed, and nothing typed is lost. */
import { Trouble } from "./bits.mjs";
import { Conflict } from "./conflict.mjs";
import { CloseButton, Dialog } from "./dialog.mjs";
import { draftOf, dropDraft, keepDraft } from "./draft.mjs";
import { Field, textOf, textsOf, valuesOf, wrongsOf } from "./field.mjs";
import { ago } from "./format.mjs";
import { html, useRef, useState } from "./html.mjs";
import { notify } from "./notices.mjs";
import { meanwhile, plainly, withWhoWasFirst } from "./refusal.mjs";
import { createStore, useStore } from "./store.mjs";

const shown = createStore(null);

/**
 * Ask for some values, and run something with them.
 * @param {{key: string, title: string, text?: string, submit: string, tone?: string, fields: object[], about?: object, noun?: string, name?: string,
 *          changed?: boolean, run: (values: object, version?: number) => Promise<any>}} form
 *        `key` names its draft; a field is `{name, label, type?, options?, value?, required?, clears?, max?, min?, hint?, placeholder?}`;
 *        `about` is what is looked at, a task unless `noun` is another resource, whose version is that of the answer; `name` the command that it is given;
 *        `changed`: only what is no longer as it was is sent
 */
export const ask = (form) => shown.set({ ...form, turn: 0 });
export const asking = () => shown.get() !== null;

export const Forms = () => {
  const form = useStore(shown);
  return form && html`<${Form} key=${`${form.key}/${form.turn}`} form=${form} />`;
};

/** What the form begins with: the draft, or what is there. */
function beginning({ key, fields, about }) {
  const base = Object.fromEntries(fields.map(({ name, value }) => [name, textOf(value)]));
  const draft = draftOf(key);
  if (!draft) return { texts: base, base, version: about?.version, draft: null };
  return { texts: { ...base, ...draft.values }, base: { ...base, ...draft.base }, version: draft.version ?? about?.version, draft };
}

function Form({ form }) {
  const [begun] = useState(() => beginning(form));
  const looked = useRef({ base: begun.base, version: begun.version });
  const element = useRef(null);
  const [error, setError] = useState(null);
  const [conflict, setConflict] = useState(null);
  const [busy, setBusy] = useState(false);

  const typed = () => textsOf(form.fields, new FormData(element.current));
  const isChanged = (texts) => form.fields.some(({ name, type, options }) => texts[name] !== looked.current.base[name] && !(options && type === "select" && looked.current.base[name] === ""));
  const keep = () => {
    if (!element.current) return;
    const texts = typed();
    if (isChanged(texts)) keepDraft(form.key, { values: texts, ...looked.current, at: new Date().toISOString() });
    else dropDraft(form.key);
  };
  const close = () => {
    if (draftOf(form.key)) notify(`Kept as a draft: ${form.title}`);
    shown.set(null);
  };
  const afresh = () => {
    dropDraft(form.key);
    shown.set({ ...form, turn: form.turn + 1 });
  };

  const send = async (texts) => {
    const { base, version } = looked.current;
    const values = valuesOf(form.fields, texts, form.changed ? base : null);
    if (form.changed && Object.keys(values).length === 0) return;
    try {
      await form.run(values, version);
    } catch (problem) {
      if (problem.status !== 412 || !form.about) throw problem;
      const news = await meanwhile(form.about.id, version, form.noun);
      if (news.events.length > 0) throw Object.assign(problem, { news });
      looked.current = { ...looked.current, version: news.row.version };
      await send(texts);
    }
  };

  /** From now on it is looked at as it is now: what only others have changed is theirs, both sides of the rest are shown. */
  const face = ({ events, row }, texts) => {
    const both = {};
    for (const { name, own } of form.changed ? form.fields : []) {
      const theirs = textOf(own ? own(row) : row[name]);
      if (theirs === looked.current.base[name]) continue;
      if (texts[name] === looked.current.base[name]) element.current.elements[name].value = theirs;
      else if (texts[name] !== theirs) both[name] = theirs;
      looked.current.base = { ...looked.current.base, [name]: theirs };
    }
    looked.current.version = row.version;
    setConflict({ events, row, both });
    keep();
  };

  const submit = async (event) => {
    event.preventDefault();
    const texts = typed();
    const wrongs = wrongsOf(form.fields, texts);
    if (Object.keys(wrongs).length) return setError({ message: "Please look at what is marked.", marks: wrongs, items: [] });
    setBusy(true);
    try {
      await send(texts);
      dropDraft(form.key);
      return shown.set(null);
    } catch (problem) {
      if (problem.news) {
        setError(null);
        face(problem.news, texts);
      } else {
        if (form.about) await withWhoWasFirst(problem, form.about.id, looked.current.version, form.noun);
        setError({ ...plainly(problem, form.fields), meanwhile: problem.meanwhile });
      }
      keep();
      return setBusy(false);
    }
  };

  const take = (name, theirs) => {
    if (theirs !== undefined) element.current.elements[name].value = theirs;
    setConflict(({ both: { [name]: _, ...both }, ...rest }) => ({ ...rest, both }));
    keep();
  };
  const hurry = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  const over = conflict && form.name && !conflict.row.commands.includes(form.name);
  const label = conflict ? `${form.submit} anyway` : form.submit;
  return html`
    <${Dialog} label=${form.title} onClose=${close}>
      <form class="form" ref=${element} onSubmit=${submit} onKeyDown=${hurry} onInput=${keep} onChange=${keep}>
        <header class="form__head"><h2 dir="auto">${form.title}</h2><${CloseButton} onClose=${close} /></header>
        ${begun.draft &&
        html`<p class="callout callout--info"><span>You wrote this ${ago(begun.draft.at)}, and did not send it.</span>
          <button type="button" class="button button--small" onClick=${afresh}>Start afresh</button></p>`}
        ${form.text && html`<p class="form__text">${form.text}</p>`}
        ${conflict && html`<${Conflict} ...${conflict} over=${over} />`}
        ${form.fields.map((field, index) => html`<${Field} key=${field.name} field=${field} text=${begun.texts[field.name]} first=${index === 0} error=${error?.marks[field.name]}
          theirs=${conflict?.both[field.name]} take=${take} />`)}
        ${error && html`<${Trouble} error=${error} />`}
        <footer class="form__foot">
          <button type="button" class="button" onClick=${close}>Cancel</button>
          <button type="submit" class=${`button button--${form.tone ?? "primary"}`} data-first=${form.fields.length ? undefined : true} disabled=${busy || over}>
            ${busy ? "One moment…" : label}
          </button>
        </footer>
      </form>
    <//>
  `;
}
