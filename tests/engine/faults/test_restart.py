"""The database goes away and comes back: loops go on by themselves, and the service says how it is meanwhile (7, 8)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest

import workledger
from commandline.typed import wait_until
from support import engine_processes, postgres_server
from support.golden_events import work
from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import service_of
from workledger.api.commandline.react import reacting
from workledger.projections.engine.follow import worker_loop
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.PostgresServer]:
    """A server that keeps what it has committed."""
    with postgres_server.running(durable=True) as server:
        yield server


@pytest.fixture
def doors(server: postgres_server.PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    """A service that has followed a first shift."""
    monkeypatch.setattr("workledger.projections.engine.follow.worker_loop.PAUSE_SECONDS", 0.05)
    with server.database() as url, workledger.open(url) as ledger, Doors(ledger) as doors:
        work(ledger, 1)
        wait_until(lambda: health(doors) == (200, 5))
        yield doors


def health(doors: Doors) -> tuple[int, int | None]:
    answer = doors.answer("GET", "health")
    return answer.status_code, answer.json()["position"]


def end_all(ledger: Workledger) -> None:
    """End every connection that the server has."""
    with psycopg.connect(ledger.url, autocommit=True) as connection:
        others = "pid <> pg_backend_pid() and datname is not null"
        connection.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}")


@pytest.mark.parametrize("how", ["stop", "drop"])
def test_the_service_is_red_while_the_server_is_down_and_goes_on_when_it_is_back(
    server: postgres_server.PostgresServer, doors: Doors, how: str
) -> None:
    """8. Proves that a loop outlives the loss of its database: it fails when `_run` ends at an error, or keeps where it
    thinks the groups stand. `drop` is `pg_ctl stop -m immediate`."""
    getattr(server, how)()
    wait_until(lambda: health(doors) == (503, None))
    assert doors.answer("GET", "ready").status_code == 503
    server.start()
    wait_until(lambda: health(doors) == (200, 5))
    work(doors.ledger, 1, 1)
    wait_until(lambda: health(doors) == (200, doors.ledger.head()))
    assert doors.ledger.head() >= 10, "a server that was dropped leaves positions out"
    engine_processes.nothing_differs(doors.ledger)


def test_the_loop_goes_on_when_every_connection_was_ended(doors: Doors) -> None:
    """7. Of its reads, its writes, of who listens for wake-ups, and between a batch and the next."""
    for number in range(1, 4):
        end_all(doors.ledger)
        wait_until(lambda: not unreachable(doors.ledger))
        work(doors.ledger, 1, number)
        wait_until(lambda number=number: health(doors) == (200, 5 * (number + 1)))
    engine_processes.nothing_differs(doors.ledger)
    assert len([one for one in threading.enumerate() if one.name == "workledger-listening"]) == 1


def unreachable(ledger: Workledger) -> bool:
    try:
        ledger.head()
    except workledger.Refused:
        return True
    return False


def test_a_rebuild_whose_connections_were_ended_goes_on_when_it_is_run_again(doors: Doors) -> None:
    """7. What it has written is there: the server had said so."""
    ledger, ended = doors.ledger, list[int]()
    work(ledger, 11, 1)

    def end_once(progress: object) -> None:
        if not ended:
            ended.append(1)
            end_all(ledger)

    with suppress(Exception):
        Rebuild(ledger.store, ledger.tables, GROUPS, batch=10, on_progress=end_once).run()
    assert ended
    wait_until(lambda: rebuilt(lambda: Rebuild(ledger.store, ledger.tables, GROUPS, batch=10).run() == 60))
    engine_processes.nothing_differs(ledger)


def rebuilt(run: Callable[[], bool]) -> bool:
    try:
        return run()
    except workledger.Refused:
        return False  # the lease of the one whose connections were ended has not run out


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_loop_is_seen_although_nothing_lags(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """24. Proves that health asks the thread: it fails when it only compares positions."""

    def ends(*given: object) -> None:
        raise SystemExit

    loop = service_of(doors.app).loop
    assert loop is not None
    monkeypatch.setattr(loop, "step", ends)
    wait_until(lambda: not loop.alive)
    status = doors.answer("GET", "status").json()
    assert {group["lag"] for group in status["groups"]} == {0}
    assert (health(doors)[0], status["healthy"]) == (503, False)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_loop_of_policies_is_seen_as_well(database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """24. Proves that the service knows of the loops beside its own: it fails when it only asks the projector."""

    def ends(*given: object) -> None:
        raise SystemExit

    with reacting(database_ledger, dispatch=False) as loop, Doors(database_ledger, watch=[loop]) as doors:
        wait_until(lambda: health(doors)[0] == 200)
        assert doors.answer("GET", "health").json()["reactor"] == "running"
        monkeypatch.setattr(loop, "step", ends)
        wait_until(lambda: not loop.alive)
        assert health(doors)[0] == 503
        told = doors.answer("GET", "health").json()
        assert (told["projector"], told["reactor"]) == ("running", "failing")


def test_a_loop_that_waits_for_ever_is_seen(postgres_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """24. Somebody holds what it waits for. It fails when a loop that does not come back counts as one at work."""
    monkeypatch.setattr(worker_loop, "STUCK_SECONDS", 0.5)
    with workledger.open(postgres_store_url) as ledger, Doors(ledger) as doors:
        work(ledger, 1)
        wait_until(lambda: doors.answer("GET", "health").json()["position"] == 5)
        with psycopg.connect(postgres_store_url) as other:
            other.execute("select * from checkpoints where name = 'board' for update")
            work(ledger, 1, 1)
            loop = service_of(doors.app).loop
            assert loop is not None
            wait_until(lambda: "it has been waiting for" in str(loop.error) and health(doors)[0] == 503)
            other.rollback()
        wait_until(lambda: health(doors)[0] == 200)
        engine_processes.nothing_differs(ledger)
