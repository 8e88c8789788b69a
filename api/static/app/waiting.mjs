/** Keeping the inbox in step: how much waits for people is always known, what it is while the inbox is shown. */
import { isPassing, pause, read } from "./api.mjs";
import { inbox } from "./data.mjs";
import { INBOX_TOPICS } from "./hearing.mjs";

const REST_MS = 300;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const PAGE = 50;
const MOST = 1_000;

let wanted = 0;
let due = null;
let reading = null;

/** The inbox is shown, its first items or as many more; `false` when it is put away. */
export function showInbox(on) {
  wanted = on ? Math.max(wanted, PAGE) : 0;
  if (on) lookAtInbox();
  else inbox.patch({ items: null });
}

export function showMore() {
  wanted = Math.min(2 * wanted, MOST);
  return lookAtInbox();
}

export const isAllShown = ({ count, items }) => items === null || items.length >= count || items.length >= MOST;

/** Read it again if one of these events may have changed it. */
export function touchInbox(events) {
  const position = Math.max(0, ...events.filter(({ topic }) => INBOX_TOPICS.has(topic)).map((event) => event.position));
  if (position) lookAtInbox(position);
}

/** Read it, as it is at a position at least; what is asked for while it is read is read once more. */
export function lookAtInbox(position = 0) {
  due = Math.max(due ?? 0, position);
  reading ??= readDue().finally(() => (reading = null));
  return reading;
}

async function readDue() {
  for (let wait = FIRST_RETRY_MS; due !== null; ) {
    const began = performance.now();
    const min_position = due;
    const limit = wanted;
    due = null;
    try {
      const { body } = await read(["inbox"], { limit: Math.max(limit, 1), min_position: min_position || null });
      inbox.set({ count: body.count, sections: body.sections, items: limit && wanted ? body.items : null, error: null, position: body.position });
      if (wanted > limit) due ??= 0;
      wait = FIRST_RETRY_MS;
      await pause(Math.max(REST_MS, performance.now() - began));
    } catch (error) {
      inbox.patch({ error });
      if (!isPassing(error)) return;
      due = Math.max(due ?? 0, min_position);
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST_RETRY_MS);
    }
  }
}
