"""The events of a phase (domain.md 3.4).

An event has every column that it sets, also where the value is always the same, so a reader of the log needs no rules.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain.dependencies import check_no_cycle
from workledger.domain.initiative import Initiative, open_phases_of
from workledger.domain.kernel.aggregate import Created, Deleted, Event, Peers
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take, Vacancy
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.phase import claims
from workledger.domain.phase.refusals import PhaseReviewRequired

if TYPE_CHECKING:
    from workledger.domain.phase.phase import Phase


class PhaseCreated(Created, topic="phase.created"):
    """A phase of an initiative was created. `content` is the JSON of an editor, or text."""

    initiative_id: str
    name: str
    content: dict[str, Any] | str | None = None
    status: Literal["pending"] = "pending"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(claims.place_in(self.initiative_id, id))
        yield Take(claims.open_phase(id))
        yield Take(open_phases_of(self.initiative_id), capacity=UNLIMITED)


class PhaseRenamed(Event, topic="phase.renamed"):
    """It was renamed."""

    name: str


class PhaseContentChanged(Event, topic="phase.content_changed"):
    """Its content was replaced."""

    content: dict[str, Any] | str | None


class PhaseDependencyAdded(Event, topic="phase.dependency_added"):
    """It depends on that phase of its initiative: it cannot start until that is completed."""

    depends_on_phase_id: str

    def changes(self, before: "Phase") -> dict[str, Any]:
        return {"depends_on": (*before.depends_on, self.depends_on_phase_id)}

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        yield before.exists(self.depends_on_phase_id)
        yield claims.belonging_to(before.initiative_id, self.depends_on_phase_id)
        yield Take(claims.dependents_of(self.depends_on_phase_id), capacity=UNLIMITED)

    def check(self, before: "Phase", id: str, peers: Peers) -> None:
        """Dependencies form no cycle (X14)."""
        check_no_cycle(before, id, self.depends_on_phase_id, peers)


class PhaseDependencyRemoved(Event, topic="phase.dependency_removed"):
    """It does not depend on that phase any more."""

    depends_on_phase_id: str

    def changes(self, before: "Phase") -> dict[str, Any]:
        return {"depends_on": tuple(one for one in before.depends_on if one != self.depends_on_phase_id)}

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        yield Release(claims.dependents_of(self.depends_on_phase_id))


class PhaseApproved(Event, topic="phase.approved"):
    """Its plan was approved: it may start."""

    status: Literal["approved"] = "approved"


class PhaseQueued(Event, topic="phase.queued"):
    """It was queued: it starts when the phases that it depends on are completed."""

    queued: Literal[True] = True


class PhaseStarted(Event, topic="phase.started"):
    """It was started."""

    status: Literal["in_progress"] = "in_progress"
    queued: Literal[False] = False

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        for dependency in before.depends_on:
            yield claims.is_completed(dependency)


class PhaseBlocked(Event, topic="phase.blocked"):
    """It was blocked, for `reason`."""

    reason: str
    status: Literal["blocked"] = "blocked"
    queued: Literal[False] = False

    def changes(self, before: "Phase") -> dict[str, Any]:
        return {"status": self.status, "queued": False, "blocked_in": before.state, "blocked_reason": self.reason}


class PhaseUnblocked(Event, topic="phase.unblocked"):
    """It was unblocked, and is what it was before it was blocked."""

    status: Literal["approved", "in_progress"]
    queued: bool = False
    blocked_reason: None = None


class PhaseReviewRequested(Event, topic="phase.review_requested"):
    """All its tasks are done: it waits for its review."""

    status: Literal["pending_review"] = "pending_review"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield claims.all_tasks_done(id)


class PhaseChangesRequested(Event, topic="phase.changes_requested"):
    """The reviewer asked for changes, in these comments; `task_id` is for them, where it is known already."""

    comment_ids: tuple[str, ...] = ()
    task_id: str | None = None
    status: Literal["in_progress"] = "in_progress"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        for comment_id in self.comment_ids:
            yield from claims.commented(id, comment_id)


class PhaseMerged(Event, topic="phase.merged"):
    """Its branch was merged. `merge_base` is the commit at which the two had parted before, so that the changes of the
    phase can be shown later (C22)."""

    merge_base: str
    merge_sha: str | None = None
    strategy: str | None = None


class PhaseCompleted(Event, topic="phase.completed"):
    """It is completed; phases that depend on it may start."""

    status: Literal["completed"] = "completed"

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        yield claims.all_tasks_done(id)
        yield Release(claims.open_phase(id))
        yield Release(open_phases_of(before.initiative_id))

    def guard(self, before: "Phase", id: str, peers: Peers) -> None:
        """A phase in progress is completed without a review where its initiative is worked on in that mode.

        Raises:
            PhaseReviewRequired: PHASE_REVIEW_REQUIRED, it is not.
        """
        initiative = peers.find(Initiative, before.initiative_id) if before.status == "in_progress" else None
        if initiative is not None and initiative.execution_mode != "yolo":
            raise PhaseReviewRequired(phase_id=id, initiative_id=before.initiative_id)


class PhaseReopened(Event, topic="phase.reopened"):
    """It was completed, and is in progress again: something is to be done after all."""

    status: Literal["in_progress"] = "in_progress"
    completed_at: None = None

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        yield Take(claims.open_phase(id))
        yield Take(open_phases_of(before.initiative_id), capacity=UNLIMITED)


class PhaseDeleted(Deleted, topic="phase.deleted"):
    """The phase was deleted with its tasks and review comments; their history stays readable."""

    name: str

    def cascades_to(self, before: Any, id: str) -> Iterable[str]:
        yield claims.tasks_of_phase(id)

    def claims(self, before: "Phase", id: str) -> Iterable[Claim]:
        yield Vacancy(claims.tasks_of_phase(id), ConcurrencyConflict, capacity=1)
        for dependency in before.depends_on:
            yield Release(claims.dependents_of(dependency))
        yield from super().claims(before, id)
        yield Release(claims.place_in(before.initiative_id, id))
        yield Release(claims.open_phase(id))
        yield Release(open_phases_of(before.initiative_id))
