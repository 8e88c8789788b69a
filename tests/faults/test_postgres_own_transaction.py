"""A transaction of the app's on PostgreSQL keeps every promise of the store, or is refused with the reason."""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.rows import dict_row

import workledger
from support import own_app, postgres_server
from support.own_app import App, connected, orders
from support.pooler import pooling
from support.slow_writer import end_sessions, in_line
from workledger import Workledger
from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseUnreachable
from workledger.adapters.own_transaction import refusals
from workledger.adapters.postgres.append import Append
from workledger.adapters.postgres.wakeups import CHANNEL
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import NameTaken
from workledger.domain.kernel.store import Conditions
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.task import Task


@pytest.fixture
def url(postgres_store_url: str) -> str:
    own_app.make(postgres_store_url)
    return postgres_store_url


@pytest.fixture
def ledger(url: str) -> Iterator[Workledger]:
    with workledger.open(url) as ledger:
        yield ledger


@pytest.fixture
def app(url: str) -> Iterator[App]:
    with connected("psycopg", url) as app:
        yield app


@pytest.fixture
def other(url: str) -> Iterator[App]:
    with connected("psycopg", url) as other:
        yield other


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def task(id: str) -> Any:
    return Task.create(title=id, id=id)


def shop(path: str = "/src/shop") -> Any:
    return Project.create(name="shop", path=path)


def streams(ledger: Ledger, after: int = 0) -> list[str]:
    return [row.stream_id for row in ledger.read(after)]


@pytest.fixture
def elsewhere(ledger: Workledger) -> Iterator[Any]:
    """Creates tasks as others do who have no part in the app's transaction."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda name: thread.submit(ledger.create, task(name)).result(60)


def test_a_reader_of_the_log_waits_for_the_transaction_and_then_sees_all_in_order(
    ledger: Workledger, app: App, elsewhere: Any
) -> None:
    """Proves that the watermark waits for it: to read on behind its position would skip it."""
    elsewhere("before")
    own = ledger.on(app.connection)
    own.create(task("one"))
    elsewhere("meanwhile")
    own.create(task("two"))
    elsewhere("last")
    assert streams(ledger) == ["task-before"]
    assert ledger.catch_up() == ledger.head() == 1
    app.commit()
    assert streams(ledger, after=1) == ["task-one", "task-meanwhile", "task-two", "task-last"]
    assert ledger.catch_up() == 5


@pytest.mark.parametrize("end", ["rollback", "close", "rollback to savepoint"])
def test_a_reader_of_the_log_passes_what_was_rolled_back(
    ledger: Workledger, app: App, elsewhere: Any, end: str
) -> None:
    """Proves that nothing is waited for that will never come, however the transaction ended."""
    app.execute("savepoint mine")
    ledger.on(app.connection).create(task("one"))
    elsewhere("later")
    assert streams(ledger) == []
    if end == "close":
        app.close()
    else:
        app.execute("rollback to savepoint mine") if "to" in end else app.rollback()
    give_up = time.monotonic() + 60  # the server ends a session some time after the client has
    while not streams(ledger):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert streams(ledger) == ["task-later"]
    assert ledger.catch_up() == ledger.head() == 2


def test_a_savepoint_of_the_app_takes_back_what_was_recorded_since(ledger: Workledger, app: App, url: str) -> None:
    own = ledger.on(app.connection)
    own.create(task("kept"))
    with app.connection.transaction() as savepoint:
        app.order("one")
        own.create(task("undone"))
        raise psycopg.Rollback(savepoint)
    own.create(task("last"))
    app.order("two")
    app.commit()
    assert streams(ledger) == ["task-kept", "task-last"]
    assert orders(url) == ["two"]


@pytest.mark.parametrize("level", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_a_transaction_with_a_snapshot_of_its_own_is_refused(
    ledger: Workledger, app: App, url: str, level: str
) -> None:
    """What it checks would be older than what it locks. Proves that it is refused before anything is decided, and
    stays usable."""
    app.connection.isolation_level = psycopg.IsolationLevel[level]
    app.order("one")
    with pytest.raises(refusals.TransactionIsolation, match=level.lower().replace("_", " ")):
        ledger.on(app.connection).create(task("one"))
    app.commit()
    assert (orders(url), streams(ledger)) == (["one"], [])


def test_a_decision_is_made_again_in_the_transaction_when_others_were_first(
    ledger: Workledger, app: App, elsewhere: Any, url: str
) -> None:
    """Proves that a conflict is undone to the savepoint, and that the next reading sees what was committed since. And
    that it does not stand in line behind units of the ledger that are replayed: they may be waiting for it."""
    elsewhere("t")
    app.order("one")
    own, titles = ledger.on(app.connection), ["changed by others"]

    def decide(unit: Unit) -> None:
        draft = unit.edit(Task, "t")
        title = draft.title
        if titles:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(rename, ledger, "t", titles.pop()).result()
        draft.change_details(title=f"{title}, and here")

    with ledger._appender.contended, own.unit() as unit:
        unit.decide(lambda: decide(unit))
    app.commit()
    assert ledger.get(Task, "t").title == "changed by others, and here"
    assert orders(url) == ["one"]


def rename(ledger: Ledger, id: str, title: str) -> None:
    with ledger.edit(Task, id) as draft:
        draft.change_details(title=title)


@pytest.mark.parametrize("committed", [True, False])
def test_who_needs_the_same_claim_waits_for_the_transaction(
    ledger: Workledger, app: App, other: App, url: str, threads: ThreadPoolExecutor, committed: bool
) -> None:
    """Another transaction of an app, and an append of everybody's. Proves that claims are locked until the end."""
    ledger.on(app.connection).create(shop())
    theirs = threads.submit(lambda: ledger.on(other.connection).create(shop("/src/other")))
    everybodys = threads.submit(lambda: ledger.create(shop("/src/third")))
    in_line(url, 2)
    app.commit() if committed else app.rollback()
    errors = [theirs.exception(30)]
    other.commit()
    errors.append(everybodys.exception(30))
    refused = [error for error in errors if error]
    assert [isinstance(error, NameTaken) for error in refused] == [True] * (2 if committed else 1)


