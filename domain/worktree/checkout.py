"""The files of a worktree: checked out, set up, changed and committed (AgentPane, domain.md 2.4)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Path, Sha
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.worktree.events import (
    State,
    WorktreeChanged,
    WorktreeCheckedOut,
    WorktreeCommitStarted,
    WorktreeCommitted,
    WorktreeInitialized,
    WorktreeSetupStepCompleted,
)
from workledger.domain.worktree.refusals import (
    WorktreeCreationFailed,
    WorktreeDirty,
    WorktreeEnvCopyFailed,
    WorktreeInitScriptFailed,
    WorktreeMergeConflict,
    WorktreeRemovalFailed,
)

Status = Literal["creating", "active", "merging", "removing", "removed", "error"]
Step = Literal["env_copied", "deps_installed", "init_script_run"]
Message = Annotated[str, Field(min_length=1, max_length=1000)]

AT_WORK = ("creating", "initializing", "active", "dirty", "committing", "merging")
"""The states that require the project; in the others a worktree of a deleted project may still fail and be removed."""

FAILED: dict[str, type[Refused]] = {
    "create": WorktreeCreationFailed,
    "copy_env": WorktreeEnvCopyFailed,
    "run_init_script": WorktreeInitScriptFailed,
    "remove": WorktreeRemovalFailed,
}
"""The refusals of a worktree after a failed operation; after any other, WORKTREE_INVALID_TRANSITION."""


class Checkout(Aggregate):
    """The part of a Worktree that concerns its files."""

    project_id: str
    task_id: str | None = None
    branch: str
    base_branch: str
    path: str
    status: Status
    status_detail: State
    steps: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    message: str = ""
    sha: str | None = None
    operation: str | None = None
    error: str | None = None
    stale: bool = False

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id, "task": self.task_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Project.exists(self.project_id)

    def requires(self) -> Iterable[Claim]:
        return self.belongs_to() if self.status_detail in AT_WORK else ()

    @command(when="creating", unless="initializing")
    def check_out(self) -> list[Event]:
        """Report that git has checked it out; its setup begins."""
        return [WorktreeCheckedOut()]

    @command(when="initializing", repeat=ANY)
    def complete_setup_step(self, *, step: Step) -> list[Event]:
        """Report a completed step of its setup."""
        if step in self.steps:
            return []
        return [WorktreeSetupStepCompleted(step=step)]

    @command(when="initializing", unless="active")
    def initialize(self, *, steps: tuple[Step, ...] = ()) -> list[Event]:
        """Report that its setup is complete.

        Args:
            steps: completed steps of its setup that were not reported one by one.
        """
        new = [step for step in dict.fromkeys(steps) if step not in self.steps]
        return [*(WorktreeSetupStepCompleted(step=step) for step in new), WorktreeInitialized()]

    @command(when=("active", "dirty"))
    def report_change(self, *, files: tuple[Path, ...] = ()) -> list[Event]:
        """Report uncommitted changes in these files: it is dirty."""
        if self.status_detail == "dirty" and files == self.files and not self.stale:
            return []
        return [WorktreeChanged(files=files)]

    @command(when="dirty", repeat="committing")
    def start_commit(self, *, message: Message) -> list[Event]:
        """Begin to commit its changes."""
        if self.status_detail == "committing" and message == self.message:
            return []
        return [WorktreeCommitStarted(message=message)]

    @command(when="committing", repeat="active")
    def complete_commit(self, *, sha: Sha) -> list[Event]:
        """Report that its changes are committed."""
        if self.status_detail == "active" and sha == self.sha:
            return []
        return [WorktreeCommitted(sha=sha, message=self.message)]

    def refusal(self, command: str) -> Refused:
        """In error, the refusal of the failed operation, where it has a code of its own."""
        about: dict[str, Any] = {"kind": self.CATEGORY, "state": self.status_detail, "command": command}
        if self.status_detail == "error" and self.operation in FAILED:
            return FAILED[self.operation](operation=self.operation, error=self.error, **about)
        if self.status_detail == "dirty" and command in ("start_merge", "remove"):
            return WorktreeDirty(**about)
        if self.status_detail == "conflict" and command in ("start_merge", "complete_merge", "remove"):
            return WorktreeMergeConflict(files=self.files, **about)
        return self.INVALID(**about)
