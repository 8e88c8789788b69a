"""`workledger events`: the end of the log, a range of it, and what comes next."""

import json
import signal
from collections.abc import Callable
from typing import Any

import workledger
from commandline.typed import Run, Started, refusal
from support.golden_events import append, happened
from workledger.domain.task import Task


def lines(run: Run, *arguments: object) -> list[dict[str, Any]]:
    result = run("events", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def positions(run: Run, *arguments: object) -> list[int]:
    return [event["position"] for event in lines(run, *arguments)]


def test_an_event_is_one_line_of_json(run: Run, url: str) -> None:
    (event,) = lines(run, "--db", url, "--limit", 1)
    assert event.pop("at").endswith("Z")
    assert event == {
        "position": 5,
        "stream_id": "task-one",
        "version": 2,
        "topic": "task.queued",
        "actor": "system",
        "tags": {"project": "prj", "task": "one"},
        "data": {"priority": "medium", "depends_on": [], "anyway": False, "queued": True},
    }


def test_without_a_range_the_last_events_are_shown_in_order(run: Run, url: str) -> None:
    assert positions(run, "--db", url) == [1, 2, 3, 4, 5]
    assert positions(run, "--db", url, "--limit", 2) == [4, 5]


def test_a_range_begins_after_a_position_and_has_at_most_so_many(run: Run, url: str) -> None:
    assert positions(run, "--db", url, "--after", 0) == [1, 2, 3, 4, 5]
    assert positions(run, "--db", url, "--after", 3) == [4, 5]
    assert positions(run, "--db", url, "--after", 1, "--limit", 2) == [2, 3]
    assert positions(run, "--db", url, "--after", 99) == []


def test_topics_and_a_project_narrow_it(run: Run, url: str) -> None:
    assert positions(run, "--db", url, "--topics", "task.created,task.queued") == [3, 4, 5]
    assert positions(run, "--db", url, "--topics", "task.created", "--limit", 1) == [4]
    assert positions(run, "--db", url, "--project", "prj", "--after", 0) == [1, 3, 5]


def test_a_long_range_comes_whole(run: Run, url: str) -> None:
    with workledger.open(url) as ledger, ledger.unit() as unit:
        for number in range(2500):
            unit.create(Task.create(title=f"Task {number}", project_id="prj"))
    assert positions(run, "--db", url, "--after", 0) == list(range(1, 2506))
    assert positions(run, "--db", url, "--limit", 1200) == list(range(1306, 2506))


def test_followed_the_log_shows_what_is_appended_until_it_is_interrupted(
    start: Callable[..., Started], url: str
) -> None:
    following = start("events", "--db", url, "--limit", "1", "--follow")
    assert json.loads(following.line("{"))["position"] == 5
    with workledger.open(url) as ledger:
        ledger.create(Task.create(id="three", title="Test the grammar", project_id="prj"))
    assert json.loads(following.line("{"))["stream_id"] == "task-three"
    code, _, stderr = following.end(signal.SIGINT)
    assert (code, stderr) == (0, "Stopped. Continue with --after 6.\n")


def test_followed_up_to_a_limit_it_ends_by_itself(run: Run, url: str) -> None:
    assert positions(run, "--db", url, "--after", 2, "--limit", 2, "--follow") == [3, 4]


def test_unknown_projects_and_topics_are_refused(run: Run, url: str) -> None:
    refusal(run("events", "--db", url, "--project", "nobody"), "PROJECT_NOT_FOUND")
    assert "task.invented" in refusal(run("events", "--db", url, "--topics", "task.invented"), "USAGE", 2)


def test_whoever_reads_only_the_beginning_ends_it_without_a_word(start: Callable[..., Started], url: str) -> None:
    with workledger.open(url) as ledger, ledger.unit() as unit:
        for number in range(1000):
            unit.create(Task.create(title=f"Task {number}", project_id="prj"))
    reading = start("events", "--db", url, "--after", "0")
    assert reading.process.stdout is not None
    reading.process.stdout.readline()
    reading.process.stdout.close()
    assert reading.process.wait(60) == 0
    assert reading.process.stderr is not None
    assert reading.process.stderr.read() == ""


def test_a_payload_that_is_no_json_is_shown_as_the_text_that_it_is(run: Run, url: str) -> None:
    with workledger.open(url) as ledger:
        append(
            ledger, happened("future.came", "one", data="so it goes"), happened("future.came", "two", data='"\\ud800"')
        )
    assert [event["data"] for event in lines(run, "--after", 5, "--db", url)] == ["so it goes", "\ud800"]
