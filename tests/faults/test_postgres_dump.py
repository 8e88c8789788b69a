"""A dump of the database, restored into another server: work goes on there from where it stood."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

import workledger
from support import postgres_server
from support.postgres_server import PostgresServer
from support.slow_writer import slow_writer
from support.stores import happened
from workledger import Workledger
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions
from workledger.domain.task import Task


@pytest.fixture
def old() -> Iterator[PostgresServer]:
    with postgres_server.running() as old:
        yield old


@pytest.fixture
def new() -> Iterator[PostgresServer]:
    with postgres_server.running() as new:
        yield new


def test_work_goes_on_in_the_server_that_a_dump_was_restored_into(old: PostgresServer, new: PostgresServer) -> None:
    """An append was under way while the dump was made, and there is a gap from before. Proves that positions are
    drawn above those of the dump, and that nobody waits for writers that were left behind."""
    with workledger.open(old.dsn) as ledger, slow_writer(old.dsn) as slow:
        kept = [ledger.create(Task.create(title=f"Task {number}"), command_id=f"c-{number}") for number in range(3)]
        slow.append(happened("dead"))
        slow.roll_back()
        claims = [("s-1", Take("name:ann"))]
        ledger.store.insert_events([happened("s-1")], conditions=Conditions(claims=claims, command_id="once"))
        reached = ledger.catch_up()
        slow.append(happened("left-behind"))
        last = ledger.create(Task.create(title="The last one"))
        dump = old.run("pg_dump", "-d", old.dsn)
    new.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", new.dsn, given=dump)

    with workledger.open(new.dsn) as ledger:
        assert (reached, ledger.projector.position()) == (5, 5)
        assert titles(ledger) == sorted(task.title for task in kept)
        assert ledger.catch_up() == ledger.head() == 7
        assert titles(ledger) == sorted(task.title for task in (*kept, last))
        assert [row.position for row in ledger.read(5)] == [7]
        with pytest.raises(ClaimUnmet):
            ledger.store.insert_events([happened("s-2")], conditions=Conditions(claims=[("s-2", Take("name:ann"))]))
        with pytest.raises(AlreadyDone):
            ledger.store.insert_events([happened("s-2")], conditions=Conditions(command_id="once"))
        with ledger.edit(Task, last.id) as task:
            task.change_details(title="Not the last one")
        assert ledger.catch_up() > 7
        assert "Not the last one" in titles(ledger)


def titles(ledger: Workledger) -> list[str]:
    with ledger.tables.engine.connect() as connection:
        return list(connection.scalars(sa.text("select title from tasks order by title")))
