"""A workspace is the tenant that projects may belong to (Elmer)."""

from typing import Any

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.fields import UNSET, JsonObject, Name, Path, Text, Unset, Word
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import NotFound


class WorkspaceNotFound(NotFound):
    """There is no such workspace."""

    code = "WORKSPACE_NOT_FOUND"


class WorkspaceCreated(Created, topic="workspace.created"):
    """A workspace was created."""

    name: str
    description: str | None = None
    github_repo: str | None = None
    context_path: str = "elmer-docs/"
    settings: dict[str, Any] = Field(default_factory=dict)


class WorkspaceUpdated(Event, topic="workspace.updated", patch=True):
    """Its name, description, repository, context path or settings were changed: those that are given."""

    name: str | None = None
    description: str | None = None
    github_repo: str | None = None
    context_path: str | None = None
    settings: dict[str, Any] | None = None


class WorkspaceDeleted(Deleted, topic="workspace.deleted"):
    """The workspace was deleted; its history stays readable."""

    name: str


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
        description: Text | None = None,
        github_repo: Word | None = None,
        context_path: Path = "elmer-docs/",
        settings: JsonObject | None = None,
    ) -> "New[Workspace]":
        """Create a workspace, the tenant that projects may belong to."""
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
        name: Name | Unset = UNSET,
        description: Text | Unset | None = UNSET,
        github_repo: Word | Unset | None = UNSET,
        context_path: Path | Unset = UNSET,
        settings: JsonObject | Unset = UNSET,
    ) -> list[Event]:
        """Change the fields that are given; None clears an optional one."""
        changed = self.differing(
            name=name,
            description=description,
            github_repo=github_repo,
            context_path=context_path,
            settings=settings,
        )
        return [WorkspaceUpdated(**changed)] if changed else []

    @command
    def delete(self) -> list[Event]:
        """Delete it. Its projects stay, but refuse every command except delete."""
        return [WorkspaceDeleted(name=self.name)]
