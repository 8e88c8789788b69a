"""What a database cannot do is a refusal with a stable code: no error of a driver gets out, and no content is shown."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseFull
from workledger.adapters.sqlite.file import File
from workledger.domain.agent import Agent
from workledger.domain.kernel.envelope import acting_as
from workledger.domain.kernel.refusals import EventUnreadable, InvalidInput, NotFound, Refused
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated
from workledger.projections import agents

ODD = ("a\0b", "a\ud800b", 'a"b', "$.a", "a' or 1", "", "\u202e", "x" * 100_000)

OURS = "create table workledger (key text, value text)"


def damage(ledger: Workledger, assignment: str) -> None:
    """Change the first event behind the back of the ledger."""
    sqlite = ledger.url.startswith("sqlite")
    with ledger.tables.writing() as connection:
        trigger = "trigger events_are_kept_update" if sqlite else "trigger events_are_kept on events"
        connection.exec_driver_sql(f"drop {trigger}")
        connection.exec_driver_sql(f"update events set {assignment} where position = 1")


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_no_text_breaks_a_read(ledger: Workledger, text: str) -> None:
    ledger.create(Task.create(title="Early"))
    assert ledger.find(Task, text) is None
    assert ledger.history(Task, text) == []
    assert list(ledger.holders(text)) == []
    assert ledger.existing([text]) == set()
    assert list(ledger.read(topics=[text])) == list(ledger.read(tag=("task", text))) == []
    assert list(ledger.read(tag=(text, "x"))) == []
    with pytest.raises(NotFound):
        ledger.get(Task, text)
    with pytest.raises(NotFound), ledger.edit(Task, text) as draft:
        draft.queue()


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_an_id_that_no_database_can_hold_is_refused(ledger: Workledger, text: str) -> None:
    fact = TaskCreated(title="Odd", rank="m")
    with pytest.raises(InvalidInput), ledger.unit() as unit:
        unit.record(Task, text, [fact])
    with pytest.raises(InvalidInput), ledger.unit() as unit:
        unit.log("task-t", [fact], tags={"task": text})
    with pytest.raises(NotFound):
        ledger.get(Task, text, at=datetime.now(UTC))
    with pytest.raises(InvalidInput):
        ledger.decide(lambda unit: None, command_id="once", digest=text)
    assert ledger.head() == 0


@pytest.mark.parametrize("number", [-(2**70), -1, 0, 2**31, 2**53, 2**63 - 1, 2**63, 2**70])
def test_no_number_breaks_a_read(ledger: Workledger, number: int) -> None:
    task = ledger.create(Task.create(title="Early"))
    assert len(ledger.read(number)) == (number <= 0)
    assert len(ledger.read(upto=number)) == (number > 0)
    if number >= 0:
        assert len(ledger.read(limit=number)) == (number > 0)
    else:
        with pytest.raises(InvalidInput):
            ledger.read(limit=number)
    assert (ledger.find_any(Task, task.id, number) is not None) == (number > 0)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("hours", [-14, 14])
def test_no_time_breaks_a_read_or_a_record(ledger: Workledger, text: str, hours: int) -> None:
    at = datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=hours)))
    task = ledger.create(Task.create(title="Early"))
    if (hours > 0) == (at.year == 1):
        with pytest.raises(InvalidInput):
            ledger.get(Task, task.id, at=at)
        with pytest.raises(InvalidInput), ledger.unit() as unit:
            unit.create(Task.create(title="Early"), at=at)
    elif at.year == 1:
        with pytest.raises(NotFound):
            ledger.get(Task, task.id, at=at)
    else:
        assert ledger.get(Task, task.id, at=at) == task
    assert ledger.head() == 1


@pytest.mark.parametrize("text", ["user:a\0", "user:\ud800"])
def test_an_actor_that_no_database_can_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput), acting_as(text):
        pass
    with pytest.raises(InvalidInput), acting_as("user:a", correlation_id=text):
        pass


@pytest.mark.parametrize("assignment", ["data = '{\"title\": 1}'", "at = 'secret'"])
def test_an_event_that_was_tampered_with_is_a_refusal_without_content(ledger: Workledger, assignment: str) -> None:
    task = ledger.create(Task.create(title="secret"))
    damage(ledger, assignment)
    with pytest.raises(EventUnreadable) as unreadable:
        ledger.history(Task, task.id)
    assert unreadable.value.code == "EVENT_UNREADABLE"
    assert "secret" not in str(unreadable.value)


def test_damaged_text_is_a_refusal_without_content(sqlite_store_url: str) -> None:
    """The driver's own message has the text in it."""
    with workledger.open(sqlite_store_url) as ledger:
        task = ledger.create(Task.create(title="secret"))
        ledger.catch_up()
        damage(ledger, "data = cast(x'7b22736563726574ff' as text)")
        calls: list[Callable[[], Any]] = [
            lambda: ledger.get(Task, task.id, version=1),
            ledger.read,
            lambda: ledger.history(Task, task.id),
        ]
        for call in (*calls, lambda: ledger.store.scan(0, 10, upto=10), lambda: list(ledger.store.payloads([1]))):
            with pytest.raises(DatabaseFailed) as failed:
                call()
            assert str(failed.value) == "The database cannot be used: a text in it is damaged"


