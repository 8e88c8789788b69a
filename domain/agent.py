"""An agent is a named worker that runs many times; its status follows from its runs (domain.md D2)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, Frozen, New, command
from workledger.domain.kernel.claims import Claim, Require, Take, Vacancy, key_of, releases
from workledger.domain.kernel.fields import JsonObject, Number, ShortName
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import (
    ConcurrencyConflict,
    Forbidden,
    InvalidTransition,
    LimitReached,
    NameTaken,
    NotFound,
    Refused,
)
from workledger.domain.project import Project
from workledger.domain.project.events import DEFAULT_MODEL, DEFAULT_TOOLS, Tool

AgentType = Literal["task", "conversational", "background"]


class AgentConfig(Frozen):
    """How the agent works: with which tools (None: any) and model, and for how long (domain.md 1.4 and 5.1)."""

    allowed_tools: tuple[Tool, ...] | None = DEFAULT_TOOLS
    max_turns: Annotated[int, Field(ge=1, le=500)] = 50
    model: str = DEFAULT_MODEL
    system_prompt: str | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None


def run_of_agent(agent_id: str) -> str:
    """The key that the live run of an agent holds (domain.md 3.3, X12)."""
    return key_of("run_of_agent", agent_id)


def idle(agent_id: str) -> Vacancy:
    """The claim that the agent has no live run."""
    return Vacancy(run_of_agent(agent_id), AgentAlreadyRunning, capacity=1, details={"agent_id": agent_id})


def _named(project_id: str | None, name: str) -> tuple[str, str, str]:
    """The key of an agent's name, in parts: unique in its project, or among the agents of none (domain.md 3.3, X2)."""
    return "agent_name", project_id or "", name


def take_name(project_id: str | None, name: str) -> Take:
    """The claim that no other agent there has the name."""
    return Take(key_of(*_named(project_id, name)), AgentNameTaken, details={"name": name})


class AgentCreated(Created, topic="agent.created"):
    """An agent was created; its name is unique in its project."""

    name: str
    project_id: str | None = None
    type: str = "task"
    config: AgentConfig = AgentConfig()
    provider: str = "claude"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield take_name(self.project_id, self.name)


class AgentRenamed(Event, topic="agent.renamed"):
    """The agent was renamed."""

    name: str

    def claims(self, before: "Agent", id: str) -> Iterable[Claim]:
        if self.name != before.name:
            yield from releases(*_named(before.project_id, before.name))
            yield take_name(before.project_id, self.name)


class AgentConfigChanged(Event, topic="agent.config_changed"):
    """Its config was changed by `patch`, and is `config` now."""

    patch: dict[str, Any]
    config: AgentConfig

    def claims(self, before: "Agent", id: str) -> Iterable[Claim]:
        """Tools and model do not change while a run is live."""
        was, now = before.config, self.config
        if (was.allowed_tools, was.model) != (now.allowed_tools, now.model):
            yield idle(id)


class AgentSessionStarted(Event, topic="agent.session_started"):
    """A process of the agent started: the first of a run, or a new one for a resumed run.

    Processes are counted in the agent's own stream, so no two have the same number (domain.md D2).
    """

    session_number: int
    agent_run_id: str

    def changes(self, before: Any) -> dict[str, Any]:
        return {"session_count": self.session_number, "latest_run_id": self.agent_run_id, "dismissed": False}


class AgentDismissed(Event, topic="agent.dismissed"):
    """The user hid the finished agent; the event's time is the time of dismissal."""

    def changes(self, before: Any) -> dict[str, Any]:
        return {"dismissed": True}


class AgentDeleted(Deleted, topic="agent.deleted"):
    """The agent was deleted and its name is free; its runs and logs stay readable."""

    name: str

    def claims(self, before: "Agent", id: str) -> Iterable[Claim]:
        yield idle(id)
        yield from super().claims(before, id)
        yield from releases(*_named(before.project_id, before.name))


