/** The commands of a task: how each looks, and what it asks for. Which of them a task takes is in its row. */
import { post } from "./api.mjs";
import { agents, board, cardsOf } from "./data.mjs";
import { sentenceCase, words } from "./format.mjs";
import { ask } from "./form.mjs";
import { readTasks } from "./live.mjs";
import { complain, notify } from "./notices.mjs";
import { cardLink, go, route } from "./route.mjs";

const REASON = { name: "reason", label: "Reason", type: "textarea", max: 1000 };
const DROPPED = { value: "dropped", label: "is dropped, and hidden until it is reopened" };
const PRIORITY = {
  name: "priority",
  label: "Priority",
  type: "select",
  options: ["low", "medium", "high"].map((value) => ({ value, label: sentenceCase(value) })),
};

/**
 * name: `{label, icon, tone?, done, fields?(task), complete?(values), text?, looked?}`
 * `complete` adds what the page knows to what was asked; `looked` commands rely on the version that is shown.
 */
export const COMMANDS = {
  approve: {
    label: "Approve", icon: "check", tone: "good", done: "Approved", looked: true,
    fields: () => [{ name: "feedback", label: "Feedback", type: "textarea", max: 1000 }],
  },
  reject: {
    label: "Reject", icon: "back", tone: "bad", done: "Rejected", looked: true,
    fields: () => [{ ...REASON, required: true, hint: "The agent reads it and goes on." }, { name: "feedback", label: "Details", type: "textarea", max: 5000 }],
  },
  assign: {
    label: "Assign", icon: "user", tone: "primary", done: "Assigned",
    fields: () => [{ name: "agent_id", label: "Agent", type: "select", required: true, options: agentOptions() }],
    complete: (values) => ({ ...values, agent_name: agents.get().get(values.agent_id)?.name }),
  },
  queue: { label: "Queue", icon: "queue", done: "Queued" },
  dequeue: { label: "Take out of the queue", icon: "queue", done: "Taken out of the queue" },
  "finish-work": {
    label: "Finish work", icon: "check", tone: "primary", done: "Work finished",
    fields: (task) => [
      { name: "summary", label: "Summary", type: "textarea", value: task.summary, max: 100_000 },
      { name: "turn_count", label: "Turns", type: "number", min: 1, required: true, value: Math.max(1, task.turn_count ?? 1) },
      { name: "files_changed", label: "Files changed", type: "number", min: 0, required: true, value: task.files_changed ?? 1 },
      { name: "lines_added", label: "Lines added", type: "number", min: 0, value: task.lines_added },
      { name: "lines_removed", label: "Lines removed", type: "number", min: 0, value: task.lines_removed },
    ],
  },
  retry: { label: "Retry", icon: "play", tone: "primary", done: "Queued again" },
  unblock: { label: "Unblock", icon: "play", done: "Unblocked" },
  reopen: { label: "Reopen", icon: "back", done: "Reopened", fields: () => [{ ...REASON, required: true }] },
  "change-details": {
    label: "Edit", icon: "edit", done: "Saved", looked: true,
    fields: (task) => [
      { name: "title", label: "Title", value: task.title, required: true, max: 200 },
      { name: "description", label: "Description", type: "textarea", value: task.description, clears: true, max: 5000 },
      { ...PRIORITY, value: task.priority },
    ],
  },
  block: {
    label: "Block", icon: "blocked", done: "Blocked",
    fields: (task) => [
      { name: "reason", label: "Reason", type: "select", options: reasonsToBlock(task).map((value) => ({ value, label: sentenceCase(words(value)) })) },
      { name: "detail", label: "What is in the way", type: "textarea" },
    ],
  },
  "change-labels": {
    label: "Labels", icon: "edit", done: "Labels saved",
    fields: (task) => [{ name: "labels", label: "Labels", type: "tags", value: (task.labels ?? []).join(", "), hint: "Up to ten, with commas between them." }],
  },
  "add-dependency": {
    label: "Add dependency", icon: "link", done: "Dependency added",
    fields: (task) => [{ name: "depends_on_task_id", label: "Waits for", type: "select", required: true, options: taskOptions(task) }],
  },
  cancel: {
    label: "Cancel", icon: "close", done: "Cancelled",
    fields: (task) => [
      { name: "to", label: "The task", type: "select", options: task.state === "ready" ? [DROPPED] : [{ value: "backlog", label: "goes back to the backlog" }, DROPPED] },
      { ...REASON, max: 500 },
    ],
  },
  delete: { label: "Delete", icon: "trash", tone: "bad", done: "Deleted", looked: true, text: "It leaves the board. Its history stays in the ledger.", fields: () => [] },
};

/** The commands that a task takes as it is now, in the order in which they are shown. */
export const allowed = (task) => Object.keys(COMMANDS).filter((name) => task.commands.includes(name));

/** Give a task a command, after asking for what it needs. */
export function command(task, name) {
  const { label, fields, text, tone } = COMMANDS[name];
  if (!fields) return run(task, name, {}).catch(complain);
  ask({ title: `${label}: ${task.title}`, text, tone, submit: label, fields: fields(task), run: (values) => run(task, name, values) });
}

async function run(task, name, body) {
  const { done, looked, complete = (values) => values } = COMMANDS[name];
  const { version } = board.get().tasks.get(task.id) ?? task;
  const { position } = await post(["tasks", task.id, name], complete(body), { version: looked ? version : null });
  notify(`${done}: ${task.title}`);
  if (name === "delete" && route.get().task === task.id) go(cardLink(null));
  await readTasks([task.id], position);
}

export async function dropDependency(task, depends_on_task_id) {
  try {
    const { position } = await post(["tasks", task.id, "remove-dependency"], { depends_on_task_id });
    await readTasks([task.id], position);
  } catch (error) {
    complain(error);
  }
}

export function newTask() {
  const project_id = route.get().project;
  if (!project_id) return;
  ask({
    title: "New task",
    submit: "Create task",
    fields: [
      { name: "title", label: "Title", required: true, max: 200, placeholder: "What should be done?" },
      { name: "description", label: "Description", type: "textarea", max: 5000 },
      { ...PRIORITY, value: "medium" },
      { name: "labels", label: "Labels", type: "tags", hint: "Up to ten, with commas between them." },
    ],
    run: async (values) => {
      const { id, position } = await post(["tasks"], { project_id, ...values });
      notify(`Created: ${values.title}`);
      await readTasks([id], position);
    },
  });
}

/** Before the work has begun, only a dependency can be in the way. */
function reasonsToBlock(task) {
  return task.board_column === "backlog" ? ["dependency"] : ["manual", "dependency", "merge_conflict", "spawn_failure"];
}

function agentOptions() {
  return [...agents.get().values()]
    .sort((one, other) => Boolean(one.current_run_id) - Boolean(other.current_run_id) || one.name.localeCompare(other.name))
    .map(({ id, name, status }) => ({ value: id, label: status === "idle" ? name : `${name} (${words(status)})` }));
}

function taskOptions(task) {
  const { tasks, columns } = board.get();
  return columns.flatMap(({ name, title }) =>
    cardsOf(tasks, name).filter(({ id }) => id !== task.id).map(({ id, title: label }) => ({ value: id, label: `${label} (${title})` })),
  );
}
