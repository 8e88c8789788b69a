/** What a batch of events has touched: the rows that have to be read again. */
import { isPassing } from "./api.mjs";
import { agents, runs } from "./data.mjs";
import { dependentsOf, readBoard, readInto, readProject, readProjects, readTasks } from "./reads.mjs";

/** With more cards than these, reading the board again is less work. */
const MANY = 24;
/** What changes the rows of those that wait for a task. */
const RIPPLES = new Set(["completed", "reopened", "deleted"]);

export const nothing = () => ({ tasks: new Set(), rippling: new Set(), agents: new Set(), runs: new Set(), project: false, projects: false, board: false, position: 0 });

/** Note which rows some events touch. */
export function touch(pending, events, project) {
  for (const { topic, tags, position } of events) {
    const [category, fact] = topic.split(".");
    if (category === "project") {
      pending.projects = true;
      pending.project ||= tags.project === project;
    }
    pending.position = Math.max(pending.position, position);
    if (tags.project !== project) continue;
    if (tags.task && ["task", "agent_run"].includes(category)) pending.tasks.add(tags.task);
    if (tags.task && category === "task" && RIPPLES.has(fact)) pending.rippling.add(tags.task);
    if (tags.agent && ["task", "agent", "agent_run"].includes(category)) pending.agents.add(tags.agent);
    if (tags.run && category === "agent_run") pending.runs.add(tags.run);
  }
}

/** Both together. */
export function merged(one, other) {
  const both = (name) => new Set([...one[name], ...other[name]]);
  return {
    tasks: both("tasks"), rippling: both("rippling"), agents: both("agents"), runs: both("runs"),
    project: one.project || other.project, projects: one.projects || other.projects, board: one.board || other.board,
    position: Math.max(one.position, other.position),
  };
}

/** Read what was touched; what could not be read now comes back, to be tried again, or null. */
export async function readTouched(project, pending) {
  const { position } = pending;
  const failed = { ...nothing(), position };
  let failures = 0;
  const note = (field, ids) => {
    ids.forEach((id) => failed[field].add(id));
    failures += ids.length;
  };
  const whole = (field) => (error) => {
    if (!isPassing(error)) return;
    failed[field] = true;
    failures++;
  };
  await Promise.all([
    project && readCards(project, pending).then((ids) => note("tasks", ids), whole("board")),
    project && readInto(agents, "agents", [...pending.agents], position).then((ids) => note("agents", ids)),
    project && readInto(runs, "agent-runs", [...pending.runs], position).then((ids) => note("runs", ids)),
    pending.project && readProject(project, position).catch(whole("project")),
    pending.projects && readProjects(position).catch(whole("projects")),
  ]);
  return failures ? failed : null;
}

async function readCards(project, { tasks, rippling, board: whole, position }) {
  const ids = new Set([...tasks, ...(rippling.size && !whole ? await dependentsOf([...rippling], position) : [])]);
  if (whole || ids.size > MANY) {
    await readBoard(project, position);
    return [];
  }
  return ids.size ? readTasks([...ids], position) : [];
}
