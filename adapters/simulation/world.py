"""The world that the simulation is played in: imagined in memory, or a ledger (see past.py and live.py)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.tempo import Tempo
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import ranks

A = TypeVar("A", bound=Aggregate)

Part = Generator[float, None, None]
"""A part in the play: it yields the seconds until its next step."""


@dataclass(frozen=True, slots=True)
class Card:
    """A task on the board, as the parts see it.

    Attributes:
        state: as the board calls it (see domain/board.py).
        waits: something that it depends on is not done.
    """

    id: str
    state: str
    priority: str
    agent_id: str | None = None
    waits: bool = False


class World(ABC):
    def __init__(self, chance: Chance, tempo: Tempo, now: datetime) -> None:
        self.chance, self.tempo, self.now = chance, tempo, now

    @property
    def rank(self) -> str:
        """The rank of the end of a column, now."""
        return ranks.end(self.now)

    @abstractmethod
    def perform(self, actor: str, step: Callable[[Unit], object]) -> None:
        """Record a decision of an actor, atomically.

        Raises:
            Refused: the ledger refuses it.
        """

    @abstractmethod
    def find(self, kind: type[A], id: str) -> A | None:
        """The current aggregate."""

    @abstractmethod
    def cards(self, project_id: str) -> Sequence[Card]:
        """The tasks of a project that are not done, in the order of the board."""

    @abstractmethod
    def live_run(self, agent_id: str) -> tuple[str, timedelta] | None:
        """The live run of an agent, and how long it has been quiet."""

    @abstractmethod
    def titles(self, project_id: str) -> set[str]:
        """The titles that tasks of the project have had."""
