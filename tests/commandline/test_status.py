"""`workledger status`, as people and as programs read it."""

import json
import sqlite3
from pathlib import Path

import pytest

import workledger
from commandline.typed import Run, parsed
from workledger.domain.task import Task
from workledger.projections.engine.state import checkpoints, leases, progress
from workledger.projections.engine.state.progress import Progress

GROUPS = ["board", "tool_calls", "agent_logs", "session_feed"]


def test_the_status_of_a_ledger_without_events_is_empty_and_healthy(run: Run, sqlite_url: str) -> None:
    workledger.open(sqlite_url).close()
    status = parsed(run("status", "--db", sqlite_url, "--json"))
    group = {"position": 0, "lag": 0, "state": "live", "dead_letters": 0, "rebuild": None}
    assert status == {"head": 0, "healthy": True, "groups": [{"name": name, **group} for name in GROUPS]}


def test_the_default_database_is_a_file_in_this_folder(run: Run, tmp_path: Path) -> None:
    workledger.open(f"sqlite:///{tmp_path}/workledger.db").close()
    assert parsed(run("status", "--json"))["head"] == 0


def test_groups_that_are_behind_say_by_how_much(run: Run, url: str) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="Test the grammar", project_id="prj"))
    status = parsed(run("status", "--db", url, "--json"))
    assert status["head"] == 6
    assert status["healthy"] is True
    assert [(group["position"], group["lag"]) for group in status["groups"]] == [(5, 1)] * 4


@pytest.mark.parametrize(
    ("sql", "state", "healthy"),
    [
        ("update checkpoints set fingerprint = 'another' where name = 'board'", "outdated", True),
        (
            "insert into checkpoints (name, position, fingerprint) values ('board__shadow', 2, 'any')",
            "interrupted",
            True,
        ),
        ("drop table projects", "missing", False),
    ],
)
def test_a_group_says_what_is_the_matter_with_it(run: Run, url: str, sql: str, state: str, healthy: bool) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute(sql)
    database.close()
    result = run("status", "--db", url, "--json")
    status = json.loads(result.stdout)
    assert [group["state"] for group in status["groups"]] == [state, "live", "live", "live"]
    assert status["healthy"] is healthy
    assert result.exit_code == (0 if healthy else 1)


def test_a_rebuild_that_nobody_is_at_says_how_to_go_on(run: Run, url: str) -> None:
    """It fails when the progress of one that was killed is told as if it went on."""
    with workledger.open(url) as ledger, ledger.tables.writing() as connection:
        progress.save(connection, "board", Progress("board", 2, 5))
        checkpoints.create(connection, "board__shadow", "any")
    told = parsed(run("status", "--db", url, "--json"))["groups"][0]
    assert (told["state"], told["rebuild"]["position"]) == ("interrupted", 2)
    assert (told["rebuild"]["rate"], told["rebuild"]["seconds_left"]) == (0, None)
    note = run("status", "--db", url).stderr
    assert note == "The rebuild of board was interrupted; resume it with `workledger rebuild board`.\n"
    with workledger.open(url) as ledger:
        leases.take(ledger.tables, {"rebuild:board__shadow"}, "somebody")
    assert parsed(run("status", "--db", url, "--json"))["groups"][0]["state"] == "rebuilding"


def test_one_that_was_cancelled_says_so(run: Run, url: str) -> None:
    with workledger.open(url) as ledger, ledger.tables.writing() as connection:
        connection.execute(checkpoints.CHECKPOINTS.update().values(fingerprint="older"))
        progress.mark_cancelled(connection, "board")
    assert parsed(run("status", "--db", url, "--json"))["groups"][0]["state"] == "outdated"
    assert run("status", "--db", url).stderr == (
        "The rebuild of board was cancelled and its tables are outdated; "
        "rebuild them with `workledger rebuild board`.\n"
    )


def test_tables_that_are_missing_say_how_to_make_them(run: Run, url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute("drop table projects")
    database.close()
    result = run("status", "--db", url)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "not healthy, 5 events")
    assert result.stderr == "The tables of board are missing; make them with `workledger rebuild board`.\n"
    assert run("rebuild", "board", "--db", url).exit_code == 0
    assert run("status", "--db", url).stdout.startswith("healthy")


def test_people_read_a_table(run: Run, url: str) -> None:
    result = run("status", "--db", url)
    assert result.stdout.splitlines()[0] == "healthy, 5 events"
    assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == GROUPS


def test_the_database_is_named_by_the_variable_before_the_command_or_after_it(
    run: Run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    workledger.open(other).close()
    monkeypatch.setenv("WORKLEDGER_DB", url)
    assert parsed(run("status", "--json"))["head"] == 5
    assert parsed(run("--db", other, "status", "--json"))["head"] == 0
    assert parsed(run("--db", other, "status", "--db", url, "--json"))["head"] == 5