def test_a_full_disk_is_a_refusal_of_everything_that_writes(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[sqlite3.Connection] = []
    connect = File.connect
    monkeypatch.setattr(File, "connect", lambda file, **how: made.append(connect(file, **how)) or made[-1])
    with workledger.open(sqlite_store_url) as ledger:
        for number in range(300):
            ledger.create(Agent.create(name=f"Agent {number} {'x' * 80}"))
        for one in made:
            one.execute("pragma max_page_count = 1")
        with pytest.raises(DatabaseFull):
            ledger.catch_up()
        for one in made:
            one.execute(f"pragma max_page_count = {2**30}")
        assert ledger.catch_up() == 300


def test_a_database_without_positions_left_is_a_refusal(store_url: str) -> None:
    with workledger.open(store_url) as ledger:
        with ledger.tables.writing() as connection:
            if store_url.startswith("sqlite"):
                connection.exec_driver_sql(f"insert into sqlite_sequence values ('events', {2**63 - 1})")
            else:
                connection.exec_driver_sql(f"select setval('events_position_seq', {2**63 - 1})")
        with pytest.raises(DatabaseFailed):
            ledger.create(Task.create(title="Late"))
        assert len(ledger.read()) == 0


def test_tables_that_are_gone_are_a_refusal(ledger: Workledger) -> None:
    ledger.create(Task.create(title="Early"))
    with ledger.tables.writing() as connection:
        connection.exec_driver_sql("drop table claims")
        connection.exec_driver_sql("drop table tasks")
    with pytest.raises(Refused) as refused:
        ledger.create(Task.create(title="Late"))
    assert refused.value.code == "DATABASE_FAILED"
    with pytest.raises(Refused) as refused:
        ledger.holders("x")
    assert refused.value.code == "DATABASE_FAILED"


def test_a_query_of_the_tables_is_refused_when_the_server_is_gone(postgres_store_url: str) -> None:
    with workledger.open(postgres_store_url) as ledger:
        ledger.create(Agent.create(name="Ann"))
        ledger.catch_up()
        with closing(psycopg.connect(postgres_store_url, autocommit=True)) as server, server.cursor() as cursor:
            cursor.execute("alter table agents rename to gone")
            with pytest.raises(Refused) as refused:
                agents.get(ledger.tables, "ann")
            assert refused.value.code == "READ_TABLE_MISSING"


def test_a_mistake_in_an_apps_own_query_stays_what_it_is(ledger: Workledger) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        ledger.tables.all(sa.select(sa.column("nosuch")).select_from(sa.table("agents")))


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([OURS], "no version of ours"),
        (["create table workledger (name text)"], "no version of ours"),
        (
            ["create table workledger (key text, value text)", "insert into workledger values ('version', '0')"],
            "no version",
        ),
        (
            ["create table workledger (key text, value text)", "insert into workledger values ('version', '-1')"],
            "no version",
        ),
        (["create view recipes as select 1 as one"], "table or view recipes"),
        (["pragma application_id = 252006675"], "its application_id is 0xf055113"),
    ],
)
def test_a_database_that_is_not_ours_is_refused_and_left_alone(
    sqlite_url: str, statements: list[str], reason: str
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        before = connection.execute("select * from sqlite_master").fetchall()
    for options in ({}, {"create": False}, {"read_only": True}):
        with pytest.raises(Refused) as refused:
            workledger.open(sqlite_url, **options)  # type: ignore[arg-type]
        assert refused.value.code == "DATABASE_FOREIGN"
        assert reason in str(refused.value)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select * from sqlite_master").fetchall() == before


def test_a_postgresql_database_of_views_is_refused(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as server:
        server.execute("create view recipes as select 1 as one")
    with pytest.raises(Refused) as refused:
        workledger.open(postgres_url)
    assert refused.value.code == "DATABASE_FOREIGN"


def test_times_without_a_zone_are_in_utc(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Early"))
    assert ledger.get(Task, task.id, at=datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=1)) == task


def test_a_busy_database_does_not_blame_another_process(sqlite_store_url: str) -> None:
    """It may be the same one, or the very thread."""
    with workledger.open(sqlite_store_url) as ledger:
        ledger._factory._file.patience = 0.1  # type: ignore[attr-defined]
        with ledger.tables.writing(), pytest.raises(DatabaseBusy) as busy:
            ledger.create(Task.create(title="Late"))
        assert "in this process or another" in str(busy.value)
