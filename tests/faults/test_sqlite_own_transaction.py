"""A transaction of the app's on SQLite keeps every promise of the store, or is refused with the reason."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import workledger
from support import own_app
from support.own_app import App, connected, orders
from workledger import Workledger
from workledger.adapters.database import DatabaseBusy, DatabaseFull
from workledger.adapters.own_transaction import refusals
from workledger.adapters.sqlite import file, position_index
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.task import Task


@pytest.fixture
def ledger(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workledger]:
    """One that waits for others only a little."""
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.3)
    with workledger.open(sqlite_url) as ledger:
        own_app.make(sqlite_url)
        yield ledger


@pytest.fixture
def app(sqlite_url: str, ledger: Workledger) -> Iterator[App]:
    """One that begins its transactions itself, and waits for others not at all."""
    with connected("sqlite3", sqlite_url, isolation_level=None, timeout=0) as app:
        yield app


def create(ledger: Ledger, *ids: str) -> None:
    for id in ids:
        ledger.create(Task.create(title=id, id=id))


def streams(ledger: Ledger) -> list[str]:
    return [row.stream_id for row in ledger.read()]


def test_a_reader_of_the_log_sees_nothing_before_the_commit_and_waits_for_nothing(ledger: Workledger, app: App) -> None:
    create(ledger, "one")
    app.execute("begin immediate")
    create(ledger.on(app.connection), "two", "three")
    assert (streams(ledger), ledger.head()) == (["task-one"], 1)
    app.execute("commit")
    assert (streams(ledger), ledger.catch_up()) == (["task-one", "task-two", "task-three"], 3)


def test_positions_that_were_rolled_back_are_used_again_since_nobody_has_seen_them(
    ledger: Workledger, app: App
) -> None:
    app.execute("begin")
    create(ledger.on(app.connection), "one")
    app.execute("rollback")
    create(ledger, "two")
    assert [(row.position, row.stream_id) for row in ledger.read()] == [(1, "task-two")]


@pytest.mark.parametrize("begin", ["begin", "begin immediate", "begin exclusive"])
def test_a_transaction_may_be_begun_in_any_way(ledger: Workledger, app: App, sqlite_url: str, begin: str) -> None:
    app.execute(begin)
    create(ledger.on(app.connection), "one")
    app.order("one")
    app.execute("commit")
    assert (streams(ledger), orders(sqlite_url)) == (["task-one"], ["one"])


def test_a_unit_decides_on_what_nobody_else_can_change_any_more(ledger: Workledger, app: App) -> None:
    """In a deferred transaction, which has no lock of its own yet. Proves that the write lock is taken before anything
    is read: another writer in between would make the append fail."""
    create(ledger, "t")
    app.execute("begin")
    own = ledger.on(app.connection)
    with own.edit(Task, "t") as draft:
        with ThreadPoolExecutor(1) as thread, pytest.raises(DatabaseBusy):
            thread.submit(create, ledger, "other").result()
        draft.change_details(title=f"{draft.title}!")
    app.execute("commit")
    assert ledger.get(Task, "t").title == "t!"


def test_a_transaction_that_has_read_what_others_have_changed_since_is_stale(
    ledger: Workledger, app: App, sqlite_url: str
) -> None:
    """Proves that this is told from a busy database: it would never succeed."""
    app.execute("begin")
    assert app.execute("select * from orders") == []
    create(ledger, "one")
    own = ledger.on(app.connection)
    with pytest.raises(refusals.TransactionStale):
        create(own, "two")
    assert app.connection.in_transaction
    app.execute("rollback")
    app.execute("begin immediate")
    create(own, "two")
    app.execute("commit")
    assert streams(ledger) == ["task-one", "task-two"]


def test_a_database_that_others_write_to_is_busy_and_the_transaction_goes_on(
    ledger: Workledger, app: App, sqlite_url: str
) -> None:
    own = ledger.on(app.connection)
    app.execute("begin")
    with contextlib.closing(sqlite3.connect(own_app.path_of(sqlite_url), isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(DatabaseBusy):
            create(own, "one")
        other.execute("rollback")
    create(own, "two")
    app.order("two")
    app.execute("commit")
    assert (streams(ledger), orders(sqlite_url)) == (["task-two"], ["two"])


def test_a_writer_of_ours_waits_for_the_transaction_and_not_for_ever(ledger: Workledger, app: App) -> None:
    """Also one on the same thread, which would never end. Proves that it is refused as busy when its time is up."""
    app.execute("begin immediate")
    create(ledger.on(app.connection), "one")
    began = time.monotonic()
    with pytest.raises(DatabaseBusy):
        create(ledger, "two")
    assert time.monotonic() - began >= 0.3
    app.execute("commit")
    create(ledger, "three")
    assert streams(ledger) == ["task-one", "task-three"]


def test_after_a_full_disk_it_is_said_whether_the_transaction_is_still_there(
    ledger: Workledger, app: App, sqlite_url: str
) -> None:
    """SQLite rolls back a statement or everything, by how much it had written. Proves that the refusal says which."""
    app.execute("begin")
    app.order("one")
    app.execute("pragma max_page_count = 1")
    with pytest.raises((DatabaseFull, refusals.TransactionAborted)) as refused:
        create_many(ledger.on(app.connection), 500)
    assert app.connection.in_transaction == (refused.type is DatabaseFull)
    if app.connection.in_transaction:
        app.execute("commit")
    assert orders(sqlite_url) == ["one"] * (refused.type is DatabaseFull)
    assert streams(ledger) == []


def create_many(ledger: Ledger, count: int) -> None:
    with ledger.unit() as unit:
        for number in range(count):
            unit.create(Task.create(title=f"Task {number}"))


def test_a_transaction_that_the_database_has_rolled_back_is_said_to_be(
    ledger: Workledger, app: App, sqlite_url: str
) -> None:
    """By a trigger, as a broken disk would. Proves that nobody is left to think that the app's rows are still there."""
    app.execute("create trigger never before insert on events begin select raise(rollback, 'never'); end")
    app.execute("begin")
    app.order("one")
    with pytest.raises(refusals.TransactionAborted, match="never"):
        create(ledger.on(app.connection), "one")
    assert not app.connection.in_transaction
    assert (orders(sqlite_url), streams(ledger)) == ([], [])


