/** The kinds of things that wait for people: what each says, where it is looked at, and how it is answered in place. */
import { absolute, asked, plural, words } from "./format.mjs";
import { openComments } from "./nouns.mjs";
import { link } from "./route.mjs";

/** The sections of the inbox, in the order in which the service gives them. */
export const SECTIONS = {
  answer: ["Answer", "Agents stand still until you do."],
  unblock: ["Unblock", "Nothing goes on here by itself."],
  review: ["Review", "The work is done, and waits for a yes or a no."],
  decide: ["Decide", "Agents propose to change the plan."],
};

const TEXT = { type: "textarea", required: true };
const FEEDBACK = { ...TEXT, name: "feedback", label: "What is to be changed" };

const REVIEWED = { "request-changes": { label: "Request changes", icon: "back", done: "Changes requested", fields: [FEEDBACK] } };
const ABANDON = { label: "Abandon", icon: "close", tone: "bad", done: "Abandoned", fields: [{ name: "reason", label: "Reason", max: 500 }] };
const board = (item, task) => (item.project_id && task ? link({ project: item.project_id, view: "board", task }) : null);
const plan = (item, ...rest) => (item.project_id ? link({ project: item.project_id, view: "plan", rest }) : null);

/** An answer for each question, by its id if it has one. */
const answersTo = (questions, texts) => Object.fromEntries(questions.map((question, index) => [question?.id ?? asked(question), texts[index]]));

/** The choices that an agent offers with a question. */
const choicesOf = (question) => (Array.isArray(question?.options) ? question.options.map((option) => (typeof option === "string" ? option : option?.label)).filter(Boolean) : []);

/**
 * kind: `{icon, tone, says(item), title?(item), about?(item), href?(item), whole?(row), quick?(item), answers}`
 * `answers` are the commands it is answered with, the usual one first: `{label, icon, tone?, done, fields?, complete?(values, item)}`, where
 * `fields` may depend on the item; one without fields is given straight. `quick` are answers that need one press:
 * `[{label, name, values}]`. `whole` is the text of its row, of which the inbox has the beginning.
 */
export const KINDS = {
  question: {
    icon: "help", tone: "warn", says: (item) => `${item.agent ?? "An agent"} asks`, href: (item) => board(item, item.task_id),
    title: ({ questions, title }) => (questions?.length ? questions.map(asked).join(" · ") : title), about: ({ title, task_id: task }) => task && `About ${title}`,
    quick: ({ questions }) => (questions?.length === 1 ? choicesOf(questions[0]).map((label) => ({ label, name: "resume", values: { "answer-0": label } })) : []),
    answers: {
      resume: {
        label: "Answer", icon: "edit", tone: "primary", done: "Answered",
        fields: ({ questions }) => (questions?.length ? questions.map((question, index) => ({ ...TEXT, name: `answer-${index}`, label: questions.length > 1 ? asked(question) : "Your answer" })) : [{ ...TEXT, name: "answer-0", label: "Answer" }]),
        complete: (values, { questions }) => ({ answers: questions?.length ? answersTo(questions, questions.map((_, index) => values[`answer-${index}`])) : values["answer-0"] }),
      },
      stop: { label: "Stop the run", icon: "close", tone: "bad", done: "Stopped", fields: [{ name: "reason", label: "Reason", max: 500 }] },
    },
  },
  message: {
    icon: "mail", tone: "warn", says: (item) => `${item.agent ?? "An agent"} wants an answer`, whole: (row) => row.content,
    answers: { respond: { label: "Answer", icon: "edit", tone: "primary", done: "Answered", fields: [{ ...TEXT, name: "content", label: "Answer" }] } },
  },
  errand_conflict: {
    icon: "branch", tone: "bad", says: (item) => `Conflict with ${item.base_branch}`, whole: (row) => row.description,
    answers: {
      merge: { label: "Resolved and merged", icon: "check", tone: "good", done: "Merged" },
      ...REVIEWED,
      abandon: ABANDON,
    },
  },
  account: {
    icon: "key", tone: "bad", says: (item) => (item.until ? "Account is used up for now" : "Account is used up"),
    answers: { "clear-exhaustion": { label: "Clear", icon: "check", tone: "primary", done: "Cleared" } },
  },
  approval: {
    icon: "check", tone: "review", says: (item) => `${item.agent ?? "Work"} ${item.agent ? "has finished" : "is finished"}`, href: (item) => board(item, item.id), whole: (row) => row.summary ?? row.description,
    answers: {
      approve: { label: "Approve", icon: "check", tone: "good", done: "Approved" },
      reject: { label: "Send back", icon: "back", done: "Sent back", fields: [{ ...TEXT, name: "reason", label: "What is wrong", max: 1000, hint: "The agent reads it and goes on." }] },
    },
  },
  phase: {
    icon: "plan", tone: "review", says: () => "Phase in review", href: (item) => plan(item, item.initiative_id, item.id),
    answers: {
      "approve-review": { label: "Approve", icon: "check", tone: "good", done: "Approved" },
      "request-changes": { label: "Request changes", icon: "back", done: "Changes requested", complete: async (values, { id }) => ({ comment_ids: await openComments(id) }) },
    },
  },
  errand: {
    icon: "branch", tone: "review", says: () => "Errand in review", whole: (row) => row.description,
    answers: { merge: { label: "Mark as merged", icon: "check", tone: "good", done: "Merged" }, ...REVIEWED, abandon: ABANDON },
  },
  initiative: {
    icon: "plan", tone: "review", says: () => "Initiative in review", href: (item) => plan(item, item.id),
    answers: {
      approve: {
        label: "Approve", icon: "check", tone: "good", done: "Approved",
        fields: [{ name: "strategy", label: "Its branch", type: "select", required: true, value: "push_branch", options: [{ value: "push_branch", label: "is pushed" }, { value: "merge_and_push", label: "is merged and pushed" }] }],
      },
      "request-changes": { label: "Request changes", icon: "back", done: "Changes requested", fields: [{ ...TEXT, name: "summary", label: "What is to be changed" }] },
    },
  },
  proposal: {
    icon: "page", tone: "info", says: (item) => `${item.agent ?? "An agent"} proposes ${item.target_id ? "to change" : "to add"} a ${words(item.target_type)}`, whole: (row) => row.content ?? row.summary,
    answers: {
      accept: { label: "Accept", icon: "check", tone: "good", done: "Accepted" },
      dismiss: { label: "Dismiss", icon: "close", done: "Dismissed" },
    },
  },
};

/** The answers that an item takes as it is, in the order in which they are shown: `[[name, answer]]`. */
export const answersOf = (item) => Object.entries(KINDS[item.kind]?.answers ?? {}).filter(([name]) => item.commands.includes(name));

/** Where it belongs, and what is known of it in few words. */
export function factsOf(item) {
  return [
    item.project,
    item.kind !== "initiative" && item.initiative,
    item.priority === "high" && "high priority",
    item.files_changed > 0 && plural(item.files_changed, "file"),
    item.open_comments > 0 && plural(item.open_comments, "open comment"),
    item.provider,
    item.until && `until ${absolute(item.until)}`,
    item.kind === "errand" && item.branch,
  ].filter(Boolean);
}
