"""A unit of work: what is decided about several aggregates, recorded in one atomic append."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.claims import Claim, Need
from workledger.domain.kernel.envelope import Context, Recorded, current, within
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import Conditions, Receipt

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")
Load = Callable[[type[Any], str], Any]
"""Gives an aggregate as the store has it, or None."""
Holders = Callable[[str], Sequence[str]]
"""Gives the streams that hold a claim."""


def nobody(key: str) -> Sequence[str]:
    return ()


class Draft(Generic[A]):
    """An aggregate being edited: it reads as the aggregate, and commands called on it are kept for the append."""

    def __init__(self, unit: "Unit", kind: type[A], id: str) -> None:
        self._unit, self._kind, self._id = unit, kind, id

    def __getattr__(self, name: str) -> Any:
        if name not in self._kind.commands():
            return getattr(self._unit.state(self._kind, self._id), name)
        return lambda *args, **kwargs: self._unit.command(self._kind, self._id, name, args, kwargs)


class Unit:
    """Everything recorded through it is stored together, or not at all.

    It is given out by `Ledger.unit()`, which settles it when the block ends. When another writer was faster, its
    steps are taken again on the state as it is then.
    """

    def __init__(self, load: Load, command_id: str | None = None, holders: Holders = nobody) -> None:
        self.command_id = command_id
        self.receipt: Receipt | None = None
        self._load, self._holders = load, holders
        self._steps: list[tuple[Callable[[], Any], Context]] = []
        self._stepping = False
        self._expected: dict[str, int] = {}
        self._begun: set[str] = set()
        self._forget()

    def create(self, new: New[A], *, at: datetime | None = None) -> A:
        """Begin an aggregate. The append fails with CONCURRENCY_CONFLICT when its stream has begun before."""
        self._begun.add(new.kind.stream(new.id))
        return cast(A, self._step(lambda: self._take(new.kind, new.id, None, new.events, at)))

    def edit(self, kind: type[A], id: str, *, expected_version: int | None = None) -> A:
        """The aggregate as a draft: call its commands.

        Raises:
            NotFound: there is none, or it is deleted.
            ConcurrencyConflict: it is not at the expected version.
        """
        state = self.state(kind, id)
        if expected_version is not None:
            self._expected[kind.stream(id)] = expected_version
            if state.version != expected_version:
                raise ConcurrencyConflict(stream=kind.stream(id), expected=expected_version, actual=state.version)
        return cast(A, Draft(self, kind, id))

    def command(self, kind: type[A], id: str, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Event]:
        """Call a command of an aggregate by its name; the events that follow."""

        def step() -> list[Event]:
            state = self.state(kind, id)
            events: list[Event] = getattr(state, name)(*args, **kwargs)
            self._take(kind, id, state, events)
            return events

        return self._step(step)

    def record(self, kind: type[A], id: str, events: Iterable[Event], *, at: datetime | None = None) -> A:
        """Record events as facts, without a command: for importers. Limits of commands do not bind them.

        Raises:
            NotFound: it is deleted.
        """
        facts = list(events)

        def step() -> A | None:
            state = self._current(kind, id)
            if state is not None and state.deleted:
                raise kind.NOT_FOUND(id=id)
            return self._take(kind, id, state, facts, at)

        return cast(A, self._step(step))

    def log(
        self, stream_id: str, events: Iterable[Event], *, tags: Mapping[str, str | None], at: datetime | None = None
    ) -> None:
        """Append to a stream that nobody folds: nothing is loaded, and the store gives the versions."""

        def step() -> None:
            for event in facts:
                self._claim(stream_id, event.claims(None, stream_id.partition("-")[2]))
                self._envelope(stream_id, 0, event, tags, at)

        facts = list(events)
        self._step(step)

    def decide(self, decision: Callable[[], S]) -> S:
        """Make several steps one: when they are taken again, all of it is decided again."""
        return self._step(decision)

    def find(self, kind: type[A], id: str) -> A | None:
        """The aggregate as it is in this unit, pinned: the append fails when it has moved on since."""
        state = self._current(kind, id)
        self._pinned.setdefault(kind.stream(id), 0 if state is None else state.version)
        return None if state is None or state.deleted else cast(A, state)

    def state(self, kind: type[A], id: str) -> A:
        """The aggregate as it is in this unit.

        Raises:
            NotFound: there is none, or it is deleted.
        """
        state = self._current(kind, id)
        if state is None or state.deleted:
            raise kind.NOT_FOUND(id=id)
        return cast(A, state)

    def again(self, conflict: ConcurrencyConflict) -> bool:
        """Take every step once more on the state as it is now.

        False when that cannot help: an exact version was asked for, or what was to begin has begun.
        """
        if self._expected or conflict.details.get("stream") in self._begun:
            return False
        self._forget()
        self._stepping = True
        try:
            for step, context in self._steps:
                with within(context):
                    step()
        finally:
            self._stepping = False
        return True

    def conditions(self) -> Conditions:
        """What the append relies on: claims of the events, the parents of what they touch, pinned versions."""
        parents = {
            (stream, claim)
            for stream, state in self._states.items()
            if stream in self._touched and not state.deleted
            for claim in state.parents()
        }
        needs = {claim.key: (stream, claim) for stream, claim in parents if isinstance(claim, Need)}
        pinned = {stream: version for stream, version in self._pinned.items() if stream not in self._touched}
        return Conditions([*self._claims, *needs.values()], pinned, self.command_id)

    def _forget(self) -> None:
        self.recorded: list[Recorded] = []
        self._claims: list[tuple[str, Claim]] = []
        self._states: dict[str, Aggregate] = {}
        self._missing: set[str] = set()
        self._touched: set[str] = set()
        self._pinned: dict[str, int] = {}

    def _step(self, step: Callable[[], S]) -> S:
        if self._stepping:
            return step()
        self._stepping = True
        try:
            outcome = step()
        finally:
            self._stepping = False
        self._steps.append((step, current()))
        return outcome

    def _current(self, kind: type[Any], id: str) -> Any:
        stream = kind.stream(id)
        if stream not in self._states:
            state = None if stream in self._missing else self._load(kind, id)
            if state is None:
                self._missing.add(stream)  # what was not there when it was decided is not looked for again
                return None
            self._states[stream] = state
        return self._states[stream]

    def _take(
        self, kind: type[A], id: str, state: A | None, events: Sequence[Event], at: datetime | None = None
    ) -> A | None:
        stream = kind.stream(id)
        for event in events:
            self._take_along(event.takes_along(state, id), at)
            event.check(state, id, self)
            self._claim(stream, event.claims(state, id))
            state = kind.begin(id, event) if state is None else state.after(event)
            self._envelope(stream, state.version, event, state.tags(), at)
            self._states[stream] = state
        return state

    def _take_along(self, keys: Iterable[str], at: datetime | None) -> None:
        for stream in (stream for key in keys for stream in self._holders(key)):
            category, _, id = stream.partition("-")
            kind = Aggregate.CATEGORIES[category]
            state: Any = self._current(kind, id)
            if state is not None and not state.deleted:
                self._take(kind, id, state, state.delete(), at)

    def _claim(self, stream: str, claims: Iterable[Claim]) -> None:
        self._claims += [(stream, claim) for claim in claims]

    def _envelope(
        self, stream: str, version: int, event: Event, tags: Mapping[str, str | None], at: datetime | None
    ) -> None:
        self._touched.add(stream)
        context = current()
        self.recorded.append(
            Recorded(
                stream_id=stream,
                version=version,
                event=event,
                at=at or datetime.now(UTC),
                event_id=uuid7(),
                actor=context.actor,
                correlation_id=context.correlation_id,
                causation_id=context.causation_id,
                command_id=self.command_id,
                tags={name: id for name, id in tags.items() if id},
            )
        )