def test_a_command_id_that_is_being_recorded_is_waited_for(
    ledger: Workledger, app: App, other: App, url: str, threads: ThreadPoolExecutor
) -> None:
    first = ledger.on(app.connection).create(Task.create(title="Once"), command_id="once")
    second = threads.submit(ledger.on(other.connection).create, Task.create(title="Once"), command_id="once")
    in_line(url, 1)
    app.commit()
    assert second.result(60).id == first.id
    other.commit()
    assert len(streams(ledger)) == 1


def test_a_repeated_command_finds_what_it_has_created_while_a_transaction_holds_readers_up(
    ledger: Workledger, app: App, elsewhere: Any, threads: ThreadPoolExecutor
) -> None:
    """Proves that its events are found by their positions: the log is not complete up to there."""
    ledger.on(app.connection).create(task("one"))
    first, second = (
        threads.submit(ledger.create, Task.create(title="Once"), command_id="once").result(60) for _ in range(2)
    )
    assert first.id == second.id
    assert streams(ledger) == []


def bucket(key: str) -> int:
    """What is locked for it; locks of one append are taken in this order."""
    [lock] = Append([], Conditions(command_id=key)).locks()
    return lock


def test_two_transactions_that_wait_for_each_other_do_not_wait_for_ever(
    ledger: Workledger, app: App, other: App, threads: ThreadPoolExecutor
) -> None:
    """Proves that the one that PostgreSQL chose is told to run again, and can; the other goes on."""
    ledger.on(app.connection).create(task("a"))
    ledger.on(other.connection).create(task("b"))
    second = {
        threads.submit(ledger.on(app.connection).create, task("b")): (app, other),
        threads.submit(ledger.on(other.connection).create, task("a")): (other, app),
    }
    [refused], [winning] = wait(second, 30, return_when=FIRST_COMPLETED)
    with pytest.raises(refusals.TransactionDeadlock):
        refused.result()
    chosen, winner = second[refused]
    chosen.rollback()
    winning.result(60)
    winner.commit()
    assert sorted(streams(ledger)) == ["task-a", "task-b"]
    ledger.on(chosen.connection).create(task("again"))
    chosen.commit()
    assert len(streams(ledger)) == 3


def test_an_append_goes_on_when_a_deadlock_with_a_transaction_ended_it(
    ledger: Workledger, app: App, url: str, threads: ThreadPoolExecutor
) -> None:
    """It wants what the transaction has, and has what the transaction wants next. Proves that it is repeated: who
    appends outside of such transactions knows of no deadlock."""
    low, high = sorted("ab", key=lambda name: bucket(Task.stream(name)))
    for id in "ab":
        ledger.create(task(id))
    app.execute("set local deadlock_timeout = '1h'")  # so that it is the other one that is ended
    own = ledger.on(app.connection)
    rename(own, high, "by the app")

    def rename_both() -> None:
        with ledger.unit() as unit:
            for id in "ab":
                unit.edit(Task, id).change_details(title="by the other")

    waiting = threads.submit(rename_both)
    in_line(url, 1)
    rename(own, low, "by the app")
    app.commit()
    waiting.result(60)
    assert [past.event.title for past in ledger.history(Task, low)] == [low, "by the app", "by the other"]  # type: ignore[attr-defined]


