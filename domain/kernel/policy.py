"""A policy: what follows from events by itself, as commands (DOMAIN.md 3.8). The reactor of projections runs it."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.envelope import Context, Recorded, within
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import (
    CommandIdReused,
    ConcurrencyConflict,
    InvalidInput,
    PayloadTooLarge,
    Refused,
    UnknownTopic,
)
from workledger.domain.kernel.store import AlreadyDone
from workledger.domain.kernel.unit import Unit

A = TypeVar("A", bound=Aggregate)

ACTOR = "automation"

BROKEN = (CommandIdReused, ConcurrencyConflict, InvalidInput, PayloadTooLarge, UnknownTopic)
"""Refusals that say nothing of the state of things: the policy itself is wrong, or could not get through."""

DATABASE = ("DATABASE_", "APPEND_OUTCOME_UNKNOWN")
"""What the codes of refusals begin with that say: nothing can be stored just now."""

PAGE = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Policy:
    """What is done about events of some kinds.

    Args:
        name: never changed: it is in the ids of the commands that follow, and its place in the log is kept under it.
        on: the kinds of events.
        react: what follows from one of them; all that it does goes through the reaction.
        when: whether an event is of concern, from what the event itself says.
        later: refusals that do not settle it: it is set aside, and tried again as the log grows.
        alike: of events with the same key that stand together in the log, the last one is reacted to; None: to each.
    """

    name: str
    on: tuple[type[Event], ...]
    react: Callable[["Reaction"], None]
    when: Callable[[Recorded], bool] = lambda past: True
    later: tuple[type[Refused], ...] = ()
    alike: Callable[[Recorded], str | None] | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(kind.TOPIC for kind in self.on)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: events at `positions`, nothing, or a refusal. `repeated`: it came of it before."""

    positions: Sequence[int] = ()
    refused: Refused | None = None
    repeated: bool = False


class Later(Exception):
    """The reaction was refused in a way that does not settle it."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class Reaction:
    """One event, and the means to answer it once, however often one begins to."""

    def __init__(self, ledger: Ledger, policy: Policy, past: Recorded) -> None:
        self.ledger, self.policy, self.past = ledger, policy, past
        self.outcomes: list[Outcome] = []

    @property
    def event(self) -> Any:
        return self.past.event

    @property
    def id(self) -> str:
        """The id of the aggregate that it happened to."""
        return self.past.stream_id.partition("-")[2]

    def decide(self, decision: Callable[..., object], *about: Any, part: str = "") -> Outcome:
        """Record what is decided, in one unit of work, with a command id made from the event's.

        The whole decision is made again when another writer was faster. When it is refused, that is its outcome, and
        it stays so.

        Args:
            decision: is called with the unit, and what it is about.
            part: names it among several decisions about one event; each is recorded by itself.

        Raises:
            Later: it was refused in a way that the policy does not leave it at.
        """
        command_id = ":".join(filter(None, (self.policy.name, self.past.event_id, part)))
        outcome = self._outcome(lambda unit: decision(unit, *about), command_id)
        self.outcomes.append(outcome)
        return outcome

    def since(self, kind: type[A], id: str, position: int | None = None) -> list[Recorded]:
        """What has happened to an aggregate since the event, or since a position in the log."""
        after = self.past.position if position is None else position
        return [past for past in self.ledger.history(kind, id) if past.position > after]

    def _outcome(self, decision: Callable[[Unit], object], command_id: str) -> Outcome:
        if (positions := self.ledger.store.done(command_id)) is not None:
            return Outcome(positions, repeated=True)
        try:
            with within(Context(ACTOR, self.past.correlation_id, self.past.event_id)):
                return self._decided(decision, command_id)
        except AlreadyDone as done:
            return Outcome(done.positions, repeated=True)
        except self.policy.later as refused:
            raise Later(refused) from refused

    def _decided(self, decision: Callable[[Unit], object], command_id: str) -> Outcome:
        try:
            with self.ledger.unit(command_id) as unit:
                unit.decide(lambda: decision(unit))
        except Refused as refused:
            if isinstance(refused, self.policy.later + BROKEN) or unavailable(refused):
                raise
            logger.debug("%s: nothing follows from %s: %s", self.policy.name, self.past.event_id, refused.code)
            with suppress(AlreadyDone), self.ledger.unit(command_id):
                pass
            return Outcome(refused=refused)
        assert unit.receipt is not None
        return Outcome(unit.receipt.positions, repeated=unit.receipt.repeated)


def begun(ledger: Ledger, first: type[Event], tag: tuple[str, str]) -> Iterator[str]:
    """The ids of all aggregates that ever began with such an event under a tag, in the order of the log."""
    after = 0
    while rows := ledger.read(after, PAGE, topics=[first.TOPIC], tag=tag):
        yield from (row.stream_id.partition("-")[2] for row in rows)
        after = rows[-1].position


def unavailable(refused: Refused) -> bool:
    """Whether it is the database that refuses; what was asked for may be asked again."""
    return refused.code.startswith(DATABASE)
