"""A rebuild of everything while others write, follow and read: nobody notices, and the log stays as it is (13)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from commandline.typed import wait_until
from support import engine_processes
from support.golden_events import append, card, work
from workledger import Workledger
from workledger.adapters.postgres import bulk
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild import rebuild as rebuilds
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.undo import undo
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.tables import ReadersStay
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import Tasks
from workledger.projections.tool_calls import ToolCalls


@contextmanager
def meanwhile(*works: Callable[[], None]) -> Iterator[None]:
    """Each of them again and again during the block; then the first error of any."""
    over, errors = threading.Event(), list[BaseException]()

    def run(one: Callable[[], None]) -> None:
        try:
            while not over.is_set():
                one()
                over.wait(0.005)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def rows(connection: sa.Connection, table: Any) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(table.table)) or 0)


class Reader:
    """Reads tables of several groups in one transaction, and finds as many rows as it did before, or more."""

    def __init__(self, ledger: Workledger, *tables: Any) -> None:
        self.ledger, self.tables, self.seen, self.reads = ledger, tables, [0] * len(tables), 0

    def __call__(self) -> None:
        with self.ledger.tables.engine.connect() as connection:
            found = [rows(connection, table) for table in self.tables]
        assert all(now >= before for now, before in zip(found, self.seen, strict=True)), (self.seen, found)
        self.seen = found
        self.reads += 1


def test_nobody_notices_that_everything_is_made_anew(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers append, a loop follows, readers of one and of several groups poll, from before the first batch to after
    the swap. It fails when the swap is not one transaction (a table is not there, or empty), when what was appended
    meanwhile is not folded before it (rows are fewer), and when readers are kept out group by group (a deadlock)."""
    ledger, numbers = database_ledger, iter(range(20, 100_000))
    work(ledger, 20)
    ledger.catch_up()
    readers = [
        Reader(ledger, Tasks, ToolCalls, AgentLogChunks),
        Reader(ledger, AgentLogChunks, Tasks),
        Reader(ledger, Tasks),
    ]
    index = shadow.index

    def all_have_read(*given: Any) -> None:
        """However slow the machine is, the rebuild takes so long that each of them reads."""
        reads = [reader.reads for reader in readers]
        wait_until(lambda: all(reader.reads > before for reader, before in zip(readers, reads, strict=True)))
        index(*given)

    monkeypatch.setattr(shadow, "index", all_have_read)
    loop = ProjectorLoop(ledger.projector)
    loop.start()
    try:
        with meanwhile(lambda: work(ledger, 1, next(numbers)), *readers):
            for _ in range(3):
                Rebuild(ledger.store, ledger.tables, GROUPS, batch=50).run()
        assert loop.wait_for(ledger.head(), 60)
        assert loop.healthy
    finally:
        loop.stop()
    engine_processes.nothing_differs(ledger)


