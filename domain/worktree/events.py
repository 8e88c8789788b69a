"""The events of a worktree (AgentPane, domain.md 2.4 and 3.4).

An event has every column that it sets. `status_detail` is the state of the machine, `status` AgentPane's word for it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain.kernel.aggregate import Created, Event, Frozen
from workledger.domain.kernel.claims import Claim, Take, Vacancy, key_of, releases
from workledger.domain.task import Task
from workledger.domain.task import events as task_events
from workledger.domain.worktree.refusals import WorktreeBranchExists, WorktreeInUse, WorktreePathTaken

if TYPE_CHECKING:
    from workledger.domain.worktree.worktree import Worktree

State = Literal[
    "creating", "initializing", "active", "dirty", "committing", "merging", "conflict", "removing", "removed", "error"
]

STATUS: dict[State, str] = {
    "creating": "creating",
    "initializing": "creating",
    "active": "active",
    "dirty": "active",
    "committing": "active",
    "merging": "merging",
    "conflict": "merging",
    "removing": "removing",
    "removed": "removed",
    "error": "error",
}
"""AgentPane's status of each state (A13)."""


def _branch(project_id: str, branch: str) -> tuple[str, str, str]:
    """The key that the worktree of a branch holds until it is removed, in parts (domain.md 3.3, X11)."""
    return "worktree_branch", project_id, branch


def _path(project_id: str, path: str) -> tuple[str, str, str]:
    """The key that the worktree at a path holds until it is removed, in parts."""
    return "worktree_path", project_id, path


class Fresh(Frozen):
    """Any activity shows that a worktree is in use: it is not stale."""

    stale: Literal[False] = False


class Active(Fresh):
    """Events that make the worktree active."""

    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class Merging(Fresh):
    """Events of a merge in progress."""

    status: Literal["merging"] = "merging"
    status_detail: Literal["merging"] = "merging"


class Removing(Fresh):
    """Events of a removal in progress."""

    status: Literal["removing"] = "removing"
    status_detail: Literal["removing"] = "removing"


class WorktreeCreated(Created, topic="worktree.created"):
    """A worktree was requested: it holds its branch and path, and git creates it."""

    project_id: str
    task_id: str | None = None
    branch: str
    base_branch: str = "main"
    path: str
    status: Literal["creating"] = "creating"
    status_detail: Literal["creating"] = "creating"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        branch, path = _branch(self.project_id, self.branch), _path(self.project_id, self.path)
        yield Take(key_of(*branch), WorktreeBranchExists, details={"branch": self.branch})
        yield Take(key_of(*path), WorktreePathTaken, details={"path": self.path})
        if self.task_id:
            yield Task.exists(self.task_id)


class WorktreeCheckedOut(Fresh, Event, topic="worktree.checked_out"):
    """The branch was checked out at the path; the setup begins."""

    status: Literal["creating"] = "creating"
    status_detail: Literal["initializing"] = "initializing"


class WorktreeSetupStepCompleted(Fresh, Event, topic="worktree.setup_step_completed"):
    """A step of its setup was completed."""

    step: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {"steps": (*before.steps, self.step), "stale": False}


class WorktreeInitialized(Fresh, Event, topic="worktree.initialized"):
    """Its setup was completed: it is active."""

    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class WorktreeChanged(Fresh, Event, topic="worktree.changed"):
    """These files differ from the last commit."""

    files: tuple[str, ...]
    status: Literal["active"] = "active"
    status_detail: Literal["dirty"] = "dirty"


class WorktreeCommitStarted(Fresh, Event, topic="worktree.commit_started"):
    """Its changes are being committed."""

    message: str
    status: Literal["active"] = "active"
    status_detail: Literal["committing"] = "committing"


class WorktreeCommitted(Fresh, Event, topic="worktree.committed"):
    """Its changes are committed; it is clean."""

    sha: str
    message: str
    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class WorktreeMergeStarted(Merging, Event, topic="worktree.merge_started"):
    """Its branch is being merged into `target`."""

    target: str
    strategy: str
    merge_base: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "resolution": None}


class WorktreeMerged(Removing, Event, topic="worktree.merged"):
    """The branch was merged; the worktree is removed next."""

    merge_sha: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "removal_reason": "merged"}


class WorktreeMergeConflicted(Fresh, Event, topic="worktree.merge_conflicted"):
    """The merge has conflicts in these files."""

    files: tuple[str, ...]
    status: Literal["merging"] = "merging"
    status_detail: Literal["conflict"] = "conflict"


class WorktreeConflictResolved(Fresh, Event, topic="worktree.conflict_resolved"):
    """The conflicts were resolved; the merge continues."""

    resolution: str
    status: Literal["merging"] = "merging"
    status_detail: Literal["merging"] = "merging"


class WorktreeMergeAborted(Fresh, Event, topic="worktree.merge_aborted"):
    """The merge was aborted; the worktree is active again."""

    reason: str | None = None
    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class WorktreeRemovalStarted(Removing, Event, topic="worktree.removal_started"):
    """Its removal began; `force`: also with uncommitted or unmerged changes."""

    force: bool
    reason: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "removal_reason": self.reason}

    def claims(self, before: "Worktree", id: str) -> Iterable[Claim]:
        if before.task_id:
            in_use = {"task_id": before.task_id}
            yield Vacancy(task_events.run_of_task(before.task_id), WorktreeInUse, capacity=1, details=in_use)


class WorktreeRemoved(Fresh, Event, topic="worktree.removed"):
    """It was removed from disk; its branch and path are free."""

    branch_pruned: bool
    reason: str
    status: Literal["removed"] = "removed"
    status_detail: Literal["removed"] = "removed"

    def claims(self, before: "Worktree", id: str) -> Iterable[Claim]:
        yield from releases(*_branch(before.project_id, before.branch))
        yield from releases(*_path(before.project_id, before.path))


class WorktreeFailed(Fresh, Event, topic="worktree.failed"):
    """An operation on it failed; `recoverable`: it may be retried."""

    operation: str
    error: str
    recoverable: bool
    status: Literal["error"] = "error"
    status_detail: Literal["error"] = "error"

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "failed_while": before.status_detail}


class WorktreeRetried(Fresh, Event, topic="worktree.retried"):
    """The failed operation is retried, from the state it failed in."""

    operation: str
    status: str
    status_detail: str


class WorktreeMarkedStale(Event, topic="worktree.marked_stale"):
    """It had no activity since `last_activity`, which is RFC 3339; any later activity makes it fresh."""

    last_activity: str
    stale: Literal[True] = True
