"""The place of a task in a plan: its phase and its initiative (domain.md 3.3 and 3.5).

A task holds keys of both, so that they are not completed or deleted without it. Before phases were nouns of their own,
`phase_id` and `initiative_id` were the caller's labels: events of that time hold no keys, and nothing is required of
them. Such a task counts for a phase once it is moved there.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workledger.domain.initiative import Initiative, tasks_of_initiative
from workledger.domain.kernel.aggregate import Peers
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import belonging_to, open_tasks_of, review_task_of, tasks_of_phase
from workledger.domain.phase.refusals import ReviewTaskOpen

if TYPE_CHECKING:
    from workledger.domain.task.card import Card

REVIEW = "review"
"""The category of the task in which the changes that a review asked for are made: a phase has one open at most."""

CLOSED = ("completed", "cancelled")
"""The statuses of a task that is done or dropped: its phase does not wait for it."""


def initiative_of_phase(phase_id: str | None, peers: Peers) -> str | None:
    """The initiative of a phase; None when there is no such phase, which a claim refuses."""
    phase = peers.find(Phase, phase_id) if phase_id else None
    return phase.initiative_id if phase else None


def joins(initiative_id: str | None, phase_id: str | None, category: str, status: str) -> Iterator[Claim]:
    """The claims of a task that comes into an initiative, and into a phase of it."""
    if phase_id:
        yield Phase.exists(phase_id)
    if initiative_id:
        yield Initiative.exists(initiative_id)
        yield Take(tasks_of_initiative(initiative_id), capacity=UNLIMITED)
    if phase_id:
        if initiative_id:
            yield belonging_to(initiative_id, phase_id)
        yield Take(tasks_of_phase(phase_id), capacity=UNLIMITED)
        if status not in CLOSED:
            yield from opens(phase_id, category)


def opens(phase_id: str | None, category: str) -> Iterator[Claim]:
    """The claims of a task that its phase waits for from now on (X16)."""
    if phase_id:
        yield Take(open_tasks_of(phase_id), capacity=UNLIMITED)
        if category == REVIEW:
            yield takes_review(phase_id)


def takes_review(phase_id: str) -> Take:
    """The claim that a task is the open review task of its phase."""
    return Take(review_task_of(phase_id), ReviewTaskOpen, details={"phase_id": phase_id})


def closes(phase_id: str | None) -> Iterator[Claim]:
    """The claims of a task that its phase waits for no more."""
    if phase_id:
        yield Release(open_tasks_of(phase_id))
        yield Release(review_task_of(phase_id))


def leaves_phase(phase_id: str | None) -> Iterator[Claim]:
    """The claims of a task that leaves its phase."""
    if phase_id:
        yield Release(tasks_of_phase(phase_id))
        yield from closes(phase_id)


def changes_category(before: "Card", category: str | None) -> Iterable[Claim]:
    """The claims of an unfinished task whose category is changed: it comes to be a review task, or is one no more."""
    if not before.phase_id or before.status in CLOSED or category in (None, before.category):
        return
    if category == REVIEW:
        yield takes_review(before.phase_id)
    elif before.category == REVIEW:
        yield Release(review_task_of(before.phase_id))


def leaves_plan(before: "Card") -> Iterator[Claim]:
    """The claims of a task that is deleted."""
    yield from leaves_phase(before.phase_id)
    if before.initiative_id:
        yield Release(tasks_of_initiative(before.initiative_id))
