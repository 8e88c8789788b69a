"""What a start costs: commands import what they use, and nothing before they are run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from support import cpu
from workledger.api.commandline.app import Commands, app

SHOW_MODULES = """
import json, sys
before = set(sys.modules)
{code}
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""

RUN = """
from workledger.api.commandline.cli import main
sys.argv = ["workledger", *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""

COMMAND_LINE = {f"workledger.api.commandline.{name}" for name in ("app", "cli", "console", "group", "options")}

FOREIGN = (
    *("fastapi", "starlette", "uvicorn", "rich", "psycopg", "sqlalchemy.dialects.postgresql"),
    *(f"workledger.adapters.{name}" for name in ("beads", "claude_code", "git", "postgres", "simulation")),
    *(f"workledger.api.{name}" for name in ("app", "benchmarks", "server")),
    *("workledger.domain.policies", "workledger.projections.engine.react"),
)
"""What neither the status nor the events of a SQLite database need."""


def modules(code: str) -> set[str]:
    """The modules that are imported by that code, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", SHOW_MODULES.format(code=code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def outside(imported: set[str]) -> set[str]:
    """Those that are neither ours nor Python's."""
    names = {name.partition(".")[0] for name in imported} - {"workledger"} - set(sys.stdlib_module_names)
    return {name for name in names if not name.startswith("_")}


def ours(imported: set[str]) -> set[str]:
    return {name for name in imported if name.partition(".")[0] == "workledger"}


def test_a_bare_import_loads_one_module_of_ours_and_no_library() -> None:
    imported = modules("import workledger")
    assert (ours(imported), outside(imported)) == ({"workledger"}, set())


def test_the_help_loads_no_command_and_no_library_but_typer() -> None:
    imported = modules(RUN.format(arguments=["--help"]))
    assert ours(imported) == {"workledger", "workledger.api", "workledger.api.commandline", *COMMAND_LINE}
    assert outside(imported) <= {"typer", "annotated_doc", "colorama", "shellingham", "typing_extensions"}


def test_so_does_the_command_alone() -> None:
    """typer checks options with pydantic."""
    imported = modules(RUN.format(arguments=[]))
    assert ours(imported) == {"workledger", "workledger.api", "workledger.api.commandline", *COMMAND_LINE}
    assert outside(imported).isdisjoint({"eventsourcing", "fastapi", "orjson", "rich", "sqlalchemy", "uvicorn"})


@pytest.mark.parametrize("command", ["status", "events"])
def test_a_command_loads_itself_and_what_it_reads(url: str, command: str) -> None:
    imported = modules(RUN.format(arguments=[command, "--db", url]))
    assert [name for name in imported if f"{name}.".startswith(tuple(f"{one}." for one in FOREIGN))] == []
    assert {name for name in imported if name.startswith("workledger.api.commandline.")} == COMMAND_LINE | {
        f"workledger.api.commandline.{name}" for name in ("apps", "database", command)
    }


def test_garbage_is_collected_again_while_a_command_runs(url: str) -> None:
    code = RUN.format(arguments=["status", "--db", url]) + "import gc; assert gc.isenabled() and gc.get_freeze_count()"
    assert "workledger" in modules(code)


def test_the_list_of_commands_says_what_each_command_says_itself() -> None:
    """The list is written apart, so that it needs none of the commands."""
    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    shown = {name: entry.help for name, entry in Commands.ENTRIES.items()}
    assert shown == {name: command.get_short_help_str(limit=200) for name, command in group.commands.items()}


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="there is no wait4 here")
def test_the_help_and_the_status_take_little_more_time_than_an_import_of_sqlalchemy(url: str, tmp_path: Path) -> None:
    """Far above what they take, so that a busy machine is no failure: `make bench` holds them to what is aimed at."""
    commands = {"help": (*cpu.WORKLEDGER, "--help"), "status": (*cpu.WORKLEDGER, "status", "--db", url)}
    found = cpu.ratios(commands, tmp_path / "bytecode", rounds=3)
    assert found["help"] < 1.5
    assert found["status"] < 5
