"""A command id belongs to one request: used for another one, it is refused, and nothing is dropped in silence (R4)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from workledger import Workledger
from workledger.adapters.schema import COMMANDS
from workledger.domain.agent import Agent
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import CommandIdReused, InvalidInput, NameTaken
from workledger.domain.kernel.request import STEPS, Request, digest
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.services.queue import assign_or_queue
from workledger.domain.services.runs import start_run, start_tool_call
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated
from workledger.domain.tool_calls import ToolCalls


def rename(ledger: Ledger, id: str, title: str) -> None:
    with ledger.edit(Task, id, command_id="once") as draft:
        draft.change_details(title=title)


def label(ledger: Ledger, id: str) -> None:
    with ledger.edit(Task, id, command_id="once") as draft:
        draft.change_labels(labels=["urgent"])


REQUESTS: dict[str, Callable[[Ledger], Any]] = {
    "create a task": lambda ledger: ledger.create(Task.create(title="Once"), command_id="once"),
    "create another task": lambda ledger: ledger.create(Task.create(title="Twice"), command_id="once"),
    "create an agent": lambda ledger: ledger.create(Agent.create(name="Once"), command_id="once"),
    "rename one": lambda ledger: rename(ledger, "one", "Once"),
    "rename one differently": lambda ledger: rename(ledger, "one", "Twice"),
    "rename two": lambda ledger: rename(ledger, "two", "Once"),
    "label one": lambda ledger: label(ledger, "one"),
    "decide": lambda ledger: ledger.decide(lambda unit: None, command_id="once"),
    "decide under a digest": lambda ledger: ledger.decide(lambda unit: None, command_id="once", digest="a"),
    "decide under another digest": lambda ledger: ledger.decide(lambda unit: None, command_id="once", digest="b"),
}


@pytest.mark.parametrize("first", REQUESTS)
def test_a_command_id_is_refused_for_every_other_request(ledger: Workledger, first: str) -> None:
    for id in ("one", "two"):
        ledger.create(Task.create(title=f"Task {id}", id=id))
    REQUESTS[first](ledger)
    head, digests = ledger.head(), ledger.store.digest_of("once")
    for other, request in REQUESTS.items():
        if other != first:
            with pytest.raises(CommandIdReused):
                request(ledger)
    REQUESTS[first](ledger)
    assert (ledger.head(), ledger.store.digest_of("once")) == (head, digests)


def test_a_command_that_is_refused_today_is_compared_too(ledger: Workledger) -> None:
    """The block ends with the refusal, so only what it asked for until then is known."""
    task = ledger.create(Task.create(title="Once"))

    def work(title: str) -> None:
        with ledger.edit(Task, task.id, command_id="once") as draft:
            draft.change_details(title=title)
            draft.cancel(to="dropped")

    work("Twice")
    with ledger.edit(Task, task.id) as draft:
        draft.delete()
    work("Twice")
    with pytest.raises(CommandIdReused):
        work("Thrice")
    with pytest.raises(CommandIdReused), ledger.edit(Task, "another", command_id="once") as draft:
        draft.change_details(title="Twice")


def test_ids_that_are_made_anew_do_not_make_another_request(memory_ledger: Workledger) -> None:
    def shop() -> tuple[str, str]:
        with memory_ledger.unit("once") as unit:
            project = unit.create(Project.create(name="Shop"))
            task = unit.create(Task.create(title="Open", project_id=project.id))
            unit.edit(Task, task.id).change_labels(labels=["urgent"])
        return memory_ledger.begun_by(Project, unit.receipt), memory_ledger.begun_by(Task, unit.receipt)  # type: ignore[arg-type]

    assert shop() == shop()
    assert memory_ledger.head() == 3


def test_what_follows_from_what_was_read_does_not_count(memory_ledger: Workledger) -> None:
    task = memory_ledger.create(Task.create(title="Once"))
    for _ in range(2):
        with memory_ledger.edit(Task, task.id, command_id="once") as draft:
            draft.change_labels(labels=[*draft.labels, "urgent"])
    assert memory_ledger.get(Task, task.id).labels == ("urgent",)


def test_facts_and_logs_are_compared(memory_ledger: Workledger) -> None:
    def record(title: str) -> None:
        with memory_ledger.unit("fact") as unit:
            unit.record(Task, "t", [TaskCreated(title=title, rank="m")])

    record("From the old board")
    record("From the old board")
    with pytest.raises(CommandIdReused):
        record("Changed on the old board")


def test_a_step_late_in_a_long_unit_is_compared(memory_ledger: Workledger) -> None:
    def fill(last: str) -> None:
        with memory_ledger.unit("once") as unit:
            for number in range(STEPS * 2):
                unit.create(Task.create(title=f"Task {number}"))
            unit.create(Task.create(title=last))

    fill("The last")
    fill("The last")
    with pytest.raises(CommandIdReused):
        fill("Another")
    assert len(memory_ledger.store.digest_of("once") or "") < 300


def test_services_compare_what_they_are_asked_for(memory_ledger: Workledger) -> None:
    ann = memory_ledger.create(Agent.create(name="Ann"))
    one, two = (memory_ledger.create(Task.create(title=title)) for title in ("One", "Two"))
    assign_or_queue(memory_ledger, one.id, agent_id=ann.id, command_id="once")
    assign_or_queue(memory_ledger, one.id, agent_id=ann.id, command_id="once")
    with pytest.raises(CommandIdReused):
        assign_or_queue(memory_ledger, two.id, agent_id=ann.id, command_id="once")


def test_a_repeated_tool_call_is_the_same_call(memory_ledger: Workledger) -> None:
    ann = memory_ledger.create(Agent.create(name="Ann"))
    run = memory_ledger.decide(lambda unit: start_run(unit, agent_id=ann.id))
    calls = [
        start_tool_call(memory_ledger, run.id, tool="Bash", turn_number=1, input={"command": "ls"}, command_id="once")
        for _ in range(2)
    ]
    assert calls[0] == calls[1]
    assert len(memory_ledger.history(ToolCalls, run.id)) == 2
    with pytest.raises(CommandIdReused):
        start_tool_call(memory_ledger, run.id, tool="Read", turn_number=1, command_id="once")


def test_a_command_id_of_an_earlier_release_has_no_digest_and_is_accepted(ledger: Workledger) -> None:
    ledger.create(Task.create(title="One", id="one"))
    rename(ledger, "one", "Once")
    with ledger.tables.writing() as connection:
        connection.execute(sa.update(COMMANDS).values(digest=None))
    rename(ledger, "one", "Twice")
    assert ledger.get(Task, "one").title == "Once"


def test_a_request_that_was_refused_leaves_its_id_free(ledger: Workledger) -> None:
    ledger.create(Agent.create(name="Ann"))
    with suppress(NameTaken):
        ledger.create(Agent.create(name="Ann"), command_id="once")
    assert ledger.create(Agent.create(name="Bob"), command_id="once").name == "Bob"


@pytest.mark.parametrize("command_id", ["", "x" * 501, "a\0b", "a\ud800"])
def test_a_command_id_that_a_database_cannot_hold_is_refused(ledger: Workledger, command_id: str) -> None:
    with pytest.raises(InvalidInput):
        ledger.create(Task.create(title="Once"), command_id=command_id)
    assert ledger.head() == 0
    ledger.create(Task.create(title="Once"), command_id="ü" * 500)


def test_a_repetition_is_answered_with_its_own_events_also_when_they_are_erased(ledger: Workledger) -> None:
    stream = AgentLog.stream("a:1")
    chunk = AgentLogChunkAppended(agent_id="a", agent_name="Ann", session_number=1, content="one")

    def append() -> Unit:
        with ledger.unit("once") as unit:
            unit.log(stream, [chunk, chunk], tags={})
        return unit

    first = append().receipt
    ledger.create(Task.create(title="Meanwhile"))
    assert first is not None
    ledger.store.erase(stream, "agent_log.chunk_appended", 2)
    again = append().receipt
    assert again is not None
    assert (again.position, list(again.positions)) == (first.position, list(first.positions))
    assert list(ledger.recorded_by(again)) == []


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(JSON, JSON)
def test_equal_requests_have_equal_digests_and_others_others(one: Any, other: Any) -> None:
    assert digest(one) == digest(one)
    requests = [Request("once"), Request("once")]
    for request, asked in zip(requests, (one, other), strict=True):
        request.add("command", asked)
    if repr(one) != repr(other) and digest(one) != digest(other):
        assert not requests[0].repeats(requests[1].digest)
