"""The cascade of a deleted project: what it leaves behind ends with it (domain.md 3.5, rule 3, and 3.8)."""

from collections import defaultdict
from collections.abc import Iterator

from workledger.domain.agent import Agent, AgentAlreadyRunning, AgentCreated
from workledger.domain.errand import Errand, ErrandOpened
from workledger.domain.initiative import Initiative, InitiativeProjectUnlinked, initiatives_of
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.policy import Policy, Reaction, aggregate_ids_started_by
from workledger.domain.kernel.unit import Unit
from workledger.domain.policies.dependents import dependents
from workledger.domain.project.events import ProjectDeleted
from workledger.domain.session import Session
from workledger.domain.session.events import SessionClosed, SessionOpened
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import WorktreeCreated, WorktreeRemoved

REASON = "project_deleted"


def _end(reaction: Reaction) -> None:
    """End the sessions, worktrees, errands, links, planned tasks and agents of a deleted project.

    Sessions and worktrees end by events, not by commands: those refuse some states, and require the project.
    Its tasks in plans are deleted by events of their own: the phases and initiatives that they hold keys of live on.
    Agents come last: one with a run in another project is refused, and retried when the run has ended.
    """
    for id in _in_project(reaction, SessionOpened):
        reaction.decide(_close, id, part=Session.stream(id))
    for id in _in_project(reaction, WorktreeCreated):
        reaction.decide(_remove, id, part=Worktree.stream(id))
    for id in _in_project(reaction, ErrandOpened):
        reaction.decide(_drop, id, part=Errand.stream(id))
    for stream in reaction.ledger.holders(initiatives_of(reaction.id)):
        reaction.decide(_unlink, stream.partition("-")[2], reaction.id, part=stream)
    for id in _planned(reaction):
        reaction.decide(_delete_task, id, part=f"{Task.stream(id)}:planned")
    for id, gone in _waiting_elsewhere(reaction).items():
        reaction.decide(_give_up, id, gone, part=Task.stream(id))
    for id in _in_project(reaction, AgentCreated):
        reaction.decide(_delete, id, part=Agent.stream(id))


def _in_project(reaction: Reaction, first: type[Event]) -> Iterator[str]:
    return aggregate_ids_started_by(reaction.ledger, first, ("project", reaction.id))


def _close(unit: Unit, id: str) -> None:
    session = unit.find(Session, id)
    if session is not None and session.status != "closed":
        unit.record(Session, id, [SessionClosed(status="closed", reason=REASON)])


def _remove(unit: Unit, id: str) -> None:
    worktree = unit.find(Worktree, id)
    if worktree is not None and worktree.status_detail != "removed":
        unit.record(Worktree, id, [WorktreeRemoved(branch_pruned=False, reason=REASON)])


def _drop(unit: Unit, id: str) -> None:
    if unit.find(Errand, id) is not None:
        unit.edit(Errand, id).delete()


def _unlink(unit: Unit, id: str, project_id: str) -> None:
    initiative = unit.find(Initiative, id)
    if initiative is not None and project_id in initiative.project_ids:
        unlinked = InitiativeProjectUnlinked(project_id=project_id, reason=REASON)
        unit.record(Initiative, id, [unlinked])


def _planned(reaction: Reaction) -> Iterator[str]:
    """The tasks of the project that are in a phase or an initiative."""
    for id in _in_project(reaction, TaskCreated):
        task = reaction.ledger.find(Task, id)
        if task is not None and (task.phase_id or task.initiative_id):
            yield id


def _delete_task(unit: Unit, id: str) -> None:
    if unit.find(Task, id) is not None:
        unit.edit(Task, id).delete()


def _delete(unit: Unit, id: str) -> None:
    if unit.find(Agent, id) is not None:
        unit.edit(Agent, id).delete()


def _waiting_elsewhere(reaction: Reaction) -> dict[str, list[str]]:
    """The tasks of other projects that depend on tasks of this one, each with those dependencies."""
    waiting = defaultdict(list)
    for gone in _in_project(reaction, TaskCreated):
        for id in dependents(reaction, gone):
            waiting[id].append(gone)
    return waiting


def _give_up(unit: Unit, id: str, gone: list[str]) -> None:
    """Remove a task's dependencies on the project's tasks, which will never be done: they have no delete events of
    their own that UNBLOCK_DEPENDENTS could react to."""
    task = unit.find(Task, id)
    if task is None:
        return
    for one in gone:
        other = unit.find(Task, one)
        if other is not None and other.project_id != task.project_id and other.state != "done":
            unit.edit(Task, id).remove_dependency(depends_on_task_id=one, reason=REASON)


CASCADE_PROJECT = Policy("cascade_project", (ProjectDeleted,), _end, retry_on=(AgentAlreadyRunning,))
"""When a project is deleted, its sessions are closed, its worktrees removed, its errands and agents deleted, its
initiatives unlinked, and the dependencies of other projects' tasks on its tasks removed. Its own tasks are deleted
without events, but for those in phases and initiatives (domain.md 3.5)."""
