"""A project is what work is done on: a repository, a board, a delivery, as its facets are filled (DOMAIN.md 3.1)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain import workspace
from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.claims import Claim
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

Stage = Literal[
    "inbox", "discovery", "prd", "design", "prototype", "validate", "tickets", "build", "alpha", "beta", "ga"
]
Status = Literal["active", "paused", "completed", "archived"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Description = Annotated[str, Field(max_length=500)]
Concurrency = Annotated[int, Field(ge=1, le=10)]

NEXT_STATUS: dict[str, tuple[str, ...]] = {
    "active": ("paused", "completed"),
    "paused": ("active", "completed"),
    "completed": ("active", "archived"),
    "archived": ("active",),
}


class Project(Aggregate, category="project", prefix="prj", not_found=ProjectNotFound):
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
    status: str = "active"
    priority: int = 0
    metadata: dict[str, Any] = Field(default_factory=dict)

    def tags(self) -> dict[str, str | None]:
        return {"project": self.id, "workspace": self.workspace_id}

    def parents(self) -> Iterable[Claim]:
        if self.workspace_id:
            yield workspace.existing(self.workspace_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        name: Name,
        id: Id | None = None,
        description: Description | None = None,
        workspace_id: Id | None = None,
        path: Annotated[str, Field(min_length=1)] | None = None,
        url: Annotated[str, Field(min_length=1)] | None = None,
        default_branch: str = "main",
        config: Config = Config(),  # noqa: B008, frozen
        max_concurrent_agents: Concurrency = 3,
        github_owner: str | None = None,
        github_repo: str | None = None,
        github_installation_id: str | None = None,
        config_path: str = ".claude",
        stage: Stage = "inbox",
        priority: int = 0,
        metadata: dict[str, Any] | None = None,
    ) -> "New[Project]":
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
        name: Name | None = None,
        description: Description | None = None,
        priority: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> list[Event]:
        """Change what is given. The path cannot be changed (A16)."""
        wanted = {"name": name, "description": description, "priority": priority, "metadata": metadata}
        changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(self, key)}
        return [ProjectDetailsChanged(**changed)] if changed else []

    @command
    def change_config(self, *, patch: dict[str, Any]) -> list[Event]:
        """Lay the patch over the config; the event keeps both."""
        config = Config.model_validate({**self.config.model_dump(), **patch})
        return [] if config == self.config else [ProjectConfigChanged(patch=patch, config=config)]

    @command
    def change_concurrency_limit(self, *, limit: Concurrency) -> list[Event]:
        if limit == self.max_concurrent_agents:
            return []
        return [ProjectConcurrencyLimitChanged(previous=self.max_concurrent_agents, max_concurrent_agents=limit)]

    @command
    def link_repository(self, *, url: Annotated[str, Field(min_length=1)], default_branch: str = "main") -> list[Event]:
        if url == self.repository_url:
            return []
        return [ProjectRepositoryLinked(repository_url=url, default_branch=default_branch)]

    @command
    def link_github(
        self, *, owner: str, repo: str, installation_id: str | None = None, config_path: str = ".claude"
    ) -> list[Event]:
        if (owner, repo) == (self.github_owner, self.github_repo):
            return []
        return [
            ProjectGitHubLinked(
                github_owner=owner, github_repo=repo, github_installation_id=installation_id, config_path=config_path
            )
        ]

    @command
    def unlink_github(self) -> list[Event]:
        return [ProjectGitHubUnlinked()] if self.github_owner else []

    @command
    def attach_credential(self, *, credential_id: Id) -> list[Event]:
        return [] if credential_id == self.credential_id else [ProjectCredentialAttached(credential_id=credential_id)]

    @command
    def detach_credential(self) -> list[Event]:
        return [ProjectCredentialDetached(credential_id=self.credential_id)] if self.credential_id else []

    @command
    def report_fetch(self, *, head_sha: str | None = None, error: str | None = None) -> list[Event]:
        if not (self.repository_url or self.repository_path):
            raise ProjectHasNoRepository
        return [ProjectFetchFailed(error=error)] if error else [ProjectFetched(head_sha=head_sha)]

    @command
    def change_stage(
        self, *, stage: Stage, triggered_by: str = "user", reason: str | None = None, stage_run_id: Id | None = None
    ) -> list[Event]:
        if stage == self.stage:
            return []
        return [
            ProjectStageChanged(
                previous=self.stage, stage=stage, triggered_by=triggered_by, reason=reason, stage_run_id=stage_run_id
            )
        ]

    @command
    def change_status(self, *, status: Status) -> list[Event]:
        """active and paused turn into each other and into completed, that into archived; all come back (2.5)."""
        if status == self.status:
            return []
        if status not in NEXT_STATUS[self.status]:
            raise ProjectInvalidTransition(kind="project", status=self.status, wanted=status)
        return [ProjectStatusChanged(previous=self.status, status=status)]

    @command
    def delete(self) -> list[Event]:
        """Refused while a run is live (3.5, rule 9)."""
        return [ProjectDeleted(name=self.name)]
