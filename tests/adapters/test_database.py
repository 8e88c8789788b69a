"""Opening a database: by its URL, by many at once, and never another program's."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import workledger
from support import writers
from workledger.adapters.database import (
    DatabaseUnreachable,
    ForeignDatabase,
    NewerDatabase,
    UnknownDatabase,
    factory_of,
)
from workledger.adapters.schema import VERSION
from workledger.domain.task import Task


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def tables_of(url: str) -> set[str]:
    return set(sa.inspect(engine_of(url)).get_table_names())


@pytest.mark.parametrize(
    ("url", "adapter"),
    [
        ("memory:", "sqlite"),
        ("sqlite:///work.db", "sqlite"),
        ("postgresql://ann@localhost/work", "postgres"),
        ("postgres://ann@localhost/work", "postgres"),
    ],
)
def test_a_url_says_which_adapter_serves_it(url: str, adapter: str) -> None:
    assert factory_of(url).startswith(f"workledger.adapters.{adapter}.")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann@localhost/work",
        "work.db",
        "sqlite:work.db",
        "sqlite://work.db",
        "",
        "postgresql:",
        "postgres://h:x/",
    ],
)
def test_a_url_that_nobody_serves_is_refused(url: str) -> None:
    with pytest.raises(UnknownDatabase) as unknown:
        workledger.open(url)
    assert unknown.value.code == "DATABASE_URL_INVALID"


def test_the_refusal_of_a_url_keeps_its_password(tmp_path: Path) -> None:
    with pytest.raises(UnknownDatabase) as unknown:
        workledger.open("mysql://ann:secret@localhost/work")
    assert "secret" not in str(unknown.value)


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/work.db", "postgresql://ann@/work?host=/no/such/folder&connect_timeout=1"]
)
def test_a_database_that_cannot_be_reached_is_refused_with_its_reason(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as unreachable:
        workledger.open(url)
    assert unreachable.value.code == "DATABASE_UNREACHABLE"
    assert len(str(unreachable.value).splitlines()) == 1
    assert unreachable.value.details["reason"]


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Ann, " * 100)
    with pytest.raises(DatabaseUnreachable):
        workledger.open(f"sqlite:///{letter}")
    assert letter.read_text() == "Dear Ann, " * 100


def test_what_was_recorded_is_there_when_the_database_is_opened_again(database_url: str) -> None:
    with workledger.open(database_url) as ledger:
        task = ledger.create(Task.create(title="Remember the milk"))
    with workledger.open(database_url) as ledger:
        assert ledger.get(Task, task.id) == task


def test_a_ledger_in_memory_is_its_own_and_ends_with_it() -> None:
    with workledger.open("memory:") as one, workledger.open("memory:") as other:
        one.create(Task.create(title="Remember the milk"))
        assert (one.head(), other.head()) == (1, 0)


def test_another_programs_database_is_refused_and_left_alone(database_url: str) -> None:
    with contextlib.closing(engine_of(database_url).connect()) as connection, connection.begin():
        connection.exec_driver_sql("create table invoices (id integer)")
    with pytest.raises(ForeignDatabase) as foreign:
        workledger.open(database_url)
    assert foreign.value.code == "DATABASE_FOREIGN"
    assert "invoices" in str(foreign.value)
    assert tables_of(database_url) == {"invoices"}


def test_tables_of_a_newer_release_are_refused_and_left_alone(database_url: str) -> None:
    workledger.open(database_url).close()
    with contextlib.closing(engine_of(database_url).connect()) as connection, connection.begin():
        connection.exec_driver_sql("update workledger set value = '99' where key = 'version'")
        connection.exec_driver_sql("alter table claim_limits rename to claim_capacities")
    before = tables_of(database_url)
    with pytest.raises(NewerDatabase) as newer:
        workledger.open(database_url)
    assert f"version 99, and this release knows {VERSION}; upgrade workledger" in str(newer.value)
    assert tables_of(database_url) == before


def test_ten_processes_may_open_a_fresh_database_at_once(database_url: str) -> None:
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(writers.running(writers.open_together, database_url)) for _ in range(10)]
        assert [pipe.recv() for _, pipe in started] == ["ready"] * 10
        for _, pipe in started:
            pipe.send("go")
        for process, _ in started:
            writers.finish(process)
        ids = {pipe.recv() for _, pipe in started}
    with workledger.open(database_url) as ledger:
        assert {row.stream_id.removeprefix("task-") for row in ledger.read()} == ids
        assert len(ids) == 10
        assert ledger.catch_up() == 10


def test_two_ledgers_on_one_database_see_each_other(database_url: str) -> None:
    with workledger.open(database_url) as one, workledger.open(database_url) as other:
        task = one.create(Task.create(title="Remember the milk"))
        with other.edit(Task, task.id) as there:
            there.change_details(title="Remember the bread")
        assert one.get(Task, task.id).title == "Remember the bread"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://ann:hunter2@host/name", "mysql://ann:***@host/name is not"),
        ("host=db user=ann password=hunter2", "host=db user=ann password=*** is not"),
        ("host=db password = 'hunter2 \\' 3' user=ann", "host=db password = *** user=ann is not"),
        ("mysql://host/name?password=hunter2&x=1", "mysql://host/name?password=***&x=1 is not"),
        ("sqlite:work.db", "sqlite:work.db is not"),
        ("sqlite:///", "sqlite:/// is not"),
        ("sqlite:///:memory:", "sqlite:///:memory: is not"),
        ("sqlite:///folder/", "sqlite:///folder/ is not"),
        ("sqlite:///work.db?mode=ro", "sqlite:///work.db?mode=ro is not"),
        ("sqlite:///wo\0rk.db", "sqlite:///wo"),
    ],
)
def test_a_url_that_serves_for_nothing_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(UnknownDatabase) as refused:
        workledger.open(url)
    assert str(refused.value).startswith(told)
    assert "hunter2" not in str(refused.value)


def test_what_an_adapter_needs_and_is_not_installed_is_named() -> None:
    code = "import sys; sys.modules['psycopg'] = None; import workledger; workledger.open('postgresql://host/name')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of psycopg halted")
