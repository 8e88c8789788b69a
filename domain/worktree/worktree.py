"""A worktree is where the work on a branch lies on disk, from its creation to its removal (AgentPane, DOMAIN.md 2.4).

The ledger runs no git: whoever does reports what has begun, what is done and what went wrong.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workledger.domain.kernel.aggregate import Event, New, command
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.mapping import stamp
from workledger.domain.worktree.checkout import Checkout, Path
from workledger.domain.worktree.events import (
    STATUS,
    State,
    WorktreeConflictResolved,
    WorktreeCreated,
    WorktreeDirty,
    WorktreeFailed,
    WorktreeMarkedStale,
    WorktreeMergeAborted,
    WorktreeMergeConflict,
    WorktreeMergeConflicted,
    WorktreeMerged,
    WorktreeMergeStarted,
    WorktreeNotFound,
    WorktreeRemovalStarted,
    WorktreeRemoved,
    WorktreeRetried,
)

Strategy = Literal["merge", "squash", "rebase"]
Resolution = Literal["ours", "theirs", "manual"]
Operation = Literal["create", "copy_env", "install_deps", "run_init_script", "work", "commit", "remove"]
RemovalReason = Literal[
    "manual", "merged", "task_verified", "task_cancelled", "branch_deleted", "stale", "disk_space", "project_deleted"
]
Branch = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-zA-Z0-9\-_/]+$")]
Ref = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=100_000)]


class Worktree(Checkout, category="worktree", prefix="wtr", not_found=WorktreeNotFound):
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
        """
        Raises:
            WorktreeBranchExists: when recorded: another worktree of the project has the branch.
            WorktreePathTaken: NAME_TAKEN, when recorded: another worktree of the project is at the path.
            ProjectNotFound, TaskNotFound: when recorded: there is no such project or task.
        """
        event = WorktreeCreated(
            project_id=project_id, task_id=task_id, branch=branch, base_branch=base_branch, path=path
        )
        return New(Worktree, id or new_id(Worktree.PREFIX), [event])

    @command
    def start_merge(
        self, *, merge_base: Id, target: Ref | None = None, strategy: Strategy = "merge", commit_sha: Id | None = None
    ) -> list[Event]:
        """Merge it, out of a commit under way or with everything committed before.

        AgentPane merges out of a commit only; what was committed earlier could never be merged that way.

        Args:
            merge_base: the commit that both branches have in common; the diff can be made from it later (C22).
            target: the base branch, unless another is given.
            commit_sha: of the commit under way, which is completed herewith.

        Raises:
            WorktreeDirty: WORKTREE_DIRTY; WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT.
        """
        target = target or self.base_branch
        wanted = (target, strategy, merge_base)
        if self.status_detail == "merging" and wanted == (self.target, self.strategy, self.merge_base):
            return []
        if self.status_detail == "dirty":
            raise WorktreeDirty
        self._no_conflict()
        self._allow("start_merge", "committing", "active")
        committed = [] if commit_sha is None else self.complete_commit(sha=commit_sha)
        return [*committed, WorktreeMergeStarted(target=target, strategy=strategy, merge_base=merge_base)]

    @command
    def complete_merge(self, *, merge_sha: Id) -> list[Event]:
        """The target has it all; what is left is to remove the worktree.

        Raises:
            WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT.
        """
        if self.status_detail in ("removing", "removed") and merge_sha == self.merge_sha:
            return []
        self._no_conflict()
        self._allow("complete_merge", "merging")
        return [WorktreeMerged(merge_sha=merge_sha)]

    @command
    def report_conflict(self, *, files: tuple[Path, ...] = ()) -> list[Event]:
        """The merge went wrong in these files."""
        if self.status_detail == "conflict" and files == self.files:
            return []
        self._allow("report_conflict", "merging")
        return [WorktreeMergeConflicted(files=files)]

    @command
    def resolve_conflict(self, *, resolution: Resolution) -> list[Event]:
        if self.status_detail == "merging" and resolution == self.resolution:
            return []
        self._allow("resolve_conflict", "conflict")
        return [WorktreeConflictResolved(resolution=resolution)]

    @command
    def abort_merge(self, *, reason: Text | None = None) -> list[Event]:
        if self.status_detail == "active":
            return []
        self._allow("abort_merge", "merging", "conflict")
        return [WorktreeMergeAborted(reason=reason)]

    @command
    def remove(
        self, *, force: bool = False, reason: RemovalReason = "manual", branch_pruned: bool = False
    ) -> list[Event]:
        """Begin to remove it; what never was in use, or failed, is removed herewith.

        Args:
            force: also with changes that are not committed, or in the middle of a conflict.
            branch_pruned: its branch is deleted too.

        Raises:
            WorktreeDirty: WORKTREE_DIRTY; WorktreeMergeConflict: WORKTREE_MERGE_CONFLICT, unless forced.
            WorktreeInUse: AGENT_ALREADY_RUNNING, when recorded: its task has a live run.
        """
        if self.status_detail in ("removing", "removed"):
            return []
        if self.status_detail in ("initializing", "error"):
            return [WorktreeRemoved(branch_pruned=branch_pruned, reason=reason)]
        if not force:
            if self.status_detail == "dirty":
                raise WorktreeDirty
            self._no_conflict()
        self._allow("remove", "active", "dirty", "conflict")
        return [WorktreeRemovalStarted(force=force, reason=reason)]

    @command
    def complete_removal(self, *, branch_pruned: bool = False) -> list[Event]:
        if self.status_detail == "removed":
            return []
        self._allow("complete_removal", "removing")
        return [WorktreeRemoved(branch_pruned=branch_pruned, reason=self.removal_reason)]

    @command
    def fail(self, *, operation: Operation, error: Text, recoverable: bool = True) -> list[Event]:
        """An operation went wrong. A merge that does is a conflict: see `report_conflict`."""
        if self.status_detail == "error":
            return []
        self._allow("fail", "creating", "initializing", "active", "committing", "removing")
        return [WorktreeFailed(operation=operation, error=error, recoverable=recoverable)]

    @command
    def retry(self) -> list[Event]:
        """Take up what failed where it was, if it can be tried again."""
        self._allow("retry", *(("error",) if self.recoverable else ()))
        state = self.failed_while
        assert self.operation is not None
        return [WorktreeRetried(operation=self.operation, status=STATUS[state], status_detail=state)]

    @command
    def mark_stale(self, *, last_activity: AwareDatetime) -> list[Event]:
        """Nobody has touched it for long, says who looks after such things."""
        if self.stale:
            return []
        self._allow("mark_stale", *(state for state in STATUS if state != "removed"))
        return [WorktreeMarkedStale(last_activity=stamp(last_activity))]

    def _no_conflict(self) -> None:
        if self.status_detail == "conflict":
            raise WorktreeMergeConflict(files=self.files)