def test_an_append_that_might_wait_for_its_own_caller_is_refused(
    ledger: Workledger, app: App, elsewhere: Any, url: str
) -> None:
    """Proves that it is, while that transaction is open, and in no other: PostgreSQL cannot see such a deadlock."""
    own = ledger.on(app.connection)
    own.create(task("one"))
    with pytest.raises(refusals.TransactionOpen):
        ledger.create(task("two"))
    elsewhere("three")
    with pytest.raises(psycopg.errors.UndefinedTable):
        app.execute("select * from nowhere")
    with pytest.raises(refusals.TransactionOpen):
        ledger.create(task("two"))
    app.rollback()
    ledger.create(task("four"))
    own.create(task("five"))
    app.commit()
    app.order("another transaction")
    ledger.create(task("six"))
    app.close()
    ledger.create(task("seven"))
    assert streams(ledger) == [f"task-{name}" for name in ("three", "four", "five", "six", "seven")]


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_the_apps_own_patience_with_locks_is_kept(
    ledger: Workledger, app: App, other: App, url: str, setting: str
) -> None:
    ledger.on(other.connection).create(task("one"))
    app.order("one")
    app.execute(f"set local {setting} = '50ms'")
    with pytest.raises(DatabaseBusy):
        ledger.on(app.connection).create(task("one"))
    app.commit()
    assert orders(url) == ["one"]


def test_a_transaction_that_has_failed_is_told_from_one_that_can_go_on(ledger: Workledger, app: App) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        app.execute("select * from nowhere")
    own = ledger.on(app.connection)
    with pytest.raises(refusals.TransactionAborted):
        own.create(task("one"))
    app.rollback()
    own.create(task("two"))
    app.commit()
    assert streams(ledger) == ["task-two"]


def test_a_pipeline_is_refused_and_goes_on(ledger: Workledger, app: App, url: str) -> None:
    with app.connection.pipeline():
        app.connection.execute("insert into orders values ('one', 'ann')")
        with pytest.raises(refusals.ConnectionUnsupported, match="pipeline"):
            ledger.on(app.connection).create(task("one"))
    app.commit()
    assert orders(url) == ["one"]


def test_an_encoding_that_would_spoil_text_is_refused(ledger: Workledger, app: App) -> None:
    app.execute("set client_encoding = 'LATIN1'")
    with pytest.raises(refusals.ConnectionUnsupported, match="LATIN1"):
        ledger.on(app.connection).create(Task.create(title="Grüße"))


def test_what_the_app_has_set_and_prepared_stays_as_it_is(ledger: Workledger, app: App) -> None:
    """Also loaders that it has registered for our types. Proves that nothing goes through its cursors."""

    class Shouting(psycopg.types.string.TextBinaryLoader):
        def load(self, data: Any) -> str:
            return str(super().load(data)).upper()

    connection = app.connection
    for type in ("text", "varchar"):
        connection.adapters.register_loader(type, Shouting)
    connection.prepare_threshold = 1
    settings = "select name, setting from pg_settings where source = 'session' or name = 'search_path' order by name"
    before = app.execute(settings)
    own = ledger.on(connection)
    for title in ("one", "two", "three"):
        created = own.create(Task.create(title=title, description="x"))
        assert own.get(Task, created.id).title == title
        assert own.history(Task, created.id)[0].version == 1
    assert app.execute(settings) == before
    assert (connection.row_factory, connection.prepare_threshold, connection.autocommit) == (dict_row, 1, False)
    app.commit()
    assert app.execute(settings) == before
    names = [row["statement"] for row in app.execute("select statement from pg_prepared_statements")]
    assert not [name for name in names if "WORKLEDGER" in name]


def test_a_temporary_table_of_the_app_is_not_taken_for_the_ledgers(ledger: Workledger, app: App) -> None:
    app.execute("create temporary table events (like public.events)")
    own = ledger.on(app.connection)
    assert own.create(task("one")) == own.get(Task, "one")
    assert app.execute("select * from events") == []
    app.commit()
    assert streams(ledger) == ["task-one"]


