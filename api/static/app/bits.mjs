/** The small parts that views are put together from. */
import { agents } from "./data.mjs";
import { absolute, ago, agoShort, count, hue, initials, isMoment, plural, words } from "./format.mjs";
import { html, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { createStore, useStore } from "./store.mjs";

const minute = createStore(Date.now());
setInterval(() => minute.set(Date.now()), 15_000);

/** A moment, as long ago as it is now. */
export function Time({ at, compact = false }) {
  const now = Math.max(useStore(minute), Date.now());
  if (!isMoment(at)) return null;
  return html`<time class="time" datetime=${at} title=${absolute(at)}>${compact ? agoShort(at, now) : ago(at, now)}</time>`;
}

export const Avatar = ({ name, live = false, small = false }) => html`
  <span class=${`avatar hue-${hue(name)} ${live ? "avatar--live" : ""} ${small ? "avatar--small" : ""}`} aria-hidden="true">${initials(name)}</span>
`;

export const Badge = ({ tone = "plain", icon, title, children }) => html`
  <span class=${`badge badge--${tone}`} title=${title}>${icon && html`<${Icon} name=${icon} />`}<span>${children}</span></span>
`;

export const Label = ({ children }) => html`<span class="label"><i class=${`label__dot hue-${hue(children)}`}></i><span class="label__text" dir="auto" title=${children}>${children}</span></span>`;

const Dot = ({ status }) => html`<i class=${`dot dot--${status}`} aria-hidden="true"></i>`;

export const Status = ({ status }) => html`<span class="status"><${Dot} status=${status} />${words(status)}</span>`;

export const Diff = ({ task }) =>
  task.files_changed === null || task.files_changed === undefined
    ? null
    : html`<span class="diff" title=${`${task.files_changed} files changed`}>
        <span class="diff__plus">+${task.lines_added ?? 0}</span><span class="diff__minus">−${task.lines_removed ?? 0}</span>
      </span>`;

/** How many of so many are done; of none there is nothing to say. */
export const Done = ({ done, of, what }) => html`
  <span class="done">${of > 0 && html`<progress max=${of} value=${done} aria-label=${`${what}: ${done} of ${plural(of, "task")} done`}></progress>
    <span class="done__numbers" aria-hidden="true">${count(done)}/${count(of)}</span>`}</span>
`;

export const Empty = ({ icon = "dot", title, children }) => html`
  <div class="empty"><span class="empty__icon"><${Icon} name=${icon} /></span><p class="empty__title">${title}</p><div class="empty__text">${children}</div></div>
`;

export const Loading = ({ lines = 3, what = "" }) => html`
  <div class="loading" role="status"><span class="hidden">Loading ${what}…</span>${Array.from({ length: lines }, () => html`<i class="bone"></i>`)}</div>
`;

/** What went wrong; `items` are what is wrong besides, `meanwhile` who was there first. */
export const Trouble = ({ error, retry }) => html`
  <div class="trouble" role="alert">
    <${Icon} name="alert" />
    <div>
      <p>${error.meanwhile && html`<strong dir="auto">${error.meanwhile}</strong> `}${error.message} ${error.code && html`<code>${error.code}</code>`}</p>
      ${(error.items ?? []).map((one) => html`<p class="trouble__item">${one}</p>`)}
      ${retry && html`<button class="button button--small" onClick=${retry}>Try again</button>`}
    </div>
  </div>
`;

export function Copy({ text, label, children }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return html`<button class="copy" type="button" onClick=${copy} title=${copied ? "Copied" : label} aria-label=${label}>
    ${children}<${Icon} name=${copied ? "check" : "copy"} /></button>`;
}

/** Who did it: `user:ann` as ann, an agent by its name. */
export function actorName(actor) {
  const [kind, ...rest] = String(actor ?? "").split(":");
  const id = rest.join(":");
  if (!id) return kind || "someone";
  if (kind === "agent") return agents.get().get(id)?.name ?? id;
  return kind === "user" ? id : `${id} (${kind})`;
}
