"""Round trips: how often a caller waits for the server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import workledger
from workledger import Workledger
from workledger.adapters.postgres.connection import Connection
from workledger.api.tasks import TASKS
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.projections import inbox, plan, task_places, tasks


@pytest.fixture
def ledger(postgres_store_url: str) -> Iterator[Workledger]:
    with workledger.open(postgres_store_url) as ledger:
        ledger.create(Project.create(id="prj", name="Shop"))
        for number in range(10):
            ledger.create(Task.create(id=f"t{number}", title="0", project_id="prj"))
        with ledger.unit() as unit:
            unit.create(Initiative.create(id="ini", name="Sign in", project_ids=("prj",)))
            for number in range(3):
                unit.create(Phase.create(id=f"pha_{number}", initiative_id="ini", name="Parser"))
                unit.create(Task.create(title="Lexer", phase_id=f"pha_{number}"))
        ledger.catch_up()
        yield ledger


@pytest.fixture
def count(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], int]:
    """The round trips of a call on connections that are open, once everything is prepared."""
    trips: list[bytes] = []
    execute = Connection._execute

    def counting(self: Connection, statement: bytes, *others: Any) -> Any:
        trips.append(statement)
        return execute(self, statement, *others)

    monkeypatch.setattr(Connection, "_execute", counting)
    monkeypatch.setattr(ledger.tables.engine, "connect", lambda *_: pytest.fail("a connection with transactions"))

    def counted(call: Callable[[], Any]) -> int:
        call()
        trips.clear()
        call()
        return len(trips)

    return counted


def edited(ledger: Workledger, *ids: str) -> None:
    def rename(unit: Unit) -> None:
        for id in ids:
            unit.edit(Task, id).change_details(title=f"{unit.state(Task, id).version}")

    ledger.decide(rename)


def test_get_waits_once(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    assert count(lambda: ledger.get(Task, "t1")) == 1


def test_create_waits_once(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    assert count(lambda: ledger.create(Task.create(title="More", project_id="prj"))) == 1


def test_edit_waits_once_for_what_is_kept_and_twice_for_what_is_not(
    ledger: Workledger, count: Callable[[Callable[[], Any]], int]
) -> None:
    assert count(lambda: edited(ledger, "t1")) == 1

    def forgotten() -> None:
        ledger._core.aggregates.forget("task-t2")
        edited(ledger, "t2")

    assert count(forgotten) == 2


def test_a_unit_of_ten_waits_once(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    assert count(lambda: edited(ledger, *(f"t{number}" for number in range(10)))) == 1


def test_a_page_of_a_list_waits_once(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    asked = TASKS.model().model_validate({"project_id": "prj", "sort": "updated_at"})
    assert count(lambda: TASKS.page(ledger.tables, asked)) == 1


def test_a_board_and_a_card_wait_once(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    assert count(lambda: tasks.board(ledger.tables, "prj")) == 1
    assert count(lambda: tasks.get(ledger.tables, "t1")) == 1


def test_a_place_in_a_column_waits_once_or_twice(ledger: Workledger, count: Callable[[Callable[[], Any]], int]) -> None:
    others = (ledger.tables, "prj", "backlog", "t1")
    assert count(lambda: task_places.neighbours(*others, 3)) == 1
    assert count(lambda: task_places.before(*others, "t2")) == 2, "the card, and those before it"


def test_the_inbox_waits_once_for_what_waits_and_once_for_its_numbers(
    ledger: Workledger, count: Callable[[Callable[[], Any]], int]
) -> None:
    assert count(lambda: inbox.first(ledger.tables, 50)) == 1
    assert count(lambda: inbox.counts(ledger.tables)) == 1


def test_the_parts_of_a_plan_wait_as_often_however_much_is_in_them(
    ledger: Workledger, count: Callable[[Callable[[], Any]], int]
) -> None:
    """What a part shows, what that depends on, and how much there is: one statement for each."""
    assert count(lambda: plan.initiatives(ledger.tables, "prj", 50)) == 2
    assert count(lambda: plan.phases(ledger.tables, "ini")) == 2
    assert count(lambda: plan.tasks(ledger.tables, "pha_0", 50)) == 3
