/** The live feed: the page's one EventSource, resumed from the last position, its events handed on in batches. */
import { path } from "./api.mjs";

const BATCH_MS = 100;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Open the feed after a position.
 * @param {{topics: string[], project_id: string, after: number, onBatch: (events: object[]) => void,
 *          onState: (state: "live"|"connecting"|"offline") => void, onReset: () => void}} options
 *        `onReset`: the service has dropped this feed, and the tables had better be read again
 * @returns {{close: () => void, reopen: () => void, tune: (topics: string[]) => void}}
 */
export function openFeed({ topics, project_id, after, onBatch, onState, onReset }) {
  let position = after;
  let wait = FIRST_WAIT_MS;
  let batch = [];
  let source, batching, reopening;

  function take(message) {
    const event = JSON.parse(message.data);
    if (event.position <= position) return;
    position = event.position;
    batch.push(event);
    batching ??= setTimeout(handOver, BATCH_MS);
  }

  function handOver() {
    const events = batch;
    batch = [];
    batching = undefined;
    onBatch(events);
  }

  function open() {
    reopening = undefined;
    onState("connecting");
    source = new EventSource(path(["feed"], { project_id, after: position, topics: topics.join(",") }));
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      onState("live");
    };
    source.onmessage = take;
    source.onerror = retry;
    source.addEventListener("bye", retry);
    source.addEventListener("reset", () => {
      close();
      onReset();
    });
    for (const topic of topics) source.addEventListener(topic, take);
  }

  function retry() {
    source.close();
    if (reopening) return;
    onState("offline");
    reopening = setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  function close() {
    source.close();
    clearTimeout(batching);
    clearTimeout(reopening);
  }

  function reopen() {
    source.close();
    clearTimeout(reopening);
    wait = FIRST_WAIT_MS;
    open();
  }

  function tune(wanted) {
    topics = wanted;
    reopen();
  }

  open();
  return { close, reopen, tune };
}
