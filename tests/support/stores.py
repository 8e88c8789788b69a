"""Event stores as the tests of faults open them: alone, without read tables, and with events that say little."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment

from workledger.adapters.database import DatabaseUnreachable, factory_of
from workledger.adapters.factory import URL, DatabaseFactory
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import Conditions, EventStore, Stored

PATIENCE = 60.0


@contextmanager
def opened(url: str) -> Iterator[EventStore]:
    """The store of that database, which is made when it is empty."""
    env = Environment(env={"PERSISTENCE_MODULE": factory_of(url), URL: url})
    factory = InfrastructureFactory[Any].construct(env)
    assert isinstance(factory, DatabaseFactory)
    store = factory.application_recorder()
    assert isinstance(store, EventStore)
    try:
        yield store
    finally:
        store.close()
        factory.close()


def happened(stream: str, version: int = 0, **fields: Any) -> Stored:
    """An event with an id of its own; version 0 is whatever comes next."""
    given = {"topic": "sample.happened", "state": b'{"what":"it"}', "at": "2026-11-21T06:00:00.000Z"}
    return Stored(originator_id=stream, originator_version=version, **{**given, "event_id": uuid.uuid4().hex, **fields})


def append(store: EventStore, *events: Stored, **conditions: Any) -> list[int]:
    """The positions of the events, appended at once under conditions."""
    return list(store.insert_events(events, conditions=Conditions(**conditions)))


def tail(store: EventStore, count: int, *, after: int = 0, until: Callable[[], bool] = lambda: False) -> list[Row]:
    """So many rows, read as they become visible, or what there is to be read after `until` came true."""
    seen: list[Row] = []
    give_up = time.monotonic() + PATIENCE
    while len(seen) < count:
        over = until() or time.monotonic() > give_up
        rows = store.read(seen[-1].position if seen else after, 10_000)
        seen += rows
        if over and not rows:
            break
    return seen


def ascending(rows: Sequence[Row]) -> bool:
    """Whether each is above the one before it: none is out of order, none is there twice."""
    positions = [row.position for row in rows]
    return all(one < next for one, next in itertools.pairwise(positions))


def append_batches(pipe: Connection, url: str, stream: str, batches: int, size: int) -> None:
    """Append batches of events to the end of a stream, beginning at a sign."""
    with opened(url) as store:
        pipe.send("ready")
        pipe.recv()
        for _ in range(batches):
            append(store, *(happened(stream) for _ in range(size)))


def append_until_told(pipe: Connection, url: str, stream: str, size: int) -> None:
    """Append batches, each until it is acknowledged, and say the ids of each; end at a sign."""
    with opened(url) as store:
        while not pipe.poll():
            events = [happened(stream) for _ in range(size)]
            while True:
                try:
                    append(store, *events)
                    break
                except DatabaseUnreachable:
                    time.sleep(0.01)
            pipe.send([event.event_id for event in events])
