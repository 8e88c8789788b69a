/** The commands of initiatives, phases and review comments: how each looks, and what it asks for. Which of them one takes is in its row. */
import { get, post } from "./api.mjs";
import { projects } from "./data.mjs";
import { isDocument } from "./document.mjs";
import { ask } from "./form.mjs";
import { plural, sentenceCase, words } from "./format.mjs";
import { complain, notify } from "./notices.mjs";
import { plainly, withWhoWasFirst } from "./refusal.mjs";

const options = (...values) => values.map((value) => ({ value, label: sentenceCase(words(value)) }));
const NAME = { name: "name", label: "Name", required: true, max: 200 };
const BODY = { name: "body", label: "Comment", type: "textarea", required: true, max: 100_000 };
const SHA = { name: "merge_base", label: "Merge base", max: 64, hint: "The commit at which its branch had parted; empty when nothing was merged." };
const DELETE = (what) => ({ label: "Delete", icon: "trash", tone: "bad", done: "Deleted", text: () => what, fields: () => [] });

const MODE = {
  name: "execution_mode", label: "Its phases", type: "select", value: "review_per_phase",
  options: [{ value: "review_per_phase", label: "are reviewed one by one" }, { value: "yolo", label: "are merged without a review" }],
};
/** All projects that the page knows, and those that it is linked to. */
const projectsField = (linked) => ({
  name: "project_ids", label: "Projects", type: "checks", value: linked.map(({ id }) => id),
  options: [...new Map([...linked, ...(projects.get().list ?? [])].map(({ id, name }) => [id, { value: id, label: name }])).values()],
});

/** The text of a phase; a document of another editor is only shown. */
async function withText(row) {
  const { content } = await get(["phases", row.id]);
  if (isDocument(content)) throw new Error("Its text is a document, which is written elsewhere.");
  return { ...row, content };
}

const isWorkDone = ({ tasks, tasks_done: done }) => tasks > 0 && done === tasks;

/**
 * name: `{label, icon, tone?, done, fields?(row), complete?(values, row), text?(row), prepare?(row), isDue?(row), isFor?(row)}`
 * `prepare` reads what the plan does not show of a row; `isDue` says whether it is time for it, `isFor` whether it is for this one at all.
 */
const INITIATIVE = {
  approve: {
    label: "Approve", icon: "check", tone: "good", done: "Approved",
    fields: () => [{ name: "strategy", label: "Its branch", type: "select", required: true, value: "push_branch", options: [{ value: "push_branch", label: "is pushed" }, { value: "merge_and_push", label: "is merged and pushed" }] }],
  },
  "request-changes": { label: "Request changes", icon: "back", done: "Changes requested", fields: () => [{ name: "summary", label: "What is to be changed", type: "textarea", required: true }] },
  "request-review": { label: "Request review", icon: "file", done: "Review requested", isDue: ({ phases, phases_done: done }) => phases > 0 && done === phases },
  complete: { label: "Complete", icon: "check", done: "Completed" },
  rename: { label: "Rename", icon: "edit", done: "Renamed", fields: ({ name }) => [{ ...NAME, value: name }] },
  "set-branch": { label: "Branch", icon: "branch", done: "Branch set", fields: ({ branch }) => [{ name: "branch", label: "Branch", value: branch, clears: true, max: 200 }] },
  "set-projects": { label: "Projects", icon: "link", done: "Projects set", prepare: async (row) => ({ ...row, ...(await get(["initiatives", row.id])) }), fields: ({ projects: linked }) => [projectsField(linked)] },
  reopen: { label: "Reopen", icon: "back", done: "Reopened" },
  archive: { label: "Archive", icon: "file", done: "Archived" },
  delete: DELETE("Its phases, tasks and pages go with it. Their history stays in the ledger."),
};

const PHASE = {
  "approve-review": { label: "Approve", icon: "check", tone: "good", done: "Approved", fields: () => [SHA] },
  "request-changes": {
    label: "Request changes", icon: "back", done: "Changes requested",
    text: ({ open_comments }) => (open_comments ? `${plural(open_comments, "open comment")} ${open_comments === 1 ? "says" : "say"} what is to be changed.` : "No comment is open: add one that says what is to be changed."),
    fields: () => [], complete: async (values, { id }) => ({ comment_ids: await openComments(id) }),
  },
  approve: { label: "Approve plan", icon: "check", done: "Plan approved" },
  start: { label: "Start", icon: "play", tone: "primary", done: "Started", isDue: ({ unmet_dependencies: unmet }) => unmet === 0 },
  queue: { label: "Queue", icon: "queue", done: "Queued" },
  "request-review": { label: "Request review", icon: "file", done: "Review requested", isDue: (row) => isWorkDone(row) && row.execution_mode !== "yolo" },
  merge: { label: "Merge", icon: "branch", done: "Merged", fields: () => [SHA], isDue: isWorkDone, isFor: ({ execution_mode: mode }) => mode === "yolo" },
  reopen: { label: "Reopen", icon: "back", done: "Reopened" },
  unblock: { label: "Unblock", icon: "play", tone: "primary", done: "Unblocked" },
  block: { label: "Block", icon: "blocked", done: "Blocked", fields: () => [{ name: "reason", label: "Reason", type: "textarea", required: true, max: 500 }] },
  "add-dependency": {
    label: "Add dependency", icon: "link", done: "Dependency added",
    fields: ({ id, depends_on, others }) => [{ name: "depends_on_phase_id", label: "Comes after", type: "select", required: true, options: others.filter((one) => one.id !== id && !depends_on.includes(one.id)).map((one) => ({ value: one.id, label: one.name })) }],
  },
  "remove-dependency": { label: "Remove dependency", icon: "close", done: "Dependency removed", isFor: () => false },
  rename: { label: "Rename", icon: "edit", done: "Renamed", fields: ({ name }) => [{ ...NAME, value: name }] },
  "change-content": { label: "Edit the text", icon: "edit", done: "Saved", prepare: withText, fields: ({ content }) => [{ name: "content", label: "Text", type: "textarea", value: content, clears: true }] },
  delete: DELETE("Its tasks and review comments go with it. Their history stays in the ledger."),
};

