/** What the page listens to: of the project that is shown nearly everything, of the others what people are waited for with. */
import { TOPICS, isQuiet } from "./topics.mjs";

const categoryOf = (topic) => topic.split(".")[0];

/** What comes in masses, and which view wants it. */
const MASSES = { agent_log: "logs", session_feed: "sessions", tool_calls: "activity" };

/** What a view listens to: everything, but of what comes in masses only its own. */
export const topicsOf = (view) => TOPICS.filter((topic) => [undefined, view].includes(MASSES[categoryOf(topic)]));

/** Those that say something by themselves: what is quiet follows from another event, or is one of very many. */
export const HIGHLIGHTS = TOPICS.filter((topic) => !isQuiet(topic));

const WAITING = new Set(["account", "errand", "initiative", "message", "phase", "proposal"]);
const ALSO_WAITING = [
  "task.approval_requested", "task.approved", "task.rejected", "task.completed",
  "task.cancelled", "task.reopened", "task.deleted", "task.details_changed",
  "agent_run.waiting_for_input", "agent_run.resumed", "agent_run.completed", "agent_run.stopped",
  "agent_run.failed", "agent.deleted", "project.deleted", "project.details_changed",
];

/** What may change the inbox, whatever project it is of. */
export const INBOX_TOPICS = new Set([
  ...TOPICS.filter((topic) => WAITING.has(categoryOf(topic))),
  ...ALSO_WAITING,
]);

/** What is wanted of all projects: their own events, as all are offered, and what may change the inbox. */
export const EVERYWHERE = TOPICS.filter((topic) => categoryOf(topic) === "project" || INBOX_TOPICS.has(topic));

const PLAN = new Set(["initiative", "phase", "review_comment", "task"]);

/** Whether an event changes the plan of an initiative, of any unless one is named. */
export const isOfPlan = ({ topic, tags }, initiative = tags?.initiative) => PLAN.has(categoryOf(topic)) && Boolean(initiative) && tags?.initiative === initiative;
