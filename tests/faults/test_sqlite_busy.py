"""Several processes on one SQLite file: they wait for each other, and nothing is lost, doubled or seen too early."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import workledger
from commandline.typed import wait_until
from support import sqlite_writers, writers
from support.sqlite_writers import happened
from workledger.adapters.database import DatabaseBusy
from workledger.adapters.sqlite import file, patience
from workledger.adapters.sqlite.file import File
from workledger.domain.task import Task


@contextlib.contextmanager
def written_by_another(url: str) -> Iterator[sqlite3.Connection]:
    """Another program is in the middle of a transaction."""
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("begin immediate")
        yield other
        other.rollback()


def test_two_processes_write_and_every_decision_is_kept_once(sqlite_url: str) -> None:
    """19. Both raise one number, each time by what they have read. It fails when `begin immediate` becomes `begin`
    (the second writer is refused half-way), and when an append does not look for the version it was decided on."""
    with workledger.open(sqlite_url) as ledger:
        ledger.create(Task.create(title="0", id="counter"))
    with (
        writers.running(sqlite_writers.count_up, sqlite_url, 25) as (one, _),
        writers.running(sqlite_writers.count_up, sqlite_url, 25) as (two, _),
    ):
        writers.finish(one)
        writers.finish(two)
    with workledger.open(sqlite_url) as ledger:
        assert ledger.get(Task, "counter").title == "50"
        assert [row.version for row in ledger.store.read_stream("task-counter")] == list(range(1, 52))


def test_six_processes_write_and_a_reader_that_tails_sees_all_of_it_in_order(sqlite_url: str) -> None:
    """It fails when positions are drawn before the write lock is held, or when `head` is more than can be read."""
    plan = {f"single-{n}": (1, 60) for n in range(3)} | {f"many-{n}": (200, 4) for n in range(3)}
    total = sum(size * count for size, count in plan.values())
    with workledger.open(sqlite_url) as ledger, contextlib.ExitStack() as stack:
        started = {
            stream: stack.enter_context(writers.running(sqlite_writers.append_batches, sqlite_url, stream, size, count))
            for stream, (size, count) in plan.items()
        }
        assert [pipe.recv() for _, pipe in started.values()] == ["ready"] * len(plan)
        for _, pipe in started.values():
            pipe.send("go")
        seen: list[tuple[int, str, int]] = []
        give_up = time.monotonic() + 60
        while len(seen) < total and time.monotonic() < give_up:
            head, after = ledger.head(), seen[-1][0] if seen else 0
            rows = ledger.read(after, 70)
            assert head in (0, after) or rows[-1].position >= min(head, after + 70), (
                "what is below the head can be read"
            )
            seen += [(row.position, row.stream_id, row.version) for row in rows]
            if not rows:
                time.sleep(0.002)
        for process, _ in started.values():
            writers.finish(process)
        told = {stream: writers.heard(pipe)[0] for stream, (_, pipe) in started.items()}
    assert [position for position, _, _ in seen] == list(range(1, total + 1))
    for stream, (size, count) in plan.items():
        mine = [(position, version) for position, one, version in seen if one == stream]
        assert mine == list(zip(told[stream], range(1, size * count + 1), strict=True))


def test_a_writer_that_waits_looks_again_so_often_that_it_is_not_overtaken_for_long(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when waiting is left to SQLite, which looks again after 0.1 s: others that append without a pause had
    the lock for more than a second in measurements."""
    begun: list[str] = []
    naps: list[float] = []
    connect = File.connect

    def traced(file: File, **how: bool) -> sqlite3.Connection:
        made = connect(file, **how)
        made.set_trace_callback(lambda statement: begun.append(statement) if statement == "begin immediate" else None)
        return made

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(File, "connect", traced)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    with workledger.open(sqlite_url) as ledger:
        with written_by_another(sqlite_url):
            writing = threading.Thread(target=lambda: ledger.store.insert_events([happened("s-1")]))
            writing.start()
            wait_until(lambda: len(begun) > 20)
            assert writing.is_alive()
        writing.join(60)
        assert ledger.head() == 1
    assert max(naps) < 0.02


def test_a_database_that_stays_busy_is_a_refusal_with_a_code_and_stores_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when errors of the driver are let through, or when a writer waits for ever."""
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.2)
    with workledger.open(sqlite_url) as ledger:
        ledger.store.insert_events([happened("s-1")])
        with written_by_another(sqlite_url):
            began = time.monotonic()
            with pytest.raises(DatabaseBusy) as busy:
                ledger.create(Task.create(title="Wait", id="t"), command_id="once")
            assert time.monotonic() - began >= 0.2
            assert busy.value.code == "DATABASE_BUSY"
            with pytest.raises(DatabaseBusy):
                ledger.store.erase("s-1", "sample.happened", 1)
            assert ledger.head() == 1, "readers go on"
        assert ledger.store.done("once") is None
        assert ledger.create(Task.create(title="Now", id="t"), command_id="once").version == 1
        ledger.store.erase("s-1", "sample.happened", 1)


def test_the_threads_of_one_process_wait_for_each_other_and_not_for_a_time_out(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when two threads may use the connection of the writer at once."""
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.0)
    with workledger.open(sqlite_url) as ledger:
        failed: list[Exception] = []

        def write(number: int) -> None:
            try:
                for _ in range(20):
                    ledger.store.insert_events([happened(f"s-{number}")])
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert ledger.head() == 160


def test_a_process_that_was_forked_from_one_with_the_ledger_open_is_refused(sqlite_url: str) -> None:
    """What it writes could be lost: when the first process closes the file, it takes the write-ahead log with it. It
    fails when `File.check` lets everybody through, or is asked by writers only."""
    with writers.running(sqlite_writers.fork_and_write, sqlite_url) as (process, said):
        writers.finish(process)
        assert writers.heard(said) == [["DATABASE_FORKED"] * 4]


def test_a_process_that_was_forked_when_the_ledger_was_closed_writes_to_it(sqlite_url: str) -> None:
    """It fails when a file that was closed counts as open."""
    with writers.running(sqlite_writers.close_and_fork, sqlite_url) as (process, said):
        writers.finish(process)
        assert writers.heard(said) == [1]
