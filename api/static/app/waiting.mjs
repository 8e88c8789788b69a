/** Keeping the inbox in step: how much waits for people is always known, what it is while the inbox is shown. */
import { isPassing, pause, read } from "./api.mjs";
import { inbox } from "./data.mjs";
import { INBOX_TOPICS } from "./hearing.mjs";

const REST_MS = 300;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const PAGE = 50;
const MOST = 1_000;

export const keyOf = (item) => `${item.kind}/${item.id}`;

/** What was answered here, and at which position: a reading that had begun before still has it. */
const answered = new Map();
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

/** Something was answered: it leaves the inbox at once, and the rest is read again. */
export function takeOut(item, position) {
  answered.set(keyOf(item), position);
  inbox.set(({ items, count, sections, ...rest }) => ({ ...rest, items: items?.filter((one) => keyOf(one) !== keyOf(item)) ?? null, count: count - 1, sections: { ...sections, [item.section]: sections[item.section] - 1 } }));
  return lookAtInbox(position);
}

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
      const items = body.items.filter((item) => !(answered.get(keyOf(item)) > body.position));
      inbox.set({ count: body.count, sections: body.sections, items: limit && wanted ? items : null, error: null, position: body.position });
      for (const [key, at] of answered) if (at <= body.position) answered.delete(key);
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
