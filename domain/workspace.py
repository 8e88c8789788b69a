"""A workspace is the tenant that projects may belong to (Elmer, DOMAIN.md 1.1)."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Free, Need, Take
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import NotFound


class WorkspaceNotFound(NotFound):
    """There is no such workspace."""

    code = "WORKSPACE_NOT_FOUND"


def existing(workspace_id: str) -> Need:
    """The claim that the workspace exists."""
    return Need(f"workspace:{workspace_id}", WorkspaceNotFound)


class WorkspaceCreated(Event, topic="workspace.created"):
    name: str
    description: str | None = None
    github_repo: str | None = None
    context_path: str = "elmer-docs/"
    settings: dict[str, Any] = Field(default_factory=dict)

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(f"workspace:{id}")


class WorkspaceUpdated(Event, topic="workspace.updated", patch=True):
    name: str | None = None
    description: str | None = None
    github_repo: str | None = None
    context_path: str | None = None
    settings: dict[str, Any] | None = None


class WorkspaceDeleted(Deleted, topic="workspace.deleted"):
    name: str

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Free(f"workspace:{id}")


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
