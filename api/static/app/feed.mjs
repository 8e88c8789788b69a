/** The live feed, as a tab hears it: from the hub that all tabs share, or from one of its own where workers cannot be shared. */
import { pause, read } from "./api.mjs";
import { BEAT_MS, createHub } from "./hub.mjs";

/** Tabs that run different releases have different hubs: raise it with the messages. */
const RELEASE = 2;
const DUMB_MS = 60_000;
const RETRY_MS = 3_000;
/** A tab that nobody sees lets go after so long, and catches up when it is looked at again. */
const HIDDEN_MS = 60_000;
const PAGE = 1_000;
/** Who has missed more pages than these had better read the tables again. */
const MOST_PAGES = 3;

let port = null;
let current = null;
let deaf;

/** The port to the hub. */
function connected() {
  if (port) return port;
  try {
    const worker = new SharedWorker(new URL("./feed-worker.mjs", import.meta.url), { type: "module", name: `workledger-feed-${RELEASE}` });
    worker.onerror = alone;
    port = worker.port;
  } catch {
    port = ownHub();
  }
  port.onmessage = hear;
  return port;
}

function hear({ data }) {
  clearTimeout(deaf);
  current?.hear(data);
}

function ownHub() {
  const { port1, port2 } = new MessageChannel();
  createHub().connect(port1);
  return port2;
}

/** The shared worker does not run here, or not any more. */
function alone() {
  clearTimeout(deaf);
  port.postMessage({ leave: true });
  port = ownHub();
  port.onmessage = hear;
  current?.say();
}

/**
 * Follow the feed after a position.
 * @param {{topics: string[], everywhere: string[], project: string|null, after: number, onEvents: (events: object[]) => void,
 *          onState: (state: "live"|"connecting"|"offline") => void, onReset: () => void, onCaughtUp: () => void}} options
 *        `everywhere`: those of the topics that are wanted of all projects;
 *        `onReset`: too much was missed, and the tables had better be read again;
 *        `onCaughtUp`: what was missed of the project has been handed over
 * @returns {{close: () => void, reopen: () => void, tune: (topics: string[]) => void}}
 */
export function openFeed({ topics, everywhere, project, after, onEvents, onState, onReset, onCaughtUp }) {
  let position = after;
  let waiting = null;
  let away = false;
  let hiding;

  /** What is wanted; the hub answers each time, or it is not there. */
  const say = () => {
    if (away) return;
    connected().postMessage({ project, topics, everywhere, after: position });
    clearTimeout(deaf);
    deaf = setTimeout(alone, DUMB_MS);
  };
  const beat = setInterval(say, BEAT_MS);

  function heard({ state, joined, events, reset }) {
    if (away) return;
    if (state) onState(state);
    if (joined !== undefined) catchUp(joined);
    if (events) take(events);
    if (reset) onReset();
  }

  function take(events) {
    if (waiting) return waiting.push(...events);
    const news = events.filter((event) => event.position > position);
    if (news.length === 0) return undefined;
    position = news.at(-1).position;
    return onEvents(news);
  }

  /** The hub gives what comes after `joined`: what lies between is read, and events wait for it. */
  async function catchUp(joined) {
    if (joined <= position || waiting) return;
    const mine = (waiting = []);
    for (let pages = 0; position < joined; ) {
      const missed = await read(["events"], { after: position, project_id: project, topics: topics.join(","), limit: PAGE }).catch(() => null);
      if (waiting !== mine) return;
      if (!missed) {
        await pause(RETRY_MS);
        continue;
      }
      if (++pages > MOST_PAGES) return onReset();
      position = missed.body.position;
      if (missed.body.items.length) onEvents(missed.body.items);
    }
    waiting = null;
    take(mine);
    onCaughtUp();
  }

  function rest() {
    if (away) return;
    away = true;
    waiting = null;
    port?.postMessage({ leave: true });
  }

  function wake() {
    clearTimeout(hiding);
    if (!away) return;
    away = false;
    say();
  }

  const seen = () => {
    clearTimeout(hiding);
    if (document.visibilityState === "hidden") hiding = setTimeout(rest, HIDDEN_MS);
    else wake();
  };
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", rest);
  addEventListener("pageshow", wake);

  const self = { hear: heard, say };
  current = self;
  say();
  seen();
  return {
    close() {
      rest();
      clearInterval(beat);
      clearTimeout(hiding);
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("pagehide", rest);
      removeEventListener("pageshow", wake);
      if (current === self) current = null;
    },
    reopen: () => port?.postMessage({ reopen: true }),
    tune(wanted) {
      topics = wanted;
      say();
    },
  };
}
