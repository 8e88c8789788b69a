"""No update is lost: what was made of a value that has changed since it was read is decided again, or conflicts."""

from collections.abc import Callable

import pytest

from support import writers
from workledger import Workledger
from workledger.domain.kernel.draft import Draft, DraftReadOnly
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task


@pytest.fixture
def task(ledger: Workledger) -> Task:
    return ledger.create(Task.create(title="Fix the till", labels=("till",)))


def label(ledger: Workledger, task: Task, name: str) -> None:
    """Another writer adds a label."""
    labels = (*ledger.get(Task, task.id).labels, name)
    with ledger.edit(Task, task.id) as draft:
        draft.change_labels(labels=labels)


def test_reading_a_draft_binds_the_append(ledger: Workledger, task: Task) -> None:
    def overwrite() -> None:
        with ledger.edit(Task, task.id) as draft:
            labels = (*draft.labels, "urgent")
            label(ledger, task, "review")
            draft.change_labels(labels=labels)

    with pytest.raises(ConcurrencyConflict):
        overwrite()
    assert ledger.get(Task, task.id).labels == ("till", "review")


def test_a_decision_reads_and_decides_again(ledger: Workledger, task: Task) -> None:
    seen: list[tuple[str, ...]] = []

    def urgent(unit: Unit) -> tuple[str, ...]:
        draft = unit.edit(Task, task.id)
        seen.append(draft.labels)
        if len(seen) == 1:
            label(ledger, task, "review")
        labels = (*draft.labels, "urgent")
        draft.change_labels(labels=labels)
        return labels

    assert ledger.decide(urgent) == ("till", "review", "urgent")
    assert seen == [("till",), ("till", "review")]
    assert ledger.get(Task, task.id).labels == ("till", "review", "urgent")


def test_commands_that_read_nothing_are_replayed(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        label(ledger, task, "review")
        draft.change_details(title="Mend the till")
        assert draft.id == task.id, "an id never changes, so reading it binds nothing"
    now = ledger.get(Task, task.id)
    assert (now.title, now.labels) == ("Mend the till", ("till", "review"))


READS: dict[str, Callable[[Unit, str], object]] = {
    "a draft": lambda unit, task_id: unit.edit(Task, task_id).labels,
    "a state": lambda unit, task_id: unit.state(Task, task_id),
    "a find": lambda unit, task_id: unit.find(Task, task_id),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_another_aggregate_binds_the_append_too(
    ledger: Workledger, task: Task, read: Callable[[Unit, str], object]
) -> None:
    other = ledger.create(Task.create(title="Sweep"))

    def follow() -> None:
        with ledger.unit() as unit:
            read(unit, task.id)
            label(ledger, task, "review")
            unit.edit(Task, other.id).change_labels(labels=("as the other",))

    with pytest.raises(ConcurrencyConflict):
        follow()
    assert ledger.get(Task, other.id).labels == ()


def test_a_conflict_elsewhere_is_replayed_while_what_was_read_stands(ledger: Workledger, task: Task) -> None:
    other = ledger.create(Task.create(title="Sweep"))
    with ledger.unit() as unit:
        title = unit.edit(Task, task.id).title
        label(ledger, other, "review")
        unit.edit(Task, other.id).change_details(title=f"After {title}")
    now = ledger.get(Task, other.id)
    assert (now.title, now.labels) == ("After Fix the till", ("review",))


def test_a_decision_is_not_taken_for_a_command_id_that_was_seen(ledger: Workledger, task: Task) -> None:
    taken: list[int] = []

    def rename(unit: Unit) -> str:
        taken.append(1)
        unit.edit(Task, task.id).change_details(title="Mend the till")
        return "renamed"

    assert ledger.decide(rename, command_id="c1") == "renamed"
    assert ledger.decide(rename, command_id="c1") is None
    assert len(taken) == 1


def test_a_refused_decision_records_nothing(ledger: Workledger, task: Task) -> None:
    def refused(unit: Unit) -> None:
        unit.edit(Task, task.id).change_details(title="Mend the till")
        unit.edit(Task, "nowhere")

    with pytest.raises(Task.NOT_FOUND):
        ledger.decide(refused)
    assert ledger.get(Task, task.id).title == "Fix the till"


def test_no_label_of_two_processes_is_lost(database_ledger: Workledger) -> None:
    """Each reads the labels and adds to them, over and over."""
    url, task = database_ledger.url, database_ledger.create(Task.create(title="Share me"))
    with (
        writers.running(writers.add_labels, url, task.id, "a", 5) as (one, _),
        writers.running(writers.add_labels, url, task.id, "b", 5) as (two, _),
    ):
        writers.finish(one)
        writers.finish(two)
    expected = {f"{name}{number}" for name in "ab" for number in range(5)}
    assert set(database_ledger.get(Task, task.id).labels) == expected


def test_a_draft_says_what_it_is_and_which_commands_it_has(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        assert isinstance(draft, Draft)
        assert repr(draft) == f"<draft of Task {task.id}>"
        assert {"title", "labels", "change_labels", "assign", "id"} <= set(dir(draft))
        assert draft.change_labels.__doc__ == Task.change_labels.__doc__


def test_setting_a_field_of_a_draft_names_the_command_to_call(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        with pytest.raises(DraftReadOnly, match=r"^Task\.labels cannot be set; call a command instead: change_labels$"):
            draft.labels = ("urgent",)
        with pytest.raises(AttributeError):
            draft.nonsense = 1  # type: ignore[attr-defined]
        with pytest.raises(DraftReadOnly):
            del draft.labels
    assert ledger.get(Task, task.id).labels == ("till",)