def test_what_the_app_has_set_stays_as_it_is(ledger: Workledger, app: App) -> None:
    """Proves that rows and texts are read in our way, whatever way the app reads them in."""

    def as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
        return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

    app.connection.row_factory, app.connection.text_factory = as_dict, bytes
    app.execute("begin")
    own = ledger.on(app.connection)
    create(own, "one")
    with own.edit(Task, "one") as draft:
        draft.change_details(title="Grüße")
    assert own.get(Task, "one").title == "Grüße"
    assert own.store.done("nothing") is None
    assert (app.connection.row_factory, app.connection.text_factory) == (as_dict, bytes)
    assert app.execute("select title from (select 'a' as title)") == [{"title": b"a"}]
    app.execute("commit")
    assert ledger.get(Task, "one").title == "Grüße"


def test_a_file_that_is_attached_is_not_the_one_that_is_opened(
    ledger: Workledger, sqlite_url: str, tmp_path: Path
) -> None:
    """A crash may commit one file of a transaction and not the other. Proves that the ledger must be the main one."""
    with connected("sqlite3", f"sqlite:///{tmp_path}/shop.db", isolation_level=None) as app:
        app.execute(f"attach '{own_app.path_of(sqlite_url)}' as ledger")
        app.execute("begin")
        with pytest.raises(refusals.ConnectionElsewhere, match=r"shop\.db"):
            create(ledger.on(app.connection), "one")


def test_the_same_file_by_another_path_is_the_same_database(
    ledger: Workledger, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "link.db").symlink_to(own_app.path_of(sqlite_url))
    with connected("sqlite3", f"sqlite:///{tmp_path}/link.db") as app:
        create(ledger.on(app.connection), "one")
        app.commit()
    assert streams(ledger) == ["task-one"]


def test_no_connection_leads_to_a_ledger_in_memory() -> None:
    with (
        workledger.open("memory:") as ledger,
        contextlib.closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(refusals.ConnectionElsewhere),
    ):
        create(ledger.on(connection), "one")


def test_the_position_index_is_rolled_back_and_committed_with_the_events(
    ledger: Workledger, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(position_index, "SEGMENT", 10)
    own = ledger.on(app.connection)
    for end in ("rollback", "commit", "commit"):
        app.execute("begin")
        create(own, *(f"{end}-{number}-{time.monotonic_ns()}" for number in range(7)))
        app.execute(end)
    assert len(ledger.read(topics=["task.created"])) == 14
    assert ledger.read(topics=["task.created"]) == ledger.read()
