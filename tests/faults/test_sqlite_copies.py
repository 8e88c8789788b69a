"""Copies of a SQLite file that is in use, and what a database goes through: positions stay what they are."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

import workledger
from support import writers
from support.sqlite_writers import happened, write_pairs_once
from workledger import Workledger
from workledger.adapters.sqlite import file
from workledger.domain.task import Task


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def journal_of(ledger: Workledger) -> str:
    with ledger.tables.engine.connect() as connection:
        return str(connection.exec_driver_sql("pragma journal_mode").scalar())


def whole_pairs(ledger: Workledger) -> int:
    """How many appends of three events there are; none is there in part, and the file is sound."""
    with ledger.tables.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
    rows = ledger.read(limit=100_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    for start in range(0, len(rows), 3):
        left, right, chunk = rows[start : start + 3]
        ids = f"{left.stream_id.removeprefix('task-')} {right.stream_id.removeprefix('task-')}"
        assert ids in chunk.data
    ledger.catch_up()
    return len(rows) // 3


def test_a_backup_that_is_made_while_others_write_holds_whole_appends(sqlite_url: str, tmp_path: Path) -> None:
    """19, with the backup of SQLite. It fails when an append is more than one transaction."""
    workledger.open(sqlite_url).close()
    with writers.running(writers.write_pairs, sqlite_url) as (process, said):
        counts = []
        for number in range(4):
            for _ in range(10):
                assert said.poll(60)
                said.recv()
            backup = tmp_path / f"backup-{number}.db"
            with (
                contextlib.closing(sqlite3.connect(path_of(sqlite_url))) as source,
                contextlib.closing(sqlite3.connect(backup)) as target,
            ):
                source.backup(target, pages=5, sleep=0)
            with workledger.open(f"sqlite:///{backup}") as copy:
                counts.append(whole_pairs(copy))
                assert copy.create(Task.create(title="Goes on")).version == 1
        writers.kill(process)
    assert counts == sorted(counts)
    assert [count >= 10 * (at + 1) for at, count in enumerate(counts)] == [True] * 4


def test_plain_copies_that_are_made_while_nobody_may_write_are_whole(sqlite_url: str, tmp_path: Path) -> None:
    """19. The file is copied with its -wal and -shm while a transaction keeps others from writing, as a script can do.
    It fails when an append is more than one transaction."""
    workledger.open(sqlite_url).close()
    with writers.running(writers.write_pairs, sqlite_url) as (process, said):
        for number in range(8):
            for _ in range(5):
                assert said.poll(60)
                said.recv()
            folder = tmp_path / f"copy-{number}"
            folder.mkdir()
            with contextlib.closing(
                sqlite3.connect(path_of(sqlite_url), isolation_level=None, timeout=60)
            ) as connection:
                connection.execute("begin immediate")
                for part in tmp_path.glob("work.db*"):
                    shutil.copy(part, folder)
                connection.execute("rollback")
            with workledger.open(f"sqlite:///{folder}/work.db") as copy:
                assert whole_pairs(copy) >= 5 * (number + 1)
        writers.kill(process)


def test_vacuum_keeps_positions_and_no_position_is_used_again(sqlite_url: str) -> None:
    """19. It fails when the position is not the AUTOINCREMENT key: then VACUUM may number anew, and what follows the
    newest event gets its position when that is erased."""
    with workledger.open(sqlite_url) as ledger:
        for number in range(30):
            ledger.store.insert_events([happened(f"s-{number % 3}")])
        ledger.store.erase("s-0", "sample.happened", 4)
        ledger.store.erase("s-2", "sample.happened", 10)
        before = [(row.position, row.stream_id, row.version) for row in ledger.read()]
        assert before[-1][0] < 30, "the newest event is erased"
        with contextlib.closing(sqlite3.connect(path_of(sqlite_url))) as other:
            other.execute("vacuum")
        assert [(row.position, row.stream_id, row.version) for row in ledger.read()] == before
        assert list(ledger.store.insert_events([happened("s-9")])) == [31]
    with workledger.open(sqlite_url) as ledger:
        assert list(ledger.store.insert_events([happened("s-9")])) == [32]


def test_positions_go_on_above_after_a_dump_is_restored(sqlite_url: str, tmp_path: Path) -> None:
    """19. It fails when the position is not the AUTOINCREMENT key, and when a ledger without a write-ahead log, as one
    that was restored is, does not get one."""
    with workledger.open(sqlite_url) as ledger:
        for name in ("one", "two"):
            write_pairs_once(ledger, name)
        ledger.store.insert_events([happened("s-1")])
        ledger.store.erase("s-1", "sample.happened", 1)
        before = ledger.read()
    restored = tmp_path / "restored.db"
    with (
        contextlib.closing(sqlite3.connect(path_of(sqlite_url))) as source,
        contextlib.closing(sqlite3.connect(restored)) as target,
    ):
        target.executescript("\n".join(source.iterdump()))
    with workledger.open(f"sqlite:///{restored}") as ledger:
        assert ledger.read() == before
        assert journal_of(ledger) == "wal"
        assert list(ledger.store.insert_events([happened("s-1")])) == [8]
        write_pairs_once(ledger, "one")
        assert ledger.head() == 8, "command ids and claims are restored too"
        assert ledger.catch_up() == 8


def test_a_restored_ledger_that_somebody_is_reading_is_opened_and_gets_its_write_ahead_log_later(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when the change to a write-ahead log, which no reader may be in the way of, is insisted on."""
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.1)
    restored = f"sqlite:///{tmp_path}/restored.db"
    with workledger.open(sqlite_url) as ledger:
        write_pairs_once(ledger, "one")
    with contextlib.closing(sqlite3.connect(path_of(sqlite_url))) as source:
        source.execute("vacuum into ?", (str(path_of(restored)),))
    with contextlib.closing(sqlite3.connect(path_of(restored), isolation_level=None)) as reader:
        reader.execute("pragma journal_mode = delete")
        reader.execute("begin")
        reader.execute("select * from events limit 1").fetchone()
        with workledger.open(restored) as ledger:
            assert (journal_of(ledger), ledger.head()) == ("delete", 3)
        reader.rollback()
    with workledger.open(restored) as ledger:
        assert journal_of(ledger) == "wal"
        write_pairs_once(ledger, "two")
