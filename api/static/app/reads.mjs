/** Reading rows of the project that is shown into the stores, all of them or those that an event has touched. */
import { get, isPassing, read } from "./api.mjs";
import { COLUMNS, DONE, agents, board, cardsOf, columnOf, isCut, projects, runs, withRows } from "./data.mjs";

const PAGE = 100;
/** Of what is done, the latest is enough until one asks. */
const LATEST = 30;
/** Pages that are read again of a column: with so many cards one has scrolled far. */
const MOST_PAGES = 10;
const MOST_AGENTS = 1_000;

/** Read everything of a project; what is shown stays until all of it is there. The position that has been reached. */
export async function readAll(project, isWanted) {
  const [whole, crew, work] = await Promise.all([readColumns(project), listAgents(project), read(["agent-runs"], { project_id: project, limit: PAGE })]);
  const known = withRows(new Map(), work.body.items);
  const missing = crew.items.map((agent) => agent.current_run_id).filter((id) => id && !known.has(id));
  const rest = await Promise.all(missing.map((id) => get(["agent-runs", id]).catch(() => null)));
  if (!isWanted()) return null;
  runs.set(withRows(known, rest.filter(Boolean)));
  agents.set(withRows(new Map(), crew.items));
  board.set(whole.board);
  return Math.min(whole.position, crew.position, work.position);
}

/** Read the board again, as far as it was read before. */
export async function readBoard(project, min_position) {
  const whole = await readColumns(project, min_position);
  board.set((now) => ({ ...whole.board, tasks: withRows(whole.board.tasks, [...whole.board.tasks.keys()].map((id) => now.tasks.get(id)).filter(Boolean)) }));
}

async function readColumns(project, min_position) {
  const before = board.get().project?.id === project ? board.get() : null;
  const sizes = COLUMNS.map((name) => (before ? cardsOf(before, name).length : 0));
  const [meta, ...columns] = await Promise.all([
    read(["projects", project, "board"], { limit: 1, min_position }),
    ...COLUMNS.map((name, index) => readColumn(project, name, sizes[index], min_position)),
  ]);
  const { body, position } = meta;
  return {
    position: Math.min(body.position ?? position, ...columns.map((column) => column.position)),
    board: {
      project: body.project,
      columns: body.columns.map(({ name, title, drags }) => ({ name, title, drags })),
      counts: { ...Object.fromEntries(body.columns.map((column) => [column.name, column.count])), ...wholeCounts(columns) },
      tasks: withRows(new Map(), columns.flatMap((column) => column.items)),
      ends: Object.fromEntries(COLUMNS.map((name, index) => [name, columns[index].end])),
      error: null,
      loading: false,
    },
  };
}

/** A column that has been read whole is as long as it was read, whatever happened since it was counted. */
const wholeCounts = (columns) => Object.fromEntries(COLUMNS.map((name, index) => [name, columns[index]]).filter(([, { end }]) => end.cursor === null).map(([name, { items }]) => [name, items.length]));

/** The first cards of a column, at least so many. */
async function readColumn(project, name, size, min_position) {
  const page = await readPage(project, name, null, min_position);
  const items = [...page.items];
  let { cursor } = page;
  for (let pages = 1; cursor && items.length < size && pages < MOST_PAGES; pages++) {
    const next = await readPage(project, name, cursor, min_position);
    items.push(...next.items);
    cursor = next.cursor;
  }
  return { items, position: page.position, end: endOf(items, cursor) };
}

async function readPage(project, column, cursor, min_position) {
  const order = column === DONE ? { sort: "completed_at", limit: LATEST } : { sort: "position", limit: PAGE };
  const { body, position } = await read(["tasks"], { project_id: project, column, cursor, min_position, ...order });
  return { items: body.items, cursor: body.pagination.next_cursor, position: body.position ?? position };
}

const endOf = (items, cursor) => ({ cursor, last: cursor ? (items.at(-1) ?? null) : null });

