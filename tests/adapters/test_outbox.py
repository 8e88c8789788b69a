"""An outbox: what an app writes into its own database is recorded in the ledger of another one, each command once."""

import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import workledger
from support import own_app, own_app_processes, writers
from support.own_app import App, connected, orders
from support.own_app_processes import HANDLERS
from workledger import Workledger
from workledger.adapters.database import DatabaseBusy
from workledger.adapters.outbox import Outbox, UnknownCommand
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task

OUTBOX = Outbox()


@pytest.fixture(params=own_app.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def app_url(kind: str, tmp_path: Any, request: pytest.FixtureRequest) -> str:
    """A database of the app's own."""
    url = f"sqlite:///{tmp_path}/shop.db" if "sqlite" in kind else str(request.getfixturevalue("postgres_url"))
    own_app.make(url)
    return url


@pytest.fixture
def app(kind: str, app_url: str) -> Iterator[App]:
    with connected(kind, app_url) as app:
        OUTBOX.create_table(app.connection)
        app.commit()
        yield app


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Workledger]:
    with workledger.open(sqlite_url) as ledger:
        yield ledger


@pytest.fixture
def relay(kind: str, app_url: str, ledger: Workledger) -> Any:
    """Relays to the ledger, with these handlers."""
    return lambda handlers=HANDLERS: OUTBOX.relay(lambda: App(kind, app_url).connection, ledger, handlers)


def titles(ledger: Workledger) -> list[str]:
    return [ledger.get(Task, row.stream_id.partition("-")[2]).title for row in ledger.read(topics=["task.created"])]


def test_what_is_committed_is_recorded_in_its_order_with_its_actor(app: App, ledger: Workledger, relay: Any) -> None:
    with ledger.acting_as("user:ann", correlation_id="request-17"):
        ids = [OUTBOX.put(app.connection, "pack", title=f"Pack {number}") for number in range(3)]
    app.order("one")
    assert relay() == 0
    app.commit()
    assert (relay(), relay()) == (3, 0)
    assert titles(ledger) == ["Pack 0", "Pack 1", "Pack 2"]
    rows = ledger.read()
    assert [row.command_id for row in rows] == ids
    assert {(row.actor, row.correlation_id) for row in rows} == {("user:ann", "request-17")}


def test_what_is_rolled_back_is_never_recorded(app: App, ledger: Workledger, relay: Any) -> None:
    OUTBOX.put(app.connection, "pack", title="Pack one")
    app.rollback()
    assert relay() == 0
    assert titles(ledger) == []


def test_a_command_that_was_recorded_before_is_not_recorded_again(app: App, ledger: Workledger, relay: Any) -> None:
    """As after a crash between the two databases."""
    id = OUTBOX.put(app.connection, "pack", title="Pack one")
    app.commit()
    ledger.decide(lambda unit: HANDLERS["pack"](unit, title="Pack one"), command_id=id)
    assert relay() == 1
    assert titles(ledger) == ["Pack one"]


def test_what_the_ledger_refuses_is_set_aside_and_the_next_one_follows(
    app: App, ledger: Workledger, relay: Any
) -> None:
    """Proves that it is neither lost nor in the way of others, and can be relayed again or given up."""
    renaming = OUTBOX.put(app.connection, "rename", id="t", title="Renamed")
    never = OUTBOX.put(app.connection, "rename", id="never", title="Never")
    OUTBOX.put(app.connection, "pack", title="Pack one")
    app.commit()
    assert relay() == 1
    first, *_ = OUTBOX.refused(app.connection)
    assert (first.id, first.command, first.arguments) == (renaming, "rename", {"id": "t", "title": "Renamed"})
    assert first.refused.startswith("TASK_NOT_FOUND: ")
    ledger.create(Task.create(title="There now", id="t"))
    OUTBOX.retry(app.connection, renaming)
    OUTBOX.delete(app.connection, never)
    app.commit()
    assert (relay(), OUTBOX.refused(app.connection)) == (1, [])
    assert titles(ledger) == ["Pack one", "Renamed"]


def test_a_ledger_that_cannot_be_written_to_refuses_nothing_for_good(
    app: App, ledger: Workledger, relay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    OUTBOX.put(app.connection, "pack", title="Pack one")
    app.commit()

    def busy(*given: object, **conditions: object) -> None:
        raise DatabaseBusy

    with monkeypatch.context() as patch:
        patch.setattr(ledger.store, "insert_events", busy)
        with pytest.raises(DatabaseBusy):
            relay()
    assert relay() == 1


def test_a_command_of_a_newer_release_waits_for_it(app: App, ledger: Workledger, relay: Any) -> None:
    OUTBOX.put(app.connection, "gift-wrap", title="Pack one")
    app.commit()
    with pytest.raises(UnknownCommand, match="gift-wrap"):
        relay()
    assert relay({"gift-wrap": HANDLERS["pack"]}) == 1


def test_a_command_is_decided_again_when_others_were_first(app: App, ledger: Workledger, relay: Any) -> None:
    ledger.create(Task.create(title="0", id="t"))
    OUTBOX.put(app.connection, "count")
    app.commit()
    others = [1]

    def count(unit: Unit) -> None:
        draft = unit.edit(Task, "t")
        title = int(draft.title)
        if others.pop() if others else False:
            with ledger.edit(Task, "t") as other:
                other.change_details(title="7")
        draft.change_details(title=f"{title + 1}")

    assert relay({"count": count}) == 1
    assert ledger.get(Task, "t").title == "8"


@pytest.mark.parametrize("kind", ["sqlite3", "psycopg"], indirect=True)
def test_a_process_that_is_killed_at_any_step_has_each_order_recorded_once(
    kind: str, app_url: str, app: App, request: pytest.FixtureRequest, sqlite_url: str
) -> None:
    """Before every statement in either database and, on PostgreSQL, after it: an order is made and relayed, the process
    is killed, and another one relays what is left. Both are of the same kind of database."""
    url = sqlite_url if kind == "sqlite3" else str(request.getfixturevalue("postgres_store_url"))
    with workledger.open(url) as ledger:
        again = partial(OUTBOX.relay, lambda: App(kind, app_url).connection, ledger, HANDLERS)
        for step in range(1000):
            with writers.running(own_app_processes.die_at_the_outbox, app_url, url, step) as (process, pipe):
                process.join(60)
                said = writers.heard(pipe)
            again()
            assert sorted(titles(ledger)) == sorted(orders(app_url)), step
            assert app.execute("select * from ledger_outbox") == []
            app.rollback()
            assert (f"order-{step}" in orders(app_url)) or "committed" not in said
            if "survived" in said:
                break
        assert step >= 10
        assert len(set(titles(ledger))) == len(titles(ledger)) >= 6


def test_a_row_factory_of_the_app_is_no_matter(tmp_path: Any, ledger: Workledger) -> None:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "shop.db")
        connection.row_factory = sqlite3.Row
        return connection

    with connect() as connection:
        OUTBOX.create_table(connection)
        OUTBOX.create_table(connection)
        OUTBOX.put(connection, "pack", title="Pack one")
    connection.close()
    assert OUTBOX.relay(connect, ledger, HANDLERS) == 1
