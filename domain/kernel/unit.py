"""A unit of work: events of one or several aggregates, recorded in one atomic append."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.draft import Draft
from workledger.domain.kernel.envelope import Context, Recorded, current, within
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.kernel.request import Request
from workledger.domain.kernel.store import Conditions, Receipt

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")
Load = Callable[[type[Any], str], Any]
"""Loads an aggregate from the store, or None."""
Holders = Callable[[str], Sequence[str]]
"""Returns the streams that hold a key."""


def no_holders(key: str) -> Sequence[str]:
    """For units whose events cascade to nothing."""
    return ()


class Unit:
    """A unit of work: everything recorded through it is stored in one atomic append, or not at all.

    `Ledger.unit()` yields one and appends it when the block ends. On a conflict its steps are replayed on the current
    state. Code of the block that read an aggregate outside a decision cannot be replayed, so then the conflict is
    raised. `Ledger.decide` makes a decision of the whole unit.
    """

    def __init__(self, load: Load, request: Request | None = None, holders: Holders = no_holders) -> None:
        self.request = request or Request()
        self.receipt: Receipt | None = None
        self._load, self._holders = load, holders
        self._steps: list[tuple[Callable[[], Any], Context]] = []
        self._stepping = False
        self._expected: dict[str, int] = {}
        self._begun: set[str] = set()
        self._read: dict[str, int] = {}
        """The loaded versions of the streams that were read outside a decision."""
        self._forget()

    def create(self, new: New[A], *, at: datetime | None = None) -> A:
        """Create an aggregate. The append fails with CONCURRENCY_CONFLICT when its stream exists."""
        self._asked("create", new.kind.CATEGORY, *new.asked, at)
        self.request.made(new.id)
        self._begun.add(new.kind.stream(new.id))
        return cast(A, self._step(lambda: self._take(new.kind, new.id, None, new.events, at)))

    def edit(self, kind: type[A], id: str, *, expected_version: int | None = None) -> A:
        """The aggregate as a draft: call its commands.

        Raises:
            NotFound: there is none, or it is deleted.
            ConcurrencyConflict: it is not at the expected version.
        """
        self._asked("edit", kind.stream(id))
        state = self._existing(kind, id)
        if expected_version is not None:
            self._expected[kind.stream(id)] = expected_version
            if state.version != expected_version:
                raise ConcurrencyConflict(stream=kind.stream(id), expected=expected_version, actual=state.version)
        return self._draft(kind, id)

    def draft(self, kind: type[A], id: str) -> A:
        """As `edit`, but loaded only when it is read or a command is called; a missing one is refused then."""
        self._asked("edit", kind.stream(id))
        return self._draft(kind, id)

    def _draft(self, kind: type[A], id: str) -> A:
        read, call = partial(self.state, kind, id), partial(self.command, kind, id)
        return cast(A, Draft(kind, id, read, call))

    def command(self, kind: type[A], id: str, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Event]:
        """Call a command of an aggregate by its name, record its events and return them.

        A command that creates another aggregate returns a `New`, whose events are recorded; this aggregate is pinned.
        """

        def step() -> list[Event]:
            state = self._existing(kind, id)
            decided: list[Event] | New[Any] = getattr(state, name)(*args, **kwargs)
            if isinstance(decided, New):
                self._pinned.setdefault(kind.stream(id), state.version)
                self._take(decided.kind, decided.id, None, decided.events)
                return decided.events
            self._take(kind, id, state, decided)
            return decided

        self._asked("command", kind.stream(id), name, args, kwargs)
        return self._step(step)

    def record(self, kind: type[A], id: str, events: Iterable[Event], *, at: datetime | None = None) -> A:
        """Record events as facts, without a command: for importers. The limits of commands do not apply.

        Raises:
            NotFound: it is deleted.
        """
        facts = list(events)
        self._asked("record", kind.stream(id), facts, at)

        def step() -> A | None:
            state = self._current(kind, id)
            if state is not None and state.deleted:
                raise kind.NOT_FOUND(id=id)
            return self._take(kind, id, state, facts, at)

        return cast(A, self._step(step))

    def log(
        self, stream_id: str, events: Iterable[Event], *, tags: Mapping[str, str | None], at: datetime | None = None
    ) -> None:
        """Append to a stream that is never folded: nothing is loaded, and the store assigns the versions."""

        def step() -> None:
            for event in facts:
                self._claim(stream_id, event.claims(None, stream_id.partition("-")[2]))
                self._envelope(stream_id, 0, event, tags, at)

        facts = list(events)
        self._asked("log", stream_id, facts, at)
        self._step(step)

    def decide(self, decision: Callable[[], S]) -> S:
        """Take a decision as one step: on a conflict it is taken again, and reads the current state."""
        return self._step(decision)

    def find(self, kind: type[A], id: str) -> A | None:
        """The aggregate with the events of this unit, or None; pinned: the append conflicts if it has changed."""
        state = self._current(kind, id)
        self._bind(kind.stream(id))
        self._pinned.setdefault(kind.stream(id), 0 if state is None else state.version)
        return None if state is None or state.deleted else cast(A, state)

    def state(self, kind: type[A], id: str) -> A:
        """The aggregate with the events of this unit.

        Raises:
            NotFound: there is none, or it is deleted.
        """
        state = self._existing(kind, id)
        self._bind(kind.stream(id))
        return state

    def replay(self, conflict: ConcurrencyConflict) -> bool:
        """Replay every step on the current state.

        False when a replay cannot help: an exact version was expected, the aggregate to create exists, or the stream
        was read outside a decision.

        Raises:
            ConcurrencyConflict: a stream that was read outside a decision has changed.
        """
        stream = conflict.details.get("stream")
        if self._expected or stream in self._begun or stream in self._read:
            return False
        self._forget()
        # Steps inside a step, such as the commands of a decision, are run by it and must not be noted twice.
        self._stepping = True
        try:
            for step, context in self._steps:
                with within(context):
                    step()
        finally:
            self._stepping = False
        return True

    def conditions(self) -> Conditions:
        """The conditions of the append: claims of the events, existence of parents, pinned versions."""
        parents = {
            (stream, claim)
            for stream, state in self._states.items()
            if stream in self._touched and not state.deleted
            for claim in state.requires()
        }
        needs = {claim.key: (stream, claim) for stream, claim in parents if isinstance(claim, Require)}
        read = self._pinned | self._read
        pinned = {stream: version for stream, version in read.items() if stream not in self._touched}
        return Conditions([*self._claims, *needs.values()], pinned, self.request.command_id, self.request.digest)

    def _asked(self, *what: Any) -> None:
        if not self._stepping:
            self.request.add(*what)

    def _forget(self) -> None:
        self.recorded: list[Recorded] = []
        self._claims: list[tuple[str, Claim]] = []
        self._states: dict[str, Aggregate] = {}
        self._missing: set[str] = set()
        self._touched: set[str] = set()
        self._pinned: dict[str, int] = {}
        self._loaded: dict[str, int] = {}

    def _step(self, step: Callable[[], S]) -> S:
        # A step inside a step is part of it; only the outer one is replayed.
        if self._stepping:
            return step()
        self._stepping = True
        try:
            outcome = step()
        finally:
            self._stepping = False
        self._steps.append((step, current()))  # replayed under the actor and ids that it was first taken with
        return outcome

    def _current(self, kind: type[Any], id: str) -> Any:
        stream = kind.stream(id)
        if stream not in self._states:
            state = None if stream in self._missing else self._load(kind, id)
            version = self._loaded[stream] = 0 if state is None else state.version
            # A replay has loaded anew: a stream that the block itself has read must not have changed under it.
            if version != self._read.get(stream, version):
                raise ConcurrencyConflict(stream=stream, expected=self._read[stream], actual=version)
            if state is None:
                self._missing.add(stream)  # loaded once: all steps of the unit decide on the same absence
                return None
            self._states[stream] = state
        return self._states[stream]

    def _existing(self, kind: type[A], id: str) -> A:
        state = self._current(kind, id)
        if state is None or state.deleted:
            raise kind.NOT_FOUND(id=id)
        return cast(A, state)

    def _bind(self, stream: str) -> None:
        """Pin a stream that is read outside a step to the version that was loaded."""
        # A replay repeats steps only: code between them has already used this value.
        if not self._stepping and stream not in self._begun:
            self._read.setdefault(stream, self._loaded.get(stream, 0))
            self.request.end()

    def _take(
        self, kind: type[A], id: str, state: A | None, events: Sequence[Event], at: datetime | None = None
    ) -> A | None:
        stream = kind.stream(id)
        for event in events:
            # Children first: the claims of a deleted parent require that none is left.
            self._cascade(event.cascades_to(state, id), at)
            event.check(state, id, self)
            self._claim(stream, event.claims(state, id))
            state = kind.begin(id, event) if state is None else state.after(event)
            self._envelope(stream, state.version, event, state.tags(), at)
            self._states[stream] = state
        return state

    def _cascade(self, keys: Iterable[str], at: datetime | None) -> None:
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
        if not all(map(storable, (stream, *filter(None, tags.values())))):
            raise InvalidInput(summary="an id has a NUL or a lone surrogate")
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
                command_id=self.request.command_id,
                tags={name: id for name, id in tags.items() if id},
            )
        )
