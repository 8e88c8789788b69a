"""Writers of SQLite that are killed: what they were told is there, and nothing is there in part."""

import contextlib
import shutil
from pathlib import Path

import pytest

import workledger
from support import sqlite_writers, writers
from support.sqlite_writers import write_pairs_once
from workledger import Workledger
from workledger.domain.task import Task


def pairs(ledger: Workledger) -> list[str]:
    """The names of the pairs that are stored; each is there as a whole, with its claims and its command id."""
    rows = ledger.read(limit=100_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    found = []
    for start in range(0, len(rows), 3):
        left, right, chunk = rows[start : start + 3]
        name = left.stream_id.removeprefix("task-left-")
        assert (right.stream_id, f'"content":"{name}"' in chunk.data) == (f"task-right-{name}", True)
        assert list(ledger.store.done(f"pair {name}") or ()) == [left.position, right.position, chunk.position]
        found.append(name)
    with ledger.tables.engine.connect() as connection:
        holders = set(connection.exec_driver_sql("select holder from claims").scalars())
    assert holders == {f"task-{side}-{name}" for name in found for side in ("left", "right")}
    return found


@pytest.mark.parametrize("statement", ["insert into claims", "insert into events", "insert into commands", "commit"])
def test_a_writer_killed_in_the_middle_of_a_transaction_leaves_nothing_of_it(sqlite_url: str, statement: str) -> None:
    """19. It fails when claims, events and command id are not of one transaction: without `begin immediate`, say."""
    with writers.running(sqlite_writers.die_at, sqlite_url, statement) as (process, said):
        process.join(60)
        assert writers.heard(said) == ["one"]
    with workledger.open(sqlite_url) as ledger:
        assert pairs(ledger) == ["one"]
        write_pairs_once(ledger, "two")
        assert pairs(ledger) == ["one", "two"]


def test_a_write_ahead_log_that_was_torn_anywhere_holds_whole_transactions(tmp_path: Path) -> None:
    """19. A writer is killed, or the power fails, while the log is written: whatever part of it reached the disk, an
    append is there or not. It fails when an append is more than one transaction."""
    folder, names = tmp_path / "whole", [str(number) for number in range(8)]
    folder.mkdir()
    with contextlib.closing(workledger.open(f"sqlite:///{folder}/work.db")) as ledger:
        made = (folder / "work.db-wal").stat().st_size
        for name in names:
            write_pairs_once(ledger, name)
        written = (folder / "work.db-wal").stat().st_size
        counts = []
        for cut in [*range(made, written, (written - made) // 40), written]:
            torn = tmp_path / f"torn-{cut}"
            torn.mkdir()
            shutil.copy(folder / "work.db", torn)
            (torn / "work.db-wal").write_bytes((folder / "work.db-wal").read_bytes()[:cut])
            with workledger.open(f"sqlite:///{torn}/work.db") as found:
                counts.append(len(pairs(found)))
                assert pairs(found) == names[: counts[-1]]
                write_pairs_once(found, "later")
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 8)


def test_a_command_whose_answer_was_never_heard_is_done_and_not_done_again(sqlite_url: str) -> None:
    """6. The writer is killed after its commit and before it could say so. It fails when the command id is not stored
    in the transaction of the events, or is not looked up before anything else."""
    workledger.open(sqlite_url).close()
    with writers.running(sqlite_writers.die_unheard, sqlite_url) as (process, _):
        process.join(60)
    with workledger.open(sqlite_url) as ledger:
        [row] = ledger.read()
        again = ledger.create(Task.create(title="Once"), command_id="once")
        assert f"task-{again.id}" == row.stream_id
        assert ledger.head() == 1


def test_writers_killed_at_any_moment_leave_a_log_that_others_go_on_with(sqlite_url: str) -> None:
    """19. kill -9 twice while another process goes on writing, so that nobody recovers alone. It fails when an append
    does not hold the write lock from its beginning."""
    workledger.open(sqlite_url).close()
    with writers.running(sqlite_writers.append_batches, sqlite_url, "steady", 1, 300) as (steady, hears):
        assert hears.recv() == "ready"
        hears.send("go")
        acknowledged = []
        for delay in (0.1, 0.2):
            with writers.running(writers.write_pairs, sqlite_url) as (process, said):
                assert said.poll(60)
                process.join(delay)
                writers.kill(process)
                acknowledged += writers.heard(said)
        writers.finish(steady)
    with workledger.open(sqlite_url) as ledger:
        rows = ledger.read(limit=100_000)
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        assert [row.version for row in rows if row.stream_id == "steady"] == list(range(1, 301))
        rest = [row for row in rows if row.stream_id != "steady"]
        stored = []
        for start in range(0, len(rest), 3):
            left, right, chunk = rest[start : start + 3]
            assert right.position == left.position + 1 == chunk.position - 1
            stored.append((left.stream_id.removeprefix("task-"), right.stream_id.removeprefix("task-")))
        assert set(acknowledged) <= set(stored)
        assert len(stored) <= len(acknowledged) + 2
