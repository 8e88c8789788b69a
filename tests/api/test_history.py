"""What happened, and how it was: events of one thing, of the whole log, and aggregates of the past."""

from datetime import UTC, datetime, timedelta

import pytest

from support.http_client import Doors
from workledger.domain.kernel.aggregate import Event
from workledger.domain.project import Project
from workledger.domain.task import Task


@pytest.fixture
def told(doors: Doors) -> Doors:
    """A project and a task with a past."""
    doors.do("projects", id="prj_1", name="Atlas")
    doors.do("tasks", id="tsk_1", title="First", project_id="prj_1")
    for title in ("Second", "Third"):
        doors.do("tasks/tsk_1/change-details", {"X-Actor": "user:ann"}, title=title)
    doors.do("tasks", id="tsk_2", title="Other")
    return doors


def test_the_events_of_a_thing_come_page_by_page(told: Doors) -> None:
    whole = told.see("tasks/tsk_1/events")["items"]
    assert [event["topic"] for event in whole] == ["task.created"] + ["task.details_changed"] * 2
    assert [event["version"] for event in whole] == [1, 2, 3]
    first = told.see("tasks/tsk_1/events", limit=2)
    rest = told.see("tasks/tsk_1/events", limit=2, after_version=2)
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert first["items"] + rest["items"] == whole
    assert told.see("tasks/tsk_1/events", after_version=3)["items"] == []


def test_an_event_says_all_that_its_envelope_does(told: Doors) -> None:
    event = told.see("tasks/tsk_1/events")["items"][1]
    assert event.items() >= {"position": 3, "stream_id": "task-tsk_1", "version": 2, "actor": "user:ann"}.items()
    assert event["tags"] == {"project": "prj_1", "task": "tsk_1"}
    assert event["data"] == {"title": "Second"}
    assert event["at"].endswith("Z")
    assert len(event["event_id"]) == 32


def test_history_outlives_what_it_is_about(told: Doors) -> None:
    told.do("tasks/tsk_1/delete")
    assert told.see("tasks/tsk_1/events")["items"][-1]["topic"] == "task.deleted"


@pytest.mark.parametrize("path", ["projects/prj_1", "tasks/tsk_1"])
def test_every_kind_has_its_events(told: Doors, path: str) -> None:
    assert told.see(f"{path}/events")["items"][0]["version"] == 1


def test_a_thing_is_shown_as_it_was_at_a_position(told: Doors) -> None:
    """R2: the state at any past position is the fold up to it."""
    for position, title, version in ((2, "First", 1), (3, "Second", 2), (4, "Third", 3), (99, "Third", 3)):
        answer = told.answer("GET", f"tasks/tsk_1?at={position}")
        assert (answer.json()["title"], answer.json()["version"]) == (title, version)
        assert answer.headers["ETag"].startswith(f'"{version}-')
    assert told.refused("GET", "tasks/tsk_1?at=1") == (404, "TASK_NOT_FOUND")
    assert told.see("projects/prj_1", at=1)["name"] == "Atlas"


def test_a_thing_is_shown_as_it_was_at_a_moment(all_doors: Doors) -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    created = Task.create(title="First", id="tsk_1").events
    with all_doors.ledger.unit() as unit:
        unit.record(Task, "tsk_1", created, at=noon)
        changed = Event.TOPICS["task.details_changed"].model_validate({"title": "Second"})
        unit.record(Task, "tsk_1", [changed], at=noon + timedelta(hours=1))
    assert all_doors.see("tasks/tsk_1", at="2026-11-21T12:30:00Z")["title"] == "First"
    assert all_doors.see("tasks/tsk_1", at="2026-11-21T14:00:00+01:00")["title"] == "Second"
    assert all_doors.refused("GET", "tasks/tsk_1?at=2026-11-21T11:00:00Z") == (404, "TASK_NOT_FOUND")
    for wrong in ("yesterday", "2026-11-21T12:30:00", "-1", "", "1e999"):
        assert all_doors.refused("GET", f"tasks/tsk_1?at={wrong}") == (400, "VALIDATION_ERROR"), wrong


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("agents", {"id": "x", "name": "ann"}),
        ("sessions", {"id": "x", "project_id": "prj_1"}),
        ("projects", {"id": "x", "name": "Other"}),
    ],
)
def test_every_kind_can_be_seen_as_it_was(told: Doors, path: str, body: dict[str, str]) -> None:
    position = told.do(path, **body)["position"]
    assert told.see(f"{path}/x", at=position)["id"] == "x"


def test_a_run_can_be_seen_as_it_was(told: Doors) -> None:
    told.do("agents", id="agt_1", name="ann")
    position = told.do("agent-runs", id="run_1", agent_id="agt_1")["position"]
    told.do("agent-runs/run_1/stop")
    assert told.see("agent-runs/run_1", at=position)["status"] == "starting"
    assert told.see("agent-runs/run_1")["status"] == "stopped"


def test_the_log_comes_page_by_page(told: Doors) -> None:
    seen, after = [], 0
    while page := told.see("events", after=after, limit=2):
        seen += [event["position"] for event in page["items"]]
        after = page["position"]
        if not page["items"]:
            break
    assert (seen, after) == ([1, 2, 3, 4, 5], 5)


def test_the_log_can_be_that_of_one_id_or_of_some_topics(all_doors: Doors) -> None:
    for project_id in ("prj_1", "prj_2"):
        all_doors.ledger.create(Project.create(id=project_id, name=project_id))
        all_doors.ledger.create(Task.create(id=f"tsk_{project_id}", title="T", project_id=project_id))

    def positions(**query: str) -> list[int]:
        return [event["position"] for event in all_doors.see("events", **query)["items"]]

    assert positions(project_id="prj_2") == [3, 4]
    assert positions(task_id="tsk_prj_1") == [2]
    assert positions(topics="project.created,agent.created") == [1, 3]
    assert positions(project_id="prj_1", topics="task.created") == [2]
    assert all_doors.see("events", project_id="prj_1", limit=10)["position"] == 4, "all of it has been looked at"
    assert all_doors.see("events", project_id="prj_1", limit=1)["position"] == 1
    both = {"project_id": "prj_1", "task_id": "tsk_prj_1"}
    assert all_doors.refused("GET", "events", params=both) == (400, "VALIDATION_ERROR")


def test_what_was_stored_in_an_older_form_is_told_in_todays(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    doors.do("tasks", id="tsk_1", title="First")
    kind = Event.TOPICS["task.created"]
    monkeypatch.setattr(kind, "VERSION", 2)
    monkeypatch.setattr(kind, "upcast_v1_v2", lambda payload: payload | {"title": "Upcast"}, raising=False)
    [event] = doors.answer("GET", "tasks/tsk_1/events").json()["items"]
    assert event["data"]["title"] == "Upcast"
