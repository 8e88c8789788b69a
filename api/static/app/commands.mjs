/** The commands of a task: how each looks, and what it asks for. Which of them a task takes is in its row. */
import { post } from "./api.mjs";
import { agents } from "./data.mjs";
import { count, plural, sentenceCase, words } from "./format.mjs";
import { ask } from "./form.mjs";
import { complain, notify } from "./notices.mjs";
import { readTasks } from "./reads.mjs";
import { meanwhile, plainly, withWhoWasFirst } from "./refusal.mjs";
import { closeCard, route } from "./route.mjs";

const REASON = { name: "reason", label: "Reason", type: "textarea", max: 1000 };
const DROPPED = { value: "dropped", label: "is dropped, and hidden until it is reopened" };
const PRIORITY = {
  name: "priority",
  label: "Priority",
  type: "select",
  options: ["low", "medium", "high"].map((value) => ({ value, label: sentenceCase(value) })),
};

const LABELS = { name: "labels", label: "Labels", type: "tags", most: 10, longest: 50, hint: "Up to ten, with commas between them." };

/**
 * name: `{label, icon, tone?, done, fields?(task), complete?(values), text?(task), changed?}`
 * `complete` adds what the page knows to what was asked; with `changed`, only what is no longer as it was is sent.
 * Each command is for the version of the task that one looks at.
 */
export const COMMANDS = {
  approve: {
    label: "Approve", icon: "check", tone: "good", done: "Approved", text: work,
    fields: () => [{ name: "feedback", label: "Feedback", type: "textarea", max: 1000 }],
  },
  reject: {
    label: "Reject", icon: "back", tone: "bad", done: "Rejected", text: work,
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
      { name: "turn_count", label: "Turns", type: "number", min: 1, value: task.turn_count || "" },
      { name: "files_changed", label: "Files changed", type: "number", min: 0, required: true, value: task.files_changed ?? 1 },
      { name: "lines_added", label: "Lines added", type: "number", min: 0, value: task.lines_added },
      { name: "lines_removed", label: "Lines removed", type: "number", min: 0, value: task.lines_removed },
    ],
  },
  retry: { label: "Retry", icon: "play", tone: "primary", done: "Queued again" },
  unblock: { label: "Unblock", icon: "play", done: "Unblocked" },
  reopen: { label: "Reopen", icon: "back", done: "Reopened", fields: () => [{ ...REASON, required: true }] },
  "change-details": {
    label: "Edit", icon: "edit", done: "Saved", changed: true,
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
    label: "Labels", icon: "edit", done: "Labels saved", changed: true,
    fields: (task) => [{ ...LABELS, value: task.labels ?? [] }],
  },
  "add-dependency": {
    label: "Add dependency", icon: "link", done: "Dependency added",
    fields: (task) => [{ name: "depends_on_task_id", label: "Waits for", type: "task", required: true, except: task.id }],
  },
  cancel: {
    label: "Cancel", icon: "close", done: "Cancelled",
    fields: (task) => [
      { name: "to", label: "The task", type: "select", options: task.state === "ready" ? [DROPPED] : [{ value: "backlog", label: "goes back to the backlog" }, DROPPED] },
      { ...REASON, max: 500 },
    ],
  },
  delete: { label: "Delete", icon: "trash", tone: "bad", done: "Deleted", text: () => "It leaves the board. Its history stays in the ledger.", fields: () => [] },
};

/** The commands that a task takes as it is now, in the order in which they are shown. */
export const allowed = (task) => Object.keys(COMMANDS).filter((name) => task.commands.includes(name));

/** What one is asked to approve. */
function work(task) {
  if (!(task.files_changed > 0)) return undefined;
  return `${plural(task.files_changed, "file")} changed, ${plural(task.lines_added ?? 0, "line")} added, ${count(task.lines_removed)} removed.`;
}

/** Give a task a command as it is looked at, after asking for what it needs. */
export function command(task, name) {
  const { fields } = COMMANDS[name];
  if (!fields) return straight(task, name);
  return askFor(task, name, fields(task), (values, version) => run(task, name, values, version));
}

/** Ask for what a command needs; `send` gives it. */
export function askFor(task, name, fields, send) {
  const { label, text, tone, changed } = COMMANDS[name];
  ask({ key: `${name}/${task.id}`, title: `${label}: ${task.title}`, text: text?.(task), tone, submit: label, fields, about: task, name, changed, run: send });
}

/** A command that asks for nothing; it is given again when only the card's place has changed since it was looked at. */
async function straight(task, name, version = task.version) {
  try {
    await run(task, name, {}, version);
  } catch (error) {
    const news = error.status === 412 ? await meanwhile(task.id, version).catch(() => null) : null;
    if (news?.events.length === 0) return straight(task, name, news.row.version);
    refuse(await withWhoWasFirst(error, task.id, version));
    readTasks([task.id]).catch(() => {});
  }
  return undefined;
}

/** Say why a command of a task was refused. */
export function refuse(error) {
  const { message, code, items } = plainly(error);
  complain({ message: [message, ...items, error.meanwhile].filter(Boolean).join(" "), code });
}

async function run(task, name, body, version) {
  const { done, complete = (values) => values } = COMMANDS[name];
  const { position } = await post(["tasks", task.id, name], complete(body), { version });
  notify(`${done}: ${task.title}`);
  if (name === "delete" && route.get().task === task.id) closeCard();
  readTasks([task.id], position).catch(() => {});
}

export async function dropDependency(task, depends_on_task_id) {
  try {
    const { position } = await post(["tasks", task.id, "remove-dependency"], { depends_on_task_id });
    await readTasks([task.id], position);
  } catch (error) {
    refuse(await withWhoWasFirst(error, task.id, task.version));
  }
}

export function newTask() {
  const project_id = route.get().project;
  if (!project_id) return;
  ask({
    key: `new-task/${project_id}`,
    title: "New task",
    submit: "Create task",
    fields: [
      { name: "title", label: "Title", required: true, max: 200, placeholder: "What should be done?" },
      { name: "description", label: "Description", type: "textarea", max: 5000 },
      { ...PRIORITY, value: "medium" },
      LABELS,
    ],
    run: async (values) => {
      const { id, position } = await post(["tasks"], { project_id, ...values });
      notify(`Created: ${values.title}`);
      readTasks([id], position).catch(() => {});
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
