"""What does here what each function of Codewalkers' ports does: a command, a service or a query, and a request."""

from typing import NamedTuple


class Function(NamedTuple):
    """A function of a port.

    Attributes:
        ours: `Phase.create` is a command of an aggregate, `projections.phases.get` a query, `services.pages.root` a
            service. Several are named with commas.
        request: the same over HTTP.
    """

    name: str
    ours: str
    request: str


def crud(kind: str, path: str, *names: str, update: str = "", update_request: str = "") -> list[Function]:
    """The functions that most ports have; those named."""
    module = f"projections.{path.replace('-', '_')}"
    known = {
        "create": Function("create", f"{kind}.create", f"POST /api/{path}"),
        "findById": Function("findById", f"{module}.get", f"GET /api/{path}/{{id}}"),
        "findAll": Function("findAll", f"{module}.{_table(path)}", f"GET /api/{path}"),
        "update": Function("update", update, update_request),
        "delete": Function("delete", f"{kind}.delete", f"POST /api/{path}/{{id}}/delete"),
    }
    return [known[name] for name in names]


def _table(path: str) -> str:
    return "".join(word.capitalize() for word in path.split("-"))


ALL = ("create", "findById", "findAll", "update", "delete")

PORTS: dict[str, list[Function]] = {
    "InitiativeRepository": [
        *crud(
            "Initiative",
            "initiatives",
            *ALL,
            update="Initiative.rename, Initiative.set_branch, Initiative.complete, Initiative.archive",
            update_request="POST /api/initiatives/{id}/rename",
        ),
        Function("findByStatus", "projections.initiatives.by_status", "GET /api/initiatives?status="),
    ],
    "PhaseRepository": [
        *crud(
            "Phase",
            "phases",
            "create",
            "findById",
            "update",
            "delete",
            update="Phase.rename, Phase.change_content, Phase.approve, Phase.start, Phase.block, Phase.merge",
            update_request="POST /api/phases/{id}/change-content",
        ),
        Function("findByInitiativeId", "projections.phases.of_initiative", "GET /api/phases?initiative_id="),
        Function("createDependency", "Phase.add_dependency", "POST /api/phases/{id}/add-dependency"),
        Function("getDependencies", "projections.phase_dependencies.dependencies", "GET /api/phases/{id}"),
        Function("getDependents", "projections.phase_dependencies.dependents", "GET /api/phases/{id}"),
    ],
    "TaskRepository": [
        *crud(
            "Task",
            "tasks",
            *ALL,
            update="Task.change_details, Task.reorder, Task.move_to_phase, Task.finish_work, Task.block",
            update_request="POST /api/tasks/{id}/change-details",
        ),
        Function("findByParentTaskId", "projections.tasks.of_parent", "GET /api/tasks?parent_task_id="),
        Function("findByPhaseId", "projections.tasks.of_phase", "GET /api/tasks?phase_id="),
        Function("createDependency", "Task.add_dependency", "POST /api/tasks/{id}/add-dependency"),
    ],
    "AgentRepository": [
        *crud(
            "Agent",
            "agents",
            *ALL,
            update="Agent.rename, services.runs.start_run, services.runs.resume_run, AgentRun.stop, Agent.dismiss",
            update_request="POST /api/agents/{id}/rename",
        ),
        Function("findByName", "projections.agents.by_name", "GET /api/agents?name="),
        Function("findByTaskId", "projections.agent_runs.of_task", "GET /api/agent-runs?task_id="),
        Function(
            "findBySessionId", "projections.agent_runs.by_provider_session", "GET /api/agent-runs?provider_session_id="
        ),
        Function("findByStatus", "projections.agents.by_status", "GET /api/agents?status="),
    ],
    "MessageRepository": [
        *crud(
            "Message",
            "messages",
            *ALL,
            update="Message.read, services.messages.respond",
            update_request="POST /api/messages/{id}/read",
        ),
        Function(
            "findPendingForUser", "projections.messages.pending_for_user", "GET /api/messages?recipient_type=&status="
        ),
        Function(
            "findRequiringResponse", "projections.messages.requiring_response", "GET /api/messages?requires_response="
        ),
        Function("findReplies", "projections.messages.replies", "GET /api/messages?parent_message_id="),
    ],
    "PageRepository": [
        *crud(
            "Page",
            "pages",
            "create",
            "findById",
            "update",
            "delete",
            update="Page.rename, Page.change_content, Page.move",
            update_request="POST /api/pages/{id}/change-content",
        ),
        Function("findRootPage", "projections.pages.root", "GET /api/pages?initiative_id="),
        Function("getOrCreateRootPage", "services.pages.ensure_root_page", "POST /api/pages/ensure-root-page"),
        Function("findByParentPageId", "projections.pages.children", "GET /api/pages?parent_page_id="),
    ],
    "ProjectRepository": [
        *crud(
            "Project",
            "projects",
            *ALL,
            update="Project.change_details, Project.link_repository, Project.report_fetch",
            update_request="POST /api/projects/{id}/change-details",
        ),
        Function("setInitiativeProjects", "Initiative.set_projects", "POST /api/initiatives/{id}/set-projects"),
        Function("findProjectsByInitiativeId", "projections.initiatives.projects_of", "GET /api/initiatives/{id}"),
    ],
    "AccountRepository": [
        *crud(
            "Account",
            "accounts",
            *ALL,
            update="Account.refresh_credentials, Account.change_config, Account.reorder",
            update_request="POST /api/accounts/{id}/refresh-credentials",
        ),
        Function("findNextAvailable", "services.accounts.next_account", "POST /api/accounts/next-available"),
        Function("markExhausted", "Account.mark_exhausted", "POST /api/accounts/{id}/mark-exhausted"),
        Function(
            "clearExpiredExhaustion",
            "services.accounts.clear_expired_exhaustion",
            "POST /api/accounts/clear-expired-exhaustion",
        ),
    ],
    "ProposalRepository": [
        *crud(
            "Proposal",
            "proposals",
            *ALL,
            update="services.proposals.accept, Proposal.dismiss",
            update_request="POST /api/proposals/{id}/accept",
        ),
        Function("findByAgentIdAndStatus", "projections.proposals.of_agent", "GET /api/proposals?agent_id=&status="),
        Function("updateManyByAgentId", "services.proposals.resolve_all", "POST /api/proposals/resolve-all"),
        Function("countByAgentIdAndStatus", "projections.proposals.count", "GET /api/proposals?agent_id=&status="),
    ],
    "LogChunkRepository": [
        Function("insertChunk", "domain.agent_log.append_chunk", "POST /api/agents/{id}/logs"),
        Function("findByAgentId", "projections.agent_logs.chunks", "GET /api/agents/{id}/logs"),
        Function("deleteByAgentId", "services.retention.purge_agent_log", ""),
        Function("getSessionCount", "projections.agent_logs.session_count", "GET /api/agents/{id}/logs"),
    ],
    "ConversationRepository": [
        *crud("Conversation", "conversations", "create", "findById"),
        Function(
            "findPendingForAgent",
            "projections.conversations.pending_for_agent",
            "GET /api/conversations?to_agent_id=&status=",
        ),
        Function("answer", "Conversation.answer", "POST /api/conversations/{id}/answer"),
    ],
    "ChatSessionRepository": [
        Function("createSession", "ChatSession.create", "POST /api/chat-sessions"),
        Function(
            "findActiveSession",
            "projections.chat_sessions.active",
            "GET /api/chat-sessions?target_type=&target_id=&status=",
        ),
        Function(
            "findActiveSessionByAgentId",
            "projections.chat_sessions.active_by_agent",
            "GET /api/chat-sessions?agent_id=&status=",
        ),
        Function("updateSession", "ChatSession.link_agent, ChatSession.close", "POST /api/chat-sessions/{id}/close"),
        Function("createMessage", "ChatSession.post_message", "POST /api/chat-sessions/{id}/post-message"),
        Function(
            "findMessagesBySessionId", "projections.chat_sessions.messages", "GET /api/chat-sessions/{id}/messages"
        ),
    ],
    "ReviewCommentRepository": [
        *crud("ReviewComment", "review-comments", "create", "delete"),
        Function("findByPhaseId", "projections.review_comments.of_phase", "GET /api/review-comments?phase_id="),
        Function("resolve", "ReviewComment.resolve", "POST /api/review-comments/{id}/resolve"),
        Function("unresolve", "ReviewComment.unresolve", "POST /api/review-comments/{id}/unresolve"),
    ],
    "ErrandRepository": [
        *crud(
            "Errand",
            "errands",
            "create",
            "findById",
            "update",
            "delete",
            update="Errand.assign_agent, Errand.submit_for_review, Errand.merge, Errand.abandon",
            update_request="POST /api/errands/{id}/merge",
        ),
        Function("findAll", "projections.errands.find", "GET /api/errands?project_id=&status="),
    ],
}
