"""The working set of a unit of work: the aggregates that it has loaded, with the events that it has recorded."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.claims import Claim, Release, Take
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.parents import Load

Holders = Callable[[str], Sequence[str]]
"""Returns the streams that hold a key."""


def no_holders(key: str) -> Sequence[str]:
    """For units whose events cascade to nothing."""
    return ()


class WorkingSet:
    """States by stream.

    A state may be recalled from memory instead of being loaded. It is then assumed to be the current one, until the
    append has checked its version, or `outdated` has.

    Attributes:
        recorded: the events, and `claims` of them, each with its stream.
        states: of the streams that were loaded or recorded in.
        pinned: the versions that streams must still have.
        touched: the streams that events were recorded in.
        assumed: the versions of the states that were recalled, by stream.
        loaded: the versions of all states before the events of the unit; 0 where there is no stream.
    """

    def __init__(self, load: Load, recall: Load | None) -> None:
        self._load, self._recall = load, recall
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.recorded: list[Recorded] = []
        self.claims: list[tuple[str, Claim]] = []
        self._claims_on: dict[str, list[tuple[str, Claim]]] = defaultdict(list)
        self.pinned: dict[str, int] = {}
        self.touched: set[str] = set()
        self.assumed: dict[str, int] = {}
        self.loaded: dict[str, int] = {}
        self._kinds: dict[str, tuple[type[Any], str]] = {}
        self.states: dict[str, Aggregate] = {}
        self._undo: list[tuple[str, Aggregate | None, bool]] = []

    def distrust(self) -> None:
        """Recall nothing any more."""
        self._recall = None

    def get(self, kind: type[Any], id: str) -> Any:
        """The state, loaded once: all steps of the unit decide on the same one, or on the same absence."""
        stream = kind.stream(id)
        if stream not in self.states and stream not in self.loaded:
            state = self._recalled(kind, id) or self._load(kind, id)
            self.loaded[stream] = 0 if state is None else state.version
            if state is not None:
                self.states[stream] = state
        return self.states.get(stream)

    def put(self, stream: str, state: Aggregate | None = None) -> None:
        """The state after an event of the unit; none for a stream that is never folded."""
        self._undo.append((stream, self.states.get(stream), stream in self.touched))
        self.touched.add(stream)
        if state is not None:
            self.states[stream] = state

    def claim(self, stream: str, claim: Claim) -> None:
        """A claim of an event in that stream."""
        self.claims.append((stream, claim))
        self._claims_on[claim.key].append((stream, claim))

    def holding(self, key: str, holders: Sequence[str]) -> list[str]:
        """The streams that hold a key after the claims of the unit, when those hold it in the store."""
        found = dict.fromkeys(holders)
        for stream, claim in self._claims_on.get(key, ()):
            if isinstance(claim, Take):
                found[stream] = None
            elif isinstance(claim, Release):
                found.pop(stream, None)
        return list(found)

    def mark(self) -> tuple[int, int, int]:
        """A point to which `undo` goes back."""
        return len(self.recorded), len(self.claims), len(self._undo)

    def undo(self, mark: tuple[int, int, int]) -> None:
        """Take back what was recorded since."""
        recorded, claims, changes = mark
        for _, claim in self.claims[claims:]:
            self._claims_on[claim.key].pop()
        del self.recorded[recorded:], self.claims[claims:]
        while len(self._undo) > changes:
            stream, state, touched = self._undo.pop()
            if state is None:
                self.states.pop(stream, None)
            else:
                self.states[stream] = state
            if not touched:
                self.touched.discard(stream)

    def changed(self) -> Iterator[tuple[str, Aggregate]]:
        """The streams that have events of the unit, each with its state after them."""
        return ((stream, state) for stream, state in self.states.items() if stream in self.touched)

    def outdated(self) -> bool:
        """Load every state that was recalled; whether one of them is no longer the current one."""
        assumed, self.assumed = self.assumed, {}
        for stream, version in assumed.items():
            state = self._load(*self._kinds[stream])
            if version != (0 if state is None else state.version):
                return True
        return False

    def _recalled(self, kind: type[Any], id: str) -> Any:
        state = self._recall(kind, id) if self._recall is not None else None
        if state is None or state.deleted:
            return None
        stream = kind.stream(id)
        self.assumed[stream], self._kinds[stream] = state.version, (kind, id)
        return state
