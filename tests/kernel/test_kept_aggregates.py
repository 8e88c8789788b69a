"""Aggregates that are kept in memory: whatever other processes have done meanwhile, it is as if they were loaded."""

from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workledger
from workledger import Refused, Workledger
from workledger.domain.kernel.appender import Appender
from workledger.domain.kernel.core import Core
from workledger.domain.kernel.refusals import ConcurrencyConflict, NotFound
from workledger.domain.kernel.repository import Repository
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task


@pytest.fixture
def other(ledger: Workledger) -> Iterator[Workledger]:
    """The ledger as another process has it open; what it keeps is soon out of date."""
    with workledger.open(ledger.url) as other:
        yield other


@pytest.fixture
def task(ledger: Workledger, other: Workledger) -> Task:
    """One that both of them keep."""
    created = ledger.create(Task.create(title="Fix the till", labels=("till",)))
    assert other.get(Task, created.id) == created
    return created


def rename(ledger: Workledger, task: Task, title: str) -> None:
    with ledger.edit(Task, task.id) as draft:
        draft.change_details(title=title)


def test_what_is_read_is_what_the_log_has(ledger: Workledger, other: Workledger, task: Task) -> None:
    rename(ledger, task, "Mend the till")
    assert other.get(Task, task.id).title == "Mend the till"
    with ledger.edit(Task, task.id) as draft:
        draft.delete()
    with pytest.raises(NotFound):
        other.get(Task, task.id)
    assert other.find(Task, task.id) is None


def test_a_command_is_decided_on_what_the_log_has(ledger: Workledger, other: Workledger, task: Task) -> None:
    rename(ledger, task, "Mend the till")
    rename(other, task, "Fix the till")  # on what is kept here it would change nothing
    assert ledger.get(Task, task.id).title == "Fix the till"
    assert ledger.get(Task, task.id).version == 3


