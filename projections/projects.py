"""Projects, each one row with the facets it has (domain.md 3.1 and 3.7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.commit import CommitRecorded
from workledger.domain.project.events import (
    ProjectConcurrencyLimitChanged,
    ProjectConfigChanged,
    ProjectCreated,
    ProjectCredentialAttached,
    ProjectCredentialDetached,
    ProjectDeleted,
    ProjectDetailsChanged,
    ProjectFetched,
    ProjectGitHubLinked,
    ProjectGitHubUnlinked,
    ProjectRepositoryLinked,
    ProjectStageChanged,
    ProjectStatusChanged,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import Becomes, Count, From, Stream, Tag, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table, WriteTables
from workledger.projections.engine.tables import ReadTables

DETAILS = (ProjectCreated, ProjectDetailsChanged)
GITHUB = (ProjectCreated, ProjectGitHubLinked, ProjectGitHubUnlinked)


class ProjectRow(Stamped):
    """A project; the columns of a facet that it has not are null, or their defaults."""

    id: Annotated[str, Stream(), Tag("project")]
    workspace_id: Annotated[str | None, From(ProjectCreated)]
    name: Annotated[str, From(*DETAILS)]
    description: Annotated[str | None, From(*DETAILS)]
    repository_path: Annotated[str | None, From(ProjectCreated)]
    repository_url: Annotated[str | None, From(ProjectCreated, ProjectRepositoryLinked)]
    default_branch: Annotated[str, From(ProjectCreated, ProjectRepositoryLinked)]
    last_fetched_at: Annotated[datetime | None, When(ProjectFetched)]
    credential_id: Annotated[str | None, From(ProjectCredentialAttached), Becomes({ProjectCredentialDetached: None})]
    config: Annotated[dict[str, Any], From(ProjectCreated, ProjectConfigChanged)]
    max_concurrent_agents: Annotated[int, From(ProjectCreated, ProjectConcurrencyLimitChanged)]
    github_owner: Annotated[str | None, From(*GITHUB)]
    github_repo: Annotated[str | None, From(*GITHUB)]
    github_installation_id: Annotated[str | None, From(*GITHUB)]
    config_path: Annotated[str, From(ProjectCreated, ProjectGitHubLinked)]
    stage: Annotated[str, From(ProjectCreated, ProjectStageChanged)]
    status: Annotated[str, From(ProjectCreated, ProjectStatusChanged)]
    priority: Annotated[int, From(*DETAILS)]
    metadata: Annotated[dict[str, Any], From(*DETAILS)]
    commit_count: Annotated[int, Count(CommitRecorded)]


class Projects(
    Table,
    row=ProjectRow,
    name="projects",
    born=(ProjectCreated,),
    dies=(ProjectDeleted,),
    indexes=(
        "workspace_id, name",
        "repository_url",
        "repository_path",
        "github_owner, github_repo",
        "updated_at desc, id",
        "workspace_id, status, updated_at desc",
    ),
):
    """Projects until they are deleted."""


def count_commits(tables: WriteTables, commits: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count again the commits of projects that a delete took commits from."""
    projects = tables[Projects]
    counted = sa.select(sa.func.count()).where(commits.c.project_id == projects.c.id).scalar_subquery()
    for id in {row["project_id"] for row in rows}:
        tables.connection.execute(projects.update().where(projects.c.id == id).values(commit_count=counted))


GET = Statement(Projects.table.select().where(Projects.c.id == sa.bindparam("id")), ProjectRow)
RECENT = Statement(
    Projects.table.select()
    .where(Projects.c.status != "archived")
    .order_by(Projects.c.updated_at.desc(), Projects.c.id)
    .limit(sa.bindparam("limit")),
    ProjectRow,
)


def get(tables: ReadTables, id: str) -> ProjectRow | None:
    """The project with that id."""
    return tables.run_first(GET, id=id)


def recent(tables: ReadTables, limit: int = 100) -> list[ProjectRow]:
    """The projects that changed last, latest first, without archived ones (Elmer's list of projects)."""
    return tables.run(RECENT, limit=limit)
