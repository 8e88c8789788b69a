"""A ledger that is opened to be read only: nothing is written, so what cannot be written can be read."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.database import (
    DatabaseClosed,
    DatabaseFailed,
    DatabaseNotFound,
    DatabaseReadOnly,
    ForeignDatabase,
    OlderDatabase,
)
from workledger.domain.task import Task
from workledger.projections import tasks
from workledger.projections.engine.rebuild.verify import verify

WRITES: dict[str, Callable[[Workledger], Any]] = {
    "create": lambda ledger: ledger.create(Task.create(title="Late")),
    "edit": lambda ledger: ledger.decide(lambda unit: unit.edit(Task, "t").change_labels(labels=["late"])),
    "an empty unit": lambda ledger: ledger.decide(lambda unit: None, command_id="late"),
    "catch up": lambda ledger: ledger.catch_up(),
    "erase": lambda ledger: ledger.store.erase("task-t", "task.created", 1),
    "own transaction": lambda ledger: ledger.on(sqlite3.connect(":memory:")),
}


@pytest.fixture
def url(store_url: str) -> str:
    """A ledger with a task, whose tables are one event behind."""
    with workledger.open(store_url) as ledger:
        ledger.create(Task.create(title="Early", id="t"))
        ledger.catch_up()
        ledger.create(Task.create(title="Unfolded"))
    return store_url


def check_reading(url: str) -> None:
    with workledger.open(url, read_only=True) as ledger:
        assert ledger.get(Task, "t").title == "Early"
        assert [row.topic for row in ledger.read()] == ["task.created"] * 2
        assert ledger.head() == 2
        assert ledger.projector.position() == 1
        assert tasks.get(ledger.tables, "t")["title"] == "Early"


def test_everything_is_read_and_nothing_is_written(url: str) -> None:
    check_reading(url)
    with workledger.open(url, read_only=True) as ledger:
        for write in WRITES.values():
            with pytest.raises(DatabaseReadOnly) as refused:
                write(ledger)
            assert refused.value.code == "DATABASE_READ_ONLY"
    with pytest.raises(DatabaseClosed):
        ledger.head()
    with workledger.open(url) as ledger:
        assert (ledger.head(), ledger.projector.position()) == (2, 1)


def test_a_copy_is_verified(sqlite_store_url: str) -> None:
    with workledger.open(sqlite_store_url) as ledger:
        ledger.create(Task.create(title="Early"))
        ledger.catch_up()
    with workledger.open(sqlite_store_url, read_only=True) as ledger, ledger.writable() as copy:
        assert copy is not ledger
        for group in copy.groups:
            assert verify(copy.store, copy.tables, group).differences == []
    with workledger.open(sqlite_store_url) as ledger, ledger.writable() as same:
        assert same is ledger


def test_what_others_record_meanwhile_is_read(url: str) -> None:
    with workledger.open(url) as writer, workledger.open(url, read_only=True) as ledger:
        assert ledger.head() == 2
        writer.create(Task.create(title="Meanwhile", id="m"))
        assert ledger.get(Task, "m").title == "Meanwhile"


def test_a_ledger_that_is_not_there_is_not_made(sqlite_url: str, postgres_url: str) -> None:
    for url in (sqlite_url, postgres_url, "memory:"):
        with pytest.raises(DatabaseNotFound):
            workledger.open(url, read_only=True)
    assert not os.path.exists(sqlite_url.removeprefix("sqlite:///"))


def test_tables_of_an_earlier_release_are_not_upgraded(url: str) -> None:
    with workledger.open(url) as ledger, ledger.tables.writing() as connection:
        connection.exec_driver_sql("update workledger set value = '1' where key = 'version'")
    with pytest.raises(OlderDatabase):
        workledger.open(url, read_only=True)


def test_another_programs_database_is_refused(database_url: str) -> None:
    statement = "create table invoices (id integer)"
    if database_url.startswith("sqlite"):
        sqlite3.connect(database_url.removeprefix("sqlite:///")).execute(statement)
    else:
        with psycopg.connect(database_url) as connection:
            connection.execute(statement)
    with pytest.raises(ForeignDatabase):
        workledger.open(database_url, read_only=True)


def test_a_role_that_may_only_select_can_read_and_records_nothing(postgres_store_url: str) -> None:
    with workledger.open(postgres_store_url) as ledger:
        ledger.create(Task.create(title="Early", id="t"))
        ledger.catch_up()
        ledger.create(Task.create(title="Unfolded"))
    with psycopg.connect(postgres_store_url, autocommit=True) as server:
        server.execute("do $$ begin create role reader login; exception when duplicate_object then null; end $$")
        server.execute("grant select on all tables in schema public to reader")
    url = postgres_store_url + ("&" if "?" in postgres_store_url else "?") + "options=-crole%3Dreader"
    check_reading(url)
    with workledger.open(url) as ledger, pytest.raises(DatabaseFailed) as failed:
        ledger.create(Task.create(title="Late"))
    assert "permission denied" in str(failed.value)


READ = """
import os, sqlite3, sys
from workledger.adapters.sqlite.read_only import open_to_read
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    made = open_to_read(sys.argv[1], lambda path: sqlite3.connect(path, uri=True))
    print(made.execute("select count(*) from events").fetchone()[0])
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs a user who may write anything")
@pytest.mark.parametrize("left", ["nothing", "a log", "a log in use"])
def test_a_folder_that_cannot_be_written_is_read(sqlite_template: Path, left: str) -> None:
    """Root may write everywhere, so somebody else reads."""
    folder = Path(tempfile.gettempdir()) / f"workledger-{os.getpid()}-{left.replace(' ', '-')}"
    folder.mkdir(mode=0o755)
    try:
        shutil.copy(sqlite_template, folder / "work.db")
        ledger = workledger.open(f"sqlite:///{folder}/work.db")
        ledger.create(Task.create(title="Early"))
        if left == "a log":
            shutil.copytree(folder, folder / "copy")
            (folder / "copy" / "work.db-shm").unlink()
        if left == "nothing":
            ledger.close()
        path = folder / ("copy/work.db" if left == "a log" else "work.db")
        read = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=False)
        ledger.close()
        assert read.stdout.strip().startswith("DatabaseFailed" if left == "a log" else "1"), read.stderr
    finally:
        shutil.rmtree(folder)
