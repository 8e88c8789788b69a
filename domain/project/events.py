"""The events and the refusals of a project (domain.md 3.4 and 5.2)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Created, Deleted, Event, Frozen
from workledger.domain.kernel.claims import Claim, Limit, Take, Vacancy, key_of, releases
from workledger.domain.kernel.refusals import InvalidTransition, NameTaken, NotFound, Refused

if TYPE_CHECKING:
    from workledger.domain.project.project import Project

Tool = Literal["Read", "Edit", "Write", "Bash", "Grep", "Glob", "WebFetch", "TodoWrite"]

DEFAULT_TOOLS: tuple[Tool, ...] = ("Read", "Edit", "Bash", "Glob", "Grep")
DEFAULT_MODEL = "claude-sonnet-4-20250514"


class Config(Frozen):
    """How agents work on the project's board (AgentPane, domain.md 1.4 and 5.1)."""

    worktree_root: str = ".worktrees"
    default_branch: str = "main"
    allowed_tools: tuple[Tool, ...] = DEFAULT_TOOLS
    max_turns: Annotated[int, Field(ge=1, le=500)] = 50
    model: str = DEFAULT_MODEL
    init_script: str | None = None
    env_file: str | None = None


def runs_in(project_id: str) -> str:
    """The key that live runs of a project hold, as many as its concurrency limit allows."""
    return key_of("runs_in_project", project_id)


def _named(workspace_id: str | None, name: str) -> tuple[str, str, str]:
    """The key of a project's name, in parts: unique in its workspace (domain.md 3.3, X1)."""
    return "project_name", workspace_id or "", name


def _take_name(workspace_id: str | None, name: str) -> Take:
    return Take(key_of(*_named(workspace_id, name)), ProjectNameTaken, details={"name": name})


def _take_path(path: str) -> Take:
    return Take(key_of("project_path", path), ProjectPathExists, details={"path": path})


def _take_url(url: str) -> Take:
    return Take(key_of("project_url", url), ProjectUrlTaken, details={"url": url})


class ProjectCreated(Created, topic="project.created"):
    """A project was created; its name, path and URL are unique."""

    name: str
    description: str | None = None
    workspace_id: str | None = None
    repository_path: str | None = None
    repository_url: str | None = None
    default_branch: str = "main"
    config: Config = Config()
    max_concurrent_agents: int = 3
    github_owner: str | None = None
    github_repo: str | None = None
    github_installation_id: str | None = None
    config_path: str = ".claude"
    stage: str = "inbox"
    status: str = "active"
    priority: int = 0
    metadata: dict[str, Any] = Field(default_factory=dict)

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield _take_name(self.workspace_id, self.name)
        if self.repository_path:
            yield _take_path(self.repository_path)
        if self.repository_url:
            yield _take_url(self.repository_url)
        yield Limit(runs_in(id), capacity=self.max_concurrent_agents)


class ProjectDetailsChanged(Event, topic="project.details_changed", patch=True):
    """Its name, description, priority or metadata were changed: those that are given."""

    name: str | None = None
    description: str | None = None
    priority: int | None = None
    metadata: dict[str, Any] | None = None

    def claims(self, before: "Project", id: str) -> Iterable[Claim]:
        if self.name is not None and self.name != before.name:
            yield from releases(*_named(before.workspace_id, before.name))
            yield _take_name(before.workspace_id, self.name)


class ProjectConfigChanged(Event, topic="project.config_changed"):
    """The config of its board was changed by `patch`, and is `config` now."""

    patch: dict[str, Any]
    config: Config


class ProjectConcurrencyLimitChanged(Event, topic="project.concurrency_limit_changed"):
    """The limit of concurrent runs was changed; live runs continue."""

    previous: int
    max_concurrent_agents: int

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Limit(runs_in(id), capacity=self.max_concurrent_agents)


class ProjectRepositoryLinked(Event, topic="project.repository_linked"):
    """A repository was set, or another one."""

    repository_url: str
    default_branch: str = "main"

    def claims(self, before: "Project", id: str) -> Iterable[Claim]:
        if before.repository_url and before.repository_url != self.repository_url:
            yield from releases("project_url", before.repository_url)
        yield _take_url(self.repository_url)


class ProjectGitHubLinked(Event, topic="project.github_linked"):
    """It was linked to a repository on GitHub."""

    github_owner: str
    github_repo: str
    github_installation_id: str | None = None
    config_path: str = ".claude"


class ProjectGitHubUnlinked(Event, topic="project.github_unlinked"):
    """It was unlinked from GitHub."""

    github_owner: None = None
    github_repo: None = None
    github_installation_id: None = None


class ProjectCredentialAttached(Event, topic="project.credential_attached"):
    """A credential was assigned; the secret is never in an event."""

    credential_id: str


class ProjectCredentialDetached(Event, topic="project.credential_detached"):
    """The credential was removed."""

    credential_id: str
    reason: Literal["user", "credential_deleted"] = "user"

    def changes(self, before: Any) -> dict[str, Any]:
        return {"credential_id": None}


class ProjectFetched(Event, topic="project.fetched"):
    """Its repository was fetched, up to that commit."""

    head_sha: str | None = None


class ProjectFetchFailed(Event, topic="project.fetch_failed"):
    """Its repository could not be fetched."""

    error: str


class ProjectStageChanged(Event, topic="project.stage_changed"):
    """It was moved to another stage of its delivery, by `triggered_by`."""

    previous: str
    stage: str
    triggered_by: str
    reason: str | None = None
    stage_run_id: str | None = None


class ProjectStatusChanged(Event, topic="project.status_changed"):
    """Its status was changed to active, paused, completed or archived."""

    previous: str
    status: str


class ProjectDeleted(Deleted, topic="project.deleted"):
    """The project was deleted; its name, path and URL are free, its history stays readable."""

    name: str

    def claims(self, before: "Project", id: str) -> Iterable[Claim]:
        yield Vacancy(runs_in(id), ProjectHasRunningAgents, capacity=1, details={"project_id": id})
        yield from super().claims(before, id)
        yield from releases(*_named(before.workspace_id, before.name))
        if before.repository_path:
            yield from releases("project_path", before.repository_path)
        if before.repository_url:
            yield from releases("project_url", before.repository_url)
        yield Limit(runs_in(id), capacity=None)


class ProjectNotFound(NotFound):
    """There is no such project."""

    code = "PROJECT_NOT_FOUND"


class ProjectNameTaken(NameTaken):
    """Another project is called {name}."""


class ProjectUrlTaken(NameTaken):
    """Another project has the URL {url}."""


class ProjectPathExists(Refused):
    """Another project has the path {path}."""

    code = "PROJECT_PATH_EXISTS"


class ProjectHasRunningAgents(Refused):
    """Agents are still running in this project; stop them first."""

    code = "PROJECT_HAS_RUNNING_AGENTS"


class ProjectHasNoRepository(Refused):
    """This project has no repository."""

    code = "PROJECT_HAS_NO_REPOSITORY"
    status = 400


class ProjectInvalidTransition(InvalidTransition):
    """A project that is {state} does not accept {command}."""

    code = "PROJECT_INVALID_TRANSITION"