class AgentNotFound(NotFound):
    """There is no such agent."""

    code = "AGENT_NOT_FOUND"


class AgentNameTaken(NameTaken):
    """Another agent is called {name}."""


class AgentAlreadyRunning(Refused):
    """This agent has a live run; stop it first."""

    code = "AGENT_ALREADY_RUNNING"


class AgentNotRunning(InvalidTransition):
    """A run that is {state} does not accept {command}."""

    code = "AGENT_NOT_RUNNING"
    status = 400


class AgentNoAvailableTask(Refused):
    """No queued task is available for this agent."""

    code = "AGENT_NO_AVAILABLE_TASK"
    status = 400


class AgentNotResumable(Refused):
    """This run cannot be resumed: its process has exited, and it has no provider session."""

    code = "AGENT_NOT_RESUMABLE"


class AgentToolNotAllowed(Forbidden):
    """This run may not use the tool {tool}."""

    code = "AGENT_TOOL_NOT_ALLOWED"


class AgentTurnLimitExceeded(Refused):
    """This run has used all of its {max_turns} turns."""

    code = "AGENT_TURN_LIMIT_EXCEEDED"


class ConcurrencyLimitExceeded(LimitReached):
    """This project has reached its limit of concurrent runs."""

    code = "CONCURRENCY_LIMIT_EXCEEDED"


class Agent(Aggregate, category="agent", prefix="agt", not_found=AgentNotFound):
    """A named worker; its runs are aggregates of their own."""

    name: str
    project_id: str | None = None
    type: str = "task"
    config: AgentConfig = AgentConfig()
    provider: str = "claude"
    session_count: int = 0
    latest_run_id: str | None = None
    dismissed: bool = False

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.id, "project": self.project_id}

    def belongs_to(self) -> Iterable[Require]:
        if self.project_id:
            yield Project.exists(self.project_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        name: ShortName,
        id: Id | None = None,
        project_id: Id | None = None,
        type: AgentType = "task",
        config: AgentConfig = AgentConfig(),  # noqa: B008, frozen
        provider: ShortName = "claude",
    ) -> "New[Agent]":
        """Create an agent. Its name is unique in its project, or among the agents of none (C2).

        Raises:
            NameTaken: another agent there has the name.
            ProjectNotFound: there is no such project.
        """
        event = AgentCreated(name=name, project_id=project_id, type=type, config=config, provider=provider)
        return New(Agent, id or new_id(Agent.PREFIX), [event])

    @command
    def rename(self, *, name: ShortName) -> list[Event]:
        """Rename it; the name must be unique in its project."""
        return [] if name == self.name else [AgentRenamed(name=name)]

    @command
    def change_config(self, *, patch: JsonObject) -> list[Event]:
        """Apply a patch to the config; the event has the patch and the whole config.

        Raises:
            AgentAlreadyRunning: tools or model would change under a live run.
        """
        config = AgentConfig.model_validate({**self.config.model_dump(), **patch})
        return [] if config == self.config else [AgentConfigChanged(patch=patch, config=config)]

    @command
    def start_session(self, *, session_number: Number, agent_run_id: Id) -> list[Event]:
        """Count a new process of the agent; `session_number` must be `session_count` + 1.

        Raises:
            ConcurrencyConflict: another process was counted since the caller read `session_count`.
        """
        if session_number != self.session_count + 1:
            raise ConcurrencyConflict(
                stream=self.stream(self.id), expected=session_number - 1, actual=self.session_count
            )
        return [AgentSessionStarted(session_number=session_number, agent_run_id=agent_run_id)]

    @command
    def dismiss(self) -> list[Event]:
        """Hide it from the user until it runs again (C24)."""
        return [] if self.dismissed else [AgentDismissed()]

    @command
    def delete(self) -> list[Event]:
        """Delete it and free its name. Refused while a run is live (domain.md 3.5, rule 9)."""
        return [AgentDeleted(name=self.name)]
