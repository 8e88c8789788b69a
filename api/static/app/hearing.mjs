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
const WAITING_OF_TASKS = ["approval_requested", "approved", "rejected", "completed", "cancelled", "reopened", "deleted", "details_changed"];
const WAITING_OF_RUNS = ["waiting_for_input", "resumed", "completed", "stopped", "failed"];
const WAITING_OF_OTHERS = ["agent.deleted", "project.deleted", "project.details_changed"];

/** What may change the inbox, whatever project it is of. */
export const INBOX_TOPICS = new Set([
  ...TOPICS.filter((topic) => WAITING.has(categoryOf(topic))),
  ...WAITING_OF_TASKS.map((fact) => `task.${fact}`),
  ...WAITING_OF_RUNS.map((fact) => `agent_run.${fact}`),
  ...WAITING_OF_OTHERS,
]);

/** What is wanted of all projects: their own events, as all are offered, and what may change the inbox. */
export const EVERYWHERE = TOPICS.filter((topic) => categoryOf(topic) === "project" || INBOX_TOPICS.has(topic));

const PLAN = new Set(["initiative", "phase", "review_comment", "task"]);

/** Whether an event changes the plan of an initiative, of any unless one is named. */
export const isOfPlan = ({ topic, tags }, initiative = tags?.initiative) => PLAN.has(categoryOf(topic)) && Boolean(initiative) && tags?.initiative === initiative;
