"""A database of an earlier release is brought up to date when it is opened, and work goes on in it."""

import contextlib
import sqlite3
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from support import writers
from workledger import Workledger
from workledger.adapters.schema import VERSION
from workledger.domain.agent import Agent
from workledger.domain.kernel.refusals import Refused
from workledger.domain.task import Task
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

DATA = Path(__file__).parents[1] / "data"
STREAMS = [
    *("project-bakery", "agent-bob", "task-milk", "task-bread", "session-talk", "agent-bob", "agent_run-run-1"),
    *("tool_calls-run-1", "task-milk", "agent_log-bob:1", "task-bread"),
]


@pytest.fixture
def url(database_url: str) -> str:
    """The URL of a database of version 1."""
    if database_url.startswith("sqlite:"):
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            connection.executescript((DATA / "sqlite_v1.sql").read_text())
    else:
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute((DATA / "postgres_v1.sql").read_text())
    return database_url


def version_of(ledger: Workledger) -> str:
    with ledger.tables.engine.connect() as connection:
        return str(connection.scalar(sa.text("select value from workledger where key = 'version'")))


def test_what_was_recorded_before_is_there_and_more_can_be(url: str) -> None:
    with workledger.open(url) as ledger:
        assert version_of(ledger) == VERSION
        assert [row.stream_id for row in ledger.read()] == STREAMS
        assert [row.position for row in ledger.read(tag=("session", "talk"))] == [5, 7, 8]
        assert ledger.head() == 14
        assert ledger.get(Task, "bread", version=1).title == "Bake the bread: “Grüße 🌍”"
        with ledger.edit(Task, "milk") as task:
            task.change_details(title="Remember the milk, at last")
        assert ledger.catch_up() == ledger.head() == 15
        for group in GROUPS:
            assert verify(ledger.store, ledger.tables, group).differences == []


def test_claims_and_command_ids_hold_as_before(url: str) -> None:
    with workledger.open(url) as ledger:
        with pytest.raises(Refused) as taken:
            ledger.create(Agent.create(name="Bob", project_id="bakery"))
        assert taken.value.code == "NAME_TAKEN"
        assert list(ledger.store.done("begin") or ()) == [1]
        assert list(ledger.store.done("nothing") or ()) == []
        assert ledger.head() == 14


def test_stored_events_are_protected_as_in_a_new_database(url: str) -> None:
    with workledger.open(url) as ledger, workledger.open("memory:") as new:
        if url.startswith("sqlite"):
            triggers = sa.text("select name, sql from sqlite_master where type = 'trigger' order by name")
            with ledger.tables.engine.connect() as old, new.tables.engine.connect() as other:
                assert old.execute(triggers).all() == other.execute(triggers).all()
        with pytest.raises(sa.exc.DBAPIError), ledger.tables.writing() as connection:
            connection.exec_driver_sql("delete from events where position = 1")


def test_read_tables_serve_what_they_had(url: str) -> None:
    with workledger.open(url) as ledger, ledger.tables.engine.connect() as connection:
        titles = connection.scalars(sa.text("select title from tasks order by id")).all()
        assert titles == ["Bake the bread: “Grüße 🌍”", "Remember the oat milk"]


def test_several_may_bring_it_up_to_date_at_once(url: str) -> None:
    with ExitStack() as stack:
        started = [stack.enter_context(writers.running(writers.open_together, url)) for _ in range(3)]
        assert [pipe.recv() for _, pipe in started] == ["ready"] * 3
        for _, pipe in started:
            pipe.send("go")
        for process, _ in started:
            writers.finish(process)
    with workledger.open(url) as ledger:
        assert version_of(ledger) == VERSION
        assert ledger.catch_up() == 17
