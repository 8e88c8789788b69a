"""`workledger rebuild`, `verify` and `project`: what becomes of the read tables."""

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

import workledger
from commandline.typed import Run, Started, parsed, refusal, wait_until
from workledger.domain.task import Task
from workledger.projections.engine.rebuild.rebuild import Rebuild

LOGGED = 45_000
"""Events that a rebuild takes several batches for."""


@contextmanager
def sql(url: str) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)
    with database:
        yield database
    database.close()


@contextmanager
def held_in_the_middle(url: str) -> Iterator[None]:
    """A rebuild of `agent_logs` has written its first batch, and writes no more during the block."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)) as database:

        def in_the_middle() -> bool:
            database.execute("begin immediate")
            shadow = "select position from checkpoints where name = 'agent_logs__shadow' and position > 0"
            found = database.execute(shadow).fetchone() is not None
            if not found:
                database.rollback()
            return found

        wait_until(in_the_middle)
        yield
        database.rollback()


def test_what_is_as_the_log_says_verifies(run: Run, url: str) -> None:
    groups = parsed(run("verify", "--db", url, "--json"))["groups"]
    assert [(group["name"], group["position"], group["differences"]) for group in groups] == [
        ("board", 5, 0),
        ("tool_calls", 5, 0),
        ("agent_logs", 5, 0),
        ("session_feed", 5, 0),
    ]
    assert groups[0]["rows"] > 4


def test_a_row_that_was_tampered_with_is_found_and_told(run: Run, url: str) -> None:
    with sql(url) as database:
        database.execute("update tasks set title = 'Forget the grammar' where id = 'one'")
    result = run("verify", "board", "--db", url, "--json")
    (group,) = json.loads(result.stdout)["groups"]
    assert result.exit_code == 1
    assert group["differences"] == 1
    (example,) = group["examples"]
    assert (example["table"], example["key"]) == ("tasks", ["one"])
    assert (example["expected"]["title"], example["found"]["title"]) == ("Read the grammar", "Forget the grammar")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update tasks set title = 'x' where id = 'one'", "tasks one: title is 'x', expected 'Read the grammar'"),
        ("delete from tasks where id = 'one'", "tasks one: missing row"),
        (
            "create temp table copy as select * from tasks where id = 'one'; update copy set id = 'stray';"
            " insert into tasks select * from copy",
            "tasks stray: unexpected row",
        ),
    ],
)
def test_people_are_told_what_differs(run: Run, url: str, change: str, told: str) -> None:
    with sql(url) as database:
        database.executescript(change)
    result = run("verify", "--db", url)
    assert result.exit_code == 1
    assert told in result.stdout.splitlines()


def test_a_rebuild_puts_right_what_was_tampered_with(run: Run, url: str) -> None:
    with sql(url) as database:
        database.execute("delete from tasks")
    made = parsed(run("rebuild", "board", "--db", url, "--json"))["groups"]
    assert [(group["name"], group["position"]) for group in made] == [("board", 5)]
    assert [group["differences"] for group in parsed(run("verify", "--db", url, "--json"))["groups"]] == [0] * 4


def test_a_rebuild_of_everything_names_every_group(run: Run, url: str) -> None:
    result = run("rebuild", "--db", url)
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "board",
        "tool_calls",
        "agent_logs",
        "session_feed",
    ]


def test_only_groups_that_there_are_can_be_rebuilt_or_verified(run: Run, url: str) -> None:
    for command in ("rebuild", "verify"):
        assert "agent_logs" in refusal(run(command, "boards", "--db", url), "USAGE", 2)


def test_projected_once_the_tables_are_at_the_head(run: Run, url: str) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="Test the grammar", project_id="prj"))
    assert run("project", "--once", "--db", url).exit_code == 0
    assert {group["lag"] for group in parsed(run("status", "--db", url, "--json"))["groups"]} == {0}


def test_tables_declared_otherwise_are_rebuilt_when_projected(run: Run, url: str) -> None:
    with sql(url) as database:
        database.execute("update checkpoints set fingerprint = 'of an old release'")
        database.execute("drop table tasks")
    assert run("project", "--once", "--db", url).exit_code == 0
    assert [group["state"] for group in parsed(run("status", "--db", url, "--json"))["groups"]] == ["live"] * 4
    assert parsed(run("verify", "--db", url, "--json"))


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_projector_follows_the_log_until_it_is_stopped(
    start: Callable[..., Started], run: Run, url: str, by: signal.Signals
) -> None:
    following = start("project", "--db", url)
    following.line("Following the log", said=True)
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="Test the grammar", project_id="prj"))
        wait_until(lambda: ledger.projector.position() == 6)
    code, stdout, stderr = following.end(by)
    assert (code, stdout) == (0, "")
    assert stderr == "Stopped at position 6.\n"


@pytest.mark.parametrize(("by", "exit_code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_rebuild_that_was_ended_in_the_middle_goes_on_where_it_was(
    start: Callable[..., Started], run: Run, url: str, by: signal.Signals, exit_code: int
) -> None:
    log_much(url)
    rebuilding = start("rebuild", "agent_logs", "--db", url)
    with held_in_the_middle(url):
        rebuilding.process.send_signal(by)
    code, stdout, stderr = rebuilding.end()
    assert (code, stdout) == (exit_code, "")
    if by == signal.SIGINT:
        assert stderr.splitlines()[-1] == "Interrupted. Run the command again to resume."

    wait_until(lambda: parsed(run("status", "--db", url, "--json"))["groups"][2]["state"] == "interrupted")
    status = parsed(run("status", "--db", url, "--json"))
    with sql(url) as database:
        database.execute("update agent_log_chunks__shadow set content = 'kept' where seq = 1")
    assert parsed(run("rebuild", "agent_logs", "--db", url, "--json"))["groups"][0]["position"] == status["head"]
    (group,) = json.loads(run("verify", "agent_logs", "--db", url, "--json").stdout)["groups"]
    assert [one["found"]["content"] for one in group["examples"]] == ["kept"], "what had been built was built again"


def test_what_was_rebuilt_alone_is_undone_and_let_go_of_alone(run: Run, url: str) -> None:
    assert "board: there were no previous tables\n" in run("rebuild", "--drop-old", "--db", url).stdout
    run("rebuild", "board", "--db", url)
    undone = parsed(run("rebuild", "--undo", "--db", url, "--json"))["groups"]
    assert [group["name"] for group in undone] == ["board"]
    told = refusal(run("rebuild", "agent_logs", "--undo", "--db", url), "REBUILD_NOTHING_TO_UNDO")
    assert "There are no tables of agent_logs from before a rebuild" in told
    assert "board: the previous tables were dropped\n" in run("rebuild", "board", "--drop-old", "--db", url).stdout
    refusal(run("rebuild", "--undo", "--db", url), "REBUILD_NOTHING_TO_UNDO")


def test_when_the_database_goes_away_a_rebuild_says_how_to_go_on(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*given: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly\nThis probably means")

    monkeypatch.setattr(Rebuild, "build", gone)
    told = refusal(run("rebuild", "--db", url), "DATABASE_UNREACHABLE")
    assert "server closed the connection unexpectedly. Run the command again to resume. [" in told


def log_much(url: str) -> None:
    """A log of many chunks, written past the ledger."""
    data = json.dumps({"agent_id": "agt", "agent_name": "Ann", "session_number": 1, "content": "so it goes " * 10})
    with sql(url) as database:
        (head,) = database.execute("select max(position) from events").fetchone()
        database.executemany(
            "insert into events values (?, 'agent_log-agt:1', ?, 'agent_log.chunk_appended', 1,"
            " '2026-01-05T08:00:00.000Z', 'agent:agt', 'x', null, null, null, '{\"agent\": \"agt\"}', ?)",
            ((head + number, number, data) for number in range(1, LOGGED + 1)),
        )
