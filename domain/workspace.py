"""A workspace is the tenant that projects may belong to (Elmer, DOMAIN.md 1.1)."""

from typing import Annotated, Any

from pydantic import Field

from workledger.domain.ids import Id, new_id
from workledger.domain.kernel import Aggregate, Event, New, command
from workledger.domain.workspace_events import (
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceNotFound,
    WorkspaceUpdated,
)

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Workspace(Aggregate, category="workspace", prefix="ws", not_found=WorkspaceNotFound):
    name: str
    description: str | None = None
    github_repo: str | None = None
    context_path: str = "elmer-docs/"
    settings: dict[str, Any] = Field(default_factory=dict)

    def tags(self) -> dict[str, str | None]:
        return {"workspace": self.id}

    @classmethod
    @command
    def create(
        cls,
        *,
        name: Name,
        id: Id | None = None,
        description: str | None = None,
        github_repo: str | None = None,
        context_path: str = "elmer-docs/",
        settings: dict[str, Any] | None = None,
    ) -> "New[Workspace]":
        event = WorkspaceCreated(
            name=name,
            description=description,
            github_repo=github_repo,
            context_path=context_path,
            settings=settings or {},
        )
        return New(Workspace, id or new_id(Workspace.PREFIX), [event])

    @command
    def update(
        self,
        *,
        name: Name | None = None,
        description: str | None = None,
        github_repo: str | None = None,
        context_path: str | None = None,
        settings: dict[str, Any] | None = None,
    ) -> list[Event]:
        """Change what is given."""
        wanted = {
            "name": name,
            "description": description,
            "github_repo": github_repo,
            "context_path": context_path,
            "settings": settings,
        }
        changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(self, key)}
        return [WorkspaceUpdated(**changed)] if changed else []

    @command
    def delete(self) -> list[Event]:
        return [WorkspaceDeleted(name=self.name)]
