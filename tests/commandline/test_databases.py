"""Commands that bring events in make the database; all others refuse one that is not there."""

from pathlib import Path

import psycopg
import pytest

import workledger
from commandline.typed import Run, fill, parsed, refusal
from workledger.adapters.database import DatabaseNotFound

ISSUE = '{"id": "bd-1", "title": "Fix it", "status": "open", "created_at": "2026-01-05T08:00:00Z"}\n'

WORK_ON_EVENTS = (
    ("status",),
    ("status", "--json"),
    ("events",),
    ("events", "--follow"),
    ("rebuild",),
    ("rebuild", "--undo"),
    ("verify",),
    ("project", "--once"),
    ("project",),
    ("react", "--once"),
    ("react",),
    ("dead-letters", "list"),
    ("dead-letters", "show", "board", "1"),
    ("dead-letters", "retry"),
    ("dead-letters", "drop", "board", "1"),
)


@pytest.mark.parametrize("command", WORK_ON_EVENTS, ids=" ".join)
@pytest.mark.parametrize("name", ["sqlite:///typo.db", "memory:"])
def test_a_database_that_is_not_there_is_refused_and_not_made(
    run: Run, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    assert f"There is no ledger at {name}; " in refusal(run(*command, "--db", name), "DATABASE_NOT_FOUND")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_stays_empty(run: Run, tmp_path: Path) -> None:
    """SQLite makes a database of it when it is written to."""
    empty = tmp_path / "empty.db"
    empty.touch()
    refusal(run("status", "--db", f"sqlite:///{empty}"), "DATABASE_NOT_FOUND")
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert empty.read_bytes() == b""


def test_a_database_of_a_server_without_our_tables_is_refused_and_stays_empty(run: Run, postgres_url: str) -> None:
    for command in WORK_ON_EVENTS:
        refusal(run(*command, "--db", postgres_url), "DATABASE_NOT_FOUND")
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname = current_schema()").fetchone()
    assert tables == (0,)


READ = (("status",), ("status", "--json"), ("events",), ("dead-letters", "list"))


@pytest.mark.parametrize("command", READ, ids=" ".join)
def test_commands_that_read_write_nothing(run: Run, url: str, tmp_path: Path, command: tuple[str, ...]) -> None:
    """SQLite itself may leave what readers of a write-ahead log share, and an empty log."""
    file = tmp_path / "work.db"
    before = file.read_bytes()
    assert run(*command, "--db", url).exit_code == 0
    assert file.read_bytes() == before
    log = tmp_path / "work.db-wal"
    assert not log.exists() or log.stat().st_size == 0
    assert {path.name for path in tmp_path.iterdir()} <= {"work.db", "work.db-wal", "work.db-shm"}


@pytest.mark.parametrize("command", READ, ids=" ".join)
def test_a_role_that_may_only_select_will_do_to_read(
    run: Run, postgres_store_url: str, command: tuple[str, ...]
) -> None:
    with workledger.open(postgres_store_url) as ledger:
        fill(ledger)
    joint = "&" if "?" in postgres_store_url else "?"
    only_reading = f"{postgres_store_url}{joint}options=-cdefault_transaction_read_only%3Don"
    result = run(*command, "--db", only_reading)
    assert result.exit_code == 0, result.stderr


def test_the_password_is_not_shown(run: Run, postgres_url: str) -> None:
    with pytest.raises(DatabaseNotFound) as refused:
        workledger.open(f"{postgres_url}{'&' if '?' in postgres_url else '?'}password=hunter2", create=False)
    assert "hunter2" not in str(refused.value)


def test_a_ledger_that_is_there_is_opened(database_url: str) -> None:
    workledger.open(database_url).close()
    with workledger.open(database_url, create=False) as ledger:
        assert ledger.head() == 0


def test_an_import_makes_the_database(run: Run, tmp_path: Path, database_url: str) -> None:
    (tmp_path / "issues.jsonl").write_text(ISSUE)
    assert run("import", "beads", "issues.jsonl", "--db", database_url).exit_code == 0
    assert parsed(run("status", "--db", database_url, "--json"))["head"] > 0
