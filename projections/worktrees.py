"""Worktrees, with AgentPane's six statuses and the ten states behind them (DOMAIN.md 1.4, 2.4 and 3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from workledger.domain.worktree.events import (
    WorktreeChanged,
    WorktreeCheckedOut,
    WorktreeCommitStarted,
    WorktreeCommitted,
    WorktreeConflictResolved,
    WorktreeCreated,
    WorktreeFailed,
    WorktreeInitialized,
    WorktreeMarkedStale,
    WorktreeMergeAborted,
    WorktreeMergeConflicted,
    WorktreeMerged,
    WorktreeMergeStarted,
    WorktreeRemovalStarted,
    WorktreeRemoved,
    WorktreeRetried,
    WorktreeSetupStepCompleted,
)
from workledger.projections.engine.table import ABSENT, Becomes, From, References, Stream, Table, When
from workledger.projections.engine.tables import ReadTables

STATUS = (
    WorktreeCreated,
    WorktreeCheckedOut,
    WorktreeInitialized,
    WorktreeChanged,
    WorktreeCommitStarted,
    WorktreeCommitted,
    WorktreeMergeStarted,
    WorktreeMerged,
    WorktreeMergeConflicted,
    WorktreeConflictResolved,
    WorktreeMergeAborted,
    WorktreeRemovalStarted,
    WorktreeRemoved,
    WorktreeFailed,
    WorktreeRetried,
)
ACTIVITY = (*STATUS, WorktreeSetupStepCompleted)


def _done(step: str) -> Becomes:
    """False until that step of its setup is completed."""

    def done(data: Mapping[str, Any]) -> Any:
        return True if data["step"] == step else ABSENT

    return Becomes({WorktreeCreated: False, WorktreeSetupStepCompleted: done})


class Worktrees(
    Table,
    name="worktrees",
    group="board",
    born=(WorktreeCreated,),
    indexes=("project_id, created_at desc, id", "project_id, branch", "task_id", "branch", "status", "path"),
):
    """A removed worktree keeps its row."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str, From(WorktreeCreated), References("projects", "cascade")]
    task_id: Annotated[str | None, From(WorktreeCreated), References("tasks", "null")]
    branch: Annotated[str, From(WorktreeCreated)]
    base_branch: Annotated[str, From(WorktreeCreated)]
    path: Annotated[str, From(WorktreeCreated)]
    status: Annotated[str, From(*STATUS)]
    status_detail: Annotated[str, From(*STATUS)]
    env_copied: Annotated[bool, _done("env_copied")]
    deps_installed: Annotated[bool, _done("deps_installed")]
    init_script_run: Annotated[bool, _done("init_script_run")]
    last_error: Annotated[str | None, From(WorktreeFailed, field="error")]
    merged_at: Annotated[datetime | None, When(WorktreeMerged)]
    removed_at: Annotated[datetime | None, When(WorktreeRemoved)]
    last_activity_at: Annotated[datetime, When(*ACTIVITY)]
    stale: Annotated[bool, Becomes(dict.fromkeys(ACTIVITY, False)), From(WorktreeMarkedStale)]


def get(tables: ReadTables, id: str) -> dict[str, Any] | None:
    """One worktree's row."""
    return tables.first(Worktrees.table.select().where(Worktrees.c.id == id))


def of_project(tables: ReadTables, project_id: str) -> list[dict[str, Any]]:
    """A project's worktrees that are not removed, the newest first."""
    chosen = Worktrees.table.select().where(Worktrees.c.project_id == project_id, Worktrees.c.status != "removed")
    return tables.all(chosen.order_by(Worktrees.c.created_at.desc(), Worktrees.c.id))


def by_branch(tables: ReadTables, project_id: str, branch: str) -> dict[str, Any] | None:
    """The worktree of a branch that is not removed: there is one at most (X11)."""
    chosen = Worktrees.table.select().where(Worktrees.c.project_id == project_id, Worktrees.c.branch == branch)
    return tables.first(chosen.where(Worktrees.c.status != "removed"))
