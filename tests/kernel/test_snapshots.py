"""Snapshots: long streams load from one, and one that no longer fits is left aside."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

import workledger
from workledger import Workledger
from workledger.adapters.schema import SNAPSHOTS
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel import appender, repository
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.event import Event
from workledger.domain.kernel.store import StreamRow
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.session import Session
from workledger.domain.task import Task
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
    monkeypatch.setattr(repository, "shape", lambda kind: "another")
    monkeypatch.setattr("workledger.domain.kernel.mapping.shape", lambda kind: "another")
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
