"""A phase is a part of an initiative: planned, worked on in tasks, reviewed and merged (Codewalkers, domain.md 2.7)."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from workledger.domain.dependencies import check_not_itself
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.claims import Require
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Document, Name, Reason, Sha
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.phase.events import (
    PhaseApproved,
    PhaseBlocked,
    PhaseChangesRequested,
    PhaseCompleted,
    PhaseContentChanged,
    PhaseCreated,
    PhaseDeleted,
    PhaseDependencyAdded,
    PhaseDependencyRemoved,
    PhaseMerged,
    PhaseQueued,
    PhaseRenamed,
    PhaseReopened,
    PhaseReviewRequested,
    PhaseStarted,
    PhaseUnblocked,
)
from workledger.domain.phase.refusals import PhaseInvalidTransition, PhaseNotFound

Status = Literal["pending", "approved", "in_progress", "completed", "blocked", "pending_review"]
State = Literal["pending", "approved", "queued", "in_progress", "completed", "blocked", "pending_review"]


def state_of(status: str, queued: bool) -> State:
    """The state of a phase: its status, and `queued` of an approved one that is queued."""
    return cast(State, "queued" if queued and status == "approved" else status)


class Phase(
    Aggregate,
    category="phase",
    prefix="pha",
    not_found=PhaseNotFound,
    invalid=PhaseInvalidTransition,
    state="state",
):
    """A part of an initiative: its plan is approved, its tasks are worked on, the whole is reviewed and merged."""

    initiative_id: str
    name: str
    content: dict[str, Any] | str | None = None
    status: Status = "pending"
    queued: bool = False
    blocked_in: State | None = None
    """The state that it was last blocked in."""
    blocked_reason: str | None = None
    depends_on: tuple[str, ...] = ()
    merge_base: str | None = None

    def tags(self) -> dict[str, str | None]:
        return {"initiative": self.initiative_id, "phase": self.id}

    def belongs_to(self) -> Iterable[Require]:
        yield Initiative.exists(self.initiative_id)

    @property
    def state(self) -> State:
        """Its state: its status and whether it is queued, as one word."""
        return state_of(self.status, self.queued)

    @classmethod
    def state_of(cls, row: Mapping[str, Any]) -> str:
        """The state of a row of the table `phases`."""
        return state_of(row["status"], bool(row["queued"]))

    @classmethod
    @command
    def create(
        cls, *, initiative_id: Id, name: Name, id: Id | None = None, content: Document | None = None
    ) -> "New[Phase]":
        """Create a phase of an initiative.

        Raises:
            InitiativeNotFound: INITIATIVE_NOT_FOUND, in the append.
        """
        created = PhaseCreated(initiative_id=initiative_id, name=name, content=content)
        return New(Phase, id or new_id(Phase.PREFIX), [created])

    @command
    def rename(self, *, name: Name) -> list[Event]:
        """Rename it."""
        return [] if name == self.name else [PhaseRenamed(name=name)]

    @command
    def change_content(self, *, content: Document | None) -> list[Event]:
        """Replace its content; None empties it."""
        return [] if content == self.content else [PhaseContentChanged(content=content)]

    @command
    def add_dependency(self, *, depends_on_phase_id: Id) -> list[Event]:
        """Add a dependency: it cannot start before the other phase is completed.

        Raises:
            DependencySelf: DEPENDENCY_SELF, the other phase is this one.
            DependencyCycle: DEPENDENCY_CYCLE, in the append: the other phase depends on this one.
            PhaseOfAnotherInitiative: PHASE_OF_ANOTHER_INITIATIVE, in the append.
        """
        check_not_itself(type(self), self.id, depends_on_phase_id)
        if depends_on_phase_id in self.depends_on:
            return []
        return [PhaseDependencyAdded(depends_on_phase_id=depends_on_phase_id)]

    @command
    def remove_dependency(self, *, depends_on_phase_id: Id) -> list[Event]:
        """Remove a dependency."""
        if depends_on_phase_id not in self.depends_on:
            return []
        return [PhaseDependencyRemoved(depends_on_phase_id=depends_on_phase_id)]

    @command(when="pending", unless="approved")
    def approve(self) -> list[Event]:
        """Approve its plan: it may start."""
        return [PhaseApproved()]

    @command(when="approved", unless="queued")
    def queue(self) -> list[Event]:
        """Queue it: it starts when the phases that it depends on are completed."""
        return [PhaseQueued()]

    @command(when=("approved", "queued"), unless="in_progress")
    def start(self) -> list[Event]:
        """Start it.

        Raises:
            PhaseDependenciesUnmet: PHASE_DEPENDENCIES_UNMET, in the append: it depends on one that is not completed.
        """
        return [PhaseStarted()]

    @command(when=("approved", "queued", "in_progress"), repeat="blocked")
    def block(self, *, reason: Reason) -> list[Event]:
        """Block it until it is unblocked."""
        if self.status == "blocked" and reason == self.blocked_reason:
            return []
        return [PhaseBlocked(reason=reason)]

    @command(when="blocked", repeat=ANY)
    def unblock(self) -> list[Event]:
        """Unblock it: it is what it was before it was blocked."""
        if self.status != "blocked":
            return []
        before = self.blocked_in or "in_progress"
        status: Literal["approved", "in_progress"] = "in_progress" if before == "in_progress" else "approved"
        return [PhaseUnblocked(status=status, queued=before == "queued")]

    @command(when="in_progress", unless="pending_review")
    def request_review(self) -> list[Event]:
        """Ask for its review, when all its tasks are done.

        Raises:
            PhaseTasksOpen: PHASE_TASKS_OPEN, in the append: one is neither done nor dropped.
        """
        return [PhaseReviewRequested()]

    @command(when="pending_review")
    def request_changes(self, *, comment_ids: tuple[Id, ...] = (), task_id: Id | None = None) -> list[Event]:
        """Ask for changes: it is in progress again.

        Args:
            comment_ids: the review comments that ask for them.
            task_id: in which they are made, where the caller has one already.

        Raises:
            ReviewCommentNotFound: REVIEW_COMMENT_NOT_FOUND, in the append: one is not a comment on this phase.
        """
        return [PhaseChangesRequested(comment_ids=tuple(dict.fromkeys(comment_ids)), task_id=task_id)]

    @command(when="in_progress", unless="completed")
    def merge(
        self, *, merge_base: Sha | None = None, merge_sha: Sha | None = None, strategy: Name | None = None
    ) -> list[Event]:
        """Complete it without a review, where its initiative is worked on in that mode, when all its tasks are done.

        Args:
            merge_base: the commit at which its branch had parted before the merge; None when nothing was merged.

        Raises:
            PhaseReviewRequired: PHASE_REVIEW_REQUIRED, the phases of its initiative are reviewed.
            PhaseTasksOpen: PHASE_TASKS_OPEN, in the append: one is neither done nor dropped.
        """
        return self._merged(merge_base, merge_sha, strategy)

    @command(when="pending_review", unless="completed")
    def approve_review(
        self, *, merge_base: Sha | None = None, merge_sha: Sha | None = None, strategy: Name | None = None
    ) -> list[Event]:
        """Approve what was reviewed: it is merged, and completed.

        Args:
            merge_base: the commit at which its branch had parted before the merge; None when nothing was merged.

        Raises:
            PhaseTasksOpen: PHASE_TASKS_OPEN, in the append: one was added since.
        """
        return self._merged(merge_base, merge_sha, strategy)

    @command(when="completed", unless="in_progress")
    def reopen(self) -> list[Event]:
        """Work on a completed one again, such as when changes of its initiative are asked for (Codewalkers)."""
        return [PhaseReopened()]

    @command
    def delete(self) -> list[Event]:
        """Delete it in any state, with its tasks and review comments.

        Raises:
            TaskAlreadyAssigned: TASK_ALREADY_ASSIGNED, a run of one of its tasks is live.
        """
        return [PhaseDeleted(name=self.name)]

    def _merged(self, merge_base: str | None, merge_sha: str | None, strategy: str | None) -> list[Event]:
        if merge_base is None:
            return [PhaseCompleted()]
        return [PhaseMerged(merge_base=merge_base, merge_sha=merge_sha, strategy=strategy), PhaseCompleted()]
