"""The write-ahead log of SQLite stays small, whoever reads, and shrinks again."""

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

import workledger
from support.sqlite_writers import happened
from workledger import Workledger
from workledger.adapters.sqlite import checkpointer
from workledger.domain.agent import Agent
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task

LIMIT = 2**20
PAYLOAD = b'"%s"' % (b"x" * 50_000)


@pytest.fixture
def ledger(sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workledger]:
    monkeypatch.setattr(checkpointer, "LIMIT", LIMIT)
    with workledger.open(sqlite_store_url) as ledger:
        yield ledger


@pytest.fixture
def path(sqlite_store_url: str) -> Path:
    return Path(sqlite_store_url.removeprefix("sqlite:///"))


def log_size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.with_name("work.db-wal").stat().st_size
    return 0


def shrunk(path: Path) -> bool:
    give_up = time.monotonic() + 20
    while log_size(path) > LIMIT and time.monotonic() < give_up:
        time.sleep(0.05)
    return log_size(path) <= LIMIT


def append(ledger: Workledger, path: Path, count: int) -> int:
    """Append so many events of 50 KB; the largest size of the log meanwhile."""
    largest = 0
    for number in range(count):
        ledger.store.insert_events([happened(f"s-{number}", state=PAYLOAD)])
        largest = max(largest, log_size(path))
        time.sleep(0.006)  # 8 MB a second at most: after an attempt in vain, writers are left alone for most of one
    return largest


@contextmanager
def going_on(*steps: Callable[[], object]) -> Iterator[None]:
    """Each step is taken over and over, in a thread of its own."""
    over = threading.Event()
    failures: list[BaseException] = []

    def run(step: Callable[[], object]) -> None:
        try:
            while not over.is_set():
                step()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failures == []


def read_for_a_while(path: Path) -> None:
    """A reader of another program, for a fiftieth of a second."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin")
        connection.execute("select max(position) from events").fetchone()
        time.sleep(0.02)


def test_it_is_bounded_while_reads_overlap(ledger: Workledger, path: Path) -> None:
    """Of 20 MB that are appended. Two readers of another program are always at it, and four of ours."""
    turns = itertools.count()
    reads = [lambda: ledger.read(next(turns) % 100, 30) for _ in range(4)]
    with going_on(*reads, *[lambda: read_for_a_while(path)] * 2):
        largest = append(ledger, path, 400)
        assert shrunk(path), "also while they read"
    assert largest < 12 * LIMIT
    assert [row.position for row in ledger.read(limit=2000)] == list(range(1, 401))


def test_a_reader_who_stays_is_not_waited_for_and_it_shrinks_when_that_one_has_gone(
    ledger: Workledger, path: Path
) -> None:
    append(ledger, path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as stays:
        stays.execute("begin")
        assert stays.execute("select max(position) from events").fetchone() == (1,)
        begun = time.monotonic()
        assert append(ledger, path, 100) > 4 * LIMIT
        assert time.monotonic() - begun < 10
        assert stays.execute("select max(position) from events").fetchone() == (1,), "it has its snapshot"
        assert log_size(path) > 4 * LIMIT
    assert shrunk(path), "nothing more is written"
    assert ledger.head() == 101


def test_few_bytes_are_written_for_an_event(sqlite_store_url: str, path: Path) -> None:
    """At one event an append, with command ids, and with read tables and policies that follow each."""
    with workledger.open(sqlite_store_url) as ledger:
        project = ledger.create(Project.create(name="Shop"))
        cards = [ledger.create(Task.create(title=f"Task {number}", project_id=project.id)) for number in range(500)]
        ann = ledger.create(Agent.create(name="Ann", project_id=project.id))
        run = ledger.decide(lambda unit: start_run(unit, agent_id=ann.id))

        def rename(number: int) -> None:
            with ledger.edit(Task, cards[number * 7].id, command_id=f"title {number}") as draft:
                draft.change_details(title=f"Renamed {number}")

        def write(number: int) -> None:
            with ledger.unit(f"chunk {number}") as unit:
                append_chunk(unit, agent_id=ann.id, agent_name="Ann", session_number=1, content="x" * 500)

        def report(number: int) -> None:
            with ledger.edit(AgentRun, run.id, command_id=f"turn {number}") as draft:
                draft.report_turn(turn=number + 1, tokens_in=5, tokens_out=7)

        follow(ledger)
        written = {}
        for step in (rename, write, report):
            before, head = log_size(path), ledger.head()
            for number in range(40):
                step(number)
                follow(ledger)
            written[step.__name__] = (log_size(path) - before) / (ledger.head() - head)
        print({name: f"{size / 1024:.1f} KB" for name, size in written.items()})
    assert max(written.values()) < 32 * 1024
    assert min(written.values()) < 20 * 1024


def follow(ledger: Workledger) -> None:
    ledger.catch_up()
    ledger.reactor.catch_up()


def test_a_closed_ledger_leaves_no_thread_and_no_log(sqlite_store_url: str, path: Path, ledger: Workledger) -> None:
    append(ledger, path, 40)
    ledger.close()
    assert not [one for one in threading.enumerate() if one.name == "workledger-checkpointer"]
    assert log_size(path) == 0
