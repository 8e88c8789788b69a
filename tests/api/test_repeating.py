"""Repeated writes: a key stands for one request, and its answer is made of what that one recorded, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.http_client import Doors
from workledger.domain.services import retention

KEY = {"Idempotency-Key": "key-1"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def board(all_doors: Doors) -> Doors:
    all_doors.do("projects", id="prj_1", name="Atlas")
    all_doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
    all_doors.do("tasks", id="tsk_1", title="Write it", project_id="prj_1")
    return all_doors


class TestAnotherRequest:
    """A key that has been used is refused for anything else, and nothing is recorded or hidden."""

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("tasks", {"title": "Other", "id": "tsk_2"}),
            ("tasks", {"title": "One"}),
            ("tasks", {"title": "One", "id": "tsk_2", "priority": "high"}),
            ("tasks/tsk_2/change-details", {"title": "One"}),
            ("projects", {"name": "One"}),
        ],
    )
    def test_after_a_creation(self, board: Doors, path: str, body: dict[str, Any]) -> None:
        board.do("tasks", KEY, title="One", id="tsk_2")
        head = board.ledger.head()
        assert board.refuses(path, KEY, **body) == (409, "IDEMPOTENCY_KEY_REUSED")
        assert board.ledger.head() == head

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("tasks/tsk_1/change-details", {"title": "Newer"}),
            ("tasks/tsk_1/change-labels", {"labels": ["x"]}),
            ("tasks/tsk_1/queue", {}),
            ("tasks/tsk_1/delete", {}),
            ("tasks/tsk_9/change-details", {"title": "New"}),
        ],
    )
    def test_after_a_command(self, board: Doors, path: str, body: dict[str, Any]) -> None:
        board.do("tasks/tsk_1/change-details", KEY, title="New")
        head = board.ledger.head()
        assert board.refuses(path, KEY, **body) == (409, "IDEMPOTENCY_KEY_REUSED")
        assert board.ledger.head() == head

    def test_of_many_at_once_one_is_taken(self, board: Doors) -> None:
        head = board.ledger.head()

        def create(title: str) -> int:
            status: int = board.answer("POST", "tasks", json={"title": title}, headers=KEY).status_code
            return status

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(create, "ABCDEFGH")) == [201] + [409] * 7
        assert board.ledger.head() == head + 1

    def test_after_a_chunk_of_a_log(self, board: Doors) -> None:
        board.do("agents/agt_1/logs", KEY, session_number=1, content="one")
        refusal = board.refuses("agents/agt_1/logs", KEY, session_number=1, content="two")
        assert refusal == (409, "IDEMPOTENCY_KEY_REUSED")


class TestTheSameRequest:
    """It is the same however it is written, and whoever sends it at whatever version they have seen by then."""

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            (b'{"title":"New","priority":"high"}', {}),
            (b' {"priority" : "hi\\u0067h",\n"title":"New"}', {}),
            (b'{"title":"New","priority":"high"}', {"X-Actor": "user:ann"}),
            (b'{"title":"New","priority":"high"}', {"If-Match": '"1"'}),
        ],
    )
    def test_it_is_answered_as_the_first_time(self, board: Doors, body: bytes, headers: dict[str, str]) -> None:
        first = board.do("tasks/tsk_1/change-details", KEY, title="New", priority="high")
        board.do("tasks/tsk_1/change-details", title="Newer")
        answer = board.answer("POST", "tasks/tsk_1/change-details", content=body, headers=JSON | KEY | headers)
        assert (answer.json(), answer.headers["Idempotent-Replayed"]) == (first, "true")

    def test_a_body_that_may_be_left_out_is_an_empty_one(self, board: Doors) -> None:
        first = board.do("tasks/tsk_1/queue", KEY)
        assert board.answer("POST", "tasks/tsk_1/queue", headers=KEY).json() == first

    def test_an_answer_is_made_of_its_own_events_while_others_write(self, board: Doors) -> None:
        """Events of appends at the same time stand between each other in the log."""
        for number in range(24):
            board.do("agents", id=f"agt_{number}x", name=f"a{number}", project_id="prj_1")
            board.do("tasks", id=f"tsk_{number}x", title="Write it", project_id="prj_1")

        def assign(number: int) -> Any:
            key = {"Idempotency-Key": f"assign-{number}"}
            body = {"agent_id": f"agt_{number}x"}
            return board.answer("POST", f"tasks/tsk_{number}x/assign", json=body, headers=key)

        def write(number: int) -> Any:
            key = {"Idempotency-Key": f"log-{number}"}
            body = {"session_number": 1, "content": f"line {number}"}
            return board.answer("POST", f"agents/agt_{number % 4}x/logs", json=body, headers=key)

        for ask in (assign, write):
            with ThreadPoolExecutor(8) as pool:
                first = list(pool.map(ask, range(24)))
                again = list(pool.map(ask, range(24)))
            for one, other in zip(first, again, strict=True):
                assert (other.status_code, other.json()) == (one.status_code, one.json())
                assert other.headers.get("ETag") == one.headers.get("ETag")
                assert other.headers["Idempotent-Replayed"] == "true"

    def test_one_whose_events_are_erased_says_so(self, board: Doors) -> None:
        """Not with what others wrote, and not by writing it again."""
        body: dict[str, Any] = {"session_number": 1, "content": "one"}
        board.do("agents/agt_1/logs", KEY, **body)
        board.do("agents/agt_1/logs", **body)
        retention.purge_agent_log(board.ledger, agent_id="agt_1", session_number=1)
        assert board.refuses("agents/agt_1/logs", KEY, **body) == (410, "EVENTS_ERASED")
