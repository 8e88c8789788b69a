"""Snapshots: long streams load from one, and one that no longer fits is left aside."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

import workledger
from workledger import Workledger
from workledger.adapters.schema import SNAPSHOTS
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel import appender, repository
from workledger.domain.kernel.aggregate import Aggregate, Created, Event, Frozen
from workledger.domain.kernel.snapshot import fingerprint
from workledger.domain.kernel.store import StreamRow
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDetailsChanged
from workledger.domain.tool_calls import ToolCalls


@pytest.fixture
def ledger(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workledger]:
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 3)
    with workledger.open(store_url) as ledger:
        yield ledger


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions of the events that are folded into what was not kept in memory."""
    versions: list[int] = []
    event = repository._event

    def counting(row: StreamRow) -> Event:
        versions.append(row.version)
        return event(row)

    monkeypatch.setattr(repository, "_event", counting)
    monkeypatch.setattr(repository.Repository, "keep", lambda self, states: None)
    return versions


def snapshots(ledger: Workledger) -> list[tuple[str, int]]:
    with ledger.tables.engine.connect() as connection:
        chosen = sa.select(SNAPSHOTS.c.stream_id, SNAPSHOTS.c.version).order_by(
            SNAPSHOTS.c.stream_id, SNAPSHOTS.c.version
        )
        return [tuple(row) for row in connection.execute(chosen)]


def renamed(ledger: Workledger, times: int) -> Task:
    task = ledger.create(Task.create(title="0", id="t"))
    for number in range(1, times):
        with ledger.edit(Task, task.id) as draft:
            draft.change_details(title=str(number))
    return ledger.get(Task, task.id)


def test_a_snapshot_is_taken_every_so_many_events(ledger: Workledger) -> None:
    renamed(ledger, 7)
    assert snapshots(ledger) == [("task-t", 3), ("task-t", 6)]


def test_only_what_came_after_the_snapshot_is_folded(ledger: Workledger, folded: list[int]) -> None:
    task = renamed(ledger, 8)
    folded.clear()
    assert ledger.get(Task, "t") == task
    assert folded == [7, 8]
    folded.clear()
    assert ledger.get(Task, "t", version=5).title == "4"
    assert folded == [4, 5]


