"""A worktree is the checkout of a branch on disk, from its creation to its removal (AgentPane, domain.md 2.4).

The ledger runs no git: the process that does reports each step and each failure.
"""

from typing import Annotated, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Event, New, command
from workledger.domain.kernel.fields import Path, Ref, Sha, Text, Time
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.worktree.checkout import Checkout
from workledger.domain.worktree.events import (
    STATUS,
    State,
    WorktreeConflictResolved,
    WorktreeCreated,
    WorktreeFailed,
    WorktreeMarkedStale,
    WorktreeMergeAborted,
    WorktreeMergeConflicted,
    WorktreeMerged,
    WorktreeMergeStarted,
    WorktreeRemovalStarted,
    WorktreeRemoved,
    WorktreeRetried,
)
from workledger.domain.worktree.refusals import WorktreeInvalidTransition, WorktreeNotFound

Strategy = Literal["merge", "squash", "rebase"]
Resolution = Literal["ours", "theirs", "manual"]
Operation = Literal["create", "copy_env", "install_deps", "run_init_script", "work", "commit", "remove"]
RemovalReason = Literal[
    "manual", "merged", "task_verified", "task_cancelled", "branch_deleted", "stale", "disk_space", "project_deleted"
]
Branch = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-zA-Z0-9\-_/]+$")]


class Worktree(
    Checkout,
    category="worktree",
    prefix="wtr",
    not_found=WorktreeNotFound,
    invalid=WorktreeInvalidTransition,
    state="status_detail",
):
    """A checkout of a branch, which is merged and removed in the end."""

    target: str | None = None
    strategy: str | None = None
    merge_base: str | None = None
    merge_sha: str | None = None
    resolution: str | None = None
    removal_reason: RemovalReason = "manual"
    recoverable: bool = True
    failed_while: State = "creating"

    @classmethod
    @command
    def create(
        cls,
        *,
        project_id: Id,
        branch: Branch,
        path: Path,
        id: Id | None = None,
        task_id: Id | None = None,
        base_branch: Ref = "main",
    ) -> "New[Worktree]":
        """Request a worktree of a branch at a path.

        Raises:
            WorktreeBranchExists: in the append: another worktree of the project has the branch.
            WorktreePathTaken: NAME_TAKEN, in the append: another worktree of the project is at the path.
            ProjectNotFound, TaskNotFound: in the append: there is no such project or task.
        """
        event = WorktreeCreated(
            project_id=project_id, task_id=task_id, branch=branch, base_branch=base_branch, path=path
        )
        return New(Worktree, id or new_id(Worktree.PREFIX), [event])

    @command(when=("committing", "active"), repeat="merging")
    def start_merge(
        self, *, merge_base: Sha, target: Ref | None = None, strategy: Strategy = "merge", commit_sha: Sha | None = None
    ) -> list[Event]:
        """Begin to merge it, from a commit in progress or from a clean worktree.

        AgentPane merges from a commit in progress only, so earlier commits could never be merged.

        Args:
            merge_base: the last common commit of both branches, from which the diff can be made later (C22).
            target: the base branch, unless another is given.
            commit_sha: of the commit in progress, which it completes.

        Raises:
            WorktreeDirty: WORKTREE_DIRTY; WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT.
        """
        target = target or self.base_branch
        wanted = (target, strategy, merge_base)
        if self.status_detail == "merging" and wanted == (self.target, self.strategy, self.merge_base):
            return []
        committed = [] if commit_sha is None else self.complete_commit(sha=commit_sha)
        return [*committed, WorktreeMergeStarted(target=target, strategy=strategy, merge_base=merge_base)]

    @command(when="merging", repeat=("removing", "removed"))
    def complete_merge(self, *, merge_sha: Sha) -> list[Event]:
        """Report that it is merged; it is removed next.

        Raises:
            WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT.
        """
        if self.status_detail in ("removing", "removed") and merge_sha == self.merge_sha:
            return []
        return [WorktreeMerged(merge_sha=merge_sha)]

    @command(when="merging", repeat="conflict")
    def report_conflict(self, *, files: tuple[Path, ...] = ()) -> list[Event]:
        """Report that the merge has conflicts in these files."""
        if self.status_detail == "conflict" and files == self.files:
            return []
        return [WorktreeMergeConflicted(files=files)]

    @command(when="conflict", repeat="merging")
    def resolve_conflict(self, *, resolution: Resolution) -> list[Event]:
        """Report that the conflicts are resolved: the merge continues."""
        if self.status_detail == "merging" and resolution == self.resolution:
            return []
        return [WorktreeConflictResolved(resolution=resolution)]

    @command(when=("merging", "conflict"), unless="active")
    def abort_merge(self, *, reason: Text | None = None) -> list[Event]:
        """Abort the merge: the worktree is active again."""
        return [WorktreeMergeAborted(reason=reason)]

    @command(when=("initializing", "active", "dirty", "conflict", "error"), unless=("removing", "removed"))
    def remove(
        self, *, force: bool = False, reason: RemovalReason = "manual", branch_pruned: bool = False
    ) -> list[Event]:
        """Begin to remove it; one that was never active, or failed, is removed in the same append.

        Args:
            force: also with changes that are not committed, or in the middle of a conflict.
            branch_pruned: its branch is deleted too.

        Raises:
            WorktreeDirty: WORKTREE_DIRTY; WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT, unless forced.
            WorktreeInUse: AGENT_ALREADY_RUNNING, in the append: its task has a live run.
        """
        if self.status_detail in ("initializing", "error"):
            return [WorktreeRemoved(branch_pruned=branch_pruned, reason=reason)]
        if not force and self.status_detail in ("dirty", "conflict"):
            raise self.refusal("remove")
        return [WorktreeRemovalStarted(force=force, reason=reason)]

    @command(when="removing", unless="removed")
    def complete_removal(self, *, branch_pruned: bool = False) -> list[Event]:
        """Report that it is removed from disk."""
        return [WorktreeRemoved(branch_pruned=branch_pruned, reason=self.removal_reason)]

    @command(when=("creating", "initializing", "active", "committing", "removing"), unless="error")
    def fail(self, *, operation: Operation, error: Text, recoverable: bool = True) -> list[Event]:
        """Report that an operation failed. A merge with conflicts is reported by `report_conflict`."""
        return [WorktreeFailed(operation=operation, error=error, recoverable=recoverable)]

    @command(when="error")
    def retry(self) -> list[Event]:
        """Retry the failed operation, if it is recoverable."""
        if not self.recoverable:
            raise self.refusal("retry")
        state = self.failed_while
        assert self.operation is not None
        return [WorktreeRetried(operation=self.operation, status=STATUS[state], status_detail=state)]

    @command(when=tuple(state for state in STATUS if state != "removed"), repeat="removed")
    def mark_stale(self, *, last_activity: Time) -> list[Event]:
        """Mark it as stale, after a long time without activity."""
        if self.stale:
            return []
        return [WorktreeMarkedStale(last_activity=format_timestamp(last_activity))]
