/** The hub of the feed: the one EventSource that all tabs of a browser share, as it gives an origin but six connections. */

const BATCH_MS = 100;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Once the last tab has left: long enough for a tab that is only loaded again. */
const LINGER_MS = 3_000;
/** Tabs say every `BEAT_MS` that they are there; one that has been silent for so long has crashed. */
export const BEAT_MS = 30_000;
const SILENT_MS = 5 * BEAT_MS;

/**
 * A hub, to which each tab is connected by a port.
 * A tab says `{project, topics, everywhere, after}`, `everywhere` being the topics that it wants of all projects, again whenever it wants something else, and time and again as a sign of life;
 * or `{leave: true}`, or `{reopen: true}` when it believes that something was missed.
 * It is told `{joined}`, the position from which on it gets events, `{state}`, `{events}` in batches, and `{reset}`
 * when the service has dropped the feed and the tables had better be read again.
 */
export function createHub() {
  const tabs = new Map();
  let source = null;
  let position = null;
  let heard = new Set();
  let state = "connecting";
  let wait = FIRST_WAIT_MS;
  let batch = [];
  let batching, opening, lingering;

  const tell = (message) => [...tabs.keys()].forEach((port) => port.postMessage(message));
  const turn = (next) => {
    state = next;
    tell({ state });
  };

  function connect(port) {
    port.onmessage = ({ data }) => {
      if (data.leave) leave(port);
      else if (data.reopen) open();
      else want(port, data);
    };
  }

  function want(port, { project, topics, everywhere, after }) {
    const isNew = !tabs.has(port);
    tabs.set(port, { project, topics: new Set(topics), everywhere: new Set(everywhere), seen: Date.now() });
    clearTimeout(lingering);
    if (position === null) position = after;
    const wanted = new Set([...tabs.values()].flatMap((tab) => [...tab.topics]));
    if (!running() || wanted.size !== heard.size || [...wanted].some((topic) => !heard.has(topic))) {
      heard = wanted;
      open();
    }
    if (isNew) port.postMessage({ joined: position });
    port.postMessage({ state });
  }

  function leave(port) {
    tabs.delete(port);
    if (tabs.size === 0) lingering = setTimeout(close, LINGER_MS);
  }

  function close() {
    source?.close();
    [batching, opening].forEach(clearTimeout);
    [source, position, batching, opening] = [null, null, undefined, undefined];
    [heard, batch, state, wait] = [new Set(), [], "connecting", FIRST_WAIT_MS];
  }

  const running = () => source !== null || opening !== undefined;

  function open() {
    source?.close();
    clearTimeout(opening);
    opening = undefined;
    if (state !== "live") turn("connecting");
    const address = new URL("../api/feed", import.meta.url);
    address.search = new URLSearchParams({ after: position, topics: [...heard].join(",") });
    source = new EventSource(address);
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      turn("live");
    };
    source.onmessage = take;
    source.onerror = retry;
    source.addEventListener("bye", retry);
    source.addEventListener("reset", () => {
      close();
      tell({ reset: true });
      tabs.clear();
    });
    for (const topic of heard) source.addEventListener(topic, take);
  }

  function retry() {
    source?.close();
    if (opening) return;
    turn("offline");
    opening = setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  function take(message) {
    const event = JSON.parse(message.data);
    if (event.position <= position) return;
    position = event.position;
    batch.push(event);
    batching ??= setTimeout(handOver, BATCH_MS);
  }

  function handOver() {
    const events = batch;
    [batch, batching] = [[], undefined];
    for (const [port, tab] of tabs) {
      const theirs = events.filter((event) => tab.topics.has(event.topic) && concerns(event, tab));
      if (theirs.length) port.postMessage({ events: theirs });
    }
  }

  setInterval(() => {
    const silent = Date.now() - SILENT_MS;
    for (const [port, { seen }] of tabs) if (seen < silent) leave(port);
  }, BEAT_MS);

  return { connect };
}

const concerns = (event, { project, everywhere }) => isOf(event, project) || everywhere.has(event.topic);

/** Whether an event is of a project, or may be: several can be linked to one initiative, and accounts belong to none. */
export const isOf = ({ tags }, project) => !tags?.project || tags.project === project || Boolean(tags.initiative);
