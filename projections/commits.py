"""The commit history of each project, with the stage run that each commit came from (Elmer, domain.md 1.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import sqlalchemy as sa

from workledger.domain.commit import CommitCompleted, CommitLinked, CommitRecorded
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import From, References
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table, WriteTables
from workledger.projections.engine.tables import ReadTables
from workledger.projections.projects import Projects, count_commits
from workledger.projections.stage_runs import StageRuns

TOLD = (CommitRecorded, CommitCompleted)


class CommitRow(Stamped):
    """A commit of a project's repository; `message`, author, parents and files are git's own.

    `created_at` is the commit date. `files_known` is False as long as nothing is known of its files.
    """

    id: Annotated[str, From(*TOLD, CommitLinked, field="commit_id")]
    project_id: Annotated[str, From(CommitRecorded), References("projects", "cascade")]
    workspace_id: Annotated[str | None, From(CommitRecorded), References("workspaces", "cascade")]
    commit_sha: Annotated[str, From(CommitRecorded)]
    commit_url: Annotated[str, From(CommitRecorded)]
    message: Annotated[str, From(CommitRecorded)]
    document_type: Annotated[str | None, From(CommitRecorded)]
    files_changed: Annotated[list[str], From(*TOLD)]
    triggered_by: Annotated[str | None, From(CommitRecorded)]
    author_name: Annotated[str | None, From(CommitRecorded)]
    author_email: Annotated[str | None, From(CommitRecorded)]
    stage_run_id: Annotated[str | None, From(CommitRecorded), References("stage_runs", "null")]
    github_write_op_id: Annotated[
        str | None,
        From(CommitRecorded, CommitLinked, field="write_operation_id"),
        References("write_operations", "null"),
    ]
    authored_at: Annotated[datetime | None, From(*TOLD)]
    parents: Annotated[list[str] | None, From(*TOLD)]
    files_known: Annotated[bool, From(*TOLD)]


class ProjectCommits(
    Table,
    row=CommitRow,
    name="project_commits",
    born=(CommitRecorded,),
    indexes=(
        "project_id, created_at desc, last_position desc",
        "workspace_id",
        "created_at desc",
        "unique project_id, commit_sha",
        "stage_run_id",
        "github_write_op_id",
    ),
    revision=1,
):
    """The commits of all projects, until the project goes; one for each project and sha."""

    @classmethod
    def removed(cls, tables: WriteTables, rows: Sequence[Mapping[str, Any]]) -> None:
        count_commits(tables, tables[cls], rows)


class StageRunOfCommit(TableRow):
    """The stage run that a commit came from."""

    id: str
    stage: str
    status: str


class HistoryRow(CommitRow):
    """A commit, with the stage run that it came from."""

    stage_run: StageRunOfCommit | None


_RUN = StageRuns.table.alias("stage_run")
HISTORY = Statement(
    sa.select(ProjectCommits.table, *(_RUN.c[name].label(f"stage_run_{name}") for name in ("stage", "status")))
    .outerjoin(_RUN, _RUN.c.id == ProjectCommits.c.stage_run_id)
    .where(ProjectCommits.c.project_id == sa.bindparam("project_id"))
    .order_by(ProjectCommits.c.created_at.desc(), ProjectCommits.c.last_position.desc())
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset"))
)
BY_SHA = Statement(
    ProjectCommits.table.select().where(
        ProjectCommits.c.project_id == sa.bindparam("project_id"), ProjectCommits.c.commit_sha == sa.bindparam("sha")
    ),
    CommitRow,
)
COUNT = Statement(sa.select(Projects.c.commit_count).where(Projects.c.id == sa.bindparam("id")))


def history(tables: ReadTables, project_id: str, *, limit: int = 20, offset: int = 0) -> list[HistoryRow]:
    """A project's commits, newest first (Elmer `getProjectCommitHistory`).

    Commits of the same time keep the order of the log, so that pages never overlap (E2).
    """
    return [_with_run(row) for row in tables.run(HISTORY, project_id=project_id, limit=limit, offset=offset)]


def count(tables: ReadTables, project_id: str) -> int:
    """How many commits a project has; 0 when it is unknown (Elmer `getProjectCommitCount`, E4)."""
    project = tables.run_first(COUNT, id=project_id)
    return project["commit_count"] if project is not None else 0


def by_sha(tables: ReadTables, project_id: str, sha: str) -> CommitRow | None:
    """The commit of a project with that sha."""
    return tables.run_first(BY_SHA, project_id=project_id, sha=sha)


def _with_run(row: dict[str, Any]) -> HistoryRow:
    stage, status = row.pop("stage_run_stage"), row.pop("stage_run_status")
    run = None if stage is None else {"id": row["stage_run_id"], "stage": stage, "status": status}
    return cast(HistoryRow, {**row, "stage_run": run})
