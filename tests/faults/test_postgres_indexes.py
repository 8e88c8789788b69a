"""However long the log is, what is looked for in it is found by an index."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import psycopg
import pytest
import sqlalchemy as sa

from support.postgres_server import GivenServer
from support.slow_writer import SlowWriter, slow_writer
from support.stores import append, happened, opened
from workledger.adapters.postgres.arrays import literal
from workledger.adapters.postgres.bulk import DIALECT
from workledger.adapters.postgres.store import PostgresStore
from workledger.adapters.recorder import VERSION_AT
from workledger.domain.kernel.claims import Require, Take
from workledger.domain.kernel.store import EventStore, Stored

COUNT = 20_000


def tagged(number: int) -> Stored:
    tags = {
        "project": f"p-{number % 200}",
        "agent": f"a-{number % 100}",
        "session": f"s-{number % 500}",
        "run": f"r-{number % 1000}",
        "task": f"t-{number % 1000}",
    }
    return happened(f"s-{number % 500}", topic=f"sample.{number % 50}", tags=orjson.dumps(tags).decode())


@pytest.fixture(scope="module")
def url(postgres_server: GivenServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(like=postgres_template) as url:
        with opened(url) as store:
            for start in range(0, COUNT, 5000):
                append(store, *map(tagged, range(start, start + 5000)))
            store.head()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze events")
        yield url


@pytest.fixture
def store(url: str) -> Iterator[EventStore]:
    with opened(url) as store:
        yield store


LOOKUPS: dict[str, tuple[str, Callable[[EventStore], object]]] = {
    "position": ("events_pkey", lambda store: store.read(15_000, 100, upto=15_100)),
    "stream": ("events_stream_version", lambda store: store.read_stream("s-7", after=3)),
    "streams": ("events_stream_version", lambda store: store.existing(["s-7", "s-8"])),
    "last": ("events_stream_version", lambda store: store.select_events("s-7", desc=True, limit=1)),
    "topic": ("events_topic", lambda store: store.read(0, 100, topics=["sample.7"])),
    "project": ("events_tags", lambda store: store.read(0, 100, tag=("project", "p-7"))),
    "task": ("events_tags", lambda store: store.read(0, 100, tag=("task", "t-7"))),
    "agent": ("events_tags", lambda store: store.read(0, 100, tag=("agent", "a-7"))),
    "run": ("events_tags", lambda store: store.read(0, 100, tag=("run", "r-7"))),
    "session": ("events_tags", lambda store: store.read(0, 100, tag=("session", "s-7"))),
}


@pytest.mark.parametrize(("index", "look_up"), LOOKUPS.values(), ids=LOOKUPS)
def test_a_lookup_has_an_index(store: PostgresStore, index: str, look_up: Callable[[EventStore], object]) -> None:
    """Proves the index: each statement's plan names it."""
    sent: list[tuple[str, Any]] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *given: sent.append(given[2:4]))
    look_up(store)
    with psycopg.connect(store.engine.url.set(drivername="postgresql").render_as_string()) as connection:
        plans = [str(connection.execute("explain " + statement, given).fetchall()) for statement, given in sent]
    assert plans
    assert all(index in plan for plan in plans), plans


def test_the_version_at_a_moment_has_an_index(store: PostgresStore) -> None:
    plan = VERSION_AT.plan(DIALECT)
    given = plan.arguments({"stream": "s-7", "at": "2026-11-21T06:00:00.000Z"})
    explained = store._pool.rows(f"explain {plan.sql}".encode(), list(map(literal, given)), text=True)
    assert "events_stream_version" in str(explained)


def test_a_plan_that_was_made_while_the_log_was_short_has_an_index_too(postgres_store_url: str) -> None:
    """The planner knows a short log, and what it makes is kept for each line. Proves that lines and appends are held
    to the indexes: each call would go through the whole log until somebody analyses it."""
    with opened(postgres_store_url) as store, slow_writer(postgres_store_url) as writer:
        append(store, *map(tagged, range(40)), claims=[("s-1", Take("name:ann"))], command_id="once")
        with psycopg.connect(postgres_store_url, autocommit=True) as connection:
            connection.execute("analyze")
        for number in range(10):
            store.scan(0, 10, upto=store.head(), topics=["sample.7"])
            store.scan(0, 10, upto=store.head())
            short = one_more(writer, number)
        append(store, *map(tagged, range(COUNT)))
        assert store.head() > COUNT
        assert one_more(writer, 10) < 2 * short + 50
        with store._pool.connection() as connection:
            connection.driver.execute("set plan_cache_mode = force_generic_plan")
            for name, count in connection.driver.execute(PREPARED).fetchall():
                plan = connection.driver.execute(f'explain execute "{name}"({", ".join(["null"] * count)})').fetchall()
                assert "Seq Scan on events" not in str(plan)


def one_more(writer: SlowWriter, number: int) -> int:
    """The blocks that an append looks at."""
    stream = f"x-{number}"
    claims = [(stream, Take(f"name:{number}")), (stream, Require("name:ann"))]
    looked_at = writer.blocks(happened(stream, 1), claims=claims, command_id=stream)
    writer.commit()
    return looked_at


PREPARED = """select name, coalesce(array_length(parameter_types, 1), 0) from pg_prepared_statements
where statement like '%from events%' and generic_plans > 0"""
