"""Apps with transactions of their own race and are killed: their rows and the ledger never differ, on each database."""

import threading
import time
from contextlib import ExitStack

import pytest

import workledger
from support import own_app, own_app_processes, writers
from support.own_app import orders
from support.stores import ascending
from workledger import Workledger
from workledger.domain.kernel.envelope import Row
from workledger.domain.project import Project
from workledger.domain.task import Task

KILLS, EACH = 3, 8
"""How many processes are killed, and after how many orders of theirs."""


@pytest.fixture(params=["sqlite_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    url = str(request.getfixturevalue(request.param))
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="0", id="counter"))
    own_app.make(url)
    return url


class Tail:
    """Reads the log as it grows, on a thread."""

    def __init__(self, ledger: Workledger) -> None:
        self.seen: list[Row] = []
        self._ledger, self._over = ledger, threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        over = False
        while not over:
            over = self._over.is_set()
            while rows := self._ledger.read(self.seen[-1].position if self.seen else 0, 50):
                self.seen += rows
            time.sleep(0.002)


def test_what_apps_commit_is_recorded_and_nothing_else_is(url: str) -> None:
    """Two of them, and whoever is killed with kill -9 is followed by another one. They raise one number, want the same
    names, and roll every third order back. Proves that decisions are bound to what they were made on, that claims and
    locks end with whoever had them, and that a reader of the log skips nothing and sees nothing early."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        tail = Tail(ledger)
        stack.callback(tail.close)
        said: list[str] = []
        steady, steadys = stack.enter_context(writers.running(own_app_processes.trade, url, "steady", False))
        for number in range(KILLS):
            with writers.running(own_app_processes.trade, url, f"killed-{number}", True) as (
                process,
                pipe,
            ):
                assert pipe.recv() == "ready"
                said += [pipe.recv() for _ in range(EACH)]
                writers.kill(process)
                said += writers.heard(pipe)
        steadys.send("enough")
        writers.finish(steady)
        tail.close()
        recorded = own_app_processes.agree(ledger, orders(url))
        assert set(said) <= set(recorded)
        killed = [id for id in recorded if id.startswith("killed")]
        assert len(killed) <= len(said) + KILLS, "who was killed may have committed without having said so"
        assert ascending(tail.seen)
        assert [row.position for row in tail.seen] == [row.position for row in ledger.read(0, 100_000)]
        begun = [row.stream_id.partition("-")[2] for row in tail.seen if row.topic == "project.created"]
        names = [ledger.get(Project, id).name for id in begun]
        assert len(names) == len(set(names))


def test_an_app_that_is_killed_at_any_step_has_written_both_or_neither(url: str) -> None:
    """Before and after each statement of an order. Proves that all of it is in one transaction."""
    for step in range(1000):
        with writers.running(own_app_processes.die_in_an_order, url, step) as (process, pipe):
            process.join(60)
            said = writers.heard(pipe)
        with workledger.open(url) as ledger:
            found = [row.topic for row in ledger.read(1) if row.topic.endswith("created")]
            expected = ["task.created", "project.created"] if said else []
            assert (orders(url), found) == (["one"] if said else [], expected), step
            assert ledger.catch_up() == ledger.head()
        if said:
            break
    assert step >= 8
    assert said == ["committed"]
