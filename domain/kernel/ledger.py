"""The ledger: it loads aggregates, current or at a past version, and appends the events that they decide."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TypeVar, overload

from workledger.domain.kernel import envelope
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.appender import Appender
from workledger.domain.kernel.core import Core
from workledger.domain.kernel.envelope import Recorded, Row
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.mapping import decode, format_timestamp
from workledger.domain.kernel.parents import Parents
from workledger.domain.kernel.refusals import CommandIdReused, InvalidInput, Refused
from workledger.domain.kernel.request import Request
from workledger.domain.kernel.store import LAST_POSITION, Receipt
from workledger.domain.kernel.unit import Clean, Unit, as_it_is

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")


class Ledger:
    """The record of what agents do, as an application embeds it. `workledger.open(url)` gives one.

    Every refusal is a `Refused` with a stable `code`, and leaves the log as it was.
    """

    clean: Clean = staticmethod(as_it_is)
    """What events pass before they are recorded."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._core = Core(dict(env))
        self.store = self._core.store
        self._appender = Appender(self._core)
        self._parents = Parents(self.find_any)

    def create(self, new: New[A], *, command_id: str | None = None) -> A:
        """Record a new aggregate, such as `Task.create(…)`, and return it.

        Args:
            command_id: when it is already recorded for the same call, nothing is appended and the aggregate it created
                is returned.

        Raises:
            Refused: a claim is not met (its code says which), the id is in use (CONCURRENCY_CONFLICT), or the command
                id was used for something else (IDEMPOTENCY_KEY_REUSED).
        """
        with self.unit(command_id) as unit:
            unit.create(new)
        assert unit.receipt is not None
        if unit.receipt.repeated:
            return self.get(new.kind, self.begun_by(new.kind, unit.receipt))
        return unit.state(new.kind, new.id)

    @contextmanager
    def edit(
        self, kind: type[A], id: str, *, expected_version: int | None = None, command_id: str | None = None
    ) -> Iterator[A]:
        """A draft of an aggregate, whose commands are recorded when the block ends; an error inside records nothing.

        On a conflict with another writer the commands are replayed on the new state, with the same arguments. When the
        draft was read in the block, or `expected_version` is given, they cannot be replayed and the conflict is raised:
        use `decide` for what reads and then decides.

        Raises:
            NotFound: there is no such aggregate.
            ConcurrencyConflict: it is not at the expected version, or was changed after it was read here.
            Refused: a command or a claim was refused.
            CommandIdReused: the command id was used for something else.
        """
        with self.unit(command_id) as unit:
            if command_id and self.store.done(command_id) is not None:
                yield unit.draft(kind, id)
            else:
                yield unit.edit(kind, id, expected_version=expected_version)

    @overload
    def decide(self, decision: Callable[[Unit], S]) -> S: ...

    @overload
    def decide(
        self, decision: Callable[[Unit], S], *, command_id: str | None, digest: str | None = None
    ) -> S | None: ...

    def decide(
        self, decision: Callable[[Unit], S], *, command_id: str | None = None, digest: str | None = None
    ) -> S | None:
        """Take a decision and append the events that it records; on a conflict it is taken again on the current state.

        Args:
            decision: called with a unit of work, at least once; it must read and write through that alone.
            command_id: when it is already recorded, the decision is not taken.
            digest: of what is asked for under that id; a repeat with another one is refused.

        Returns:
            The result of the decision; None when the command id was already recorded.

        Raises:
            Refused: the decision or a claim was refused; nothing is recorded.
            ConcurrencyConflict: every retry conflicted, for PATIENCE seconds.
            CommandIdReused: the command id was used for something else.
        """
        outcomes: list[S] = []
        with self.unit(command_id, digest=digest) as unit:
            if command_id is None or self.store.done(command_id) is None:
                unit.decide(lambda: outcomes.append(decision(unit)))
        assert unit.receipt is not None
        return None if unit.receipt.repeated else outcomes[-1]

    @contextmanager
    def unit(self, command_id: str | None = None, *, digest: str | None = None) -> Iterator[Unit]:
        """A unit of work that is appended atomically when the block ends; its `receipt` then has the positions.

        Args:
            command_id: at most 500 characters. When it is already recorded, nothing is appended, and nothing is refused
                that was accepted the first time.
            digest: of what is asked for under that id; a repeat with another one is refused. By default it is made of
                the streams, commands and arguments, up to the first reading of an aggregate, as what follows may depend
                on what was read; nothing in a decision counts.

        Raises:
            Refused: a command or a claim was refused; nothing is recorded.
            CommandIdReused: IDEMPOTENCY_KEY_REUSED, the command id was used for something else.
            InvalidInput: the command id is empty, too long, or not text that every database can hold.
        """
        recall = self._core.aggregates.recall
        unit = Unit(self.find_any, Request(command_id, digest), self.store.holders, self._parents, self.clean, recall)
        whole = False
        try:
            yield unit
            whole = True
            unit.receipt = self._appender.append(unit)
        except CommandIdReused:
            raise
        except Refused:
            # A repeated command may be refused on today's state; its answer is that of the first time.
            unit.receipt = self._appender.repeated(unit, whole=whole)
            if unit.receipt is None:
                raise
        self._recorded(unit.receipt)

    def get(self, kind: type[A], id: str, *, version: int | None = None, at: datetime | None = None) -> A:
        """The current aggregate, or the one at a past version or time.

        Args:
            at: has what was recorded up to the last event of that time. Where times of a stream go back, because a
                clock was set back or facts are of earlier times, events of later times may come before that one; what
                was recorded after it is never in it, and a later time never has less.

        Raises:
            NotFound: there is none, it did not exist yet, or it is deleted.
        """
        if at is not None and storable(id):
            version = self.store.version_at(kind.stream(id), format_timestamp(at))
        state = self.find_any(kind, id, version)
        if state is None or state.deleted:
            raise kind.NOT_FOUND(id=id)
        return state

    def find(self, kind: type[A], id: str) -> A | None:
        """The current aggregate; None when there is none or it is deleted."""
        state = self.find_any(kind, id)
        return None if state is None or state.deleted else state

    def find_any(self, kind: type[A], id: str, version: int | None = None) -> A | None:
        """The aggregate, deleted or not; None when its stream has not begun."""
        return self._core.load(kind, id, version)

    def forget(self) -> None:
        """Load every aggregate anew when it is needed again, after payloads of its events were rewritten."""
        self._core.aggregates.forget_all()

    def history(self, kind: type[A], id: str) -> list[Recorded]:
        """All the events of an aggregate, in order."""
        if not storable(id):
            return []
        return [decode(row) for row in self.store.read_stream(kind.stream(id))]

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        """Stored events in the order of the log, above the position `after` and at most `upto`.

        Raises:
            InvalidInput: the limit is below 0.
        """
        if limit < 0:
            raise InvalidInput(summary=f"limit: {limit} is below 0")
        if not all(map(storable, (*topics, *(tag or ())))) or after >= LAST_POSITION:
            return ()
        upto = None if upto is None else min(max(upto, 0), LAST_POSITION)
        return self.store.read(
            max(after, 0), min(limit, LAST_POSITION - max(after, 0)), upto=upto, topics=topics, tag=tag
        )

    def recorded_by(self, receipt: Receipt) -> Sequence[Row]:
        """The stored events of an append."""
        return self.store.by_position(receipt.positions) if receipt.positions else ()

    def begun_by(self, kind: type[Aggregate], receipt: Receipt) -> str:
        """The id of the aggregate of that kind that an append created.

        Raises:
            CommandIdReused: it created none, so the command id belongs to another command.
        """
        for row in self.recorded_by(receipt):
            category, _, id = row.stream_id.partition("-")
            if category == kind.CATEGORY and row.version == 1:
                return id
        raise CommandIdReused

    def existing(self, streams: Iterable[str]) -> set[str]:
        """Those of the streams that have events."""
        return self.store.existing(filter(storable, streams))

    def holders(self, key: str) -> Sequence[str]:
        """The streams that hold a key."""
        return self.store.holders(key) if storable(key) else ()

    def head(self) -> int:
        """The position of the last event in the log."""
        return self.store.head()

    def acting_as(
        self, actor: str | None = None, *, correlation_id: str | None = None, causation_id: str | None = None
    ) -> AbstractContextManager[None]:
        """Everything recorded inside carries this actor (`user:ann`) and these ids."""
        return envelope.acting_as(actor, correlation_id=correlation_id, causation_id=causation_id)

    def close(self) -> None:
        self._core.close()

    def _recorded(self, receipt: Receipt) -> None:
        """Called after every append; the open ledger brings its tables up to date here when asked to."""
