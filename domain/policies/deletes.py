"""The policy that ends what a deleted project leaves behind (DOMAIN.md 3.5, rule 3, and 3.8)."""

from collections import defaultdict
from collections.abc import Iterator

from workledger.domain.agent import Agent, AgentAlreadyRunning, AgentCreated
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.policy import Policy, Reaction, begun
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
    """Sessions and worktrees are ended as facts: their own commands would ask how far they are, and for the project.

    Agents come last: one that has a run in another project is deleted when that has ended.
    """
    for id in _in_project(reaction, SessionOpened):
        reaction.decide(_close, id, part=Session.stream(id))
    for id in _in_project(reaction, WorktreeCreated):
        reaction.decide(_remove, id, part=Worktree.stream(id))
    for id, gone in _waiting_elsewhere(reaction).items():
        reaction.decide(_give_up, id, gone, part=Task.stream(id))
    for id in _in_project(reaction, AgentCreated):
        reaction.decide(_delete, id, part=Agent.stream(id))


def _in_project(reaction: Reaction, first: type[Event]) -> Iterator[str]:
    return begun(reaction.ledger, first, ("project", reaction.id))


def _close(unit: Unit, id: str) -> None:
    session = unit.find(Session, id)
    if session is not None and session.status != "closed":
        unit.record(Session, id, [SessionClosed(status="closed", reason=REASON)])


def _remove(unit: Unit, id: str) -> None:
    worktree = unit.find(Worktree, id)
    if worktree is not None and worktree.status_detail != "removed":
        unit.record(Worktree, id, [WorktreeRemoved(branch_pruned=False, reason=REASON)])


def _delete(unit: Unit, id: str) -> None:
    if unit.find(Agent, id) is not None:
        unit.edit(Agent, id).delete()


def _waiting_elsewhere(reaction: Reaction) -> dict[str, list[str]]:
    """Tasks that depend on tasks of the project, and on which."""
    found = defaultdict(list)
    for gone in _in_project(reaction, TaskCreated):
        for id in dependents(reaction, gone):
            found[id].append(gone)
    return found


def _give_up(unit: Unit, id: str, gone: list[str]) -> None:
    """A task of another project waits no longer for those that will never be done: they cannot be deleted one by
    one, as the project's tasks have no events of their own when it goes."""
    task = unit.find(Task, id)
    if task is None:
        return
    for one in gone:
        other = unit.find(Task, one)
        if other is not None and other.project_id != task.project_id and other.state != "done":
            unit.edit(Task, id).remove_dependency(depends_on_task_id=one, reason=REASON)


CASCADE_PROJECT = Policy("cascade_project", (ProjectDeleted,), _end, later=(AgentAlreadyRunning,))
"""What a deleted project leaves behind is ended: its sessions closed, its worktrees removed, its agents deleted, and
tasks of other projects depend on its tasks no more. Its own tasks have no such event (DOMAIN.md 3.5)."""
