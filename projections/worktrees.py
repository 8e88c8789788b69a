"""Worktrees, with AgentPane's six statuses and the ten states behind them (domain.md 1.4, 2.4 and 3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.worktree.events import (
    State,
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
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import ABSENT, Becomes, From, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
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


class WorktreeRow(Stamped):
    """A worktree: `status` is AgentPane's word, `status_detail` the state of the machine behind it."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str, From(WorktreeCreated), References("projects", "cascade")]
    task_id: Annotated[str | None, From(WorktreeCreated), References("tasks", "null")]
    branch: Annotated[str, From(WorktreeCreated)]
    base_branch: Annotated[str, From(WorktreeCreated)]
    path: Annotated[str, From(WorktreeCreated)]
    status: Annotated[str, From(*STATUS)]
    status_detail: Annotated[State, From(*STATUS)]
    env_copied: Annotated[bool, _done("env_copied")]
    deps_installed: Annotated[bool, _done("deps_installed")]
    init_script_run: Annotated[bool, _done("init_script_run")]
    last_error: Annotated[str | None, From(WorktreeFailed, field="error")]
    merged_at: Annotated[datetime | None, When(WorktreeMerged)]
    removed_at: Annotated[datetime | None, When(WorktreeRemoved)]
    last_activity_at: Annotated[datetime, When(*ACTIVITY)]
    stale: Annotated[bool, Becomes(dict.fromkeys(ACTIVITY, False)), From(WorktreeMarkedStale)]


class Worktrees(
    Table,
    row=WorktreeRow,
    name="worktrees",
    born=(WorktreeCreated,),
    indexes=("project_id, created_at desc, id", "project_id, branch", "task_id", "branch", "status", "path"),
    revision=1,
):
    """The worktrees of all projects; a removed one keeps its row."""


_OF_PROJECT = Worktrees.table.select().where(
    Worktrees.c.project_id == sa.bindparam("project_id"), Worktrees.c.status != "removed"
)

GET = Statement(Worktrees.table.select().where(Worktrees.c.id == sa.bindparam("id")), WorktreeRow)
OF_PROJECT = Statement(_OF_PROJECT.order_by(Worktrees.c.created_at.desc(), Worktrees.c.id), WorktreeRow)
BY_BRANCH = Statement(_OF_PROJECT.where(Worktrees.c.branch == sa.bindparam("branch")), WorktreeRow)


def get(tables: ReadTables, id: str) -> WorktreeRow | None:
    """The worktree with that id."""
    return tables.run_first(GET, id=id)


def of_project(tables: ReadTables, project_id: str) -> list[WorktreeRow]:
    """A project's worktrees that are not removed, newest first (AgentPane `list`)."""
    return tables.run(OF_PROJECT, project_id=project_id)


def by_branch(tables: ReadTables, project_id: str, branch: str) -> WorktreeRow | None:
    """The worktree of a branch that is not removed; there is one at most (AgentPane `getByBranch`, X11)."""
    return tables.run_first(BY_BRANCH, project_id=project_id, branch=branch)
