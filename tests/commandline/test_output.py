"""What is printed fits every locale, and nothing in names and data controls the terminal."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import workledger
from commandline.typed import Run
from workledger.api.commandline import progress
from workledger.api.commandline.console import printable
from workledger.domain.task import Task

TITLE = "Résumé 😀 задача"
ESCAPES = "\x1b]0;pwn\x07\x1b[31mred\x7f\x9b31m\u202eeslaf\u2028end"
HARMFUL = {*ESCAPES} & {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2028)}
LOCALES = ("ascii", "cp1252", "latin-1", "utf-8", "utf-16")


def typed(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "workledger.api.commandline.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment})


@pytest.mark.parametrize("encoding", LOCALES)
def test_events_are_the_same_json_in_every_locale(url: str, encoding: str) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(id="odd", title=TITLE))
    done = typed("events", "--limit", "1", "--db", url, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode(encoding))["data"]["title"] == TITLE


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_notes_and_errors_fit_a_bare_locale(tmp_path: Path, locale: str) -> None:
    done = typed("status", "--db", "sqlite:///задача.db", LC_ALL=locale, PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert done.returncode == 1
    assert done.stderr.endswith(b"[DATABASE_NOT_FOUND]\n")
    assert b"Traceback" not in done.stderr


def test_control_characters_of_data_are_escaped_and_the_data_stay_the_same(run: Run, url: str) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(id="odd", title="A title", description=ESCAPES))
    shown = run("events", "--limit", "1", "--db", url).stdout
    assert not HARMFUL & {*shown.removesuffix("\n")}
    assert json.loads(shown)["data"]["description"] == ESCAPES


def test_control_characters_of_names_are_escaped(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[31mb\x9b"
    shown = run("status", "--db", f"sqlite:///{folder}/work.db").stderr
    assert "\\u001b[31mb\\u009b" in shown
    assert not HARMFUL & {*shown.removesuffix("\n")}


def test_progress_shows_names_as_they_are_but_for_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like markup stands there too."""
    screen = StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=screen, width=120))
    with progress.bars() as bars:
        bars(1, 2, "commits of [redacted]\x1b]0;pwn\x07")
    assert "commits of [redacted]\\u001b]0;pwn\\u0007" in screen.getvalue()


def test_printable_text_is_left_alone() -> None:
    for text in ("plain", TITLE, "עברית", "👩‍👩‍👧", "tab is escaped"):
        assert printable(text) == text
    assert printable("a\tb\nc") == "a\\u0009b\\u000ac"


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(url: str, closed: str) -> None:
    number = {"stdout": 1, "stderr": 2}[closed]
    command = [sys.executable, "-m", "workledger.api.commandline.cli", "status", "--db", url]
    other = {"stdout": "stderr", "stderr": "stdout"}[closed]
    done = subprocess.run(command, preexec_fn=lambda: os.close(number), **{other: subprocess.PIPE})
    assert done.returncode == 0
    text = (done.stdout or b"") + (done.stderr or b"")
    assert text == b"" if closed == "stdout" else text.startswith(b"healthy")


def test_in_a_folder_that_was_deleted_it_says_so(tmp_path: Path) -> None:
    command = (
        f'mkdir gone && cd gone && rmdir ../gone && "{sys.executable}" -m workledger.api.commandline.cli import git'
    )
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "workledger: The current folder was deleted; change to another one. [FOLDER_DELETED]\n"
