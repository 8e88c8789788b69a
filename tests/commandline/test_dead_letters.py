"""`workledger dead-letters`: see what could not be folded, fold it after all, or let it go."""

import json
from pathlib import Path

import pytest

import workledger
from commandline.typed import Run, parsed, refusal, shown_on_a_terminal
from support.golden_events import append, card, happened
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.task.card_events import TaskCreated
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.groups import GROUPS

NOTHING = {"folded": 0, "left": 0, "stale": 0}


@pytest.fixture
def poisoned(tmp_path: Path) -> str:
    """A database with two streams that are held up at 2 and at 5; one has text that is no text, one lacks a title."""
    url = f"sqlite:///{tmp_path}/work.db"
    with workledger.open(url) as ledger:
        append(ledger, card("one"), happened("task.details_changed", "one", data='{"title": "\\ud800"}'))
        append(ledger, happened("task.labels_changed", "one", labels=["later"]), card("good"))
        append(ledger, card("two", title=None), happened("task.labels_changed", "two", labels=["later"]))
        ledger.catch_up()
    return url


def fail(reaction: Reaction) -> None:
    raise ZeroDivisionError


@pytest.fixture
def mailed(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a dead letter of the board that can be processed by now, and one of an app's own policy: at 6."""
    with workledger.open(url) as ledger, monkeypatch.context() as broken:
        broken.setitem(GROUPS[0]._functions, ("task.created", False), lambda *given: 1 / 0)
        reactor = Reactor(ledger, ledger.tables, [Policy("mail", (TaskCreated,), fail)])
        reactor.prepare()
        append(ledger, card("three"))
        ledger.catch_up()
        reactor.catch_up()
    return url


def test_they_are_listed_in_the_order_of_the_log(run: Run, poisoned: str) -> None:
    listed = parsed(run("dead-letters", "list", "--db", poisoned, "--json"))["dead_letters"]
    assert [(one["name"], one["position"], one["stream_id"], one["attempts"]) for one in listed] == [
        ("board", 2, "task-one", 1),
        ("board", 3, "task-one", 0),
        ("board", 5, "task-two", 1),
        ("board", 6, "task-two", 0),
    ]
    lines = run("dead-letters", "list", "--db", poisoned).stdout.splitlines()
    assert lines[0].split() == ["group", "position", "stream", "topic", "error"]
    assert [line.split()[1] for line in lines[1:]] == ["2", "3", "5", "6"]
    assert lines[2].split()[-1] == "waiting"
    status = parsed(run("status", "--db", poisoned, "--json"))
    assert [group["dead_letters"] for group in status["groups"]] == [4, 0, 0, 0]


def test_all_that_names_one_is_there_however_narrow_the_terminal(
    run: Run, poisoned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no terminal, everything is."""
    monkeypatch.setenv("COLUMNS", "40")
    piped = run("dead-letters", "list", "--db", poisoned).stdout.splitlines()
    narrow = shown_on_a_terminal("dead-letters", "list", "--db", poisoned, columns=40)
    for lines in (piped, narrow):
        assert lines[1].split()[:4] == ["board", "2", "task-one", "task.details_changed"]
    assert piped[3].endswith("at `$.title`")
    assert len(narrow) > len(piped) == 5
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(piped).split()), "the errors are wrapped"


def test_those_of_old_tables_are_not_listed_and_not_tried(run: Run, poisoned: str) -> None:
    listed = run("dead-letters", "list", "--db", poisoned).stdout
    assert run("rebuild", "--db", poisoned).exit_code == 0
    assert run("dead-letters", "list", "--db", poisoned).stdout == listed
    result = run("dead-letters", "retry", "--db", poisoned)
    assert (result.exit_code, result.stdout) == (1, "0 processed, 4 left\n")


def test_who_names_a_group_that_is_none_is_told_which_there_are(run: Run, poisoned: str) -> None:
    told = refusal(run("dead-letters", "retry", "nosuch", "--db", poisoned), "USAGE", 2)
    assert "the groups and policies are board, tool_calls, agent_logs, session_feed, policy:" in told


def test_stale_ones_are_left_for_a_rebuild(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with workledger.open(url) as ledger, monkeypatch.context() as broken:
        broken.setitem(GROUPS[0]._functions, ("task.created", False), lambda *given: 1 / 0)
        append(ledger, card("t"))
        ledger.catch_up()
        broken.undo()
        append(ledger, happened("project.deleted", "p", {"project": "p"}))
        ledger.catch_up()
    result = run("dead-letters", "retry", "--db", url)
    assert (result.exit_code, result.stdout) == (1, "0 processed, 1 left\n")
    assert result.stderr.endswith("changed or deleted the same rows: workledger rebuild board\n")
    assert run("rebuild", "board", "--db", url).exit_code == 0
    assert run("dead-letters", "list", "--db", url).stdout == "There are no dead letters.\n"


def test_there_may_be_none(run: Run, url: str) -> None:
    assert run("dead-letters", "list", "--db", url).stdout == "There are no dead letters.\n"
    assert parsed(run("dead-letters", "list", "--db", url, "--json")) == {"dead_letters": []}
    assert parsed(run("dead-letters", "retry", "--db", url, "--json")) == NOTHING


def test_one_is_shown_with_its_event_even_when_that_cannot_be_read(run: Run, poisoned: str) -> None:
    shown = parsed(run("dead-letters", "show", "board", "5", "--db", poisoned))
    assert "got `null` - at `$.title`" in shown["error"]
    assert (shown["event"]["topic"], shown["event"]["data"]["title"]) == ("task.created", None)
    shown = parsed(run("dead-letters", "show", "board", "2", "--db", poisoned))
    assert shown["event"]["data"] == '{"title": "\\ud800"}'
    assert parsed(run("dead-letters", "show", "board", "3", "--db", poisoned))["error"] is None


def test_what_fails_again_is_left_and_the_exit_code_says_so(run: Run, poisoned: str) -> None:
    result = run("dead-letters", "retry", "--db", poisoned)
    assert (result.exit_code, result.stdout) == (1, "0 processed, 4 left\n")
    result = run("dead-letters", "retry", "board", "6", "--db", poisoned, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"folded": 0, "left": 2, "stale": 0})


def test_one_is_let_go_and_what_waited_behind_it_is_folded(run: Run, poisoned: str) -> None:
    result = run("dead-letters", "drop", "board", "2", "--db", poisoned)
    assert (result.exit_code, result.stdout) == (0, "1 processed, 0 left\n")
    assert parsed(run("dead-letters", "drop", "board", "6", "--db", poisoned, "--json")) == {
        "folded": 0,
        "left": 0,
        "stale": 0,
    }
    assert parsed(run("dead-letters", "drop", "board", "5", "--db", poisoned, "--json")) == {
        "folded": 0,
        "left": 0,
        "stale": 0,
    }
    assert parsed(run("dead-letters", "list", "--db", poisoned, "--json")) == {"dead_letters": []}
    assert {group["dead_letters"] for group in parsed(run("status", "--db", poisoned, "--json"))["groups"]} == {0}


@pytest.mark.parametrize("command", ["show", "retry", "drop"])
@pytest.mark.parametrize(("group", "position"), [("board", "1"), ("board", "99"), ("tool_calls", "2"), ("boards", "2")])
def test_one_that_is_not_there_is_told_in_a_sentence(
    run: Run, poisoned: str, command: str, group: str, position: str
) -> None:
    result = run("dead-letters", command, group, position, "--db", poisoned)
    sentence = refusal(result, "DEAD_LETTER_NOT_FOUND")
    assert f"There is no dead letter of {group} at position {position}." in sentence


def test_those_of_an_apps_own_policy_are_left_when_all_are_retried(run: Run, mailed: str) -> None:
    """It fails when they are an error, which leaves all others as they are."""
    result = run("dead-letters", "retry", "--db", mailed)
    assert (result.exit_code, result.stdout) == (1, "1 processed, 1 left\n")
    assert result.stderr.startswith("1 dead letter of other groups or policies can only be retried with --app,")
    [left] = parsed(run("dead-letters", "list", "--db", mailed, "--json"))["dead_letters"]
    assert (left["name"], left["position"]) == ("policy:mail", 6)


@pytest.mark.parametrize("command", [("retry", "policy:mail"), ("retry", "policy:mail", 6), ("drop", "policy:mail", 6)])
def test_one_of_an_apps_own_policy_is_for_that_app(run: Run, mailed: str, command: tuple[object, ...]) -> None:
    told = refusal(run("dead-letters", *command, "--db", mailed), "DEAD_LETTER_OWNER_UNKNOWN")
    assert "policy:mail is no group or policy of this ledger" in told


def test_positions_are_numbers(run: Run, poisoned: str) -> None:
    for command in ("show", "retry", "drop"):
        said = refusal(run("dead-letters", command, "board", "two", "--db", poisoned), "USAGE", 2)
        assert "POSITION" in said
        assert "integer" in said
