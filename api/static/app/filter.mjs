/** Which cards are shown: those that hold a text, those of an agent. Both stand in the address, and die with the project. */
import { get } from "./api.mjs";
import { board, isCut, withRows } from "./data.mjs";
import { useEffect } from "./html.mjs";
import { replaceQuery, route } from "./route.mjs";
import { createStore, useStore } from "./store.mjs";

const NO_FILTER = { text: "", agent: null };
const SEARCH_MS = 200;
const ADDRESS_MS = 300;
const PAGE = 100;
/** Of an id, as the service has it: with fewer letters a word may be meant. */
const SHORTEST_PREFIX = 8;

export const filter = createStore(NO_FILTER);
/** What the service says of cards that the page has not read: `more` is the cursor of those that fit beyond the first ones. */
export const found = createStore({ busy: false, more: null, error: null });

export const isOn = ({ text, agent }) => text.trim() !== "" || agent !== null;

let seen = null;

/** The address leads when it has changed by itself: another project, another place in the history, a link. */
function follow() {
  const { project, query } = route.get();
  const said = JSON.stringify([project, query.q, query.agent]);
  if (said === seen) return;
  seen = said;
  filter.set({ text: query.q ?? "", agent: query.agent ?? null });
}

follow();
route.subscribe(follow);

let writing;

export function narrow(fields) {
  filter.patch(fields);
  clearTimeout(writing);
  const { project } = route.get();
  writing = setTimeout(() => {
    const { text, agent } = filter.get();
    const now = route.get();
    if (now.project !== project || now.view !== "board") return;
    const query = { ...(text && { q: text }), ...(agent && { agent }) };
    seen = JSON.stringify([project, query.q, query.agent]);
    replaceQuery(query);
  }, ADDRESS_MS);
}

export const widen = () => narrow(NO_FILTER);

/** Whether a card has every word of the text, each in any of what a card says. */
export function fits(task, { text, agent }) {
  if (agent && task.agent_id !== agent) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const said = [task.title, task.description, task.summary, task.branch, task.agent_name, ...(task.labels ?? [])].filter(Boolean).join("\n").toLowerCase();
  return words.every((word) => said.includes(word) || isIdOf(task, word));
}

/** What is inside an id says nothing. */
const isIdOf = ({ id }, word) => id.toLowerCase() === word || (word.length >= SHORTEST_PREFIX && id.toLowerCase().startsWith(word));

/** As soon as a column is cut, the service searches too; what it finds joins the cards that are known. */
export function useSearch() {
  const asked = useStore(filter);
  const cut = useStore(board, isCut);
  const columns = useStore(board, (value) => value.columns);
  const needed = cut && isOn(asked);
  useEffect(() => {
    found.set({ busy: needed, more: null, error: null });
    if (!needed) return undefined;
    let current = true;
    const timer = setTimeout(() => search(asked, null, () => current), SEARCH_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [needed, asked.text.trim(), asked.agent, columns]);
}

async function search({ text, agent }, cursor, isCurrent) {
  const { project } = board.get();
  try {
    const { items, pagination } = await get(["tasks"], { project_id: project.id, search: text.trim(), agent_id: agent, limit: PAGE, cursor });
    if (!isCurrent() || board.get().project?.id !== project.id) return;
    board.set((now) => ({ ...now, tasks: withRows(now.tasks, items) }));
    found.set({ busy: false, more: pagination.next_cursor, error: null });
  } catch (error) {
    if (isCurrent()) found.set({ busy: false, more: null, error });
  }
}

/** Search on where the service has stopped. */
export function searchOn() {
  const asked = filter.get();
  const { more } = found.get();
  found.patch({ busy: true });
  return search(asked, more, () => filter.get() === asked);
}
