/** What the events say: for each topic an icon, a tone and a sentence that follows the name of who did it. */
import { agents, board } from "./data.mjs";
import { cost, count, plural, visible, words } from "./format.mjs";

const LONGEST_QUOTE = 160;

/** Text of somebody else on one line: without the marks and escapes that it has been wrapped in. */
export function quoted(text) {
  if (text === null || text === undefined || text === "") return "";
  const told = visible(typeof text === "string" ? text : JSON.stringify(text).slice(0, 2 * LONGEST_QUOTE));
  const line = told.replaceAll(/<\/?(?:tool_use_error|system-reminder|error)>/g, "").replaceAll(/\\[nrt]|\s+/g, " ").replaceAll(/ {2,}/g, " ").trim();
  return `“${line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line}”`;
}

/** A task by its title, if the page knows it. */
const task = (id) => quoted(board.get().tasks.get(id)?.title) || id;
const because = (reason) => (reason ? `: ${quoted(words(reason))}` : "");
const tokens = (data) => (data.tokens_in || data.tokens_out ? `, ${count(data.tokens_in)} tokens in, ${count(data.tokens_out)} out` : "");
const bare = (user) => String(user ?? "").replace(/^user:/, "");
/** An agent by its name, if the page knows it. */
const named = (id) => agents.get().get(id)?.name ?? id;
const column = (name) => ({ backlog: "Backlog", in_progress: "In progress", waiting_approval: "Waiting approval", verified: "Verified" })[name] ?? words(name);

