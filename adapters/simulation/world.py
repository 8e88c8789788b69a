"""The world that the simulation is played in: imagined in memory, or a ledger (see past.py and live.py)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.tempo import Tempo
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import ranks

A = TypeVar("A", bound=Aggregate)

Part = Generator[float, None, None]
"""What somebody does in the play: it yields how many seconds pass until the next step."""


@dataclass(frozen=True, slots=True)
class Card:
    """A task on the board, as those see it who look for work.

    Attributes:
        state: as the board calls it (see domain/board.py).
        waits: something that it depends on is not done.
    """

    id: str
    state: str
    priority: str
    agent_id: str | None = None
    phase_id: str | None = None
    waits: bool = False


class World(ABC):
    def __init__(self, chance: Chance, tempo: Tempo, now: datetime) -> None:
        self.chance, self.tempo, self.now = chance, tempo, now

    @property
    def rank(self) -> str:
        """The end of a column at this moment."""
        return ranks.end(self.now)

    @abstractmethod
    def perform(self, actor: str, step: Callable[[Unit], object]) -> None:
        """Somebody does something, whole or not at all.

        Raises:
            Refused: the ledger says no.
        """

    def begin(self, actor: str, new: New[Any]) -> None:
        """Somebody begins something.

        Raises:
            Refused: the ledger says no.
        """
        self.perform(actor, lambda unit: unit.create(new))

    def edit(self, actor: str, kind: type[A], id: str, step: Callable[[A], object]) -> None:
        """Somebody does something to one thing.

        Raises:
            Refused: the ledger says no.
        """
        self.perform(actor, lambda unit: step(unit.edit(kind, id)))

    @abstractmethod
    def find(self, kind: type[A], id: str) -> A | None:
        """An aggregate as it is now."""

    @abstractmethod
    def those(self, kind: type[A], **fields: Any) -> Sequence[A]:
        """What there is of planning, talk and accounts with these fields, in the order in which it began; a field may
        be one of several. What belongs to an initiative that is over may be left out."""

    @abstractmethod
    def cards(self, project_id: str) -> Sequence[Card]:
        """The tasks of a project that are not done, in the order of the board."""

    @abstractmethod
    def live_run(self, agent_id: str) -> tuple[str, timedelta] | None:
        """The live run of an agent, and how long it has been quiet."""

    @abstractmethod
    def titles(self, project_id: str) -> set[str]:
        """The titles that tasks of the project have had, and the names of its initiatives."""

    def initiatives(self, project_id: str, *statuses: str) -> list[Initiative]:
        """The initiatives that a project is linked to, in these statuses."""
        return [one for one in self.those(Initiative, status=statuses) if project_id in one.project_ids]
