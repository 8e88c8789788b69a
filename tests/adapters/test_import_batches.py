"""Facts are recorded a few hundred at a time; one that cannot be recorded is left out alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import workledger
from workledger.adapters.database import DatabaseFull
from workledger.adapters.importing import Batches, Fact, Report
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
FAR = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def fact(id: str, event: TaskCreated | None = None, *, at: datetime = NOON) -> Fact:
    return Fact(Task, id, 0, [event or created()], at, "tasks", f"file:{id}")


def created(**fields: Any) -> TaskCreated:
    return TaskCreated(title="Told", rank="m", **fields)


class Broken(Fact):
    """A fact that fails in a way of its own."""

    def record(self, unit: Unit) -> bool:
        raise ZeroDivisionError


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"in": value}
    return value


HOSTILE = {
    "too large": (fact("odd", created(description="x" * 300_000)), "refused with PAYLOAD_TOO_LARGE"),
    "a time beyond the calendar": (fact("odd", at=FAR), "refused with VALIDATION_ERROR"),
    "a number beyond all databases": (fact("odd", created(plan_order=2**70)), "refused with VALIDATION_ERROR"),
    "half a character": (fact("odd", created(description="\ud800")), "refused with VALIDATION_ERROR"),
    "NUL": (fact("odd", created(description="\0")), "refused with VALIDATION_ERROR"),
    "of another shape": (
        fact("odd", TaskCreated.model_construct(title=7, rank="m")), "that cannot be stored (ValidationError)"
    ),
    "nested without an end": (fact("odd", created(metadata=nested(400))), ""),
    "a parent that is not there": (fact("odd", created(parent_task_id="no")), "refused with TASK_NOT_FOUND"),
    "an error of another kind": (
        Broken(Task, "odd", 0, [created()], NOON, "tasks", "file:odd"), "that cannot be stored (ZeroDivisionError)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_fact_that_cannot_be_recorded_is_left_out_alone(ledger: Ledger, name: str) -> None:
    odd, reason = HOSTILE[name]
    report = Report("test")
    batches = Batches(ledger, report)
    for one in (fact("one"), odd, fact("two"), fact("three")):
        batches.add(one)
    batches.flush()
    assert {id for id in ("one", "two", "three") if ledger.find(Task, id)} == {"one", "two", "three"}
    assert report.imported == {"tasks": 3}
    [(told, count)] = report.left_out.items()
    assert reason in told
    assert (count, report.first[told]) == (1, "file:odd")


@pytest.mark.parametrize("error", [DatabaseFull(reason="no space"), OSError("no space"), MemoryError()])
def test_a_database_that_fails_ends_the_import(memory: workledger.Workledger, error: Exception) -> None:
    class Failing(Fact):
        def record(self, unit: Unit) -> bool:
            raise error

    report = Report("test")
    batches = Batches(memory, report)
    batches.add(fact("one"))
    batches.add(Failing(Task, "two", 0, [created()], NOON, "tasks"))
    with pytest.raises(type(error)):
        batches.flush()
    assert not report.left_out
    assert memory.head() == 0


def test_one_that_is_left_out_costs_the_others_a_few_appends(
    memory: workledger.Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Halves are recorded again, not every fact by itself."""
    appends: list[None] = []
    unit = memory.unit
    monkeypatch.setattr(memory, "unit", lambda *args: (appends.append(None), unit(*args))[1])
    report = Report("test")
    batches = Batches(memory, report)
    for number in range(128):
        batches.add(fact(f"t{number}", created(parent_task_id="no") if number == 77 else None))
    batches.flush()
    assert report.imported == {"tasks": 127}
    assert len(appends) <= 2 * 7 + 1


class Second(Fact):
    """A fact that has another in its place."""

    def instead(self, refused: Refused) -> Fact | None:
        return fact("other")


def test_another_fact_may_take_the_place_of_one_that_is_refused(memory: workledger.Workledger) -> None:
    report = Report("test")
    batches = Batches(memory, report)
    batches.add(Second(Task, "odd", 0, [created(parent_task_id="no")], NOON, "tasks", "file:odd"))
    batches.add(fact("fine"))
    batches.flush()
    assert memory.find(Task, "odd") is None
    assert memory.get(Task, "other").title == memory.get(Task, "fine").title == "Told"
    assert (report.imported, report.left_out) == ({"tasks": 2}, {})
