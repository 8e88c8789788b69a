"""Writers of many sizes append while readers tail: they see every event, in order, and none twice."""

from collections import Counter
from contextlib import ExitStack
from multiprocessing.connection import Connection

import psycopg

from support import writers
from support.stores import append_batches, ascending, opened, tail

WRITERS, EACH, READERS = 6, 6400, 2

LINGER = """
create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.002); return null; end $$;
create constraint trigger linger after insert on events deferrable initially deferred
    for each row when (new.version % 20 = 0) execute function linger();
"""
"""Some appends have drawn their positions and done all their work, and take a while yet to commit, as they do where
that means to write to a disk."""


def follow(pipe: Connection, url: str, count: int) -> None:
    """Read on after what was read, until it was so much or all is over, and say what it was."""
    with opened(url) as store:
        pipe.send("ready")
        seen = tail(store, count, until=pipe.poll)
        pipe.send((ascending(seen), Counter(row.stream_id for row in seen)))
        pipe.recv()


def test_a_tail_sees_all_that_single_and_bulk_writers_append(postgres_store_url: str) -> None:
    """Three processes append one by one, three by the 200, while readers never stop asking: 38,400 are stored, and
    each reader sees 38,400.

    Proves the watermark: when `Watermark.advance` answers with max(position), does not look who holds the lock of
    appends, or appends do not take it, events are skipped.
    """
    with psycopg.connect(postgres_store_url, autocommit=True) as connection:
        connection.execute(LINGER)
    with ExitStack() as stack:
        work = (follow, postgres_store_url, WRITERS * EACH)
        readers = [stack.enter_context(writers.running(*work)) for _ in range(READERS)]
        started = []
        for number in range(WRITERS):
            batches, size = (EACH, 1) if number % 2 else (EACH // 200, 200)
            work = (append_batches, postgres_store_url, f"stream-{number}", batches, size)
            started.append(stack.enter_context(writers.running(*work)))
        assert [pipe.recv() for _, pipe in [*readers, *started]] == ["ready"] * (READERS + WRITERS)
        for _, pipe in started:
            pipe.send("go")
        for process, _ in started:
            writers.finish(process)
        for process, pipe in readers:
            pipe.send("over")
            in_order, seen = pipe.recv()
            writers.finish(process)
            assert in_order
            assert seen == {f"stream-{number}": EACH for number in range(WRITERS)}