/** topic: [icon, tone, sentence] */
const SENTENCES = {
  "task.created": ["plus", "plain", (d) => `created the task ${quoted(d.title)}`],
  "task.details_changed": ["edit", "plain", (d) => `changed the ${Object.keys(d).map(words).join(", ")}`],
  "task.labels_changed": ["edit", "plain", (d) => (d.labels?.length ? `set the labels to ${d.labels.join(", ")}` : "took all labels off")],
  "task.metadata_changed": ["edit", "plain", () => "changed the metadata"],
  "task.reordered": ["move", "quiet", () => "gave it another place in the plan"],
  "task.moved_to_phase": ["move", "quiet", (d) => (d.phase_id ? `moved it to the phase ${d.phase_id}` : "took it out of its phase")],
  "task.moved": ["move", "quiet", (d) => (d.from_column === d.board_column ? `reordered it in ${column(d.board_column)}` : `moved it from ${column(d.from_column)} to ${column(d.board_column)}`)],
  "task.dependency_added": ["link", "plain", (d) => `made it wait for ${task(d.depends_on_task_id)}`],
  "task.dependency_removed": ["link", "plain", (d) => `no longer makes it wait for ${task(d.depends_on_task_id)}`],
  "task.queued": ["queue", "info", (d) => `queued it with ${d.priority} priority`],
  "task.dequeued": ["queue", "plain", (d) => `took it out of the queue${because(d.reason)}`],
  "task.assigned": ["user", "info", (d) => `assigned it to ${d.agent_name ?? d.agent_id}${d.branch ? ` on ${d.branch}` : ""}`],
  "task.unassigned": ["user", "quiet", (d) => `took it from its agent${because(d.reason)}`],
  "task.started": ["play", "quiet", () => "started the work"],
  "task.work_finished": ["check", "info", (d) => `finished the work${d.turn_count ? ` after ${plural(d.turn_count, "turn")}` : ""}${d.summary ? `: ${quoted(d.summary)}` : ""}`],
  "task.approval_requested": ["file", "review", (d) => `asked for approval of ${plural(d.files_changed ?? 0, "changed file")} (+${d.lines_added ?? 0} −${d.lines_removed ?? 0})`],
  "task.approved": ["check", "good", (d) => `approved the work${because(d.feedback)}`],
  "task.rejected": ["back", "bad", (d) => `rejected the work${because(d.reason)}`],
  "task.completed": ["check", "quiet", () => "completed the task"],
  "task.blocked": ["blocked", "bad", (d) => `blocked it, ${words(d.reason)}${d.detail ? `: ${quoted(d.detail)}` : ""}`],
  "task.unblocked": ["play", "good", (d) => `unblocked it${because(d.cause)}`],
  "task.retry_scheduled": ["back", "warn", (d) => `scheduled retry ${d.retry_count}`],
  "task.retries_exhausted": ["alert", "bad", (d) => `used up its retries (${d.retry_count})`],
  "task.retried_manually": ["back", "info", () => "started it again"],
  "task.cancelled": ["close", "warn", (d) => `${d.to === "dropped" ? "dropped it" : "sent it back to the backlog"}${because(d.reason)}`],
  "task.reopened": ["back", "warn", (d) => `reopened it${because(d.reason)}`],
  "task.deleted": ["trash", "bad", (d) => `deleted the task ${quoted(d.title)}`],

  "agent.created": ["agents", "plain", (d) => `created the agent ${quoted(d.name)}`],
  "agent.renamed": ["edit", "plain", (d) => `renamed the agent to ${quoted(d.name)}`],
  "agent.config_changed": ["gear", "plain", (d) => `changed ${Object.keys(d.patch ?? {}).map(words).join(", ") || "the configuration"}`],
  "agent.session_started": ["play", "quiet", (d) => `began session ${d.session_number}`],
  "agent.dismissed": ["close", "quiet", () => "dismissed the agent"],
  "agent.deleted": ["trash", "bad", (d) => `deleted the agent ${quoted(d.name)}`],

  "account.registered": ["plus", "plain", (d) => `registered the account ${d.email} of ${d.provider}`],
  "account.config_changed": ["gear", "plain", () => "changed the settings of the account"],
  "account.credentials_refreshed": ["user", "plain", () => "refreshed the credentials of the account"],
  "account.credentials_validated": ["check", "good", () => "saw the credentials of the account accepted"],
  "account.credentials_expired": ["alert", "warn", () => "saw the credentials of the account expire"],
  "account.used": ["user", "quiet", () => "used the account"],
  "account.exhausted": ["alert", "warn", (d) => `saw the account exhausted ${d.until ? `until ${d.until}` : "until somebody clears it"}`],
  "account.exhaustion_cleared": ["check", "good", (d) => `made the account available again, ${d.reason === "expired" ? "as its time has passed" : "by hand"}`],
  "account.reordered": ["move", "quiet", () => "gave the account another place"],
  "account.removed": ["trash", "bad", () => "removed the account"],

  "agent_run.started": ["play", "info", (d) => `started a run of ${d.agent_name ?? d.agent_id}, session ${d.session_number}`],
  "agent_run.process_spawned": ["play", "quiet", (d) => `spawned the process${d.pid ? ` ${d.pid}` : ""}`],
  "agent_run.began": ["play", "info", () => "began to work"],
  "agent_run.turn_completed": ["dot", "quiet", (d) => `completed turn ${d.turn}${tokens(d)}`],
  "agent_run.turn_corrected": ["dot", "quiet", (d) => `corrected what turn ${d.turn} used`],
  "agent_run.turn_limit_approached": ["alert", "warn", (d) => `has used ${d.turn} of ${d.max_turns} turns`],
  "agent_run.paused": ["clock", "warn", (d) => `paused the run, ${words(d.reason)}`],
  "agent_run.waiting_for_input": ["help", "warn", (d) => `waits for an answer to ${plural(d.pending_questions?.length ?? 1, "question")}`],
  "agent_run.resumed": ["play", "info", (d) => `resumed the run${d.extra_turns ? ` with ${d.extra_turns} more turns` : ""}${because(d.feedback)}`],
  "agent_run.account_switched": ["user", "plain", (d) => `switched to the account ${d.account_id}${because(d.reason)}`],
  "agent_run.process_exited": ["dot", "quiet", (d) => `saw the process end${d.exit_code === null || d.exit_code === undefined ? "" : ` with ${d.exit_code}`}`],
  "agent_run.completed": ["check", "good", (d) => `completed the run, ${words(d.reason)}, after ${plural(d.turn_count ?? 0, "turn")}${d.cost_usd ? `, ${cost(d.cost_usd)}` : ""}`],
  "agent_run.stopped": ["close", "warn", (d) => `stopped the run, ${words(d.reason)}`],
  "agent_run.failed": ["alert", "bad", (d) => `saw the run fail, ${words(d.cause)}: ${quoted(d.error)}`],

  "tool_calls.opened": ["tool", "quiet", () => "opened the record of tool calls"],
  "tool_calls.call_started": ["tool", "quiet", (d) => `called ${d.tool}`],
  "tool_calls.call_completed": ["tool", "quiet", (d) => `got the result of ${d.tool}`],
  "tool_calls.call_failed": ["tool", "bad", (d) => `saw a call of ${d.tool} fail: ${quoted(d.error)}`],
  "tool_calls.call_denied": ["blocked", "bad", (d) => `was denied ${d.tool}${because(d.reason)}`],

  "project.created": ["plus", "plain", (d) => `created the project ${d.name}`],
  "project.details_changed": ["edit", "plain", (d) => `changed the project's ${Object.keys(d).map(words).join(", ")}`],
  "project.config_changed": ["gear", "plain", (d) => `changed the project's ${Object.keys(d.patch ?? {}).map(words).join(", ")}`],
  "project.concurrency_limit_changed": ["gear", "plain", (d) => `lets ${d.max_concurrent_agents} agents run at once`],
  "project.repository_linked": ["branch", "plain", (d) => `linked the repository ${d.repository_url ?? d.repository_path}`],
  "project.github_linked": ["branch", "plain", (d) => `linked ${d.github_owner}/${d.github_repo}`],
  "project.github_unlinked": ["branch", "plain", () => "unlinked the GitHub repository"],
  "project.credential_attached": ["link", "plain", () => "attached a credential"],
  "project.credential_detached": ["link", "plain", () => "detached the credential"],
  "project.fetched": ["branch", "quiet", () => "fetched the repository"],
  "project.fetch_failed": ["alert", "bad", (d) => `could not fetch the repository: ${quoted(d.error)}`],
  "project.stage_changed": ["move", "info", (d) => `moved the project to ${words(d.stage)}`],
  "project.status_changed": ["move", "info", (d) => `made the project ${words(d.status)}`],
  "project.deleted": ["trash", "bad", (d) => `deleted the project ${d.name}`],

  "session.opened": ["sessions", "info", (d) => `opened the session ${quoted(d.title)}`],
  "session.activated": ["sessions", "quiet", () => "activated the session"],
  "session.title_changed": ["edit", "plain", (d) => `named the session ${quoted(d.title)}`],
  "session.participant_joined": ["user", "plain", (d, actor) => `${d.user_id === actor ? "joined" : `let ${bare(d.user_id)} join`} the session as ${words(d.role)}`],
  "session.participant_left": ["user", "quiet", (d, actor) => (d.user_id === actor ? "left the session" : `saw ${bare(d.user_id)} leave the session`)],
  "session.paused": ["clock", "warn", (d) => `paused the session${because(d.reason)}`],
  "session.resumed": ["play", "info", () => "resumed the session"],
  "session.error_recorded": ["alert", "warn", (d) => `had an error in the session: ${words(d.code)}`],
  "session.failed": ["alert", "bad", (d) => `saw the session fail: ${words(d.code)}`],
  "session.closing": ["close", "quiet", (d) => `is closing the session${because(d.reason)}`],
  "session.closed": ["close", "plain", (d) => `closed the session${because(d.reason)}`],
  "session_feed.entry_published": ["sessions", "quiet", (d) => `published ${words(d.type)}`],
  "session_feed.purged": ["trash", "warn", (d) => `purged the feed up to ${d.up_to_offset}`],

  "worktree.created": ["branch", "plain", (d) => `asked for a worktree of ${d.branch}`],
  "worktree.checked_out": ["branch", "quiet", () => "checked out the worktree"],
  "worktree.setup_step_completed": ["gear", "quiet", (d) => `set up the worktree: ${words(d.step)}`],
  "worktree.initialized": ["branch", "info", () => "made the worktree ready"],
  "worktree.changed": ["edit", "quiet", (d) => `changed ${d.files?.length ? plural(d.files.length, "file") : "files"} in the worktree`],
  "worktree.commit_started": ["commits", "quiet", (d) => `is committing ${quoted(d.message)}`],
  "worktree.committed": ["commits", "plain", (d) => `committed ${String(d.sha).slice(0, 9)} ${quoted(d.message)}`],
  "worktree.merge_started": ["branch", "info", (d) => `is merging the worktree into ${d.target} (${words(d.strategy)})`],
  "worktree.merged": ["branch", "good", (d) => `merged the worktree as ${String(d.merge_sha).slice(0, 9)}`],
  "worktree.merge_conflicted": ["alert", "bad", (d) => `met a conflict${d.files?.length ? ` in ${plural(d.files.length, "file")}` : ""}`],
  "worktree.conflict_resolved": ["check", "good", (d) => `resolved the conflict, ${words(d.resolution)}`],
  "worktree.merge_aborted": ["back", "warn", (d) => `aborted the merge${because(d.reason)}`],
  "worktree.removal_started": ["trash", "quiet", (d) => `is removing the worktree${d.force ? " by force" : ""}${because(d.reason)}`],
  "worktree.removed": ["trash", "plain", (d) => `removed the worktree${d.branch_pruned ? " and its branch" : ""}${because(d.reason)}`],
  "worktree.failed": ["alert", "bad", (d) => `saw the worktree fail, ${words(d.operation)}: ${quoted(d.error)}`],
  "worktree.retried": ["back", "info", (d) => `tries the worktree again, ${words(d.operation)}`],
  "worktree.marked_stale": ["clock", "warn", () => "marked the worktree stale"],

  "agent_log.chunk_appended": ["logs", "quiet", (d) => `wrote to the log of session ${d.session_number}`],
  "agent_log.purged": ["trash", "warn", (d) => `purged ${plural(d.chunks, "log chunk")} of session ${d.session_number}`],

  "command_log.trimmed": ["trash", "warn", (d) => `forgot ${plural(d.commands, "command id")} of commands recorded before ${d.recorded_before}`],
  "import_source.read": ["logs", "quiet", (d) => `imported a transcript up to byte ${d.end}`],
  "import_source.records_imported": ["logs", "quiet", (d) => `imported ${plural(d.records?.length ?? 0, "record")} of a transcript`],
  "imported_rows.imported": ["logs", "quiet", (d) => `imported ${plural(Object.keys(d.rows ?? {}).length, "row")} of ${words(d.table)} from ${d.source}`],
  "import_source.adopted": ["logs", "quiet", () => "noted which records an earlier release had imported"],

  "commit.recorded": ["commits", "plain", (d) => `committed ${String(d.commit_sha).slice(0, 9)} ${quoted(String(d.message).split("\n")[0])}`],
  "commit.completed": ["commits", "quiet", () => "completed what is known of a commit"],
  "commit.linked": ["commits", "quiet", () => "linked a commit to the write operation that made it"],
  "stage_run.queued": ["queue", "info", (d) => `queued the stage ${words(d.stage)}`],
  "stage_run.started": ["play", "info", () => "started the stage run"],
  "stage_run.succeeded": ["check", "good", () => "finished the stage run"],
  "stage_run.failed": ["alert", "bad", (d) => `saw the stage run fail: ${quoted(d.error_summary)}`],
  "stage_run.cancelled": ["close", "warn", () => "cancelled the stage run"],
  "stage_run.deleted": ["trash", "warn", (d) => `deleted the run of the stage ${words(d.stage)}`],
  "write_op.prepared": ["branch", "plain", (d) => `prepared a write to ${d.repo_full_name} on ${d.write_branch}`],
  "write_op.committed": ["commits", "good", (d) => `wrote the commit ${String(d.commit_sha).slice(0, 9)}`],
  "write_op.pull_request_opened": ["branch", "info", (d) => `opened the pull request #${d.pr_number}`],
  "write_op.pull_request_merged": ["branch", "good", () => "merged the pull request"],
  "write_op.pull_request_closed": ["branch", "warn", () => "closed the pull request"],
  "write_op.failed": ["alert", "bad", (d) => `saw the write fail: ${quoted(d.error)}`],
  "write_op.deleted": ["trash", "warn", (d) => `deleted the write to ${d.write_branch}`],

  "initiative.created": ["plus", "plain", (d) => `created the initiative ${quoted(d.name)}`],
  "initiative.renamed": ["edit", "plain", (d) => `renamed the initiative to ${quoted(d.name)}`],
  "initiative.branch_set": ["branch", "plain", (d) => (d.branch ? `set the branch of the initiative to ${d.branch}` : "took the branch off the initiative")],
  "initiative.project_linked": ["link", "plain", () => "linked a project to the initiative"],
  "initiative.project_unlinked": ["link", "plain", () => "unlinked a project from the initiative"],
  "initiative.review_requested": ["file", "review", () => "asked for a review of the initiative"],
  "initiative.review_approved": ["check", "good", (d) => `approved the initiative: its branch is ${d.strategy === "merge_and_push" ? "merged and pushed" : "pushed"}`],
  "initiative.changes_requested": ["back", "bad", (d) => `asked for changes of the initiative${because(d.summary)}`],
  "initiative.completed": ["check", "good", () => "completed the initiative"],
  "initiative.archived": ["file", "plain", () => "archived the initiative"],
  "initiative.reopened": ["back", "warn", () => "reopened the initiative"],
  "initiative.deleted": ["trash", "bad", (d) => `deleted the initiative ${quoted(d.name)}`],
  "phase.created": ["plus", "plain", (d) => `created the phase ${quoted(d.name)}`],
  "phase.renamed": ["edit", "plain", (d) => `renamed the phase to ${quoted(d.name)}`],
  "phase.content_changed": ["edit", "plain", () => "changed the text of the phase"],
  "phase.dependency_added": ["link", "plain", () => "made the phase come after another one"],
  "phase.dependency_removed": ["link", "plain", () => "no longer makes the phase come after another one"],
  "phase.approved": ["check", "info", () => "approved the plan of the phase"],
  "phase.queued": ["queue", "info", () => "queued the phase"],
  "phase.started": ["play", "info", () => "started the phase"],
  "phase.blocked": ["blocked", "bad", (d) => `blocked the phase${because(d.reason)}`],
  "phase.unblocked": ["play", "good", () => "unblocked the phase"],
  "phase.review_requested": ["file", "review", () => "asked for a review of the phase"],
  "phase.changes_requested": ["back", "bad", (d) => `asked for changes of the phase${d.comment_ids?.length ? `, with ${plural(d.comment_ids.length, "comment")}` : ""}`],
  "phase.merged": ["branch", "good", (d) => `merged the phase${d.merge_sha ? ` as ${String(d.merge_sha).slice(0, 9)}` : ""}`],
  "phase.completed": ["check", "good", () => "completed the phase"],
  "phase.reopened": ["back", "warn", () => "reopened the phase"],
  "phase.deleted": ["trash", "bad", (d) => `deleted the phase ${quoted(d.name)}`],
  "review_comment.added": ["comment", "info", (d) => `commented on ${d.file_path}:${d.line_number} ${quoted(d.body)}`],
  "review_comment.edited": ["edit", "quiet", (d) => `changed the comment to ${quoted(d.body)}`],
  "review_comment.resolved": ["check", "good", () => "resolved the comment"],
  "review_comment.unresolved": ["back", "warn", () => "opened the comment again"],
  "review_comment.deleted": ["trash", "warn", () => "deleted the comment"],
  "page.created": ["page", "plain", (d) => `created the page ${quoted(d.title)}`],
  "page.renamed": ["edit", "plain", (d) => `renamed the page to ${quoted(d.title)}`],
  "page.content_changed": ["edit", "plain", () => "wrote on the page"],
  "page.moved": ["move", "quiet", () => "moved the page"],
  "page.deleted": ["trash", "bad", (d) => `deleted the page ${quoted(d.title)}`],
  "proposal.submitted": ["page", "info", (d) => `proposed ${d.target_id ? "to change" : "to add"} a ${words(d.target_type)} ${quoted(d.title)}`],
  "proposal.accepted": ["check", "good", () => "accepted the proposal"],
  "proposal.dismissed": ["close", "warn", (d) => `dismissed the proposal${because(d.reason)}`],
  "proposal.deleted": ["trash", "warn", (d) => `deleted the proposal ${quoted(d.title)}`],
  "change_set.applied": ["edit", "info", (d) => `changed ${plural(d.entries?.length ?? 0, "thing")} of the plan${d.summary ? `: ${quoted(d.summary)}` : ""}`],
  "change_set.reverted": ["back", "warn", (d) => `reverted ${plural(d.entries?.length ?? 0, "change")} of the plan`],
  "change_set.deleted": ["trash", "warn", () => "deleted the change set"],

  "message.sent": ["sessions", "info", (d) => `sent ${d.recipient_type === "user" ? "the user" : (named(d.recipient_id) ?? "an agent")} ${d.type === "info" ? "a message" : `a message, ${words(d.type)}`}: ${quoted(d.content)}`],
  "message.read": ["check", "quiet", () => "read the message"],
  "message.responded": ["check", "quiet", () => "responded to the message"],
  "message.deleted": ["trash", "warn", () => "deleted the message"],
  "conversation.asked": ["help", "info", (d) => `asked ${named(d.to_agent_id)} ${quoted(d.question)}`],
  "conversation.answered": ["check", "good", (d) => `answered ${quoted(d.answer)}`],
  "conversation.deleted": ["trash", "warn", () => "deleted the conversation"],
  "chat_session.started": ["sessions", "info", (d) => `started a chat about the ${d.target_type} ${d.target_type === "task" ? task(d.target_id) : d.target_id}`],
  "chat_session.agent_linked": ["user", "quiet", (d) => (d.agent_id ? `let ${named(d.agent_id)} take part in the chat` : "lets no agent take part in the chat")],
  "chat_session.message_posted": ["sessions", "plain", (d) => `said ${quoted(d.content)}`],
  "chat_session.message_change_set_linked": ["link", "quiet", () => "linked the message to what it changed"],
  "chat_session.closed": ["close", "plain", () => "closed the chat"],
  "chat_session.deleted": ["trash", "warn", () => "deleted the chat"],
  "errand.opened": ["plus", "plain", (d) => `opened the errand ${quoted(d.description)} on ${d.branch}`],
  "errand.agent_assigned": ["user", "info", (d) => `gave the errand to ${named(d.agent_id)}`],
  "errand.agent_unassigned": ["user", "quiet", (d) => `took the errand from its agent${because(d.reason)}`],
  "errand.message_sent": ["sessions", "plain", (d) => `told the agent of the errand ${quoted(d.content)}`],
  "errand.submitted_for_review": ["file", "review", () => "asked for a review of the errand"],
  "errand.changes_requested": ["back", "bad", (d) => `asked for changes of the errand${because(d.feedback)}`],
  "errand.merged": ["branch", "good", (d) => `merged the errand${d.merge_sha ? ` as ${String(d.merge_sha).slice(0, 9)}` : ""}`],
  "errand.merge_conflicted": ["alert", "bad", (d) => `met a conflict${d.files?.length ? ` in ${plural(d.files.length, "file")}` : ""} when merging the errand`],
  "errand.abandoned": ["close", "warn", (d) => `abandoned the errand${because(d.reason)}`],
  "errand.deleted": ["trash", "bad", (d) => `deleted the errand on ${d.branch}`],

  "redaction.begun": ["trash", "warn", (d) => `began to erase secrets from the events up to ${d.up_to_position}`],
  "redaction.finished": ["trash", "warn", (d) => `erased secrets from ${plural(d.events, "event")}`],

  "workspace.created": ["plus", "plain", (d) => `created the workspace ${d.name}`],
  "workspace.updated": ["edit", "plain", () => "changed the workspace"],
  "workspace.deleted": ["trash", "bad", () => "deleted the workspace"],
};

/** Every topic that the page listens to. */
export const TOPICS = Object.keys(SENTENCES);

/** What follows from another event, or is one of very many. */
export const isQuiet = (topic) => SENTENCES[topic]?.[1] === "quiet";

/** How to show an event: `{icon, tone, text, by}`; one without a sentence, or that does not fit it, is told by its topic. */
export function tell(event) {
  const [icon, tone, sentence] = SENTENCES[event.topic] ?? ["dot", "quiet", null];
  const plainly = words(String(event.topic).replace(".", ": "));
  try {
    return { icon, tone, text: sentence?.(event.data ?? {}, event.actor) ?? plainly, by: doer(event) };
  } catch {
    return { icon, tone, text: plainly, by: null };
  }
}

/** Who did it, where it is not the one who recorded it: a commit's author, the agent of an imported session. */
function doer({ topic, actor, tags, data }) {
  if (typeof data?.author_name === "string") return data.author_name;
  if (actor !== "import" || !OF_AGENTS.test(topic)) return null;
  return agents.get().get(tags?.agent ?? data?.agent_id)?.name ?? data?.agent_name ?? null;
}

const OF_AGENTS = /^(agent_run|tool_calls|agent_log|agent\.session_started)\b/;
