"""The database is away, or lacks a table: every answer says so with a code, and the log of the service in one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from commandline.typed import wait_until
from support.http_client import Doors
from workledger import Workledger
from workledger.adapters.database import DatabaseBusy, DatabaseFull, DatabaseUnreachable
from workledger.adapters.failures import ReadTableMissing, refusal_of
from workledger.adapters.postgres import outcome
from workledger.domain.task.card_events import TaskCreated
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import Stream
from workledger.projections.engine.table import Table

READS = ("projects", "projects/prj_1", "projects/prj_1/board", "projects/prj_1/commits", "agents", "status", "events")


@contextmanager
def away(url: str) -> Iterator[None]:
    """Nobody is connected to that database, and nobody gets in."""
    name = sa.make_url(url).database
    server = sa.make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as other:
        other.execute(f"alter database {name} with allow_connections false")
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        try:
            yield
        finally:
            other.execute(f"alter database {name} with allow_connections true")


def test_while_it_is_away_everything_is_refused_and_may_be_tried_again(
    postgres_store_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 1.0)
    with workledger.open(postgres_store_url) as ledger, Doors(ledger, project=False) as doors:
        doors.do("projects", id="prj_1", name="Atlas")
        ledger.catch_up()
        assert doors.see("projects")["items"]
        with away(postgres_store_url):
            for path in READS:
                answer = doors.answer("GET", path)
                assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNREACHABLE"), path
                assert int(answer.headers["Retry-After"]) >= 1
            refusal = doors.refuses("projects", id="prj_2", name="Borea")
            assert refusal == (503, "DATABASE_UNREACHABLE")
        assert not [record for record in caplog.records if record.exc_info]
        wait_until(lambda: doors.answer("GET", "projects").status_code == 200)
        doors.do("projects", id="prj_2", name="Borea")


def test_a_read_table_that_is_missing_is_named_with_what_to_do(database_ledger: Workledger) -> None:
    with Doors(database_ledger, project=False) as doors:
        database_ledger.catch_up()
        with database_ledger.tables.writing() as connection:
            connection.exec_driver_sql("drop table projects")
        answer = doors.answer("GET", "projects")
        assert (answer.status_code, answer.json()["code"]) == (503, "READ_TABLE_MISSING")
        assert answer.json()["detail"] == "There is no table projects; `workledger rebuild` makes it anew from the log."


def test_a_table_is_missing_when_it_is_a_read_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an app too. Proves that any other table that is not there is a fault of the program."""
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class NoteRow(TableRow):
        id: Annotated[str, Stream(TaskCreated)]

    class Notes(Table, row=NoteRow, name="notes", born=(TaskCreated,)):
        """Notes of an app."""

    def failed(name: str) -> object:
        return refusal_of(sa.exc.OperationalError("select 1", {}, sqlite3.OperationalError(f"no such table: {name}")))

    assert type(failed(Notes.NAME)) is ReadTableMissing
    assert failed("elsewhere") is None


def test_other_failures_keep_apart_what_helps() -> None:
    def failed(kind: type[sa.exc.DBAPIError], cause: BaseException) -> object:
        return type(refusal_of(kind("select 1", {}, cause)))

    assert failed(sa.exc.OperationalError, psycopg.OperationalError("gone")) is DatabaseUnreachable
    assert failed(sa.exc.OperationalError, psycopg.errors.DiskFull("no room")) is DatabaseFull
    assert failed(sa.exc.ProgrammingError, psycopg.errors.UndefinedColumn("no column")) is type(None)
    assert failed(sa.exc.ProgrammingError, psycopg.errors.UndefinedTable('relation "x" does not exist')) is type(None)
    assert type(refusal_of(sa.exc.TimeoutError())) is DatabaseBusy
    assert refusal_of(sa.exc.ArgumentError("wrong")) is None
