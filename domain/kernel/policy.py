"""Policies: they react to events with commands (domain.md 3.8). The reactor runs them."""

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

IMPORTER = "import"
"""The kind of actor that importers record as."""

BROKEN = (CommandIdReused, ConcurrencyConflict, InvalidInput, PayloadTooLarge, UnknownTopic)
"""Refusals that do not settle an event: they are mistakes of the policy, or conflicts that outlasted its retries."""

DATABASE = ("DATABASE_", "APPEND_OUTCOME_UNKNOWN")
"""Prefixes of the codes of refusals by a database that cannot store anything now."""

PAGE = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Policy:
    """A reaction to events of some kinds.

    Args:
        name: never changed: it is in the ids of its commands, and in the name of its checkpoint.
        on: the kinds of events.
        react: reacts to one of them; all that it does goes through the reaction.
        when: whether an event is of concern, decided on the event alone.
        retry_on: refusals that mean "not yet": the event becomes a dead letter, and is retried as the log grows.
        coalesce_by: the key of an event; of events with the same key that are read together, only the last is reacted
            to. An event without a key (None) is always reacted to.
        of_imports: whether it reacts to facts that an importer recorded, too. What followed from those happened where
            they come from, long ago perhaps.
    """

    name: str
    on: tuple[type[Event], ...]
    react: Callable[["Reaction"], None]
    when: Callable[[Recorded], bool] = lambda past: True
    retry_on: tuple[type[Refused], ...] = ()
    coalesce_by: Callable[[Recorded], str | None] | None = None
    of_imports: bool = False

    def concerns(self, past: Recorded) -> bool:
        """Whether it reacts to an event."""
        return (self.of_imports or past.actor.partition(":")[0] != IMPORTER) and self.when(past)

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(kind.TOPIC for kind in self.on)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a decision.

    Attributes:
        positions: of the events it recorded; none when nothing changed.
        refused: the refusal, when it was refused.
        repeated: the decision was made before, and not made again.
    """

    positions: Sequence[int] = ()
    refused: Refused | None = None
    repeated: bool = False


class RetryLater(Exception):
    """A decision was refused with one of the policy's `retry_on`."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class Reaction:
    """A reaction to one event. Its decisions have their effect once, however often it is repeated."""

    def __init__(self, ledger: Ledger, policy: Policy, past: Recorded) -> None:
        self.ledger, self.policy, self.past = ledger, policy, past
        self.outcomes: list[Outcome] = []

    @property
    def event(self) -> Any:
        return self.past.event

    @property
    def id(self) -> str:
        """The id of the aggregate whose event it is."""
        return self.past.stream_id.partition("-")[2]

    def decide(self, decision: Callable[..., object], *about: Any, part: str = "") -> Outcome:
        """Make a decision and record its events, in one unit of work with a command id made from the event's.

        The decision is retried on conflict. A refusal is recorded as its outcome and is final.

        Args:
            decision: called with the unit, and with `about`.
            part: names it among several decisions about one event; each has a unit of its own.

        Raises:
            RetryLater: it was refused with one of the policy's `retry_on`.
        """
        command_id = ":".join(filter(None, (self.policy.name, self.past.event_id, part)))
        outcome = self._outcome(lambda unit: decision(unit, *about), command_id)
        self.outcomes.append(outcome)
        return outcome

    def since(self, kind: type[A], id: str, position: int | None = None) -> list[Recorded]:
        """The events of an aggregate after this event, or after a position in the log."""
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
        except self.policy.retry_on as refused:
            raise RetryLater(refused) from refused

    def _decided(self, decision: Callable[[Unit], object], command_id: str) -> Outcome:
        try:
            with self.ledger.unit(command_id) as unit:
                unit.decide(lambda: decision(unit))
        except Refused as refused:
            if isinstance(refused, self.policy.retry_on + BROKEN) or unavailable(refused):
                raise
            logger.debug("%s: a decision about %s was refused: %s", self.policy.name, self.past.event_id, refused.code)
            # An empty unit stores the command id, so that a repeated reaction is not decided on a later state.
            with suppress(AlreadyDone), self.ledger.unit(command_id):
                pass
            return Outcome(refused=refused)
        assert unit.receipt is not None
        return Outcome(unit.receipt.positions, repeated=unit.receipt.repeated)


def aggregate_ids_started_by(ledger: Ledger, first: type[Event], tag: tuple[str, str]) -> Iterator[str]:
    """The ids of all aggregates whose first event was of that kind and bears that tag, in the order of the log."""
    after = 0
    while rows := ledger.read(after, PAGE, topics=[first.TOPIC], tag=tag):
        yield from (row.stream_id.partition("-")[2] for row in rows)
        after = rows[-1].position


def unavailable(refused: Refused) -> bool:
    """Whether the database refused it, so that the same may succeed later."""
    return refused.code.startswith(DATABASE)