def test_a_rebuild_and_a_verification_write_nothing_to_the_log(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """15. No event, no claim, no command: whoever listens to the ledger hears nothing."""
    work(database_ledger, 4)
    database_ledger.catch_up()
    heard: list[int] = []
    before = stored(database_ledger)
    for name in ("insert_events", "erase"):
        monkeypatch.setattr(type(database_ledger.store), name, lambda *given, **also: pytest.fail("it was written to"))
    deaf = database_ledger.listen(heard.append)
    heard.clear()
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run()
    assert [verify(database_ledger.store, database_ledger.tables, group).differences for group in GROUPS] == [[]] * 4
    undo(database_ledger.tables, GROUPS)
    deaf()
    assert (stored(database_ledger), [one for one in heard if one]) == (before, [])


def stored(ledger: Workledger) -> list[Any]:
    with ledger.tables.engine.connect() as connection:
        return [
            list(map(tuple, connection.exec_driver_sql(f"select count(*) from {name}")))
            for name in ("events", "claims", "commands", "snapshots")
        ]


def test_while_somebody_reads_for_hours_a_rebuild_waits_and_everything_else_goes_on(
    postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4. A dump reads all tables, and does not end. Proves that a swap gives up its transaction: it fails when it waits
    for readers within, as the projector waits for it."""
    monkeypatch.setattr(bulk, "PATIENCE", (10, 10))
    monkeypatch.setattr(rebuilds, "SWAP_RETRY_SECONDS", 0.05)
    tries: list[int] = []
    swap = shadow.swap

    def tried(*given: Any) -> None:
        tries.append(1)
        swap(*given)

    monkeypatch.setattr(shadow, "swap", tried)
    with workledger.open(postgres_store_url) as ledger, psycopg.connect(postgres_store_url) as dump:
        work(ledger, 2)
        ledger.catch_up()
        dump.execute("select * from run_tools")
        rebuilding = threading.Thread(target=Rebuild(ledger.store, ledger.tables, GROUPS).run)
        rebuilding.start()
        wait_until(lambda: len(tries) > 2)
        work(ledger, 2, 2)
        assert ledger.catch_up() == 20
        engine_processes.nothing_differs(ledger)
        dump.rollback()
        rebuilding.join(60)
        assert not rebuilding.is_alive()
        engine_processes.nothing_differs(ledger)
        dump.execute("select * from run_tools")
        with pytest.raises(ReadersStay), ledger.tables.writing() as connection:
            shadow.swap_back(connection, ledger.tables.bulk, GROUPS)


def test_a_rebuild_goes_after_what_was_appended_meanwhile_before_it_holds_anybody_up(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the transaction of the swap is short: it fails without the rounds after the indexes, as all that was
    appended while they were made is folded in it."""
    ledger, left = database_ledger, list[int]()
    work(ledger, 4)
    ledger.catch_up()
    index, rest = shadow.index, Rebuild.fold_rest

    def appended_meanwhile(*given: Any) -> None:
        index(*given)
        append(ledger, *(card(f"m{number}") for number in range(100)))
        ledger.catch_up()

    def counted(one: Rebuild, connection: Any, group: Any, at: Any, upto: int) -> Any:
        left.append(upto - at.position)
        return rest(one, connection, group, at, upto)

    monkeypatch.setattr(shadow, "index", appended_meanwhile)
    monkeypatch.setattr(Rebuild, "fold_rest", counted)
    Rebuild(ledger.store, ledger.tables, GROUPS, batch=10).run()
    assert left == [0, 0, 0, 0]
    engine_processes.nothing_differs(ledger)


def test_what_is_to_be_read_at_one_moment_is_not_swapped_from_then_on(
    postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when the tables are locked only by reading them: swapped before, the new ones would seem empty."""
    monkeypatch.setattr(bulk, "PATIENCE", (10,))
    with (
        workledger.open(postgres_store_url) as ledger,
        ledger.tables.snapshot([Tasks.NAME]),
        pytest.raises(ReadersStay),
        ledger.tables.writing() as connection,
    ):
        shadow.swap_back(connection, ledger.tables.bulk, GROUPS)


def test_while_readers_stay_the_rest_that_is_left_to_fold_does_not_grow(
    postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a swap that is tried again holds others up for no longer than the first: it fails when the rebuild
    does not go after the log in between."""
    monkeypatch.setattr(bulk, "PATIENCE", (10, 10))
    monkeypatch.setattr(rebuilds, "SWAP_RETRY_SECONDS", 0.02)
    left, rest = list[int](), Rebuild.fold_rest

    def counted(one: Rebuild, connection: Any, group: Any, at: Any, upto: int) -> Any:
        left.append(upto - at.position)
        return rest(one, connection, group, at, upto)

    monkeypatch.setattr(Rebuild, "fold_rest", counted)
    with workledger.open(postgres_store_url) as ledger, psycopg.connect(postgres_store_url) as dump:
        work(ledger, 2)
        ledger.catch_up()
        dump.execute("select * from run_tools")
        rebuilding = threading.Thread(target=Rebuild(ledger.store, ledger.tables, GROUPS, batch=20).run)
        rebuilding.start()
        for number in range(10):
            tried = len(left)
            work(ledger, 4, 2 + 4 * number)
            ledger.catch_up()
            wait_until(lambda tried=tried: len(left) >= tried + 8)
        dump.rollback()
        rebuilding.join(60)
        assert not rebuilding.is_alive()
        assert max(left) <= 40, "what came since the last look, and a batch"
        engine_processes.nothing_differs(ledger)


def test_a_connection_that_has_not_seen_a_table_yet_finds_its_indexes(database_ledger: Workledger) -> None:
    """Proves that SQLite's cache of the schema is renewed: it fails without the look in `_inspector`."""
    with workledger.open(database_ledger.url) as other:
        Rebuild(other.store, other.tables, GROUPS)._begin()
        shadow.index(database_ledger.tables, GROUPS, shadow.SHADOW)
        shadow.index(other.tables, GROUPS, shadow.SHADOW)
        assert Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run() == 0
        shadow.index(other.tables, GROUPS)
