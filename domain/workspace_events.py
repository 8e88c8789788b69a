"""What happens to a workspace, as it is stored, and how a workspace refuses (Elmer, DOMAIN.md 1.1)."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from workledger.domain.claims import Claim, Free, Need, Take
from workledger.domain.kernel import Deleted, Event
from workledger.domain.refusals import NotFound


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
