"""What happens to a worktree, as it is stored, and how a worktree refuses (AgentPane, DOMAIN.md 2.4, 3.4 and 5.2).

An event carries every column it settles. `status_detail` is the state of the machine, `status` AgentPane's word for it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain.kernel.aggregate import Created, Event, Frozen
from workledger.domain.kernel.claims import Claim, Release, Take, Vacancy
from workledger.domain.kernel.refusals import InvalidTransition, NameTaken, NotFound, Refused
from workledger.domain.task import Task
from workledger.domain.task import events as task_events

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


def branch_of(project_id: str, branch: str) -> str:
    """The key that the worktree of a branch holds until it is removed (DOMAIN.md 3.3, X11)."""
    return f"worktree_branch:{project_id}:{branch}"


def path_of(project_id: str, path: str) -> str:
    """The key that the worktree at a path holds until it is removed."""
    return f"worktree_path:{project_id}:{path}"


class Fresh(Frozen):
    """What happens to a worktree shows that somebody uses it: it is not stale."""

    stale: Literal[False] = False


class Active(Fresh):
    """With it, the worktree can be worked in."""

    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class Merging(Fresh):
    """With it, the branch is being merged."""

    status: Literal["merging"] = "merging"
    status_detail: Literal["merging"] = "merging"


class Removing(Fresh):
    """With it, the worktree is being removed."""

    status: Literal["removing"] = "removing"
    status_detail: Literal["removing"] = "removing"


class WorktreeCreated(Created, topic="worktree.created"):
    """It was requested: it holds its branch and path, and git is creating it."""

    project_id: str
    task_id: str | None = None
    branch: str
    base_branch: str = "main"
    path: str
    status: Literal["creating"] = "creating"
    status_detail: Literal["creating"] = "creating"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(branch_of(self.project_id, self.branch), WorktreeBranchExists)
        yield Take(path_of(self.project_id, self.path), WorktreePathTaken)
        if self.task_id:
            yield Task.exists(self.task_id)


class WorktreeCheckedOut(Fresh, Event, topic="worktree.checked_out"):
    """The branch is at the path; what makes it fit to work in comes next."""

    status: Literal["creating"] = "creating"
    status_detail: Literal["initializing"] = "initializing"


class WorktreeSetupStepCompleted(Fresh, Event, topic="worktree.setup_step_completed"):
    """One step of its setup is done."""

    step: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {"steps": (*before.steps, self.step), "stale": False}


class WorktreeInitialized(Fresh, Event, topic="worktree.initialized"):
    """It can be worked in."""

    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class WorktreeChanged(Fresh, Event, topic="worktree.changed"):
    """Files differ from the last commit: these."""

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
    """The target has the work; the worktree is of no more use, and goes."""

    merge_sha: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "removal_reason": "merged"}


class WorktreeMergeConflicted(Fresh, Event, topic="worktree.merge_conflicted"):
    """The merge has conflicts in these files."""

    files: tuple[str, ...]
    status: Literal["merging"] = "merging"
    status_detail: Literal["conflict"] = "conflict"


class WorktreeConflictResolved(Fresh, Event, topic="worktree.conflict_resolved"):
    """The merge goes on."""

    resolution: str
    status: Literal["merging"] = "merging"
    status_detail: Literal["merging"] = "merging"


class WorktreeMergeAborted(Fresh, Event, topic="worktree.merge_aborted"):
    """The merge was given up; it can be worked in again."""

    reason: str | None = None
    status: Literal["active"] = "active"
    status_detail: Literal["active"] = "active"


class WorktreeRemovalStarted(Removing, Event, topic="worktree.removal_started"):
    """It is being taken away; `force`: with what was not committed or not merged."""

    force: bool
    reason: str

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "removal_reason": self.reason}

    def claims(self, before: "Worktree", id: str) -> Iterable[Claim]:
        if before.task_id:
            yield Vacancy(task_events.run_of_task(before.task_id), WorktreeInUse, capacity=1)


class WorktreeRemoved(Fresh, Event, topic="worktree.removed"):
    """It is gone from disk; its branch and path are free."""

    branch_pruned: bool
    reason: str
    status: Literal["removed"] = "removed"
    status_detail: Literal["removed"] = "removed"

    def claims(self, before: "Worktree", id: str) -> Iterable[Claim]:
        yield Release(branch_of(before.project_id, before.branch))
        yield Release(path_of(before.project_id, before.path))


class WorktreeFailed(Fresh, Event, topic="worktree.failed"):
    """An operation on it went wrong; `recoverable`: it may be tried again."""

    operation: str
    error: str
    recoverable: bool
    status: Literal["error"] = "error"
    status_detail: Literal["error"] = "error"

    def changes(self, before: "Worktree") -> dict[str, Any]:
        return {**super().changes(before), "failed_while": before.status_detail}


class WorktreeRetried(Fresh, Event, topic="worktree.retried"):
    """Back to what it was at when the operation went wrong."""

    operation: str
    status: str
    status_detail: str


class WorktreeMarkedStale(Event, topic="worktree.marked_stale"):
    """Nothing has happened to it since `last_activity`, which is RFC 3339; whatever happens next makes it fresh."""

    last_activity: str
    stale: Literal[True] = True


class WorktreeNotFound(NotFound):
    """There is no such worktree."""

    code = "WORKTREE_NOT_FOUND"


class WorktreeBranchExists(Refused):
    """Another worktree has this branch."""

    code = "WORKTREE_BRANCH_EXISTS"


class WorktreePathTaken(NameTaken):
    """Another worktree is at this path."""


class WorktreeInUse(Refused):
    """An agent is at work in this worktree; stop its run first."""

    code = "AGENT_ALREADY_RUNNING"


class WorktreeInvalidTransition(InvalidTransition):
    """A worktree that is {state} does not accept {command}."""

    code = "WORKTREE_INVALID_TRANSITION"


class WorktreeDirty(Refused):
    """This worktree has changes that are not committed."""

    code = "WORKTREE_DIRTY"
    status = 400


class WorktreeMergeConflict(Refused):
    """The merge of this worktree has conflicts; resolve them or abort it."""

    code = "WORKTREE_MERGE_CONFLICT"


class WorktreeCreationFailed(Refused):
    """This worktree could not be created: {error}"""

    code = "WORKTREE_CREATION_FAILED"


class WorktreeEnvCopyFailed(Refused):
    """The environment of this worktree could not be copied: {error}"""

    code = "WORKTREE_ENV_COPY_FAILED"


class WorktreeInitScriptFailed(Refused):
    """The script that makes this worktree ready failed: {error}"""

    code = "WORKTREE_INIT_SCRIPT_FAILED"


class WorktreeRemovalFailed(Refused):
    """This worktree could not be removed: {error}"""

    code = "WORKTREE_REMOVAL_FAILED"
