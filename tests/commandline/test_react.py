"""`workledger react`: what follows by itself, once or for as long as the command runs."""

import signal
from collections.abc import Callable, Iterator

import pytest

import workledger
from commandline.typed import Run, Started, wait_until
from support.policy_desk import Desk, assign, depend_on, finish
from workledger import Workledger
from workledger.projections.engine.follow import worker_loop

STOPPED = "Stopped. Run the command again to resume."


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """A report that waits for another card."""
    with workledger.open(url) as ledger:
        desk = Desk(ledger)
        desk.card("lex")
        desk.card("report", depend_on("lex"), lambda task: task.block(reason="dependency"))
        yield desk


def test_once_reacts_to_the_end_of_the_log(run: Run, desk: Desk, url: str) -> None:
    assert run("react", "--once", "--db", url).exit_code == 0
    desk.task("lex", assign("ann"), finish)
    assert desk.state("report") == "waiting"
    result = run("react", "--once", "--db", url)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("The policies are at position ")
    assert desk.state("report") == "ready"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_reacts_until_it_is_stopped(start: Callable[..., Started], desk: Desk, url: str, by: signal.Signals) -> None:
    reacting = start("react", "--db", url)
    reacting.line("Running the policies", said=True)
    wait_until(lambda: policies_stand(desk.ledger))
    desk.task("lex", assign("ann"), finish)
    wait_until(lambda: desk.state("report") == "ready")
    code, stdout, stderr = reacting.end(by)
    assert (code, stdout, stderr.strip()) == (0, "", STOPPED)


def policies_stand(ledger: Workledger) -> bool:
    with ledger.tables.engine.connect() as connection:
        return bool(connection.exec_driver_sql("select count(*) from checkpoints where name like 'policy:%'").scalar())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("command", ["react", "project"])
def test_one_whose_loop_has_died_says_so(run: Run, url: str, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """It fails when the command waits for Ctrl-C whatever becomes of its loop."""

    def ends(loop: worker_loop.WorkerLoop) -> None:
        raise SystemExit

    monkeypatch.setattr(worker_loop.WorkerLoop, "_run", ends)
    result = run(command, "--db", url)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith("failed. Run the command again to resume.")
