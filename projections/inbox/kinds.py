"""The kinds of things that wait, each found in the table of its noun."""

from typing import Any

import sqlalchemy as sa

from workledger.projections.accounts import Accounts
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.engine.types import MomentType
from workledger.projections.errands import Errands
from workledger.projections.inbox.rows import Column, Waiting
from workledger.projections.initiatives import InitiativeProjects, Initiatives
from workledger.projections.messages import UNANSWERED, Messages
from workledger.projections.phases import Phases
from workledger.projections.plan import OPEN_COMMENTS
from workledger.projections.projects import Projects
from workledger.projections.proposals import Proposals
from workledger.projections.task_counts import TaskCounts
from workledger.projections.tasks import Tasks


def _one(column: Column, condition: Column) -> Column:
    """A column of the one row of another table.

    It is of the row that waits, so it holds no select of its own: SQLAlchemy would not see that row from in there.
    """
    return sa.select(column).where(condition).scalar_subquery()


def _project(id: Column) -> dict[str, Any]:
    return {"project_id": id, "project": _one(Projects.c.name, Projects.c.id == id)}


def _initiative(id: Column) -> dict[str, Any]:
    return {"initiative_id": id, "initiative": _one(Initiatives.c.name, Initiatives.c.id == id)}


def _first_project(initiative_id: Column) -> dict[str, Any]:
    """The first of the projects that an initiative is linked to."""
    link = InitiativeProjects.c

    def first(column: Column) -> Column:
        linked = sa.select(column).join_from(InitiativeProjects.table, Projects.table, Projects.c.id == link.project_id)
        linked = linked.where(link.initiative_id == initiative_id)
        return linked.order_by(link.linked_at, link.project_id).limit(1).scalar_subquery()

    return {"project_id": first(Projects.c.id), "project": first(Projects.c.name)}


def _agent(id: Column) -> Column:
    return _one(Agents.c.name, Agents.c.id == id)


def _question() -> Waiting:
    run = AgentRuns.c
    return Waiting(
        "question",
        AgentRuns.table,
        run.status == "waiting_for_input",
        since=run.asked_at,
        title=sa.func.coalesce(_one(Tasks.c.title, Tasks.c.id == run.task_id), run.agent_name, "A run"),
        agent=run.agent_name,
        task_id=run.task_id,
        questions=run.pending_questions,
        **_project(run.project_id),
    )


def _message() -> Waiting:
    message = Messages.c
    return Waiting(
        "message",
        Messages.table,
        sa.and_(UNANSWERED, message.recipient_type == "user"),
        since=message.created_at,
        title=message.content,
        agent=_agent(message.sender_id),
        project_id=_one(Agents.c.project_id, Agents.c.id == message.sender_id),
        project=_one(Projects.c.name, sa.and_(Agents.c.id == message.sender_id, Projects.c.id == Agents.c.project_id)),
    )


def _account() -> Waiting:
    """One whose time has passed waits for nobody: it is used as if it were cleared."""
    account, now = Accounts.c, sa.bindparam("now", type_=MomentType())
    return Waiting(
        "account",
        Accounts.table,
        sa.and_(account.is_exhausted, sa.or_(account.exhausted_until.is_(None), account.exhausted_until > now)),
        since=account.exhausted_at,
        title=account.email,
        provider=account.provider,
        until=account.exhausted_until,
    )


def _approval(condition: Column) -> Waiting:
    task = Tasks.c
    return Waiting(
        "approval",
        Tasks.table,
        sa.and_(condition, task.board_column == "waiting_approval"),
        since=task.approval_requested_at,
        title=task.title,
        text=sa.func.coalesce(task.summary, task.description),
        agent=task.agent_name,
        task_id=task.id,
        **{name: task[name] for name in ("priority", "files_changed", "lines_added", "lines_removed", "branch")},
        **_initiative(task.initiative_id),
        **_project(task.project_id),
    )


def _errand(kind: Any, status: str) -> Waiting:
    errand = Errands.c
    return Waiting(
        kind,
        Errands.table,
        errand.status == status,
        since=errand.review_requested_at,
        title=errand.description,
        agent=_agent(errand.agent_id),
        branch=errand.branch,
        base_branch=errand.base_branch,
        files=errand.conflict_files,
        **_project(errand.project_id),
    )


def _phase() -> Waiting:
    phase = Phases.c
    return Waiting(
        "phase",
        Phases.table,
        phase.status == "pending_review",
        since=phase.review_requested_at,
        title=phase.name,
        open_comments=OPEN_COMMENTS,
        **_initiative(phase.initiative_id),
        **_first_project(phase.initiative_id),
    )


def _review() -> Waiting:
    initiative = Initiatives.c
    return Waiting(
        "initiative",
        Initiatives.table,
        initiative.status == "pending_review",
        since=initiative.review_requested_at,
        title=initiative.name,
        branch=initiative.branch,
        initiative_id=initiative.id,
        **_first_project(initiative.id),
    )


def _proposal() -> Waiting:
    proposal = Proposals.c
    return Waiting(
        "proposal",
        Proposals.table,
        proposal.status == "pending",
        since=proposal.created_at,
        title=proposal.title,
        text=proposal.summary,
        more=proposal.content.is_not(None),
        agent=_agent(proposal.agent_id),
        target_type=proposal.target_type,
        target_id=proposal.target_id,
        **_initiative(proposal.initiative_id),
        **_first_project(proposal.initiative_id),
    )


WITH_REVIEWS = sa.select(TaskCounts.c.project_id).where(
    TaskCounts.c.board_column == "waiting_approval", TaskCounts.c["count"] > 0
)
"""The projects in which a task waits, so that nobody has to look through the tasks of the others."""

WAITING = (
    _question(),
    _message(),
    _errand("errand_conflict", "conflict"),
    _account(),
    _approval(Tasks.c.project_id.in_(WITH_REVIEWS)),
    _approval(Tasks.c.project_id.is_(None)),
    _phase(),
    _errand("errand", "pending_review"),
    _review(),
    _proposal(),
)
