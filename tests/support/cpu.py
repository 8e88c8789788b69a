"""The processor time of a process of its own, with the bytecode of what it imports compiled ahead."""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

IMPORT_SQLALCHEMY = (sys.executable, "-c", "import sqlalchemy")
WORKLEDGER = (sys.executable, "-m", "workledger.api.commandline.cli")


def environment(bytecode: Path) -> dict[str, str]:
    """An environment in which Python keeps its bytecode in that folder: the second run compiles nothing."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(bytecode)}


def seconds(command: Sequence[str], env: Mapping[str, str]) -> float:
    """The processor time of the command, its own and the system's for it."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime


def ratios(commands: Mapping[str, Sequence[str]], bytecode: Path, *, rounds: int) -> dict[str, float]:
    """The median of each command's time, divided by that of importing SQLAlchemy; all take turns."""
    env = environment(bytecode)
    both = {"": IMPORT_SQLALCHEMY, **commands}
    for command in both.values():
        seconds(command, env)
    times = [{name: seconds(command, env) for name, command in both.items()} for _ in range(rounds)]
    medians = {name: statistics.median(one[name] for one in times) for name in both}
    return {name: medians[name] / medians[""] for name in commands}
