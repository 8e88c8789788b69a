"""What is particular to SQLite."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import workledger
from workledger import Workledger
from workledger.domain.task import Task


def test_the_file_is_where_the_url_says(tmp_path: Path) -> None:
    workledger.open(f"sqlite:///{tmp_path}/deep work.db").close()
    assert (tmp_path / "deep work.db").is_file()


def test_a_closed_ledger_leaves_one_file(tmp_path: Path) -> None:
    with workledger.open(f"sqlite:///{tmp_path}/work.db") as ledger:
        ledger.create(Task.create(title="Tidy up"))
    assert [file.name for file in tmp_path.iterdir()] == ["work.db"]


def test_what_was_recorded_survives_a_power_cut(sqlite_url: str) -> None:
    """Every commit reaches the disk: WAL with synchronous = full."""
    with workledger.open(sqlite_url) as ledger, ledger.tables.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2


def test_a_writer_waits_for_a_transaction_of_another_process(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
            other.execute("begin immediate")
            writing = threading.Thread(target=lambda: ledger.create(Task.create(title="Wait")))
            writing.start()
            writing.join(0.2)
            assert writing.is_alive()
            assert ledger.head() == 0, "readers do not wait"
            other.rollback()
        writing.join(10)
        assert ledger.head() == 1


def test_positions_are_never_used_again(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        ledger.create(Task.create(title="One", id="one"))
        ledger.create(Task.create(title="Two", id="two"))
        ledger.store.erase("task-two", "task.created", 1)
        ledger.create(Task.create(title="Three", id="three"))
        assert [row.position for row in ledger.read()] == [1, 3]


def test_many_threads_may_read_a_ledger_in_memory() -> None:
    with workledger.open("memory:") as ledger:
        task = ledger.create(Task.create(title="Read me"))
        read = [0]

        def look(ledger: Workledger) -> None:
            for _ in range(20):
                assert ledger.get(Task, task.id).title == "Read me"
            read[0] += 1

        threads = [threading.Thread(target=look, args=(ledger,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(20):
            ledger.create(Task.create(title=f"Write {number}"))
        for thread in threads:
            thread.join()
        assert read == [8]
