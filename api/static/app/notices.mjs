/** What the page tells: notices that can be seen, and the same and more for those who listen. */
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { createStore, useStore } from "./store.mjs";

const STAY_MS = { good: 4_000, info: 6_000, bad: 12_000 };
const notices = createStore([]);
const spoken = createStore("");
let last = 0;

/** Read aloud by a screen reader, and not shown. */
export const say = (text) => spoken.set(text);

export function notify(text, { tone = "good", code = null } = {}) {
  const notice = { id: ++last, text, tone, code };
  notices.set((all) => [...all.slice(-3), notice]);
  say(text);
  setTimeout(() => dismiss(notice.id), STAY_MS[tone]);
}

export const complain = (error) => notify(error.message, { tone: "bad", code: error.code });
const dismiss = (id) => notices.set((all) => all.filter((notice) => notice.id !== id));

export const Announcer = () => html`<p class="hidden" aria-live="polite" aria-atomic="true">${useStore(spoken)}</p>`;

export const Notices = () => html`
  <div class="notices" role="log" aria-live="off" aria-label="Notices">
    ${useStore(notices).map(
      (notice) => html`<div key=${notice.id} class=${`notice notice--${notice.tone}`}>
        <${Icon} name=${notice.tone === "good" ? "check" : "alert"} />
        <p dir="auto">${notice.text} ${notice.code && html`<code>${notice.code}</code>`}</p>
        <button class="iconbutton" aria-label="Dismiss" onClick=${() => dismiss(notice.id)}><${Icon} name="close" /></button>
      </div>`,
    )}
  </div>
`;