const REVIEW_COMMENT = {
  resolve: { label: "Resolve", icon: "check", done: "Resolved" },
  unresolve: { label: "Reopen", icon: "back", done: "Opened again" },
  edit: { label: "Edit", icon: "edit", done: "Saved", fields: ({ body }) => [{ ...BODY, value: body }] },
  delete: DELETE("It is taken off the phase. Its history stays in the ledger."),
};

export const COMMANDS_OF = { initiatives: INITIATIVE, phases: PHASE, "review-comments": REVIEW_COMMENT };

/** The commands that a thing takes as it is, in the order in which they are shown, without those that are given elsewhere. */
export const allowedOf = (noun, row) => Object.keys(COMMANDS_OF[noun]).filter((name) => row.commands.includes(name) && (COMMANDS_OF[noun][name].isFor?.(row) ?? true));

/** Whether it is time for a command. */
export const isDue = (noun, row, name) => COMMANDS_OF[noun][name].isDue?.(row) ?? true;

const titleOf = (row) => row.name;

/** Give a thing a command as it is looked at, after asking for what it needs, or with what is given; `then` is called with the position of its events. */
export async function give(noun, shown, name, then = () => {}, given = {}) {
  const { label, fields, text, tone, done, prepare = (one) => one, complete = (values) => values } = COMMANDS_OF[noun][name];
  const row = await Promise.resolve(prepare(shown)).catch(complain);
  if (!row) return undefined;
  const send = async (values, version = row.version) => {
    const { position } = await post([noun, row.id, name], await complete(values, row), { version });
    notify(`${done}: ${titleOf(row)}`);
    then(position);
  };
  if (fields) return ask({ key: `${noun}/${name}/${row.id}`, title: `${label}: ${titleOf(row)}`, text: text?.(row), tone, submit: label, fields: fields(row), about: row, noun, name, run: send });
  return send(given).catch(async (error) => refuse(await withWhoWasFirst(error, row.id, row.version, noun)));
}

/** Say why a command was refused. */
function refuse(error) {
  const { message, code, items } = plainly(error);
  complain({ message: [message, ...items, error.meanwhile].filter(Boolean).join(" "), code });
}

/** The comments on a phase that ask for changes. */
export async function openComments(phase_id) {
  const { items } = await get(["review-comments"], { phase_id, resolved: false, limit: 100 });
  return items.filter(({ parent_comment_id: parent }) => !parent).map(({ id }) => id);
}

/** Ask for something new, and create it. */
function create(noun, title, fields, given, then) {
  ask({
    key: `new/${noun}/${Object.values(given).join("/")}`, title, submit: title.replace("New", noun === "review-comments" ? "Add" : "Create"), fields,
    run: async (values) => {
      const { id, position } = await post([noun], { ...given, ...values });
      notify(`Created: ${values.name ?? values.title ?? values.file_path}`);
      then(position, id);
    },
  });
}

export const newInitiative = (project, then) => create("initiatives", "New initiative", [{ ...NAME, placeholder: "What is to be reached?" }, MODE], { project_ids: [project] }, then);
export const newPhase = (initiative_id, then) => create("phases", "New phase", [NAME, { name: "content", label: "Text", type: "textarea" }], { initiative_id }, then);
export const newPhaseTask = (phase, project_id, then) =>
  create("tasks", "New task", [{ name: "title", label: "Title", required: true, max: 200 }, { name: "description", label: "Description", type: "textarea", max: 5000 }, { name: "priority", label: "Priority", type: "select", value: "medium", options: options("low", "medium", "high") }], { project_id, phase_id: phase.id }, then);
export const newComment = (phase_id, then) =>
  create("review-comments", "New comment", [
    { name: "file_path", label: "File", required: true, max: 1000 },
    { name: "line_number", label: "Line", type: "number", min: 1, required: true },
    { name: "line_type", label: "The line is", type: "select", value: "added", options: options("added", "removed", "context") },
    BODY,
  ], { phase_id }, then);
export const reply = (comment, then) => create("review-comments", "New comment", [BODY], { phase_id: comment.phase_id, parent_comment_id: comment.id, file_path: comment.file_path, line_number: comment.line_number, line_type: comment.line_type }, then);
