"""Issues of a beads export as tasks: with their ids, times, parents and dependencies, and only what is new."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.beads_export import Export, at, day, link
from workledger.adapters.beads.importer import import_beads
from workledger.domain.agent import Agent
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.task import Task
from workledger.domain.task.board import state_of
from workledger.projections import projects
from workledger.projections.tasks import Tasks

REAL = Path(os.environ.get("WORKLEDGER_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data" / "agent-project")


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "issues.jsonl")


def topics(ledger: Ledger, id: str) -> list[str]:
    return [past.event.TOPIC.removeprefix("task.") for past in ledger.history(Task, id)]


def row(ledger: workledger.Workledger, id: str) -> dict[str, Any]:
    [found] = shown(ledger, Tasks.c.id == id)
    return found


def shown(ledger: workledger.Workledger, where: Any) -> list[dict[str, Any]]:
    ledger.catch_up()
    return ledger.tables.all(Tasks.table.select().where(where))


def state(ledger: Ledger, id: str) -> str:
    return ledger.get(Task, id).state


def test_an_issue_becomes_a_task_with_its_id_at_its_time(ledger: workledger.Workledger, export: Export) -> None:
    export.issue(
        "app-1", title="Do it", description="Soon", priority=0, labels=["ui"], issue_type="bug", owner="ann", notes="n"
    )
    report = import_beads(ledger, export.path)
    assert str(report).startswith("beads: imported: tasks 1; skipped: nothing; project made: app (prj_")
    found = row(ledger, "app-1")
    assert (found["title"], found["description"], found["priority"]) == ("Do it", "Soon", "high")
    assert (found["status"], found["board_column"]) == ("pending", "backlog")
    assert found["labels"] == ["ui", "bug"]
    assert found["created_at"] == found["updated_at"] == at(1)
    assert found["metadata"]["beads"]["owner"] == "ann"
    assert {event.actor for event in ledger.read()} == {"import"}


@pytest.mark.parametrize(
    ("priority", "is_called"), [(0, "high"), (1, "high"), (2, "medium"), (3, "low"), (4, "low"), (None, "medium")]
)
def test_priorities_have_names(memory: workledger.Workledger, export: Export, priority: int, is_called: str) -> None:
    export.issue("app-1", priority=priority)
    import_beads(memory, export.path)
    assert memory.get(Task, "app-1").priority == is_called


@pytest.mark.parametrize(
    ("type", "category"), [("task", "execute"), ("epic", "plan"), ("spike", "research"), (None, "execute")]
)
def test_types_are_categories(memory: workledger.Workledger, export: Export, type: str, category: str) -> None:
    export.issue("app-1", issue_type=type)
    import_beads(memory, export.path)
    assert memory.get(Task, "app-1").category == category


@pytest.mark.parametrize(
    ("status", "fields", "is_in", "steps"),
    [
        ("open", {}, "ready", ["created"]),
        ("deferred", {}, "ready", ["created"]),
        ("in_progress", {"updated_at": day(2)}, "working", ["created", "started", "moved"]),
        ("blocked", {"updated_at": day(2)}, "waiting", ["created", "blocked"]),
        ("closed", {"closed_at": day(2)}, "done", ["created", "completed", "moved"]),
        ("on fire", {}, "ready", ["created"]),
    ],
)
def test_a_status_is_a_legal_pair_of_status_and_column(
    memory: workledger.Workledger, export: Export, status: str, fields: dict[str, Any], is_in: str, steps: list[str]
) -> None:
    export.issue("app-1", status=status, **fields)
    report = import_beads(memory, export.path)
    assert state(memory, "app-1") == is_in
    assert topics(memory, "app-1") == steps
    assert memory.history(Task, "app-1")[-1].at == (at(2) if fields else at(1))
    assert report.left_out["unknown statuses (taken for open)"] == (status == "on fire")


def test_a_closed_issue_says_why_and_when(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", status="closed", closed_at=day(3), updated_at=day(4), close_reason="All done")
    import_beads(memory, export.path)
    found = row(memory, "app-1")
    assert (found["summary"], found["completed_at"]) == ("All done", at(3))


def test_a_tombstone_is_a_deleted_task(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", status="tombstone", deleted_at=day(2))
    import_beads(memory, export.path)
    assert not shown(memory, Tasks.c.id == "app-1")
    assert memory.history(Task, "app-1")[-1].at == at(2)
    head = memory.head()
    import_beads(memory, export.path)
    assert memory.head() == head


def test_parents_come_before_their_children_whatever_the_clocks_say(
    memory: workledger.Workledger, export: Export
) -> None:
    export.issue("app-1.1.1", created_at=day(1), dependencies=[link("app-1.1", "parent-child")])
    export.issue("app-1.1", created_at=day(2), dependencies=[link("app-1", "parent-child")])
    export.issue("app-1", created_at=day(3), status="closed", closed_at=day(3))
    report = import_beads(memory, export.path)
    assert report.imported["tasks"] == 3
    assert memory.get(Task, "app-1.1.1").parent_task_id == "app-1.1"
    assert memory.get(Task, "app-1.1").parent_task_id == "app-1"
    assert row(memory, "app-1.1.1")["created_at"] == at(1)


def test_parents_that_are_gone_or_in_a_circle_are_left_out(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", dependencies=[link("app-nosuch", "parent-child")])
    export.issue("app-2", dependencies=[link("app-3", "parent-child")])
    export.issue("app-3", dependencies=[link("app-2", "parent-child")])
    export.issue("app-4", dependencies=[link("app-4", "parent-child")])
    export.issue("app-5", status="tombstone", deleted_at=day(2))
    export.issue("app-6", status="closed", closed_at=day(3), dependencies=[link("app-5", "parent-child")])
    report = import_beads(memory, export.path)
    assert report.imported["tasks"] == 6
    assert report.left_out["parents that are not there or in a circle"] == 5
    assert all(memory.get(Task, id).parent_task_id is None for id in ("app-1", "app-2", "app-3", "app-4", "app-6"))


def test_an_issue_waits_for_those_that_block_it(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", dependencies=[link("app-2", when=day(4)), link("app-2"), link("app-3", "related")])
    export.issue("app-2", created_at=day(3))
    export.issue("app-3")
    report = import_beads(memory, export.path)
    assert memory.get(Task, "app-1").depends_on == ("app-2",)
    assert report.imported["dependencies"] == 1
    assert memory.get(Task, "app-1").metadata["beads"]["links"][-1] == {"on": "app-3", "type": "related"}


def test_dependencies_that_dangle_or_close_a_circle_are_left_out(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", dependencies=[link("app-2", when=day(2)), link("app-nosuch"), link("app-1")])
    export.issue("app-2", dependencies=[link("app-3", when=day(3))])
    export.issue("app-3", dependencies=[link("app-1", when=day(4)), link("app-4")])
    export.issue("app-4", status="tombstone", deleted_at=day(2), dependencies=[link("app-1")])
    report = import_beads(memory, export.path)
    assert {id: memory.get(Task, id).depends_on for id in ("app-1", "app-2", "app-3")} == {
        "app-1": ("app-2",),
        "app-2": ("app-3",),
        "app-3": (),
    }
    assert report.left_out["dependencies on or of what is not there"] == 3
    assert report.left_out["dependencies that would close a circle"] == 2


def test_a_dependency_that_was_turned_round_is_so_after_one_import(
    memory: workledger.Workledger, export: Export
) -> None:
    export.issue("app-1", dependencies=[link("app-2", when=day(2))])
    export.issue("app-2", dependencies=[link("app-1", when=day(3))])
    import_beads(memory, export.path)
    assert memory.get(Task, "app-1").depends_on == ("app-2",)
    export.issue("app-1", dependencies=[], updated_at=day(5))
    report = import_beads(memory, export.path)
    assert report.imported == {"changed tasks": 1, "dependencies": 1}
    assert (memory.get(Task, "app-1").depends_on, memory.get(Task, "app-2").depends_on) == ((), ("app-1",))
    assert not import_beads(memory, export.path).imported


def test_the_log_follows_the_times_of_the_issues(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", created_at=day(1), status="closed", closed_at=day(5))
    export.issue("app-2", created_at=day(3), status="in_progress", updated_at=day(4))
    import_beads(memory, export.path)
    told = [event.at for event in memory.read() if event.topic.startswith("task.")]
    assert told == sorted(told)


def test_a_second_import_adds_nothing(ledger: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", status="closed", closed_at=day(2), dependencies=[link("app-2")])
    export.issue("app-2", status="in_progress")
    import_beads(ledger, export.path)
    head = ledger.head()
    report = import_beads(ledger, export.path)
    assert str(report) == "beads: imported: nothing new; skipped: issues that have not changed 2"
    assert ledger.head() == head


STATUSES = ("open", "in_progress", "blocked", "closed")


@pytest.mark.parametrize("then", STATUSES)
@pytest.mark.parametrize("first", STATUSES)
def test_a_status_that_changed_is_followed_by_legal_steps(
    memory: workledger.Workledger, export: Export, first: str, then: str
) -> None:
    export.issue("app-1", status=first)
    import_beads(memory, export.path)
    export.issue("app-1", status=then, title="Renamed", updated_at=day(6))
    report = import_beads(memory, export.path)
    assert report.imported["changed tasks"] == 1
    expected = {"open": "ready", "in_progress": "working", "blocked": "waiting", "closed": "done"}
    assert state(memory, "app-1") == expected[then]
    assert memory.get(Task, "app-1").title == "Renamed"
    assert memory.history(Task, "app-1")[-1].at == at(6)
    found = row(memory, "app-1")
    assert state_of(found["status"], found["board_column"], found["queued"]) == expected[then]


def test_what_changed_is_told_and_nothing_else(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", description="old", dependencies=[link("app-2")])
    export.issue("app-2")
    import_beads(memory, export.path)
    export.issue("app-1", description=None, labels=["x"], priority=1, dependencies=[link("app-3")])
    export.issue("app-3", dependencies=[link("app-2", "parent-child")])
    report = import_beads(memory, export.path)
    assert report.left_out["issues that have not changed"] == 1
    task = memory.get(Task, "app-1")
    assert (task.description, task.labels, task.priority, task.depends_on) == (None, ("x",), "high", ("app-3",))
    assert memory.get(Task, "app-3").parent_task_id == "app-2"
    assert topics(memory, "app-2") == ["created"]


def test_what_was_done_here_stays_while_the_issue_says_nothing_new(
    memory: workledger.Workledger, export: Export
) -> None:
    export.issue("app-1")
    import_beads(memory, export.path)
    with memory.edit(Task, "app-1") as task:
        task.queue()
        task.change_details(priority="high")
    import_beads(memory, export.path)
    assert state(memory, "app-1") == "queued"
    export.issue("app-1", notes="something")
    import_beads(memory, export.path)
    assert state(memory, "app-1") == "queued"
    export.issue("app-1", status="closed", closed_at=day(7))
    import_beads(memory, export.path)
    assert state(memory, "app-1") == "done"


def test_the_status_of_a_task_that_an_agent_works_on_is_the_agents(
    memory: workledger.Workledger, export: Export
) -> None:
    export.issue("app-1")
    [project] = import_beads(memory, export.path).project_ids
    agent = memory.create(Agent.create(name="Ann", project_id=project))
    with memory.edit(Task, "app-1") as task:
        task.assign(agent_id=agent.id)
    export.issue("app-1", status="closed", closed_at=day(7))
    report = import_beads(memory, export.path)
    assert state(memory, "app-1") == "working"
    assert report.left_out["statuses of tasks that an agent works on"] == 1


def test_a_dependency_that_was_removed_here_does_not_come_back(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", dependencies=[link("app-2")])
    export.issue("app-2")
    import_beads(memory, export.path)
    with memory.edit(Task, "app-1") as task:
        task.remove_dependency(depends_on_task_id="app-2")
    export.issue("app-1", notes="something else")
    import_beads(memory, export.path)
    assert memory.get(Task, "app-1").depends_on == ()


def test_a_task_that_was_reopened_here_stays_open(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", status="closed")
    import_beads(memory, export.path)
    with memory.edit(Task, "app-1") as task:
        task.reopen(reason="not yet")
    import_beads(memory, export.path)
    export.issue("app-1", notes="something else")
    import_beads(memory, export.path)
    assert state(memory, "app-1") == "ready"


def test_tasks_that_were_deleted_here_stay_deleted(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1")
    import_beads(memory, export.path)
    with memory.edit(Task, "app-1") as task:
        task.delete()
    export.issue("app-1", title="Still there")
    export.issue("app-2", dependencies=[link("app-1")])
    report = import_beads(memory, export.path)
    assert report.left_out["issues whose task was deleted"] == 1
    assert memory.find(Task, "app-1") is None
    assert memory.get(Task, "app-2").depends_on == ()


def test_a_task_that_has_the_id_of_an_issue_keeps_it(memory: workledger.Workledger, export: Export) -> None:
    memory.create(Task.create(title="Mine", id="app-1"))
    export.issue("app-1")
    export.issue("app-2", dependencies=[link("app-1")])
    report = import_beads(memory, export.path)
    assert report.imported["tasks"] == 2
    [project] = report.project_ids
    other = f"app-1~{project[-6:]}"
    assert memory.get(Task, "app-1").title == "Mine"
    assert memory.get(Task, other).title == "The issue app-1"
    assert memory.get(Task, other).metadata["beads"]["id"] == "app-1"
    assert memory.get(Task, "app-2").depends_on == (other,)
    assert f"(first: app-1 is {other})" in str(report)
    head = memory.head()
    assert "first: app-1 is" not in str(import_beads(memory, export.path))
    assert memory.head() == head


def test_lines_that_are_none_are_counted_not_fatal(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", title="Before")
    export.write(
        b'{"broken": \n\n[1, 2]\nnull\n{"title": "no id"}\n{"id": 7}\n{"id": "app-1", "title": "After"}\n'
        b'{"id": "app-2", "dependencies": [1, {"type": "blocks"}], "labels": [1], "priority": "high", "status": 5}\n'
        b'{"id": "app-3", "title": "half'
    )
    report = import_beads(memory, export.path)
    assert report.imported["tasks"] == 2
    assert report.left_out == {
        "malformed lines": 3,
        "lines without an id": 2,
        "older lines of the same issue": 1,
        "dependencies that name no issue": 2,
        "half-written last lines": 1,
        "unknown statuses (taken for open)": 1,
    }
    assert memory.get(Task, "app-1").title == "After"
    assert memory.get(Task, "app-2").title == "app-2"


def test_longer_values_than_commands_allow_come_in(memory: workledger.Workledger, export: Export) -> None:
    """domain.md 5.1: limits bind commands, not imported events."""
    export.issue("app-1", title="t" * 500, description="d" * 20_000, labels=[f"l{n}" for n in range(30)])
    import_beads(memory, export.path)
    assert len(memory.get(Task, "app-1").description or "") == 20_000


def test_texts_of_any_length_are_cut_to_fit_in_an_event(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", title="t" * 300_000, description="\x01" * 300_000, notes="n" * 300_000)
    assert import_beads(memory, export.path).imported["tasks"] == 1
    assert (memory.get(Task, "app-1").description or "").endswith("… [300000 characters]")


def test_secrets_stay_outside(memory: workledger.Workledger, export: Export) -> None:
    export.issue("app-1", description="with token=abc123def", notes="/home/ann/x")
    import_beads(memory, export.path)
    stored = "".join(event.data for event in memory.read())
    assert "abc123def" not in stored
    assert "/home/ann" not in stored
    with workledger.open("memory:") as other:
        import_beads(other, export.path, redact=lambda value: value)
        assert other.get(Task, "app-1").description == "with token=abc123def"


def test_the_project_is_that_of_the_folder_or_the_prefix(memory: workledger.Workledger, tmp_path: Path) -> None:
    inside = Export(tmp_path / "parser" / ".beads" / "issues.jsonl")
    inside.issue("app-1")
    [project] = import_beads(memory, tmp_path / "parser").project_ids
    memory.catch_up()
    found = projects.get(memory.tables, project)
    assert found is not None
    assert (found["name"], found["created_at"]) == ("parser", at(1))
    outside = Export(tmp_path / "export.jsonl")
    outside.issue("web-app-9")
    [project] = import_beads(memory, outside.path).project_ids
    assert memory.get(Project, project).name == "web-app"
    with pytest.raises(ProjectNotFound):
        import_beads(memory, outside.path, project_id="prj_nosuch")


def test_progress_is_told_and_an_empty_file_is_fine(memory: workledger.Workledger, export: Export) -> None:
    export.write()
    assert str(import_beads(memory, export.path)) == "beads: imported: nothing new; skipped: nothing"
    for number in range(250):
        export.issues[f"app-{number}"] = {"id": f"app-{number}", "title": "One of many"}
    export.write()
    told: list[tuple[int, int]] = []
    import_beads(memory, export.path, progress=lambda done, total, note: told.append((done, total)))
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_an_import_that_was_killed_is_gone_on_with(memory: workledger.Workledger, export: Export) -> None:
    for number in range(600):
        export.issues[f"app-{number}"] = {
            "id": f"app-{number}",
            "title": "One of many",
            "status": "closed",
            "dependencies": [link(f"app-{number - 1}")] if number else [],
        }
    export.write()

    def killed(done: int, total: int, note: str) -> None:
        if done >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_beads(memory, export.path, progress=killed)
    assert 0 < memory.head() < 2400
    import_beads(memory, export.path)
    assert {state(memory, f"app-{number}") for number in range(600)} == {"done"}
    assert all(len(memory.get(Task, f"app-{number}").depends_on) == 1 for number in range(1, 600))
    head = memory.head()
    import_beads(memory, export.path)
    assert memory.head() == head


def test_two_imports_at_once_record_everything_once(sqlite_url: str, export: Export) -> None:
    for number in range(300):
        blocked = [link(f"app-{number - 1}")] if number else []
        export.issues[f"app-{number}"] = {"id": f"app-{number}", "status": "closed", "dependencies": blocked}
    export.issue("app-300", status="tombstone")
    with workledger.open(sqlite_url) as one, workledger.open(sqlite_url) as two, ThreadPoolExecutor() as threads:
        reports = list(threads.map(lambda ledger: import_beads(ledger, export.path), (one, two)))
        assert sum(report.imported["tasks"] for report in reports) == 301
        assert {tuple(topics(one, f"app-{number}")) for number in range(1, 300)} == {
            ("created", "dependency_added", "completed", "moved")
        }
        assert topics(one, "app-300") == ["created", "deleted"]


def test_the_issues_of_a_real_project_come_in(sqlite_url: str) -> None:
    """348 issues in well under ten seconds, and nothing the second time."""
    if not (REAL / "issues.jsonl").exists():
        pytest.skip(f"REAL DATA IS MISSING: no issues.jsonl in {REAL.name}; set WORKLEDGER_REAL_DATA to its folder")
    told = [json.loads(line) for line in (REAL / "issues.jsonl").read_text(encoding="utf-8").splitlines()]
    with workledger.open(sqlite_url) as ledger:
        began = time.process_time()
        report = import_beads(ledger, REAL / "issues.jsonl")
        assert time.process_time() - began < 5
        assert report.imported["tasks"] == len(told)
        [project] = report.project_ids
        for issue in told:
            task = ledger.find(Task, issue["id"])
            if issue["status"] == "tombstone":
                assert task is None
                continue
            assert task is not None
            assert task.state == {"open": "ready", "in_progress": "working", "closed": "done"}[issue["status"]]
            assert ledger.history(Task, issue["id"])[0].at.isoformat()[:19] == _utc(issue["created_at"])
        head = ledger.head()
        assert import_beads(ledger, REAL / "issues.jsonl").left_out["issues that have not changed"] == len(told)
        assert ledger.head() == head
        living = {one["id"] for one in told if one["status"] != "tombstone"}
        assert {one["id"] for one in shown(ledger, Tasks.c.project_id == project)} == living


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()[:19]
