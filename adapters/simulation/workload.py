"""Workload: as many events as one asks for, the same ones for the same seed, as teams of agents would write them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from workledger.adapters.simulation.accounts import keeper
from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.crew import Crew, founded
from workledger.adapters.simulation.errands import errands
from workledger.adapters.simulation.lead import lead
from workledger.adapters.simulation.letters import letters
from workledger.adapters.simulation.past import Happening, Past
from workledger.adapters.simulation.planner import planner
from workledger.adapters.simulation.reviewer import reviewer
from workledger.adapters.simulation.tempo import FULL, Tempo
from workledger.adapters.simulation.texts.places import PLACES
from workledger.adapters.simulation.worker import Worker
from workledger.adapters.simulation.world import Part, World

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def events(
    seed: object,
    n: int | None = None,
    *,
    start: datetime = START,
    tempo: Tempo = FULL,
    projects: int = len(PLACES),
    metadata: dict[str, object] | None = None,
) -> Iterator[Happening]:
    """The first `n` events, in the order of their times; without end if `n` is None.

    Recorded in that order, every claim of theirs is met.
    """
    world = Past(Chance(seed), tempo, start)
    crews = [founded(world, number, metadata or {}) for number in range(projects)]
    parts = [keeper(world), *(factory() for crew in crews for factory in parts_of(world, crew))]
    return islice(world.play(parts), n)


def parts_of(world: World, crew: Crew) -> list[Callable[[], Part]]:
    """Everybody who works in a crew: those who plan, review and write, and its agents."""
    roles = (planner, reviewer, lead, letters, errands)
    workers = [Worker(world, crew, id).part for id in crew.agents]
    return [*(partial(role, world, crew) for role in roles), *workers]
