"""Workspaces, as a list shows them (Elmer, domain.md 1.1)."""

from typing import Annotated

from workledger.domain.workspace import WorkspaceCreated, WorkspaceDeleted, WorkspaceUpdated
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, Stream
from workledger.projections.engine.table import Table

SET = (WorkspaceCreated, WorkspaceUpdated)


class WorkspaceRow(Stamped):
    """A workspace: a team's home for projects."""

    id: Annotated[str, Stream()]
    name: Annotated[str, From(*SET)]
    description: Annotated[str | None, From(*SET)]
    github_repo: Annotated[str | None, From(*SET)]
    context_path: Annotated[str, From(*SET)]
    settings: Annotated[dict[str, object], From(*SET)]


class Workspaces(Table, row=WorkspaceRow, name="workspaces", born=(WorkspaceCreated,), dies=(WorkspaceDeleted,)):
    """Workspaces until they are deleted."""
