"""What is imported has happened already, and been dealt with: policies do not react to it."""

from pathlib import Path
from typing import Any

import pytest

import workledger
from support.codewalkers_database import Codewalkers
from support.codewalkers_rows import assert_same
from workledger.adapters.codewalkers.importer import import_codewalkers
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.policies import DISPATCHING, POLICIES
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated, TaskLabelsChanged
from workledger.projections.engine.react.reactor import Reactor

MADE = {"created_at": 1_760_000_000, "updated_at": 1_760_000_000}
CHANGED = {"created_at": 1_760_000_000, "updated_at": 1_760_000_500}


@pytest.fixture
def database(tmp_path: Path) -> Codewalkers:
    """All at which a policy would do something, had it happened here."""
    made = Codewalkers(tmp_path / "cw.db").make()
    made.insert("initiatives", {"id": "i", "name": "Goal", **MADE})
    made.insert("phases", {"id": "p", "initiative_id": "i", "name": "Work", "status": "in_progress", **CHANGED})
    made.insert("phases", {"id": "q", "initiative_id": "i", "name": "Done", "status": "in_progress", **CHANGED})

    def task(id: str, phase: str, status: str) -> dict[str, Any]:
        stamps = MADE if status == "pending" else CHANGED
        return {"id": id, "name": id, "phase_id": phase, "initiative_id": "i", "status": status, **stamps}

    made.insert("tasks", *(task(id, "p", "in_progress") for id in ("ended", "crashed", "stopped", "works")))
    made.insert("tasks", task("waits", "p", "pending"), task("done", "q", "completed"))
    made.insert("task_dependencies", {"task_id": "waits", "depends_on_task_id": "done"})

    def agent(id: str, status: str, task: str) -> dict[str, Any]:
        return {"id": id, "name": id, "worktree_id": "/w", "status": status, "task_id": task, **CHANGED}

    made.insert(
        "agents", agent("a", "idle", "ended"), agent("b", "crashed", "crashed"), agent("c", "stopped", "stopped")
    )
    made.insert("agents", agent("d", "running", "works"), agent("e", "waiting_for_input", "works") | {"task_id": None})
    asked = {"to_agent_id": "e", "from_agent_id": "d", "question": "Is it so?", "status": "pending", **MADE}
    made.insert("conversations", {"id": "asked", **asked}, {"id": "idle", **asked, "to_agent_id": "a"})
    return made


def test_nothing_follows_from_what_is_imported(ledger: workledger.Workledger, database: Codewalkers) -> None:
    reactor = Reactor(ledger, ledger.tables, (*POLICIES, *DISPATCHING))
    reactor.prepare()
    import_codewalkers(ledger, database.path)
    database.update("phases", "q", status="pending_review", updated_at=1_760_000_900)
    import_codewalkers(ledger, database.path)
    database.update("phases", "q", status="in_progress", updated_at=1_760_000_999)
    import_codewalkers(ledger, database.path)
    head = ledger.head()
    reactor.catch_up()
    assert ledger.head() == head
    ledger.catch_up()
    for table in ("tasks", "phases", "agents", "conversations"):
        assert_same(ledger, database, table)


@pytest.mark.parametrize("of_imports", [False, True])
def test_a_policy_may_react_to_imports(ledger: workledger.Workledger, of_imports: bool) -> None:
    def label(reaction: Reaction) -> None:
        reaction.decide(lambda unit: unit.edit(Task, reaction.id).change_labels(labels=("new",)))

    policy = Policy("label", (TaskCreated,), label, of_imports=of_imports)
    reactor = Reactor(ledger, ledger.tables, (policy,))
    reactor.prepare()
    with ledger.acting_as("import"):
        ledger.create(Task.create(id="told", title="Told"))
    ledger.create(Task.create(id="made", title="Made"))
    reactor.catch_up()
    assert ledger.get(Task, "made").labels == ("new",)
    assert ledger.get(Task, "told").labels == (("new",) if of_imports else ())


def test_an_event_that_is_of_no_concern_does_not_stand_for_an_earlier_one(ledger: workledger.Workledger) -> None:
    seen: list[str] = []
    policy = Policy(
        "see",
        (TaskLabelsChanged,),
        lambda reaction: seen.append(reaction.event.labels[0]),
        coalesce_by=lambda past: "all",
    )
    reactor = Reactor(ledger, ledger.tables, (policy,))
    reactor.prepare()
    ledger.create(Task.create(id="t", title="Do it"))
    with ledger.edit(Task, "t") as task:
        task.change_labels(labels=("mine",))
    with ledger.acting_as("import"), ledger.edit(Task, "t") as task:
        task.change_labels(labels=("told",))
    reactor.catch_up()
    assert seen == ["mine"]
