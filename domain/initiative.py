"""An initiative is a goal that is planned in phases and worked on in projects (Codewalkers, domain.md 2.6)."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take, Vacancy, key_of
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Name, Ref, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidTransition, NotFound, Refused
from workledger.domain.project import Project


class InitiativeNotFound(NotFound):
    """There is no such initiative."""

    code = "INITIATIVE_NOT_FOUND"


class InitiativePhasesOpen(Refused):
    """A phase of this initiative is not completed yet: {holder}."""

    code = "INITIATIVE_PHASES_OPEN"


class InitiativeInvalidTransition(InvalidTransition):
    """An initiative that is {state} does not accept {command}."""

    code = "INITIATIVE_INVALID_TRANSITION"


def initiatives_of(project_id: str) -> str:
    """The key that the initiatives hold that a project is linked to: when it is deleted, they are unlinked."""
    return key_of("initiatives_of_project", project_id)


def open_phases_of(initiative_id: str) -> str:
    """The key that the phases of an initiative hold until they are completed: it is not reviewed before."""
    return key_of("open_phases_of", initiative_id)


def tasks_of_initiative(initiative_id: str) -> str:
    """The key that the tasks of an initiative, those in its phases too, hold: they are deleted with it."""
    return key_of("tasks_of_initiative", initiative_id)


class PhasesCompleted:
    """Events that all phases of the initiative must be completed for."""

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Vacancy(open_phases_of(id), InitiativePhasesOpen, capacity=1, details={"initiative_id": id})


class InitiativeCreated(Created, topic="initiative.created"):
    """An initiative was created. Its phases are merged as their tasks are done (`yolo`), or reviewed before."""

    name: str
    execution_mode: str = "review_per_phase"
    status: Literal["active"] = "active"


class InitiativeRenamed(Event, topic="initiative.renamed"):
    """It was renamed."""

    name: str


class InitiativeBranchSet(Event, topic="initiative.branch_set"):
    """Its branch was set, or cleared."""

    branch: str | None


class InitiativeProjectLinked(Event, topic="initiative.project_linked"):
    """A project was linked to it: the work is done there."""

    project_id: str

    def changes(self, before: "Initiative") -> dict[str, Any]:
        return {"project_ids": (*before.project_ids, self.project_id)}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Project.exists(self.project_id)
        yield Take(initiatives_of(self.project_id), capacity=UNLIMITED)


class InitiativeProjectUnlinked(Event, topic="initiative.project_unlinked"):
    """A project is linked to it no more: a user unlinked it (`user`), or it was deleted (`project_deleted`)."""

    project_id: str
    reason: str = "user"

    def changes(self, before: "Initiative") -> dict[str, Any]:
        return {"project_ids": tuple(one for one in before.project_ids if one != self.project_id)}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Release(initiatives_of(self.project_id))


class InitiativeReviewRequested(PhasesCompleted, Event, topic="initiative.review_requested"):
    """All its phases are completed: it waits for approval."""

    status: Literal["pending_review"] = "pending_review"


class InitiativeReviewApproved(Event, topic="initiative.review_approved"):
    """It was approved: its branch is pushed (`push_branch`), or merged and pushed (`merge_and_push`)."""

    strategy: str


class InitiativeChangesRequested(Event, topic="initiative.changes_requested"):
    """The reviewer asked for changes; `phase_id` and `task_id` are for them, where they are known already."""

    summary: str
    phase_id: str | None = None
    task_id: str | None = None
    status: Literal["active"] = "active"


class InitiativeCompleted(PhasesCompleted, Event, topic="initiative.completed"):
    """It is completed."""

    status: Literal["completed"] = "completed"


class InitiativeArchived(Event, topic="initiative.archived"):
    """It was archived."""

    status: Literal["archived"] = "archived"


class InitiativeReopened(Event, topic="initiative.reopened"):
    """It was completed or archived, and is active again."""

    status: Literal["active"] = "active"


class InitiativeDeleted(Deleted, topic="initiative.deleted"):
    """The initiative was deleted with its tasks, and with all that belongs to it; their history stays readable."""

    name: str

    def cascades_to(self, before: Any, id: str) -> Iterable[str]:
        yield tasks_of_initiative(id)

    def claims(self, before: "Initiative", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Vacancy(tasks_of_initiative(id), ConcurrencyConflict, capacity=1)
        for project_id in before.project_ids:
            yield Release(initiatives_of(project_id))


Status = Literal["active", "pending_review", "completed", "archived"]
ExecutionMode = Literal["yolo", "review_per_phase"]
Strategy = Literal["push_branch", "merge_and_push"]


class Initiative(
    Aggregate, category="initiative", prefix="ini", not_found=InitiativeNotFound, invalid=InitiativeInvalidTransition
):
    """A goal: active while it is worked on, reviewed as a whole, then completed; archived when it is out of sight."""

    name: str
    status: Status = "active"
    execution_mode: ExecutionMode = "review_per_phase"
    branch: str | None = None
    project_ids: tuple[str, ...] = ()

    def tags(self) -> dict[str, str | None]:
        return {"initiative": self.id}

    @classmethod
    @command
    def create(
        cls,
        *,
        name: Name,
        id: Id | None = None,
        execution_mode: ExecutionMode = "review_per_phase",
        branch: Ref | None = None,
        project_ids: tuple[Id, ...] = (),
    ) -> "New[Initiative]":
        """Create an initiative, linked to these projects."""
        events: list[Event] = [InitiativeCreated(name=name, execution_mode=execution_mode)]
        if branch is not None:
            events.append(InitiativeBranchSet(branch=branch))
        events += [InitiativeProjectLinked(project_id=one) for one in dict.fromkeys(project_ids)]
        return New(Initiative, id or new_id(Initiative.PREFIX), events)

    @command
    def rename(self, *, name: Name) -> list[Event]:
        """Rename it."""
        return [] if name == self.name else [InitiativeRenamed(name=name)]

    @command
    def set_branch(self, *, branch: Ref | None) -> list[Event]:
        """Set its branch, such as `cw/user-auth`; None clears it."""
        return [] if branch == self.branch else [InitiativeBranchSet(branch=branch)]

    @command
    def set_projects(self, *, project_ids: tuple[Id, ...]) -> list[Event]:
        """Link it to these projects and no others. Only the difference is recorded: the projects that stay linked
        keep the time of their link (Codewalkers `setInitiativeProjects`, C8)."""
        wanted = dict.fromkeys(project_ids)
        gone = [one for one in self.project_ids if one not in wanted]
        new = [one for one in wanted if one not in self.project_ids]
        return [
            *(InitiativeProjectUnlinked(project_id=one) for one in gone),
            *(InitiativeProjectLinked(project_id=one) for one in new),
        ]

    @command(when="active", unless="pending_review")
    def request_review(self) -> list[Event]:
        """Ask for its review, when all its phases are completed.

        Raises:
            InitiativePhasesOpen: INITIATIVE_PHASES_OPEN, in the append.
        """
        return [InitiativeReviewRequested()]

    @command(when="pending_review", unless="completed")
    def approve(self, *, strategy: Strategy = "push_branch") -> list[Event]:
        """Approve it: it is completed.

        Raises:
            InitiativePhasesOpen: INITIATIVE_PHASES_OPEN, in the append: a phase was added since.
        """
        return [InitiativeReviewApproved(strategy=strategy), InitiativeCompleted()]

    @command(when="pending_review")
    def request_changes(self, *, summary: Text, phase_id: Id | None = None, task_id: Id | None = None) -> list[Event]:
        """Ask for changes: it is active again.

        Args:
            phase_id, task_id: in which they are made, where the caller has them already.
        """
        return [InitiativeChangesRequested(summary=summary, phase_id=phase_id, task_id=task_id)]

    @command(when="active", unless="completed")
    def complete(self) -> list[Event]:
        """Complete it without a review, when all its phases are completed.

        Raises:
            InitiativePhasesOpen: INITIATIVE_PHASES_OPEN, in the append.
        """
        return [InitiativeCompleted()]

    @command(when=("active", "completed"), unless="archived")
    def archive(self) -> list[Event]:
        """Archive it: it is out of sight, with all that belongs to it."""
        return [InitiativeArchived()]

    @command(when=("archived", "completed"), unless="active")
    def reopen(self) -> list[Event]:
        """Reopen it: it is active again."""
        return [InitiativeReopened()]

    @command(when=ANY)
    def delete(self) -> list[Event]:
        """Delete it in any state, with its phases, tasks, pages and all else that belongs to it.

        Raises:
            TaskAlreadyAssigned: TASK_ALREADY_ASSIGNED, a run of one of its tasks is live.
        """
        return [InitiativeDeleted(name=self.name)]