def test_a_command_is_not_refused_for_what_is_no_longer_so(ledger: Workledger, other: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        draft.queue()
    with other.edit(Task, task.id) as draft:
        assert [event.TOPIC for event in draft.dequeue()] == ["task.dequeued"]
    with ledger.edit(Task, task.id) as draft:
        draft.block(reason="dependency")
    with pytest.raises(Refused), other.edit(Task, task.id) as draft:
        draft.queue()
    with ledger.edit(Task, task.id) as draft:
        draft.unblock()
    with other.edit(Task, task.id) as draft:
        draft.queue()
    assert ledger.get(Task, task.id).machine_state() == "queued"


def test_earlier_steps_of_a_unit_are_taken_again_too(ledger: Workledger, other: Workledger, task: Task) -> None:
    second = ledger.create(Task.create(title="Open the shop"))
    rename(other, task, "Mend the till")
    with other.edit(Task, second.id) as draft:
        draft.block(reason="dependency")
    with ledger.unit() as unit:
        unit.edit(Task, task.id).change_details(title="Fix the till")
        unit.edit(Task, second.id).unblock()
    assert other.get(Task, task.id).title == "Fix the till"
    assert other.get(Task, second.id).machine_state() == "ready"


def test_what_a_decision_only_reads_must_not_have_changed(ledger: Workledger, other: Workledger, task: Task) -> None:
    copy = ledger.create(Task.create(title="Copy"))
    other.get(Task, copy.id)
    rename(ledger, task, "Mend the till")

    def follow(unit: Unit) -> str:
        title = unit.state(Task, task.id).title
        unit.edit(Task, copy.id).change_details(title=f"Copy of {title}")
        return title

    assert other.decide(follow) == "Mend the till"
    assert ledger.get(Task, copy.id).title == "Copy of Mend the till"


def test_what_is_read_outside_a_decision_is_current(ledger: Workledger, other: Workledger, task: Task) -> None:
    rename(ledger, task, "Mend the till")
    with other.edit(Task, task.id) as draft:
        assert draft.title == "Mend the till"
        draft.change_labels(labels=("urgent",))
    with other.unit() as unit:
        found = unit.find(Task, task.id)
        assert found is not None
        assert found.labels == ("urgent",)


def test_an_expected_version_is_that_of_the_log(ledger: Workledger, other: Workledger, task: Task) -> None:
    rename(ledger, task, "Mend the till")
    with other.edit(Task, task.id, expected_version=2) as draft:
        draft.change_details(title="Fix the till")
    with pytest.raises(ConcurrencyConflict) as conflict, ledger.edit(Task, task.id, expected_version=2) as draft:
        draft.change_details(title="Mend the till")
    assert conflict.value.details["actual"] == 3


def test_after_the_append_a_unit_shows_what_it_has_recorded(ledger: Workledger, task: Task) -> None:
    with ledger.unit() as unit:
        unit.edit(Task, task.id).queue()
    assert unit.state(Task, task.id).machine_state() == "queued"
    assert [event.event.TOPIC for event in unit.recorded] == ["task.queued"]


def test_nothing_stays_of_a_command_that_is_refused(ledger: Workledger, task: Task) -> None:
    """Whoever goes on after the refusal records the rest."""

    def half(unit: Unit) -> None:
        unit.edit(Task, task.id).change_details(title="Mend the till")
        unit.edit(Task, "nobody").cancel()

    with ledger.unit() as unit:
        with pytest.raises(NotFound):
            unit.decide(lambda: half(unit))
        unit.edit(Task, task.id).change_labels(labels=("urgent",))
    assert [one.event.TOPIC for one in ledger.history(Task, task.id)] == ["task.created", "task.labels_changed"]


def test_whoever_changes_what_was_returned_changes_nothing_else(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Fix the till", metadata={"at": [1]}))
    task.metadata["at"].append(2)
    ledger.get(Task, task.id).metadata["at"].append(3)
    with ledger.edit(Task, task.id) as draft:
        draft.metadata["at"].append(4)
    assert ledger.get(Task, task.id).metadata == {"at": [1]}


def test_those_that_were_not_used_for_long_are_forgotten(ledger: Workledger) -> None:
    repository = Repository(ledger.store, kept=2)
    tasks = [ledger.create(Task.create(title=title)) for title in "abc"]
    for task in tasks:
        assert repository.get(Task, task.id) == task
    assert [repository.recall(Task, task.id) for task in tasks] == [None, *tasks[1:]]


def test_nothing_is_kept_of_a_server_that_was_replaced(
    ledger: Workledger, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failover the log may be shorter. Where it would not be noticed, nothing is kept at all."""
    repository = Repository(ledger.store)
    repository.get(Task, task.id)
    assert repository.recall(Task, task.id) == task
    monkeypatch.setattr(type(ledger.store), "epoch", lambda store: "another")
    assert repository.recall(Task, task.id) is None
    monkeypatch.setattr(type(ledger.store), "epoch", lambda store: None)
    repository.get(Task, task.id)
    assert repository.recall(Task, task.id) is None


CALLS = st.sampled_from(
    [
        ("change_details", {"title": "a"}),
        ("change_details", {"title": "b"}),
        ("change_labels", {"labels": ("x",)}),
        ("queue", {}),
        ("dequeue", {}),
        ("block", {"reason": "dependency"}),
        ("unblock", {}),
        ("delete", {}),
    ]
)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), CALLS), max_size=25))
def test_three_processes_agree_with_one_that_keeps_nothing(
    steps: list[tuple[int, int, tuple[str, dict[str, Any]]]],
) -> None:
    with workledger.open("memory:") as first:
        ledgers = [first, *(_beside(first) for _ in range(2))]
        expected: list[Any] = [None, None]
        for number in range(2):
            expected[number] = first.create(Task.create(id=f"t{number}", title="0"))
        for who, which, (name, given) in steps:
            outcome = _outcome(expected[which], name, given)
            with suppress(Refused):
                with ledgers[who].edit(Task, f"t{which}") as draft:
                    getattr(draft, name)(**given)
                assert outcome is not None
                expected[which] = outcome
                continue
            assert outcome is None
        for number in range(2):
            for ledger in ledgers:
                assert ledger.find_any(Task, f"t{number}") == expected[number]


class SameStore(Core):
    """The application of another process on the same store."""

    def __init__(self, core: Core) -> None:
        vars(self).update(vars(core))
        self.aggregates = Repository(core.store)

    def close(self) -> None:
        """The store is not its own."""


def _beside(ledger: Workledger) -> Workledger:
    other = copy(ledger)
    other._core = SameStore(ledger._core)
    other._appender = Appender(other._core)
    return other


def _outcome(state: Task, name: str, given: dict[str, Any]) -> Task | None:
    """The task after a command; None when it is refused."""
    if state.deleted:
        return None
    try:
        events = getattr(state, name)(**given)
    except Refused:
        return None
    return Task.fold(state.id, events, state)