def test_the_commit_wakes_those_who_listen_and_nothing_else_does(ledger: Workledger, app: App, url: str) -> None:
    """Proves that the wake-up is in the transaction: earlier it would find nothing to read, and after a rollback it
    would be for nothing."""
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}")
        own = ledger.on(app.connection)
        own.create(task("one"))
        app.rollback()
        own.create(task("two"))
        assert list(listener.notifies(timeout=0.2)) == []
        app.commit()
        assert len(list(listener.notifies(timeout=60, stop_after=1))) == 1


def test_a_transaction_in_which_something_was_recorded_cannot_be_prepared() -> None:
    """Two-phase commit would hand its locks to nobody, and the watermark would not wait for them. Proves that the
    server refuses it, since the transaction notifies."""
    with (
        postgres_server.running(settings={"max_prepared_transactions": "2"}) as server,
        server.database() as url,
        workledger.open(url) as ledger,
        connected("psycopg", url) as app,
    ):
        ledger.on(app.connection).create(task("one"))
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="NOTIFY"):
            app.execute("prepare transaction 'one'")
        app.rollback()
        assert streams(ledger) == []


def test_a_role_that_may_not_append_is_refused(ledger: Workledger, app: App, url: str) -> None:
    app.execute("create role clerk")
    app.execute("grant usage, create on schema shop, public to clerk")
    app.execute("grant all on shop.orders to clerk")
    app.commit()
    try:
        app.execute("set role clerk")
        app.order("one")
        with pytest.raises(DatabaseFailed, match="permission denied"):
            ledger.on(app.connection).create(task("one"))
        app.commit()
        assert (orders(url), streams(ledger)) == (["one"], [])
    finally:
        for statement in ("reset role", "drop owned by clerk", "drop role clerk"):
            app.execute(statement)
        app.commit()


def test_a_read_only_transaction_is_refused(ledger: Workledger, app: App) -> None:
    app.execute("set transaction read only")
    with pytest.raises(DatabaseFailed, match="read-only"):
        ledger.on(app.connection).create(task("one"))


def test_a_connection_that_was_cut_takes_its_transaction_with_it(
    ledger: Workledger, app: App, other: App, url: str, threads: ThreadPoolExecutor
) -> None:
    """Before a call, and in the middle of an append. Proves that no answer is looked for: nothing was committed."""
    own = ledger.on(app.connection)
    own.create(task("one"))
    end_sessions(url, [app.connection.info.backend_pid])
    with pytest.raises(DatabaseUnreachable):
        own.create(task("two"))
    with pytest.raises(DatabaseUnreachable):
        own.create(task("three"))
    with connected("psycopg", url) as again:
        ledger.on(other.connection).create(task("four"))
        waiting = threads.submit(ledger.on(again.connection).create, task("four"))
        end_sessions(url, in_line(url, 1))
        with pytest.raises(DatabaseUnreachable):
            waiting.result(60)
    other.commit()
    assert streams(ledger) == ["task-four"]


@pytest.mark.parametrize("ours", ["direct", "pooled"])
def test_the_app_may_be_behind_a_pooler_and_so_may_the_ledger(url: str, ours: str) -> None:
    """In transaction mode. Proves that all of a transaction is on one connection, and that nothing stays on it."""
    with pooling(url) as pooled, workledger.open(pooled if ours == "pooled" else url) as ledger, ExitStack() as stack:
        apps = [stack.enter_context(connected("psycopg", pooled, options="")) for _ in range(2)]
        for number in range(10):
            for name, app in zip("ab", apps, strict=True):
                app.execute("set local search_path = shop")
                app.order(f"{name}{number}")
                own = ledger.on(app.connection)
                own.create(task(f"{name}{number}"))
                own.create(task(f"{name}{number}-again"))
            for app in apps:
                app.rollback() if number % 3 == 2 else app.commit()
        kept = {f"{name}{number}" for name in "ab" for number in range(10) if number % 3 != 2}
        assert set(orders(url)) == kept
        assert set(streams(ledger)) == {f"task-{id}{again}" for id in kept for again in ("", "-again")}


def test_an_engine_that_is_stricter_by_default_is_refused_and_an_option_of_its_connection_is_enough(
    ledger: Workledger, url: str
) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="SERIALIZABLE")
    with engine.connect() as connection, pytest.raises(refusals.TransactionIsolation):
        ledger.on(connection).create(task("one"))
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection, connection.begin():
        ledger.on(connection).create(task("two"))
    engine.dispose()
    assert streams(ledger) == ["task-two"]
