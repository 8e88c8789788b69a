"""Cursors: pages that neither overlap nor leave out, in both directions, whatever comes and goes (A17, R3)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from support.http_client import Doors
from workledger.domain.agent import Agent
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

MOMENT = datetime(2026, 11, 21, 6, tzinfo=UTC)


@pytest.fixture
def project(all_doors: Doors) -> Doors:
    all_doors.ledger.create(Project.create(id="prj_1", name="Atlas"))
    return all_doors


def same_tasks(doors: Doors, count: int) -> list[str]:
    """Tasks that are equal in everything a list is sorted by; their ids."""
    ids = [f"tsk_{number:02}" for number in range(count)]
    with doors.ledger.unit() as unit:
        for id in ids:
            created = TaskCreated(title="Same", project_id="prj_1", rank="V")
            unit.record(Task, id, [created], at=MOMENT)
    return ids


def pages(doors: Doors, path: str, direction: str = "next", cursor: str | None = None, **query: Any) -> list[Any]:
    """The pages from a cursor on (from the first, unless given), until there is none."""
    found = []
    while True:
        page = doors.see(path, **query, **({"cursor": cursor} if cursor else {}))
        found.append(page)
        cursor = page["pagination"][f"{direction}_cursor"]
        if cursor is None:
            return found


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["items"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["position", "created_at", "updated_at"])
def test_a_list_of_equal_sort_values_pages_completely(project: Doors, sort: str, order: str) -> None:
    """R3: with equal sort values, forth and back."""
    expected = same_tasks(project, 11)
    forth = pages(project, "tasks", project_id="prj_1", sort=sort, order=order, limit=3)
    assert [len(ids(page)) for page in forth] == [3, 3, 3, 2]
    assert sorted(id for page in forth for id in ids(page)) == expected
    assert [page["pagination"]["has_more"] for page in forth] == [True, True, True, False]
    back = pages(project, "tasks", "prev", forth[-1]["pagination"]["prev_cursor"], project_id="prj_1", limit=3)
    assert [ids(page) for page in reversed(back)] == [ids(page) for page in forth[:-1]]


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(project: Doors) -> None:
    same_tasks(project, 4)
    first, last = pages(project, "tasks", project_id="prj_1", limit=2)
    assert first["pagination"]["prev_cursor"] is None
    assert last["pagination"]["next_cursor"] is None
    [again] = pages(project, "tasks", "prev", last["pagination"]["prev_cursor"], project_id="prj_1", limit=2)
    assert ids(again) == ids(first)
    assert again["pagination"]["has_more"] is True


def test_rows_that_come_and_go_between_pages_shift_nothing(project: Doors) -> None:
    """A17: stable under inserts."""
    expected = same_tasks(project, 6)
    first = project.see("tasks", project_id="prj_1", limit=3)
    with project.ledger.unit() as unit:
        for id in ("tsk_000", "tsk_005"):
            unit.record(Task, id, [TaskCreated(title="New", project_id="prj_1", rank="V")], at=MOMENT)
    with project.ledger.edit(Task, "tsk_01") as gone:
        gone.delete()
    rest = pages(project, "tasks", cursor=first["pagination"]["next_cursor"], project_id="prj_1", limit=3)
    assert ids(first) + [id for page in rest for id in ids(page)] == expected


def test_the_row_a_cursor_stands_at_may_go(project: Doors) -> None:
    expected = same_tasks(project, 5)
    cursor = project.see("tasks", project_id="prj_1", limit=2)["pagination"]["next_cursor"]
    with project.ledger.edit(Task, "tsk_01") as gone:
        gone.delete()
    assert ids(project.see("tasks", project_id="prj_1", limit=9, cursor=cursor)) == expected[2:]


def test_agents_page_by_two_things_at_once(project: Doors) -> None:
    for number in range(7):
        project.ledger.create(Agent.create(id=f"agt_{number}", name=f"n{number % 2}{number}", project_id="prj_1"))
    whole = ids(project.see("agents", limit=100))
    assert [id for page in pages(project, "agents", limit=2) for id in ids(page)] == whole
    down = pages(project, "agents", limit=2, order="desc")
    assert [id for page in down for id in ids(page)] == list(reversed(whole))


@pytest.fixture
def cursor(project: Doors) -> str:
    same_tasks(project, 3)
    found: str = project.see("tasks", project_id="prj_1", limit=1)["pagination"]["next_cursor"]
    return found


def reason(doors: Doors, **query: Any) -> str:
    answer = doors.answer("GET", "tasks", params={"project_id": "prj_1", **query})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_CURSOR"), answer.text
    said: str = answer.json()["reason"]
    return said


def forged(cursor: str, **changed: Any) -> str:
    body = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return base64.urlsafe_b64encode(json.dumps(body | changed).encode()).decode().rstrip("=")


def test_a_list_that_is_asked_for_differently_is_refused(project: Doors, cursor: str) -> None:
    """A17: refuse a changed sort; and a changed filter, which would give wrong pages."""
    assert reason(project, cursor=cursor, sort="created_at") == "SORT_MISMATCH"
    assert reason(project, cursor=cursor, order="desc") == "SORT_MISMATCH"
    assert reason(project, cursor=cursor, project_id="prj_2") == "FILTER_MISMATCH"
    assert reason(project, cursor=cursor, column="backlog") == "FILTER_MISMATCH"
    other = project.answer("GET", "agents", params={"cursor": cursor})
    assert other.json()["code"] == "INVALID_CURSOR"


def test_a_cursor_that_is_none_is_refused(project: Doors, cursor: str) -> None:
    assert reason(project, cursor="!") == "DECODE_FAILED"
    assert reason(project, cursor=cursor[:-4]) == "DECODE_FAILED"
    assert reason(project, cursor=base64.urlsafe_b64encode(b"[1]").decode()) == "DECODE_FAILED"
    assert reason(project, cursor="é") == "DECODE_FAILED"
    assert reason(project, cursor=forged(cursor, version=2)) == "VERSION_MISMATCH"
    assert reason(project, cursor=forged(cursor, sort="colour")) == "SORT_MISMATCH"
    assert reason(project, cursor=forged(cursor, sort=["position"])) == "DECODE_FAILED"
    assert reason(project, cursor=forged(cursor, order="up")) == "DECODE_FAILED"
    for values in ([], ["V"], [0, 1], [0, "V", "W"], [True, "V"], [2**70, "V"], ["0", "V"], None, "V", [0, "\x00"]):
        assert reason(project, cursor=forged(cursor, sort_value=values)) == "DECODE_FAILED", values
    created = project.see("tasks", project_id="prj_1", sort="created_at", limit=1)["pagination"]["next_cursor"]
    assert reason(project, cursor=forged(created, sort_value=["yesterday"])) == "DECODE_FAILED"
    assert reason(project, cursor=forged(cursor, id=7)) == "DECODE_FAILED"


def test_a_sort_that_is_not_asked_for_again_is_the_cursors(project: Doors) -> None:
    expected = same_tasks(project, 3)
    first = project.see("tasks", project_id="prj_1", sort="updated_at", order="desc", limit=1)
    rest = project.see("tasks", project_id="prj_1", cursor=first["pagination"]["next_cursor"])
    assert ids(first) + ids(rest) == expected
