"""What tests of the command line are given: an empty folder, a database, and commands to type."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import workledger
from commandline.typed import Run, Started, fill
from workledger.api.commandline.app import app


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder and home, and no database named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("WORKLEDGER_APP", "WORKLEDGER_DB", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(elsewhere: None) -> Run:
    """A command as one types it: run("status", "--json")."""
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], prog_name="workledger")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a project, two tasks, and read tables up to date."""
    url = f"sqlite:///{tmp_path}/work.db"
    with workledger.open(url) as ledger:
        fill(ledger)
        ledger.catch_up()
    return url


@pytest.fixture
def start(elsewhere: None) -> Iterator[Callable[..., Started]]:
    """Start a command as a process; what still runs when the test ends is killed."""
    started: list[Started] = []

    def one(*arguments: str | Path) -> Started:
        started.append(Started(*arguments))
        return started[-1]

    yield one
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()
