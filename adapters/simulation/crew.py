"""A crew: the project of a place, and the agents and people who work on it."""

from dataclasses import dataclass
from typing import Any

from workledger.adapters.simulation.texts.places import PLACES, Place
from workledger.adapters.simulation.world import World
from workledger.domain.agent import Agent, AgentConfig
from workledger.domain.kernel.aggregate import New
from workledger.domain.project import Project
from workledger.domain.project.events import Tool

TOOLS: tuple[Tool, ...] = ("Read", "Edit", "Write", "Bash", "Grep", "Glob", "TodoWrite")
MODELS = ("claude-sonnet-4-20250514", "claude-opus-4-20250514")
MAX_TURNS = 30
LABEL = "simulated"
"""What stands in the metadata of every project of the simulation, and behind its name."""


@dataclass(frozen=True)
class Crew:
    place: Place
    project_id: str
    agents: dict[str, str]
    """Names by id."""

    @property
    def people(self) -> list[str]:
        return [f"user:{name}" for name in self.place.people]


def founded(world: World, number: int, metadata: dict[str, Any]) -> Crew:
    """A new project with its agents. Beyond the places there are, they come round again with a number behind."""
    place = PLACES[number % len(PLACES)]
    again = f" {number // len(PLACES) + 1}" if number >= len(PLACES) else ""
    project_id = world.chance.id(Project.PREFIX)
    project = Project.create(
        id=project_id,
        name=f"{place.name}{again} ({LABEL})",
        description=f"{place.about} Made up, and so are the agents at work on it.",
        max_concurrent_agents=len(place.agents),
        metadata={LABEL: True, "place": place.name, **metadata},
    )
    world.perform(f"user:{place.people[0]}", lambda unit: unit.create(project))
    agents = {world.chance.id(Agent.PREFIX): name for name in place.agents}
    for id, name in agents.items():
        config = AgentConfig(allowed_tools=TOOLS, max_turns=MAX_TURNS, model=world.chance.pick(MODELS))
        agent = Agent.create(id=id, name=name, project_id=project_id, config=config)
        _join(world, place, agent)
    return Crew(place, project_id, agents)


def _join(world: World, place: Place, agent: New[Agent]) -> None:
    world.perform(f"user:{place.people[0]}", lambda unit: unit.create(agent))
