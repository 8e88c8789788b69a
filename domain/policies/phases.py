"""The policy that completes a phase when its last task is done (Codewalkers, domain.md 1.2 and 3.8)."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from workledger.domain.initiative import Initiative
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import open_tasks_of, tasks_of_phase
from workledger.domain.phase.events import PhaseStarted, PhaseUnblocked
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskMovedToPhase
from workledger.domain.task.events import TaskCancelled, TaskCompleted, TaskDeleted

OF_TASKS = (TaskCompleted, TaskCancelled, TaskDeleted, TaskMovedToPhase)
"""Events after which a phase may have no open task any more."""

OF_PHASES = (PhaseStarted, PhaseUnblocked)
"""Events after which a phase may be in progress whose tasks are done already."""


@dataclass(frozen=True)
class Merged:
    """What a merge of a phase's branch gave.

    Attributes:
        merge_base: the commit at which the branch had parted, looked up before the merge (C22).
    """

    merge_base: str
    merge_sha: str | None = None
    strategy: str | None = None


Merge = Callable[[Phase], Merged | None]
"""Merges the branch of a phase; None when there is nothing to merge."""


def phase_completion(merge: Merge | None = None) -> Policy:
    """A policy that takes a phase on when the last of its tasks is done: where its initiative is worked on as `yolo`
    it is merged and completed, otherwise its review is requested.

    Args:
        merge: merges the branch of a phase that is not reviewed. It is called again when the process dies before the
            phase is completed, so it must find out whether it has merged. Without it, phases are completed unmerged.
    """

    def advance(reaction: Reaction) -> None:
        for phase_id in phases_of(reaction):
            reaction.decide(_advance, reaction, phase_id, _once(merge), part=phase_id)

    return Policy("phase_completion", (*OF_TASKS, *OF_PHASES), advance, when=_of_a_phase)


def _once(merge: Merge | None) -> Merge:
    """The merge, which a decision that is made again does not repeat."""
    done: list[Merged | None] = []

    def merged(phase: Phase) -> Merged | None:
        if merge is not None and not done:
            done.append(merge(phase))
        return done[0] if done else None

    return merged


def phases_of(reaction: Reaction) -> Iterator[str]:
    """The phases that the event may have left without an open task."""
    if isinstance(reaction.event, TaskMovedToPhase):
        before = reaction.ledger.find_any(Task, reaction.id, reaction.past.version - 1)
        if before is not None and before.phase_id:
            yield before.phase_id
    if phase_id := reaction.past.tags.get("phase"):
        yield phase_id


def _of_a_phase(past: Recorded) -> bool:
    return isinstance(past.event, TaskMovedToPhase) or "phase" in past.tags


def _advance(unit: Unit, reaction: Reaction, phase_id: str, merge: Merge) -> None:
    if not _is_done(unit, reaction, phase_id):
        return
    phase = unit.edit(Phase, phase_id)
    if unit.state(Initiative, phase.initiative_id).execution_mode != "yolo":
        phase.request_review()
        return
    merged = merge(unit.state(Phase, phase_id))
    about: dict[str, Any] = asdict(merged) if merged else {}
    phase.merge(**about)


def _is_done(unit: Unit, reaction: Reaction, phase_id: str) -> bool:
    """Whether it is in progress with no open task, and some of its tasks are done; False when it was taken on since."""
    phase = unit.find(Phase, phase_id)
    if phase is None or phase.state != "in_progress" or reaction.ledger.holders(open_tasks_of(phase_id)):
        return False
    if any(hasattr(past.event, "status") for past in reaction.since(Phase, phase_id)):
        return False
    ids = (stream.partition("-")[2] for stream in reaction.ledger.holders(tasks_of_phase(phase_id)))
    return any((task := unit.find(Task, id)) is not None and task.state == "done" for id in ids)


PHASE_COMPLETION = phase_completion()