/** Read on where the reading of a column has ended. */
export async function readMore(column) {
  const { project, ends } = board.get();
  const { cursor } = ends[column];
  if (!cursor) return;
  const page = await readPage(project.id, column, cursor);
  board.set((now) => {
    if (now.ends[column]?.cursor !== cursor) return now;
    return { ...now, tasks: withRows(now.tasks, page.items), ends: { ...now.ends, [column]: endOf(page.items, page.cursor) } };
  });
}

/** Read tasks again and put them on the board; counts follow them from column to column. The ids of those that failed. */
export async function readTasks(ids, min_position) {
  const { rows, missing, failed } = await readRows("tasks", ids, min_position);
  const { project } = board.get();
  const [shown, elsewhere] = [[], []];
  for (const task of rows.values()) (task.project_id === project?.id ? shown : elsewhere).push(task);
  const gone = [...missing, ...elsewhere.map(({ id }) => id)];
  let guessed = false;
  board.set((now) => {
    if (now.project?.id !== project?.id) return now;
    const tasks = withRows(now.tasks, shown, gone);
    const counts = { ...now.counts };
    for (const id of [...shown.map((task) => task.id), ...gone]) {
      const [before, after] = [columnOf(now.tasks.get(id)), columnOf(tasks.get(id))];
      guessed ||= !now.tasks.has(id) && isCut(now);
      if (before === after) continue;
      if (before) counts[before] -= 1;
      if (after) counts[after] += 1;
    }
    return { ...now, counts, tasks };
  });
  if (guessed) await recount(project.id, min_position);
  return failed;
}

/** Where the page does not know all cards, the service counts them. */
async function recount(project, min_position) {
  const { counts } = await get(["tasks"], { project_id: project, limit: 1, min_position });
  board.set((now) => (now.project?.id === project ? { ...now, counts } : now));
}

/** The known cards that wait for these: their own rows do not change when these are done, reopened or deleted. */
export async function dependentsOf(ids, min_position) {
  const { tasks } = board.get();
  const waiting = [...tasks.values()].filter((task) => task.unmet_dependencies > 0 || task.state === "waiting").map(({ id }) => id);
  const found = await Promise.all(ids.map((id) => get(["tasks", id], { min_position }).catch(() => null)));
  if (found.includes(null)) return waiting;
  return found.flatMap((task) => task.dependents ?? []).filter((id) => tasks.has(id));
}

/** Read rows one by one into a store; the ids of those that could not be read now. */
export async function readInto(store, kind, ids, min_position) {
  const { rows, missing, failed } = await readRows(kind, ids, min_position);
  store.set((known) => withRows(known, rows.values(), missing));
  return failed;
}

/** Each row by itself, so that one that cannot be read keeps no other from being shown: `{rows, missing, failed}`. */
async function readRows(kind, ids, min_position) {
  const rows = new Map();
  const [missing, failed] = [[], []];
  await Promise.all(
    ids.map((id) =>
      get([kind, id], { min_position }).then(
        (row) => rows.set(id, row),
        (error) => ([404, 410].includes(error.status) ? missing : isPassing(error) ? failed : []).push(id),
      ),
    ),
  );
  return { rows, missing, failed };
}

async function listAgents(project, min_position) {
  const items = [];
  let cursor = null;
  let position = Infinity;
  do {
    const { body, position: reached } = await read(["agents"], { project_id: project, limit: PAGE, cursor, min_position });
    items.push(...body.items);
    position = Math.min(position, body.position ?? reached);
    cursor = body.pagination.next_cursor;
  } while (cursor && items.length < MOST_AGENTS);
  return { items, position };
}

export async function readProject(id, min_position) {
  try {
    const project = await get(["projects", id], { min_position });
    board.set((now) => (now.project?.id === id ? { ...now, project } : now));
  } catch (error) {
    if (error.status === 404) board.set((now) => (now.project?.id === id ? { ...now, error } : now));
    throw error;
  }
}

export async function readProjects(min_position) {
  try {
    const { body, position } = await read(["projects"], { limit: 100, min_position });
    projects.set({ list: body.items, error: null });
    return body.position ?? position;
  } catch (error) {
    projects.patch({ error });
    throw error;
  }
}
