"""The repository: aggregates as the log has them, of which those in use are kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.event import Event
from workledger.domain.kernel.mapping import decode_payload
from workledger.domain.kernel.snapshot import fingerprint
from workledger.domain.kernel.store import LAST_VERSION, EventStore, StreamRow

A = TypeVar("A", bound=Aggregate)

KEPT = 1000
"""Aggregates that are kept in memory."""


ATOMS = (str, int, float, bool, type(None), datetime)


class StaleSnapshot(Exception):
    """The snapshot was damaged, or taken by a class with other fields or another way to fold."""


class Repository:
    """Loads aggregates, each in one query.

    Args:
        kept: how many of those that were used last are kept in memory, each with its version. `get` asks for the events
            after that version; `recall` does not ask, so whoever decides on what it returns must have the append check
            the version.
    """

    def __init__(self, store: EventStore, kept: int = KEPT) -> None:
        self._store, self._most = store, kept
        self._kept: OrderedDict[str, Aggregate] = OrderedDict()
        self._epoch: str | None = None
        self._lock = threading.Lock()

    def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate, deleted or not; None when its stream has not begun."""
        before = self.recall(kind, id)
        state = self._load(kind, id, before, LAST_VERSION)
        if state is not None and state is not before:
            self.keep([state])
        return state

    def at_version(self, kind: type[A], id: str, version: int) -> A | None:
        """The aggregate at a past version; None when its stream had not begun."""
        return self._load(kind, id, None, min(version, LAST_VERSION))

    def recall(self, kind: type[A], id: str) -> A | None:
        """The aggregate as it was last loaded or recorded here; it may have changed since. None when it is not kept."""
        with self._lock:
            self._forget_another_server()
            state = self._kept.get(kind.stream(id))
            if state is not None:
                self._kept.move_to_end(kind.stream(id))
        return isolated(state) if isinstance(state, kind) else None

    def keep(self, states: Iterable[Aggregate]) -> None:
        """Keep states that the log has."""
        with self._lock:
            if self._most == 0 or self._store.epoch() is None:
                return
            self._forget_another_server()
            for state in states:
                stream = state.stream(state.id)
                known = self._kept.get(stream)
                if known is None or known.version < state.version:
                    self._kept[stream] = isolated(state)
                    self._kept.move_to_end(stream)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, stream: str) -> None:
        """Load that aggregate from its beginning when it is needed again."""
        with self._lock:
            self._kept.pop(stream, None)

    def forget_all(self) -> None:
        """Load all of them from their beginnings when they are needed again."""
        with self._lock:
            self._kept.clear()

    def _forget_another_server(self) -> None:
        epoch = self._store.epoch()
        if epoch != self._epoch:
            self._kept.clear()
            self._epoch = epoch

    def _load(self, kind: type[A], id: str, before: A | None, upto: int) -> A | None:
        stream = kind.stream(id)
        rows = self._store.load(stream, after=before.version if before is not None else 0, upto=upto)
        try:
            return _fold(kind, id, before, rows)
        except StaleSnapshot:
            whole = self._store.load(stream, upto=upto, snapshots=False)
            return _fold(kind, id, None, whole)


def isolated(state: A) -> A:
    """The aggregate with containers of its own: who is given it may change what is in them."""
    changed = {name: _copied(value) for name, value in state.__dict__.items() if type(value) not in ATOMS}
    return state.model_copy(update=changed) if changed else state


def _copied(value: Any) -> Any:
    match value:
        case dict():
            return {name: _copied(one) for name, one in value.items()}
        case list() | tuple() | set():
            return type(value)(map(_copied, value))
    return value


def _fold(kind: type[A], id: str, before: A | None, rows: Sequence[StreamRow]) -> A | None:
    if rows and rows[0].topic is None:
        before, rows = _restored(kind, rows[0]), rows[1:]
    return kind.fold(id, map(_event, rows), before) if rows else before


def _restored(kind: type[A], row: StreamRow) -> A:
    try:
        body = orjson.loads(row.data)
        if body["fields"] == fingerprint(kind):
            return kind.model_validate(body["state"])
    except (ValueError, KeyError, TypeError):
        pass
    raise StaleSnapshot


def _event(row: StreamRow) -> Event:
    return decode_payload(row.topic or "", row.schema_version, row.data, row.position)
