"""An errand is a small change on a branch of its own, beside any plan (Codewalkers, domain.md 2.9)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, Peers, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.fields import Path, Reason, Ref, Sha, Text
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.project import Project

Description = Annotated[str, Field(min_length=1, max_length=100_000)]
Status = Literal["active", "pending_review", "conflict", "merged", "abandoned"]

OPEN: tuple[Status, ...] = ("active", "pending_review", "conflict")

READY = ("starting", "running", "completed")
"""The states of an agent's latest run in which Codewalkers calls the agent `running` or `idle`."""


class ErrandOpened(Created, topic="errand.opened"):
    """An errand was opened, under the id that the caller gave."""

    description: str
    branch: str
    base_branch: str = "main"
    project_id: str | None = None
    agent_id: str | None = None
    status: Literal["active"] = "active"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        if self.agent_id:
            yield Agent.exists(self.agent_id)


class ErrandAgentAssigned(Event, topic="errand.agent_assigned"):
    """An agent was given the errand, in the place of any other."""

    agent_id: str

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Agent.exists(self.agent_id)


class ErrandAgentUnassigned(Event, topic="errand.agent_unassigned"):
    """The errand was taken from its agent."""

    agent_id: str
    reason: str | None = None

    def changes(self, before: Any) -> dict[str, Any]:
        return {"agent_id": None}


class ErrandMessageSent(Event, topic="errand.message_sent"):
    """A message was sent to the agent that works on the errand."""

    content: str

    def changes(self, before: Any) -> dict[str, Any]:
        return {}

    def guard(self, before: "Errand", id: str, peers: Peers) -> None:
        """Its agent can take a message while it runs, or when it has just finished (Codewalkers: running or idle)."""
        agent = peers.find(Agent, before.agent_id) if before.agent_id else None
        run = peers.find(AgentRun, agent.latest_run_id) if agent and agent.latest_run_id else None
        if run is None or run.status not in READY:
            raise ErrandAgentNotReady(agent_id=before.agent_id, run_status=run and run.status)


class ErrandSubmittedForReview(Event, topic="errand.submitted_for_review"):
    """The work is done and waits for a review."""

    status: Literal["pending_review"] = "pending_review"


class ErrandChangesRequested(Event, topic="errand.changes_requested"):
    """The reviewer wants something changed; the work goes on in the same worktree."""

    feedback: str
    status: Literal["active"] = "active"

    def changes(self, before: Any) -> dict[str, Any]:
        return {"status": self.status, "conflict_files": ()}


class ErrandMerged(Event, topic="errand.merged"):
    """The branch was merged into its base branch."""

    merge_sha: str | None = None
    status: Literal["merged"] = "merged"

    def changes(self, before: Any) -> dict[str, Any]:
        return {**super().changes(before), "conflict_files": ()}


class ErrandMergeConflicted(Event, topic="errand.merge_conflicted"):
    """The merge met conflicts in these files."""

    files: tuple[str, ...] = ()
    status: Literal["conflict"] = "conflict"

    def changes(self, before: Any) -> dict[str, Any]:
        return {"status": self.status, "conflict_files": self.files}


class ErrandAbandoned(Event, topic="errand.abandoned"):
    """The errand was given up."""

    reason: str | None = None
    status: Literal["abandoned"] = "abandoned"


class ErrandDeleted(Deleted, topic="errand.deleted"):
    """The errand was deleted; its history stays readable."""

    branch: str


class ErrandNotFound(NotFound):
    """There is no such errand."""

    code = "ERRAND_NOT_FOUND"


class ErrandInvalidTransition(InvalidTransition):
    """An errand that is {state} does not accept {command}."""

    code = "ERRAND_INVALID_TRANSITION"


class ErrandAgentNotReady(Refused):
    """The errand has no agent that is running or idle."""

    code = "ERRAND_AGENT_NOT_READY"


class Errand(Aggregate, category="errand", not_found=ErrandNotFound, invalid=ErrandInvalidTransition):
    """A small change: worked on, reviewed, then merged or abandoned. Its id is the caller's."""

    branch: str
    project_id: str | None = None
    agent_id: str | None = None
    status: Status
    conflict_files: tuple[str, ...] = ()
    merge_sha: str | None = None

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.agent_id, "project": self.project_id}

    def belongs_to(self) -> Iterable[Require]:
        if self.project_id:
            yield Project.exists(self.project_id)

    def requires(self) -> Iterable[Claim]:
        """One that is over needs none."""
        return self.belongs_to() if self.status in OPEN else ()

    @classmethod
    @command
    def create(
        cls,
        *,
        id: Id,
        description: Description,
        branch: Ref,
        base_branch: Ref = "main",
        project_id: Id | None = None,
        agent_id: Id | None = None,
    ) -> "New[Errand]":
        """Open an errand under an id of the caller's. An id is used once, also after its errand was deleted.

        Raises:
            ConcurrencyConflict: CONCURRENCY_CONFLICT, when recorded: there is or was an errand of that id.
            ProjectNotFound, AgentNotFound: there is no such project or agent.
        """
        event = ErrandOpened(
            description=description, branch=branch, base_branch=base_branch, project_id=project_id, agent_id=agent_id
        )
        return New(Errand, id, [event])

    @command(when="active")
    def assign_agent(self, *, agent_id: Id) -> list[Event]:
        """Give it to an agent."""
        return [] if agent_id == self.agent_id else [ErrandAgentAssigned(agent_id=agent_id)]

    @command(when="active")
    def unassign_agent(self, *, reason: Reason | None = None) -> list[Event]:
        """Take it from its agent."""
        return [] if self.agent_id is None else [ErrandAgentUnassigned(agent_id=self.agent_id, reason=reason)]

    @command(when="active")
    def send_message(self, *, content: Description) -> list[Event]:
        """Send a message to its agent.

        Raises:
            ErrandAgentNotReady: ERRAND_AGENT_NOT_READY, when recorded: it has no agent, or that is neither running nor
                idle.
        """
        return [ErrandMessageSent(content=content)]

    @command(when="active", unless="pending_review")
    def submit_for_review(self) -> list[Event]:
        """Report that the work is done."""
        return [ErrandSubmittedForReview()]

    @command(when=("pending_review", "conflict"))
    def request_changes(self, *, feedback: Text) -> list[Event]:
        """Send it back to work, in the same worktree."""
        return [ErrandChangesRequested(feedback=feedback)]

    @command(when=("pending_review", "conflict"), unless="merged")
    def merge(self, *, merge_sha: Sha | None = None) -> list[Event]:
        """Report that its branch was merged, perhaps after a conflict was resolved."""
        return [ErrandMerged(merge_sha=merge_sha)]

    @command(when=("pending_review", "conflict"))
    def report_conflict(self, *, files: tuple[Path, ...] = ()) -> list[Event]:
        """Report that the merge met conflicts in these files."""
        if self.status == "conflict" and files == self.conflict_files:
            return []
        return [ErrandMergeConflicted(files=files)]

    @command(when=OPEN, unless="abandoned")
    def abandon(self, *, reason: Reason | None = None) -> list[Event]:
        """Give it up."""
        return [ErrandAbandoned(reason=reason)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, in any state. Its id is not given again."""
        return [ErrandDeleted(branch=self.branch)]
