"""The files of a worktree: checked out, made fit to work in, changed and committed (AgentPane, DOMAIN.md 2.4)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, command
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Path
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.worktree.events import (
    State,
    WorktreeChanged,
    WorktreeCheckedOut,
    WorktreeCommitStarted,
    WorktreeCommitted,
    WorktreeCreationFailed,
    WorktreeDirty,
    WorktreeEnvCopyFailed,
    WorktreeInitialized,
    WorktreeInitScriptFailed,
    WorktreeMergeConflict,
    WorktreeRemovalFailed,
    WorktreeSetupStepCompleted,
)

Status = Literal["creating", "active", "merging", "removing", "removed", "error"]
Step = Literal["env_copied", "deps_installed", "init_script_run"]
Message = Annotated[str, Field(min_length=1, max_length=1000)]

AT_WORK = ("creating", "initializing", "active", "dirty", "committing", "merging")
"""The states that rely on the project; without it, a worktree may still fail, conflict and be removed."""

FAILED: dict[str, type[Refused]] = {
    "create": WorktreeCreationFailed,
    "copy_env": WorktreeEnvCopyFailed,
    "run_init_script": WorktreeInitScriptFailed,
    "remove": WorktreeRemovalFailed,
}
"""How a worktree refuses after such an operation has failed; after others, as any that is in error."""


class Checkout(Aggregate):
    """The part of a Worktree that is worked in."""

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

    def requires(self) -> Iterable[Claim]:
        if self.status_detail in AT_WORK:
            yield Project.exists(self.project_id)

    @command(when="creating", unless="initializing")
    def check_out(self) -> list[Event]:
        """Git has made it; it is being set up."""
        return [WorktreeCheckedOut()]

    @command(when="initializing", repeat=ANY)
    def complete_setup_step(self, *, step: Step) -> list[Event]:
        """One step of its setup is done."""
        if step in self.steps:
            return []
        return [WorktreeSetupStepCompleted(step=step)]

    @command(when="initializing", unless="active")
    def initialize(self, *, steps: tuple[Step, ...] = ()) -> list[Event]:
        """It can be worked in.

        Args:
            steps: of its setup, those that are completed and were not reported one by one.
        """
        new = [step for step in dict.fromkeys(steps) if step not in self.steps]
        return [*(WorktreeSetupStepCompleted(step=step) for step in new), WorktreeInitialized()]

    @command(when=("active", "dirty"))
    def report_change(self, *, files: tuple[Path, ...] = ()) -> list[Event]:
        """There are changes that are not committed, in these files; it is dirty until they are."""
        if self.status_detail == "dirty" and files == self.files and not self.stale:
            return []
        return [WorktreeChanged(files=files)]

    @command(when="dirty", repeat="committing")
    def start_commit(self, *, message: Message) -> list[Event]:
        """Its changes are being committed."""
        if self.status_detail == "committing" and message == self.message:
            return []
        return [WorktreeCommitStarted(message=message)]

    @command(when="committing", repeat="active")
    def complete_commit(self, *, sha: Id) -> list[Event]:
        """Its changes are committed."""
        if self.status_detail == "active" and sha == self.sha:
            return []
        return [WorktreeCommitted(sha=sha, message=self.message)]

    def refusal(self, command: str) -> Refused:
        """One that is in error says which operation failed, where that has a code of its own."""
        about: dict[str, Any] = {"kind": self.CATEGORY, "state": self.status_detail, "command": command}
        if self.status_detail == "error" and self.operation in FAILED:
            return FAILED[self.operation](operation=self.operation, error=self.error, **about)
        if self.status_detail == "dirty" and command in ("start_merge", "remove"):
            return WorktreeDirty(**about)
        if self.status_detail == "conflict" and command in ("start_merge", "complete_merge", "remove"):
            return WorktreeMergeConflict(files=self.files, **about)
        return self.INVALID(**about)
