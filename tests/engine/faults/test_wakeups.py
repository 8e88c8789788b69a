"""Wake-ups spare waiting and may be lost, within a process and between two; closing leaves nothing behind (9, 10)."""

import threading
from multiprocessing.connection import Connection

import psycopg
import pytest

import workledger
from commandline.typed import wait_until
from support import writers
from support.golden_events import work
from workledger import Workledger
from workledger.adapters.postgres.wakeups import CHANNEL, Wakeups
from workledger.domain.task import Task
from workledger.projections.engine.follow import worker_loop
from workledger.projections.engine.follow.projector_loop import ProjectorLoop


def write_on_a_sign(pipe: Connection, url: str) -> None:
    """Record a task whenever told to, and say when that is done."""
    with workledger.open(url) as ledger:
        pipe.send("ready")
        while pipe.recv():
            ledger.create(Task.create(title="Ring the bell"))
            pipe.send("done")


def follows(ledger: Workledger, loop: ProjectorLoop, pipe: Connection) -> bool:
    """Whether what the other process appends comes into the tables."""
    before = ledger.projector.position()
    pipe.send(True)
    assert pipe.recv() == "done"
    return loop.wait_for(before + 1, 60)


def test_an_append_elsewhere_wakes_a_loop(postgres_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a loop is woken: it fails when `listen` hears nothing of others, as this loop never looks by itself.
    So it does when the wake-up comes before the append can be seen."""
    monkeypatch.setattr(worker_loop, "BRIEF_SECONDS", 3600.0)
    monkeypatch.setattr(worker_loop, "POLL_SECONDS", 3600.0)
    with (
        workledger.open(postgres_store_url) as ledger,
        writers.running(write_on_a_sign, postgres_store_url) as (_, pipe),
    ):
        loop = ProjectorLoop(ledger.projector)
        ledger.listen(loop.wake)
        loop.start()
        assert pipe.recv() == "ready"
        wait_until(lambda: listening(postgres_store_url))
        for _ in range(10):
            assert follows(ledger, loop, pipe)
        pipe.send(False)
        loop.stop()


def listening(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select 1 from pg_stat_activity where query = %s and state = 'idle'", [f"listen {CHANNEL}"]
        )
        return found.fetchone() is not None


@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_store_url"])
def test_a_loop_that_nobody_wakes_looks_by_itself(
    request: pytest.FixtureRequest, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """9. Every wake-up is lost. Proves that polling makes up for it within a second: it fails when the loop waits for
    a wake-up without a limit, or for longer."""
    monkeypatch.setattr(Wakeups, "notify", lambda self: None)
    monkeypatch.setattr(Wakeups, "listen", lambda self, hear: None)
    url, pauses = request.getfixturevalue(kind), list[float | None]()
    with workledger.open(url) as ledger, writers.running(write_on_a_sign, url) as (_, pipe):
        loop = ProjectorLoop(ledger.projector)
        wait = loop._awake.wait
        monkeypatch.setattr(loop._awake, "wait", lambda seconds=None: pauses.append(seconds) or wait(seconds))
        loop.start()
        assert pipe.recv() == "ready"
        assert all(follows(ledger, loop, pipe) for _ in range(10))
        pipe.send(False)
        loop.stop()
    assert all(seconds is not None and seconds < 1.0 for seconds in pauses)


def test_what_was_appended_before_anybody_listened_is_heard_of(postgres_store_url: str) -> None:
    """10. An event is committed between the first look and the listening. Proves that whoever begins to listen is woken
    once: it fails without that call."""
    heard = threading.Event()
    with workledger.open(postgres_store_url) as ledger:
        ledger.listen(lambda position: heard.set())
        assert heard.wait(60)


def test_listening_begins_again_when_its_connection_was_ended(
    postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7. Proves that a lost connection is replaced: it fails when the thread ends with it."""
    monkeypatch.setattr("workledger.adapters.postgres.wakeups.RECONNECT_SECONDS", 0.05)
    heard = threading.Event()
    with workledger.open(postgres_store_url) as ledger, workledger.open(postgres_store_url) as other:
        ledger.listen(lambda position: heard.set())
        wait_until(lambda: listening(postgres_store_url))
        with psycopg.connect(postgres_store_url, autocommit=True) as connection:
            ended = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where query = %s", [f"listen {CHANNEL}"]
            )
            assert ended.fetchall() == [(True,)]
        wait_until(lambda: listening(postgres_store_url))
        heard.clear()
        work(other, 1)
        other.create(Task.create(title="Ring the bell"))
        assert heard.wait(60)


@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_store_url"])
def test_closing_leaves_no_thread_and_no_connection(request: pytest.FixtureRequest, kind: str) -> None:
    """19. Of a ledger that has appended, listened, followed and rebuilt."""
    url = request.getfixturevalue(kind)
    before = {thread.name for thread in threading.enumerate()}
    for _ in range(2):
        with workledger.open(url) as ledger:
            loop = ProjectorLoop(ledger.projector)
            ledger.listen(loop.wake)
            loop.start()
            task = ledger.create(Task.create(title="Ring the bell"))
            assert loop.wait_for(ledger.head(), 60)
            assert task.id
            loop.stop()
    assert {thread.name for thread in threading.enumerate()} <= before
    if kind.startswith("postgres"):
        wait_until(lambda: connections(url) == 0)


def connections(url: str) -> int:
    with psycopg.connect(url) as connection:
        chosen = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        [count] = connection.execute(chosen).fetchone() or [0]
        return int(count)
