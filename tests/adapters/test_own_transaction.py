"""A transaction of the app's own: what it records in the ledger is committed or rolled back with its other rows."""

import gc
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.persistence import NotSupportedError

import workledger
from support import own_app
from support.own_app import App, orders
from workledger import Workledger
from workledger.adapters.own_transaction import refusals
from workledger.domain.kernel import appender
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, NameTaken
from workledger.domain.project import Project
from workledger.domain.task import Task


@pytest.fixture(params=own_app.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    fixture = "sqlite_url" if "sqlite" in kind else "postgres_store_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def ledger(url: str) -> Iterator[Workledger]:
    with workledger.open(url) as ledger:
        own_app.make(url)
        yield ledger


@pytest.fixture
def app(kind: str, url: str, ledger: Workledger) -> Iterator[App]:
    with own_app.connected(kind, url) as app:
        yield app


@pytest.fixture
def own(ledger: Workledger, app: App) -> Ledger:
    """The ledger in the app's transaction."""
    return ledger.on(app.connection)


def topics(ledger: Ledger) -> list[str]:
    return [row.topic for row in ledger.read()]


def test_what_is_recorded_is_committed_with_what_else_the_app_writes(
    ledger: Workledger, app: App, own: Ledger, url: str
) -> None:
    app.order("one")
    task = own.create(Task.create(title="Pack one"))
    with own.edit(Task, task.id) as draft:
        draft.change_details(title="Pack the first")
    with own.unit() as unit:
        unit.edit(Task, task.id).queue()
    app.commit()
    assert orders(url) == ["one"]
    assert ledger.get(Task, task.id).title == "Pack the first"
    assert topics(ledger) == ["task.created", "task.details_changed", "task.queued"]
    assert unit.receipt is not None
    assert ledger.head() == unit.receipt.position == ledger.catch_up()


def test_what_is_recorded_is_rolled_back_with_what_else_the_app_writes(
    ledger: Workledger, app: App, own: Ledger, url: str
) -> None:
    app.order("one")
    task = own.create(Task.create(title="Pack one"))
    app.rollback()
    assert orders(url) == []
    assert ledger.find(Task, task.id) is None
    assert (topics(ledger), ledger.head(), ledger.catch_up()) == ([], 0, 0)
    ledger.create(Task.create(title="Pack two", id=task.id))
    assert ledger.get(Task, task.id).title == "Pack two"
    assert ledger.catch_up() == ledger.head() > 0


def test_the_first_statement_begins_the_transaction_be_it_the_ledgers(
    ledger: Workledger, app: App, own: Ledger, url: str
) -> None:
    """As the driver begins one with each first statement. Proves that nothing is committed by itself, and that
    SQLAlchemy knows of the transaction: else it would not commit it."""
    one = own.create(Task.create(title="Pack one"))
    app.order("one")
    app.rollback()
    two = own.create(Task.create(title="Pack two"))
    app.commit()
    three = own.create(Task.create(title="Pack three"))
    app.rollback()
    assert orders(url) == []
    assert [ledger.find(Task, task.id) for task in (one, two, three)] == [None, two, None]


def test_aggregates_are_read_with_what_the_transaction_recorded_and_by_others_without(
    ledger: Workledger, app: App, own: Ledger
) -> None:
    task = own.create(Task.create(title="Pack one"))
    with own.edit(Task, task.id) as draft:
        draft.change_details(title="Pack the first")
        assert draft.title == "Pack the first"
    assert own.get(Task, task.id).title == "Pack the first"
    assert own.get(Task, task.id, version=1).title == "Pack one"
    assert [past.event.TOPIC for past in own.history(Task, task.id)] == ["task.created", "task.details_changed"]
    assert own.existing([Task.stream(task.id)]) == {Task.stream(task.id)}
    assert ledger.find(Task, task.id) is None
    assert (topics(ledger), ledger.head(), topics(own), own.head()) == ([], 0, [], 0)
    app.commit()
    assert topics(own) == topics(ledger) == ["task.created", "task.details_changed"]


def test_an_error_in_the_block_records_nothing_and_leaves_the_transaction(
    ledger: Workledger, app: App, own: Ledger, url: str
) -> None:
    def fail() -> None:
        with own.unit() as unit:
            unit.create(Task.create(title="Pack one"))
            app.order("one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    app.commit()
    assert (orders(url), topics(ledger)) == (["one"], [])


def refuse_claim(own: Ledger) -> None:
    unit = own.unit()
    drafts = unit.__enter__()
    drafts.create(Task.create(title="In vain"))
    drafts.create(Project.create(name="shop", path="/src/elsewhere"))
    with pytest.raises(NameTaken):
        unit.__exit__(None, None, None)


def refuse_version(own: Ledger) -> None:
    with pytest.raises(ConcurrencyConflict), own.edit(Project, "p", expected_version=7) as draft:
        draft.update(name="other")


def refuse_stream(own: Ledger) -> None:
    with pytest.raises(ConcurrencyConflict):
        own.create(Task.create(title="Again", id="t"))


def refuse_aggregate(own: Ledger) -> None:
    with pytest.raises(Task.NOT_FOUND), own.edit(Task, "nobody") as draft:
        draft.queue()


REFUSED = [refuse_claim, refuse_version, refuse_stream, refuse_aggregate]


@pytest.mark.parametrize("refuse", REFUSED, ids=[refuse.__name__ for refuse in REFUSED])
def test_a_refusal_undoes_its_unit_alone(ledger: Workledger, app: App, own: Ledger, url: str, refuse: Any) -> None:
    """Proves the savepoint: on PostgreSQL an error aborts the transaction, on SQLite half a unit would stay."""
    ledger.create(Project.create(name="shop", path="/src/shop", id="p"))
    ledger.create(Task.create(title="There", id="t"))
    app.order("one")
    own.create(Task.create(title="Before", id="before"))
    refuse(own)
    own.create(Task.create(title="After", id="after"))
    app.order("two")
    app.commit()
    assert orders(url) == ["one", "two"]
    assert [row.stream_id for row in ledger.read()] == ["project-p", "task-t", "task-before", "task-after"]


def test_what_a_refused_unit_had_taken_is_free_again(ledger: Workledger, app: App, own: Ledger) -> None:
    """Its claims and its command id. Proves that half a unit does not stay behind in the transaction."""
    ledger.create(Project.create(name="shop", path="/src/shop"))
    unit = own.unit("open both")
    projects = unit.__enter__()
    projects.create(Project.create(name="office", path="/src/office"))
    projects.create(Project.create(name="shop", path="/src/second"))
    with pytest.raises(NameTaken):
        unit.__exit__(None, None, None)
    own.create(Project.create(name="office", path="/src/office"), command_id="open both")
    app.commit()
    assert topics(ledger) == ["project.created"] * 2


def test_claims_of_a_transaction_are_held_once_it_is_committed_and_never_when_it_is_not(
    ledger: Workledger, app: App, own: Ledger
) -> None:
    own.create(Project.create(name="shop", path="/src/shop"))
    app.rollback()
    ledger.create(Project.create(name="shop", path="/src/shop"))
    own.create(Project.create(name="office", path="/src/office"))
    with pytest.raises(NameTaken):
        own.create(Project.create(name="office", path="/src/other"))
    app.commit()
    with pytest.raises(NameTaken):
        ledger.create(Project.create(name="office", path="/src/third"))


def test_a_command_id_is_recorded_once_and_forgotten_when_it_is_rolled_back(
    ledger: Workledger, app: App, own: Ledger
) -> None:
    def create(ledger: Ledger) -> Task:
        return ledger.create(Task.create(title="Pack one"), command_id="order 1")

    first = create(own)
    assert create(own).id == first.id, "in the same transaction"
    app.rollback()
    second = create(own)
    assert second.id != first.id
    app.commit()
    assert create(own).id == second.id
    app.commit()
    assert create(ledger).id == second.id
    with own.edit(Task, second.id, command_id="nothing") as draft:
        draft.change_details(title="Pack one")
    app.commit()
    assert topics(ledger) == ["task.created"]
    assert ledger.store.done("nothing") == range(ledger.head() + 1, ledger.head() + 1)


def test_a_snapshot_is_rolled_back_with_the_events_it_is_of(
    ledger: Workledger, app: App, own: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 3)

    def rename(*titles: str) -> None:
        for title in titles:
            with own.edit(Task, "t") as draft:
                draft.change_details(title=title)

    ledger.create(Task.create(title="0", id="t"))
    rename("1", "2", "3")
    app.rollback()
    rename("4", "5", "6")
    app.commit()
    assert (own.get(Task, "t").title, ledger.get(Task, "t").title) == ("6", "6")
    assert ledger.get(Task, "t", version=3).title == "5"
    with ledger.tables.engine.connect() as connection:
        assert connection.exec_driver_sql("select version from snapshots").scalars().all() == [3]


def test_a_connection_that_commits_every_statement_is_refused(ledger: Workledger, kind: str, url: str) -> None:
    options: dict[str, Any] = {
        "sqlite3": {"isolation_level": None},
        "psycopg": {"autocommit": True},
    }.get(kind, {"isolation_level": "AUTOCOMMIT"})
    with own_app.connected(kind, url, **options) as app:
        own = ledger.on(app.connection)
        with pytest.raises(refusals.TransactionMissing):
            own.create(Task.create(title="Pack one"))
        assert topics(ledger) == []
        if kind in ("sqlite3", "psycopg"):
            app.execute("begin")
            own.create(Task.create(title="Pack one"))
            app.execute("commit")
            assert topics(ledger) == ["task.created"]


def test_a_connection_to_another_database_is_refused(
    ledger: Workledger, kind: str, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    other = f"sqlite:///{tmp_path}/other.db" if "sqlite" in kind else str(request.getfixturevalue("postgres_url"))
    with workledger.open(other) as another, own_app.connected(kind, other) as app:
        own = ledger.on(app.connection)
        with pytest.raises(refusals.ConnectionElsewhere):
            own.create(Task.create(title="Pack one"))
        with pytest.raises(refusals.ConnectionElsewhere):
            own.find(Task, "t")
        app.commit()
        assert (topics(ledger), topics(another)) == ([], [])


def test_a_connection_of_another_driver_is_refused(ledger: Workledger, kind: str, url: str) -> None:
    wrong: Any = sqlite3.connect(":memory:") if "psycopg" in kind else ledger
    with pytest.raises(refusals.ConnectionUnsupported, match="give a"):
        ledger.on(wrong)


def test_nothing_is_erased_in_a_transaction_that_may_be_rolled_back(own: Ledger) -> None:
    with pytest.raises(NotSupportedError):
        own.store.erase("task-t", "task.created", 1)


def test_closing_it_leaves_the_connection_and_its_transaction(
    ledger: Workledger, app: App, own: Ledger, url: str
) -> None:
    app.order("one")
    own.create(Task.create(title="Pack one"))
    own.close()
    app.commit()
    assert (orders(url), topics(ledger)) == (["one"], ["task.created"])


def test_the_ledger_goes_on_when_the_one_in_a_transaction_is_dropped(
    ledger: Workledger, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that an application that is garbage does not take the ledger's connections with it."""
    gc.collect()
    closed: list[object] = []
    monkeypatch.setattr(type(ledger._core.factory), "close", closed.append)
    ledger.on(app.connection).create(Task.create(title="Pack one"))
    gc.collect()
    assert closed == []
    monkeypatch.undo()
