"""Workspaces, as a list shows them (Elmer, DOMAIN.md 1.1)."""

from typing import Annotated

from workledger.domain.workspace import WorkspaceCreated, WorkspaceDeleted, WorkspaceUpdated
from workledger.projections.engine.table import From, Stream, Table

SET = (WorkspaceCreated, WorkspaceUpdated)


class Workspaces(Table, name="workspaces", group="board", born=(WorkspaceCreated,), dies=(WorkspaceDeleted,)):
    id: Annotated[str, Stream()]
    name: Annotated[str, From(*SET)]
    description: Annotated[str | None, From(*SET)]
    github_repo: Annotated[str | None, From(*SET)]
    context_path: Annotated[str, From(*SET)]
    settings: Annotated[dict[str, object], From(*SET)]