def test_a_snapshot_of_another_shape_is_left_aside(
    ledger: Workledger, folded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that gives an aggregate other fields folds from the first event, and goes on taking snapshots."""
    task = renamed(ledger, 8)
    monkeypatch.setattr(repository, "fingerprint", lambda kind: "another")
    monkeypatch.setattr("workledger.domain.kernel.snapshot.fingerprint", lambda kind: "another")
    folded.clear()
    assert ledger.get(Task, "t") == task
    assert folded == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ledger.get(Task, "t", version=4).title == "3"
    with ledger.edit(Task, "t") as draft:
        draft.change_details(title="8")
    assert snapshots(ledger)[-1] == ("task-t", 9)
    assert ledger.get(Task, "t").title == "8"


def test_an_aggregate_from_a_snapshot_equals_the_folded_one(ledger: Workledger) -> None:
    """R2, for aggregates with nested fields."""
    project = ledger.create(Project.create(name="Bakery", metadata={"deep": [1, {"x": None}]}))
    with ledger.edit(Project, project.id) as shop:
        shop.change_config(patch={"max_turns": 9})
        shop.change_stage(stage="build")
        shop.attach_credential(credential_id="crd")
    ann = ledger.create(Agent.create(name="Ann", project_id=project.id))
    session = ledger.create(Session.create(project_id=project.id, agent_id=ann.id))
    with ledger.edit(Session, session.id) as open_one:
        open_one.activate()
        open_one.join(user_id="ann")
        open_one.join(user_id="bob", role="viewer")
    with ledger.unit() as unit:
        run = start_run(unit, agent_id=ann.id, session_id=session.id)
    with ledger.edit(AgentRun, run.id) as going:
        going.report_turn(turn=1, tokens_in=5, cost_usd=0.1)
        going.ask_user(questions=["Which?", {"options": ["a", "b"]}])
    with ledger.edit(ToolCalls, run.id) as calls:
        calls.start(tool="Bash", turn_number=1, tool_call_id="c", input={"x": [1]})
        calls.complete(tool_call_id="c", output="fine")
    assert {stream.partition("-")[0] for stream, _ in snapshots(ledger)} >= {
        "project",
        "session",
        "agent_run",
        "tool_calls",
    }
    kinds: list[tuple[type[Aggregate], str]] = [
        (Project, project.id),
        (Session, session.id),
        (AgentRun, run.id),
        (ToolCalls, run.id),
    ]
    for kind, id in kinds:
        history = ledger.history(kind, id)
        for version in range(1, len(history) + 1):
            state = ledger.get(kind, id, version=version)
            assert state == kind.fold(id, (past.event for past in history[:version]))


def test_a_deleted_aggregate_stays_deleted_in_its_snapshot(ledger: Workledger) -> None:
    renamed(ledger, 2)
    with ledger.edit(Task, "t") as draft:
        draft.delete()
    assert snapshots(ledger) == [("task-t", 3)]
    assert ledger.find(Task, "t") is None


def damage(ledger: Workledger, state: bytes) -> None:
    with ledger.tables.writing() as connection:
        connection.execute(sa.update(SNAPSHOTS).values(state=state))


@pytest.mark.parametrize("broken", [b"", b"{", b"[1]", b"\xff", b"{}", b'{"fields":1,"state":2}', b'{"fields":""}'])
def test_a_snapshot_that_was_damaged_is_left_aside(ledger: Workledger, broken: bytes) -> None:
    task = renamed(ledger, 5)
    damage(ledger, broken)
    assert ledger.get(Task, "t") == task
    with ledger.edit(Task, "t") as draft:
        draft.change_details(title="5")
    assert ledger.get(Task, "t").title == "5"


def test_a_snapshot_whose_nested_values_do_not_fit_is_left_aside(ledger: Workledger) -> None:
    task = renamed(ledger, 5)
    state = {"fields": fingerprint(Task), "state": {**task.model_dump(mode="json"), "labels": {"nosuch": 1}}}
    damage(ledger, orjson.dumps(state))
    assert ledger.get(Task, "t") == task


def declared(nested: Any = str, changes: Any = None) -> str:
    """The fingerprint of an aggregate of an app, as one of its releases declares it."""

    class Nested(Frozen):
        value: nested

    class Opened(Created, topic="snapshotted.opened"):
        config: Nested

    if changes is not None:
        Opened.changes = changes  # type: ignore[method-assign]

    class Kind(Aggregate, category="snapshotted"):
        config: Nested | None = None

    return fingerprint(Kind)


def test_the_fingerprint_of_a_snapshot_covers_nested_values_and_the_code_that_folds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Aggregate, "CATEGORIES", dict(Aggregate.CATEGORIES))

    def changes(self: Any, before: Any) -> dict[str, Any]:
        return {"config": None}

    def same(self: Any, before: Any) -> dict[str, Any]:
        return {"config": None}

    def other(self: Any, before: Any) -> dict[str, Any]:
        return {"config": self.config}

    releases = [declared(nested, folds) for nested in (str, int) for folds in (None, changes, other)]
    assert len(set(releases)) == len(releases)
    assert declared() == declared()
    assert declared(str, same) == declared(str, changes)


def test_a_snapshot_of_another_folding_rule_is_left_aside(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that mends how an event is folded shows the mended state, not the one that was kept."""
    renamed(ledger, 5)
    whole = TaskDetailsChanged.changes
    monkeypatch.setattr(TaskDetailsChanged, "changes", lambda *past: {"title": whole(*past)["title"] + "!"})
    fingerprint.cache_clear()
    try:
        assert ledger.get(Task, "t", version=5).title == "4!"
    finally:
        monkeypatch.undo()
        fingerprint.cache_clear()
