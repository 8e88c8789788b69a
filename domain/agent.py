"""An agent is a named worker that runs many times; how it fares is read from its runs (DOMAIN.md D2)."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from workledger.domain import project_events
from workledger.domain.agent_events import (
    AgentConfig,
    AgentConfigChanged,
    AgentCreated,
    AgentDeleted,
    AgentDismissed,
    AgentNotFound,
    AgentRenamed,
    AgentSessionStarted,
    AgentType,
)
from workledger.domain.claims import Claim
from workledger.domain.ids import Id, new_id
from workledger.domain.kernel import Aggregate, Event, New, command
from workledger.domain.refusals import ConcurrencyConflict

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Agent(Aggregate, category="agent", prefix="agt", not_found=AgentNotFound):
    name: str
    project_id: str | None = None
    type: str = "task"
    config: AgentConfig = AgentConfig()
    provider: str = "claude"
    session_count: int = 0
    dismissed: bool = False

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.id, "project": self.project_id}

    def parents(self) -> Iterable[Claim]:
        if self.project_id:
            yield project_events.existing(self.project_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        name: Name,
        id: Id | None = None,
        project_id: Id | None = None,
        type: AgentType = "task",
        config: AgentConfig = AgentConfig(),  # noqa: B008, frozen
        provider: Annotated[str, Field(min_length=1, max_length=100)] = "claude",
    ) -> "New[Agent]":
        """Begin an agent. Its name is unique in its project, or among the agents of none (C2).

        Raises:
            NameTaken: another agent there has the name.
            ProjectNotFound: there is no such project.
        """
        event = AgentCreated(name=name, project_id=project_id, type=type, config=config, provider=provider)
        return New(Agent, id or new_id(Agent.PREFIX), [event])

    @command
    def rename(self, *, name: Name) -> list[Event]:
        return [] if name == self.name else [AgentRenamed(name=name)]

    @command
    def change_config(self, *, patch: dict[str, Any]) -> list[Event]:
        """Lay the patch over the config; the event keeps both.

        Raises:
            AgentAlreadyRunning: tools or model would change under a live run.
        """
        config = AgentConfig.model_validate({**self.config.model_dump(), **patch})
        return [] if config == self.config else [AgentConfigChanged(patch=patch, config=config)]

    @command
    def start_session(self, *, session_number: int, agent_run_id: Id) -> list[Event]:
        """Count a new process of the agent. `session_number` is the one after `session_count`.

        Raises:
            ConcurrencyConflict: another process has been counted since the caller looked.
        """
        if session_number != self.session_count + 1:
            raise ConcurrencyConflict(
                stream=self.stream(self.id), expected=session_number - 1, actual=self.session_count
            )
        return [AgentSessionStarted(session_number=session_number, agent_run_id=agent_run_id)]

    @command
    def dismiss(self) -> list[Event]:
        """Put it out of the user's sight until it runs again (C24)."""
        return [] if self.dismissed else [AgentDismissed()]

    @command
    def delete(self) -> list[Event]:
        """Refused while a run is live (3.5, rule 9). Its name is free again; its runs and logs stay readable."""
        return [AgentDeleted(name=self.name)]
