"""Commands as one types them, in this process or as one of their own, and what they answer."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

from workledger import Workledger
from workledger.domain.project import Project
from workledger.domain.task import Task

Run = Callable[..., Result]


def fill(ledger: Workledger) -> None:
    ledger.create(Project.create(id="prj", name="Parser"))
    ledger.create(Project.create(id="other", name="Printer"))
    ledger.create(Task.create(id="one", title="Read the grammar", project_id="prj"))
    ledger.create(Task.create(id="two", title="Write the grammar", project_id="other"))
    with ledger.edit(Task, "one") as task:
        task.queue()


def parsed(result: Result) -> Any:
    """The JSON of a command that went well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(result: Result, code: str, exit_code: int = 1) -> str:
    """The one sentence of a command that was refused."""
    return refused(result.stderr, result.exit_code, code, exit_code)


def refused(stderr: str, found: int, code: str, exit_code: int = 1) -> str:
    assert "Traceback" not in stderr
    (sentence,) = [line for line in stderr.splitlines() if line.strip()]
    assert sentence.startswith("workledger: "), sentence
    assert sentence.endswith(f"[{code}]"), sentence
    assert found == exit_code
    return sentence


class Started:
    """A command that runs as a process of its own."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "workledger.api.commandline.cli", *(str(one) for one in arguments)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def line(self, beginning: str, *, said: bool = False) -> str:
        """The first line of its output, or of what it said on stderr, that begins like that."""
        stream = self.process.stderr if said else self.process.stdout
        assert stream is not None
        for line in stream:
            if line.startswith(beginning):
                return line.strip()
        raise AssertionError(f"no line begins with {beginning!r}: {self.process.communicate()}")

    def end(self, by: signal.Signals | None = None) -> tuple[int, str, str]:
        """Its exit code and what it still said, once it has ended by itself or by a signal."""
        if by is not None:
            self.process.send_signal(by)
        stdout, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, stderr


def shown_on_a_terminal(*arguments: str, columns: int) -> list[str]:
    """The lines that a command prints on a terminal of that width."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "workledger.api.commandline.cli", *arguments]
    done = subprocess.run(command, stdout=end, env={**os.environ, "COLUMNS": str(columns)})
    os.close(end)
    assert done.returncode == 0
    with open(terminal, "rb", buffering=0) as screen:
        output = bytearray()
        try:
            while some := screen.read(4096):
                output += some
        except OSError:  # on Linux, the end of what a closed terminal has shown
            pass
    return output.decode().splitlines()


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.005)
