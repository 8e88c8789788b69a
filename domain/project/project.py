"""A project is the subject of work: a repository, a board, a delivery, as its facets are filled (domain.md 3.1)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.fields import UNSET, Integer, JsonObject, Path, ShortName, Text, Unset, Url, Word
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.project.events import (
    Config,
    ProjectConcurrencyLimitChanged,
    ProjectConfigChanged,
    ProjectCreated,
    ProjectCredentialAttached,
    ProjectCredentialDetached,
    ProjectDeleted,
    ProjectDetailsChanged,
    ProjectFetched,
    ProjectFetchFailed,
    ProjectGitHubLinked,
    ProjectGitHubUnlinked,
    ProjectHasNoRepository,
    ProjectInvalidTransition,
    ProjectNotFound,
    ProjectRepositoryLinked,
    ProjectStageChanged,
    ProjectStatusChanged,
)
from workledger.domain.workspace import Workspace

Stage = Literal[
    "inbox", "discovery", "prd", "design", "prototype", "validate", "tickets", "build", "alpha", "beta", "ga"
]
Status = Literal["active", "paused", "completed", "archived"]
Description = Annotated[str, Field(max_length=500)]
Concurrency = Annotated[int, Field(ge=1, le=10)]

NEXT_STATUS: dict[str, tuple[str, ...]] = {
    "active": ("paused", "completed"),
    "paused": ("active", "completed"),
    "completed": ("active", "archived"),
    "archived": ("active",),
}


class Project(Aggregate, category="project", prefix="prj", not_found=ProjectNotFound, invalid=ProjectInvalidTransition):
    """A subject of work, with a repository, a board and a delivery as needed."""

    name: str
    description: str | None = None
    workspace_id: str | None = None
    repository_path: str | None = None
    repository_url: str | None = None
    config: Config = Config()
    max_concurrent_agents: int = 3
    github_owner: str | None = None
    github_repo: str | None = None
    credential_id: str | None = None
    stage: str = "inbox"
    status: Status = "active"
    priority: int = 0
    metadata: dict[str, Any] = Field(default_factory=dict)

    def tags(self) -> dict[str, str | None]:
        return {"project": self.id, "workspace": self.workspace_id}

    def requires(self) -> Iterable[Claim]:
        if self.workspace_id:
            yield Workspace.exists(self.workspace_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        name: ShortName,
        id: Id | None = None,
        description: Description | None = None,
        workspace_id: Id | None = None,
        path: Path | None = None,
        url: Url | None = None,
        default_branch: Word = "main",
        config: Config = Config(),  # noqa: B008, frozen
        max_concurrent_agents: Concurrency = 3,
        github_owner: Word | None = None,
        github_repo: Word | None = None,
        github_installation_id: Word | None = None,
        config_path: Path = ".claude",
        stage: Stage = "inbox",
        priority: Integer = 0,
        metadata: JsonObject | None = None,
    ) -> "New[Project]":
        """Create a project.

        Args:
            path, url: of its repository; no other project may have them.
            max_concurrent_agents: the limit of concurrent runs.

        Raises:
            NameTaken: in the append: another project of its workspace has the name, or any other project the URL.
            ProjectPathExists: in the append: another project has the path.
            WorkspaceNotFound: in the append: there is no such workspace.
        """
        event = ProjectCreated(
            name=name,
            description=description,
            workspace_id=workspace_id,
            repository_path=path,
            repository_url=url,
            default_branch=default_branch,
            config=config,
            max_concurrent_agents=max_concurrent_agents,
            github_owner=github_owner,
            github_repo=github_repo,
            github_installation_id=github_installation_id,
            config_path=config_path,
            stage=stage,
            priority=priority,
            metadata=metadata or {},
        )
        return New(Project, id or new_id(Project.PREFIX), [event])

    @command
    def change_details(
        self,
        *,
        name: ShortName | Unset = UNSET,
        description: Description | Unset | None = UNSET,
        priority: Integer | Unset = UNSET,
        metadata: JsonObject | Unset = UNSET,
    ) -> list[Event]:
        """Change the fields that are given; None clears the description. The path cannot be changed (A16)."""
        changed = self.differing(name=name, description=description, priority=priority, metadata=metadata)
        return [ProjectDetailsChanged(**changed)] if changed else []

    @command
    def change_config(self, *, patch: JsonObject) -> list[Event]:
        """Apply a patch to the config; the event has the patch and the whole config."""
        config = Config.model_validate({**self.config.model_dump(), **patch})
        return [] if config == self.config else [ProjectConfigChanged(patch=patch, config=config)]

    @command
    def change_concurrency_limit(self, *, limit: Concurrency) -> list[Event]:
        """Change the limit of concurrent runs; live runs continue."""
        if limit == self.max_concurrent_agents:
            return []
        return [ProjectConcurrencyLimitChanged(previous=self.max_concurrent_agents, max_concurrent_agents=limit)]

    @command
    def link_repository(self, *, url: Url, default_branch: Word = "main") -> list[Event]:
        """Set its repository."""
        if url == self.repository_url:
            return []
        return [ProjectRepositoryLinked(repository_url=url, default_branch=default_branch)]

    @command
    def link_github(
        self, *, owner: Word, repo: Word, installation_id: Word | None = None, config_path: Path = ".claude"
    ) -> list[Event]:
        """Link it to a repository on GitHub."""
        if (owner, repo) == (self.github_owner, self.github_repo):
            return []
        return [
            ProjectGitHubLinked(
                github_owner=owner, github_repo=repo, github_installation_id=installation_id, config_path=config_path
            )
        ]

    @command
    def unlink_github(self) -> list[Event]:
        """Unlink it from GitHub."""
        return [ProjectGitHubUnlinked()] if self.github_owner else []

    @command
    def attach_credential(self, *, credential_id: Id) -> list[Event]:
        """Use a credential for its repository; events name it and never hold the secret."""
        return [] if credential_id == self.credential_id else [ProjectCredentialAttached(credential_id=credential_id)]

    @command
    def detach_credential(self) -> list[Event]:
        """Remove the credential."""
        return [ProjectCredentialDetached(credential_id=self.credential_id)] if self.credential_id else []

    @command
    def report_fetch(self, *, head_sha: Word | None = None, error: Text | None = None) -> list[Event]:
        """Record a fetch of its repository; with `error`, a failed one.

        Raises:
            ProjectHasNoRepository: PROJECT_HAS_NO_REPOSITORY.
        """
        if not (self.repository_url or self.repository_path):
            raise ProjectHasNoRepository
        return [ProjectFetchFailed(error=error)] if error else [ProjectFetched(head_sha=head_sha)]

    @command
    def change_stage(
        self, *, stage: Stage, triggered_by: Word = "user", reason: Text | None = None, stage_run_id: Id | None = None
    ) -> list[Event]:
        """Move it to another stage of its delivery; every stage leads to every other."""
        if stage == self.stage:
            return []
        return [
            ProjectStageChanged(
                previous=self.stage, stage=stage, triggered_by=triggered_by, reason=reason, stage_run_id=stage_run_id
            )
        ]

    @command
    def change_status(self, *, status: Status) -> list[Event]:
        """Pause, complete, archive or reactivate it, as NEXT_STATUS allows.

        Raises:
            ProjectInvalidTransition: PROJECT_INVALID_TRANSITION.
        """
        if status == self.status:
            return []
        if status not in NEXT_STATUS[self.status]:
            raise self.refusal(f"change_status to {status}")
        return [ProjectStatusChanged(previous=self.status, status=status)]

    @command
    def delete(self) -> list[Event]:
        """Delete it. Refused with PROJECT_HAS_RUNNING_AGENTS while a run is live."""
        return [ProjectDeleted(name=self.name)]
