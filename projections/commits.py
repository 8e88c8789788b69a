"""The commit history of each project, with the stage run that each commit came from (Elmer, DOMAIN.md 1.1)."""

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.commit import CommitRecorded
from workledger.projections.engine.table import From, References, Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.projects import Projects, count_commits
from workledger.projections.stage_runs import StageRuns


class ProjectCommits(
    Table,
    name="project_commits",
    group="board",
    born=(CommitRecorded,),
    indexes=(
        "project_id, created_at desc, last_position desc",
        "workspace_id",
        "created_at desc",
        "unique project_id, commit_sha",
        "stage_run_id",
        "github_write_op_id",
    ),
):
    id: Annotated[str, From(CommitRecorded, field="commit_id")]
    project_id: Annotated[str, From(CommitRecorded), References("projects", "cascade")]
    workspace_id: Annotated[str | None, From(CommitRecorded), References("workspaces", "cascade")]
    commit_sha: Annotated[str, From(CommitRecorded)]
    commit_url: Annotated[str, From(CommitRecorded)]
    message: Annotated[str, From(CommitRecorded)]
    document_type: Annotated[str | None, From(CommitRecorded)]
    files_changed: Annotated[list[str], From(CommitRecorded)]
    triggered_by: Annotated[str | None, From(CommitRecorded)]
    author_name: Annotated[str | None, From(CommitRecorded)]
    author_email: Annotated[str | None, From(CommitRecorded)]
    stage_run_id: Annotated[str | None, From(CommitRecorded), References("stage_runs", "null")]
    github_write_op_id: Annotated[
        str | None, From(CommitRecorded, field="write_operation_id"), References("write_operations", "null")
    ]

    @classmethod
    def removed(cls, table_set: Any, rows: list[Mapping[str, Any]]) -> None:
        count_commits(table_set, table_set[cls], rows)


def history(tables: ReadTables, project_id: str, *, limit: int = 20, offset: int = 0) -> list[dict[str, Any]]:
    """A project's commits, newest first, each with `stage_run` {id, stage, status} or None.

    Commits of the same moment keep the order of the log, so that pages never overlap (E2).
    """
    run = StageRuns.table.alias("stage_run")
    chosen = (
        sa.select(ProjectCommits.table, *(run.c[name].label(f"stage_run_{name}") for name in ("stage", "status")))
        .outerjoin(run, run.c.id == ProjectCommits.c.stage_run_id)
        .where(ProjectCommits.c.project_id == project_id)
        .order_by(ProjectCommits.c.created_at.desc(), ProjectCommits.c.last_position.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_with_run(row) for row in tables.all(chosen)]


def count(tables: ReadTables, project_id: str) -> int:
    """How many commits a project has; 0 when it is unknown (E4)."""
    return tables.scalar(sa.select(Projects.c.commit_count).where(Projects.c.id == project_id)) or 0


def counts(tables: ReadTables) -> dict[str, int]:
    """How many commits each project has."""
    rows = tables.all(sa.select(Projects.c.id, Projects.c.commit_count))
    return {row["id"]: row["commit_count"] for row in rows}


def by_sha(tables: ReadTables, project_id: str, sha: str) -> dict[str, Any] | None:
    """One commit's row."""
    chosen = ProjectCommits.table.select().where(ProjectCommits.c.project_id == project_id)
    return tables.first(chosen.where(ProjectCommits.c.commit_sha == sha))


def _with_run(row: dict[str, Any]) -> dict[str, Any]:
    stage, status = row.pop("stage_run_stage"), row.pop("stage_run_status")
    run = None if stage is None else {"id": row["stage_run_id"], "stage": stage, "status": status}
    return {**row, "stage_run": run}
