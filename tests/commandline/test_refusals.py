"""Bad input of every kind: one sentence that says what to do, a code, an exit code, and nothing is changed."""

import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import workledger
from commandline.typed import Run, Started, refusal, refused, wait_until
from workledger.api.commandline.errors import message_and_code

WORKLEDGER = (sys.executable, "-m", "workledger.api.commandline.cli")
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("events",),
    ("rebuild",),
    ("verify", "--json"),
    ("project", "--once"),
    ("serve", "--port", "0"),
    ("import", "git"),
    ("import", "beads"),
    ("import", "claude-code", "."),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("database", "code"),
    [
        ("mysql://host/name", "DATABASE_URL_INVALID"),
        ("nonsense", "DATABASE_URL_INVALID"),
        ("sqlite:///no/such/folder/work.db", "DATABASE_UNREACHABLE"),
        ("sqlite:///folder", "DATABASE_UNREACHABLE"),
        ("sqlite:///text.db", "DATABASE_UNREACHABLE"),
        ("sqlite:///foreign.db", "DATABASE_FOREIGN"),
        ("sqlite:///newer.db", "DATABASE_NEWER"),
    ],
)
def test_a_database_that_cannot_serve_is_refused_by_every_command(
    run: Run, tmp_path: Path, command: tuple[str, ...], database: str, code: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("Dear diary, this is no database at all. " * 20)
    with sqlite3.connect("foreign.db") as foreign:
        foreign.execute("create table recipes (name text)")
    foreign.close()
    with workledger.open("sqlite:///newer.db"), sqlite3.connect("newer.db") as newer:
        newer.execute("update workledger set value = '99' where key = 'version'")
    newer.close()
    before = contents(tmp_path)
    result = run(*command, "--db", database)
    told = refusal(result, code)
    assert code != "DATABASE_UNREACHABLE" or database.removeprefix("sqlite:///").split("/work")[0] in told
    assert result.stdout == ""
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, object]:
    """The databases of a folder and what is in them."""
    return {path.name: told(path) for path in folder.glob("*.db")}


def told(path: Path) -> object:
    return path.read_bytes()


def test_a_server_that_nobody_runs_is_refused_without_its_password(run: Run) -> None:
    said = refusal(run("status", "--db", "postgresql://ann:hunter2@127.0.0.1:9/work"), "DATABASE_UNREACHABLE")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "--after", str(10**20)),
        ("events", "--limit", str(2**63)),
        ("--nonsense",),
        ("nonsense",),
        ("status", "--nonsense"),
        ("status", "extra"),
        ("events", "--after", "x"),
        ("events", "--after", "-1"),
        ("events", "--limit", "0"),
        ("serve", "--port", "70000"),
        ("serve", "--port", "http"),
        ("import", "svn"),
        ("import", "git", "no/such/folder"),
        ("import", "beads", "no/such/file"),
        ("import", "claude-code", "no/such/folder"),
        ("demo", "--sessions", "no/such/folder"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_with_exit_code_2(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "--help" in refusal(run(*arguments), "USAGE", 2)
    assert not list(tmp_path.glob("*.db"))


def test_a_mistyped_command_is_told_which_one_is_like_it(run: Run) -> None:
    told = refusal(run("statsu"), "USAGE", 2)
    assert told == "workledger: No such command 'statsu'. Did you mean 'status'? See workledger --help. [USAGE]"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com", ""])
def test_only_loopback_is_served_as_there_is_no_authentication_yet(run: Run, tmp_path: Path, host: str) -> None:
    assert "There is no authentication yet" in refusal(run("serve", "--host", host), "ADDRESS_NOT_ALLOWED")
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_nobody_has_thought_of_is_one_sentence_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("workledger.api.commandline.status.status_of", broken)
    assert "ZeroDivisionError: division" in refusal(run("status", "--db", url), "UNEXPECTED")
    monkeypatch.setenv("WORKLEDGER_TRACEBACK", "1")
    assert isinstance(run("status", "--db", url).exception, ZeroDivisionError)


def test_what_is_not_installed_is_named() -> None:
    message, code = message_and_code(ModuleNotFoundError("No module named 'psycopg'", name="psycopg"))
    assert (message.partition(":")[0], code) == ("psycopg is not installed", "NOT_INSTALLED")


def test_without_the_extras_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['typer'] = None; from workledger.api.commandline.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'workledger[all]'" in refused(done.stderr, done.returncode, "NOT_INSTALLED")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", [("status", "--json"), ("status",), ("events",)], ids=" ".join)
def test_output_that_cannot_be_written_is_told(url: str, command: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*WORKLEDGER, *command, "--db", url], stdout=full, stderr=subprocess.PIPE, text=True)
    assert "No space left on device" in refused(done.stderr, done.returncode, "OUTPUT_FAILED")


@pytest.mark.parametrize("how", [">&-", "| true"])
def test_output_that_nobody_reads_is_no_error(url: str, how: str) -> None:
    command = " ".join(shlex.quote(one) for one in (*WORKLEDGER, "status", "--db", url))
    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{command} {how}"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.7])
def test_ctrl_c_while_it_begins_is_one_line(start: Callable[..., Started], url: str, seconds: float) -> None:
    """It may be quicker than that on another machine: then it is done. Before it is in our hands, Python answers."""
    process = start("status", "--db", url)
    wait_until(lambda: handles_sigterm(process) or process.process.poll() is not None)
    time.sleep(seconds)
    code, _, stderr = process.end(signal.SIGINT)
    assert "Traceback" not in stderr
    assert code in (130, 0, -signal.SIGINT)
    assert stderr in ("Interrupted.\n", "")


def handles_sigterm(started: Started) -> bool:
    """Whether it has done the first thing that `main` does, where the system tells."""
    status = Path(f"/proc/{started.process.pid}/status")
    if not status.exists():
        time.sleep(0.15)
        return True
    [caught] = [int(line.split()[1], 16) for line in status.read_text().splitlines() if line.startswith("SigCgt:")]
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_the_command_alone_shows_what_there_is(run: Run, tmp_path: Path) -> None:
    result = run()
    assert result.exit_code == 0
    for command in ("demo", "serve", "import", "status", "events", "rebuild", "verify", "project"):
        assert command in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_console_script_is_the_same_as_the_module(start: Callable[..., Started], url: str) -> None:
    process = start("status", "--db", url, "--json")
    assert process.line('{"head":5,"healthy":true')
    assert process.end()[0] == 0
