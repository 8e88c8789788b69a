"""A unit of work: events of one or several aggregates, recorded in one atomic append."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.cascade import deletions
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.draft import Draft
from workledger.domain.kernel.envelope import Recorded, current
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.parents import Load, Parents
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.kernel.request import Request
from workledger.domain.kernel.steps import Steps
from workledger.domain.kernel.store import Conditions, Receipt
from workledger.domain.kernel.working_set import Holders, WorkingSet, no_holders

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")
Clean = Callable[[str, Event], Event]
"""Returns an event as it may be recorded in that stream: without secrets."""


def as_it_is(stream: str, event: Event) -> Event:
    """For ledgers that store what they are told."""
    return event


class Unit:
    """A unit of work: everything recorded through it is stored in one atomic append, or not at all.

    `Ledger.unit()` yields one and appends it when the block ends. On a conflict its steps are replayed on the current
    state. Code of the block that read an aggregate outside a decision cannot be replayed, so then the conflict is
    raised. `Ledger.decide` makes a decision of the whole unit.
    """

    def __init__(
        self,
        load: Load,
        request: Request | None = None,
        holders: Holders = no_holders,
        parents: Parents | None = None,
        clean: Clean = as_it_is,
        recall: Load | None = None,
    ) -> None:
        self.request = request or Request()
        self.receipt: Receipt | None = None
        self._holders, self._clean = holders, clean
        self._parents = parents or Parents(load)
        self._working = WorkingSet(load, recall)
        self._steps = Steps(self._working)
        self._expected: dict[str, int] = {}
        self._begun: set[str] = set()
        self._read: dict[str, int] = {}
        """The loaded versions of the streams that were read outside a decision."""

    @property
    def recorded(self) -> list[Recorded]:
        """The events so far, in their order."""
        return self._working.recorded

    def create(self, new: New[A], *, at: datetime | None = None) -> A:
        """Create an aggregate. The append fails with CONCURRENCY_CONFLICT when its stream exists."""
        self._asked("create", new.kind.CATEGORY, *new.asked, at)
        self.request.made(new.id)
        self._begun.add(new.kind.stream(new.id))
        step = partial(self._take, new.kind, new.id, None, new.events, at, guarded=True)
        return cast(A, self._steps.take(step))

    def edit(self, kind: type[A], id: str, *, expected_version: int | None = None) -> A:
        """The aggregate as a draft: call its commands.

        Raises:
            NotFound: there is none, or it is deleted.
            ConcurrencyConflict: it is not at the expected version.
        """
        self._asked("edit", kind.stream(id))
        if expected_version is not None:
            self.confirm()
            self._working.distrust()
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
                self._working.pinned.setdefault(kind.stream(id), state.version)
                self._take(decided.kind, decided.id, None, decided.events, None, guarded=True)
                return decided.events
            self._take(kind, id, state, decided, None, guarded=True)
            return decided

        self._asked("command", kind.stream(id), name, args, kwargs)
        return self._steps.take(step)

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
            return self._take(kind, id, state, facts, at, guarded=False)

        return cast(A, self._steps.take(step))

    def begin(self, kind: type[A], id: str, events: Iterable[Event], *, at: datetime | None = None) -> A:
        """As `record`, of an aggregate that is not there, and nothing is loaded; CONCURRENCY_CONFLICT if it is."""
        facts = list(events)
        self._asked("begin", kind.stream(id), facts, at)
        self._begun.add(kind.stream(id))
        return cast(A, self._steps.take(partial(self._take, kind, id, None, facts, at, guarded=False)))

    def log(
        self, stream_id: str, events: Iterable[Event], *, tags: Mapping[str, str | None], at: datetime | None = None
    ) -> None:
        """Append to a stream that is never folded: nothing is loaded, and the store assigns the versions."""

        def step() -> None:
            for event in (self._clean(stream_id, fact) for fact in facts):
                self._claim(stream_id, event.claims(None, stream_id.partition("-")[2]))
                self._envelope(stream_id, 0, event, tags, at)
                self._working.put(stream_id)

        facts = list(events)
        self._asked("log", stream_id, facts, at)
        self._steps.take(step)

    def decide(self, decision: Callable[[], S]) -> S:
        """Take a decision as one step: on a conflict it is taken again, and reads the current state."""
        return self._steps.take(decision)

    def find(self, kind: type[A], id: str) -> A | None:
        """The aggregate with the events of this unit, or None; pinned: the append conflicts if it has changed."""
        self._bind(kind, id)
        state = self._current(kind, id)
        self._working.pinned.setdefault(kind.stream(id), 0 if state is None else state.version)
        return None if state is None or state.deleted else cast(A, state)

    def state(self, kind: type[A], id: str) -> A:
        """The aggregate with the events of this unit.

        Raises:
            NotFound: there is none, or it is deleted.
        """
        self._bind(kind, id)
        return self._existing(kind, id)

    def holders(self, key: str) -> list[str]:
        """The streams that hold a key, after what this unit takes and releases. Nothing is pinned: a claim on the key
        settles what was relied on."""
        return self._working.holding(key, self._holders(key))

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
        self._steps.take_again()
        return True

    def confirm(self) -> None:
        """Make sure that what was recalled is what the log has: otherwise every step is replayed on what it has.

        Raises:
            Refused: a step is refused on the current state.
        """
        if self._working.outdated():
            self._steps.take_again()

    def appended(self) -> list[Aggregate]:
        """To be called after the append, which has checked what was recalled; the aggregates that it changed."""
        self._working.assumed.clear()
        return [state for _, state in self._working.changed()]

    def conditions(self) -> Conditions:
        """The conditions of the append: claims of the events, existence of parents, pinned versions."""
        direct = [
            (stream, claim)
            for stream, state in self._working.changed()
            if not state.deleted
            for claim in state.requires()
        ]
        needs = self._parents.needs(direct, self._working.states)
        read = self._working.assumed | self._working.pinned | self._read
        pinned = {stream: version for stream, version in read.items() if stream not in self._working.touched}
        return Conditions([*self._working.claims, *needs], pinned, self.request.command_id, self.request.digest)

    def _asked(self, *what: Any) -> None:
        if not self._steps.stepping:
            self.request.add(*what)

    def _current(self, kind: type[Any], id: str) -> Any:
        stream = kind.stream(id)
        state = self._working.get(kind, id)
        # A replay has loaded anew: a stream that the block itself has read must not have changed under it.
        loaded = self._working.loaded.get(stream, 0)
        if loaded != self._read.get(stream, loaded):
            raise ConcurrencyConflict(stream=stream, expected=self._read[stream], actual=loaded)
        return state

    def _existing(self, kind: type[A], id: str) -> A:
        state = self._current(kind, id)
        if state is None or state.deleted:
            raise kind.NOT_FOUND(id=id)
        return cast(A, state)

    def _bind(self, kind: type[Any], id: str) -> None:
        """Pin a stream that is read outside a step to the version that was loaded."""
        stream = kind.stream(id)
        # A replay repeats steps only: code between them will already have used this value.
        if not self._steps.stepping and stream not in self._begun:
            self._working.get(kind, id)
            self.confirm()
            self._current(kind, id)
            self._read.setdefault(stream, self._working.loaded.get(stream, 0))
            self.request.end()

    def _take(
        self, kind: type[A], id: str, state: A | None, events: Sequence[Event], at: datetime | None, *, guarded: bool
    ) -> A | None:
        stream = kind.stream(id)
        if state is None and (other := self._working.states.get(stream)) is not None:
            raise ConcurrencyConflict(stream=stream, expected=0, actual=other.version)
        for event in (self._clean(stream, event).settle(state, id, self) for event in events):
            # Children first: the claims of a deleted parent require that none is left.
            for one in deletions(event.cascades_to(state, id), self.holders, self._current):
                self._take(one.kind, one.id, one.state, one.events, at, guarded=True)
            event.check(state, id, self)
            if guarded:
                event.guard(state, id, self)
            self._claim(stream, event.claims(state, id))
            state = kind.begin(id, event) if state is None else state.after(event)
            self._envelope(stream, state.version, event, state.tags(), at)
            self._working.put(stream, state)
        return state

    def _claim(self, stream: str, claims: Iterable[Claim]) -> None:
        states = self._working.states
        for claim in claims:
            for one in self._parents.required_with(claim, states):
                self._working.claim(stream, one)

    def _envelope(
        self, stream: str, version: int, event: Event, tags: Mapping[str, str | None], at: datetime | None
    ) -> None:
        if not all(map(storable, (stream, *filter(None, tags.values())))):
            raise InvalidInput(summary="an id has a NUL or a lone surrogate")
        context = current()
        self._working.recorded.append(
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
