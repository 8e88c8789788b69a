"""Commands over HTTP: each of every machine, once, at the version that was seen, on somebody's behalf."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.http_client import Doors
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation

KINDS: dict[str, type[Aggregate]] = {
    "accounts": Account,
    "workspaces": Workspace,
    "projects": Project,
    "tasks": Task,
    "agents": Agent,
    "agent-runs": AgentRun,
    "sessions": Session,
    "stage-runs": StageRun,
    "write-operations": WriteOperation,
}


@pytest.fixture
def board(doors: Doors) -> Doors:
    """A project with a task and an agent."""
    doors.do("projects", id="prj_1", name="Atlas", path="/atlas")
    doors.do("tasks", id="tsk_1", title="Write it", project_id="prj_1")
    doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
    return doors


def test_every_command_of_every_machine_has_a_door(doors: Doors) -> None:
    posts = {path for path, methods in doors.answer("GET", "openapi.json").json()["paths"].items() if "post" in methods}
    for path, kind in KINDS.items():
        assert f"/api/{path}" in posts
        missing = {name for name in kind.commands() if f"/api/{path}/{{id}}/{name.replace('_', '-')}" not in posts}
        assert not missing


@pytest.mark.parametrize("path", KINDS)
def test_every_command_says_when_the_thing_is_not_there(doors: Doors, path: str) -> None:
    kind = KINDS[path]
    bodies = {
        "add_dependency": {"depends_on_task_id": "tsk_9"},
        "ask_user": {"questions": ["?"]},
        "assign": {"agent_id": "agt_9"},
        "attach_credential": {"credential_id": "crd_9"},
        "block": {"reason": "manual"},
        "change_concurrency_limit": {"limit": 2},
        "change_config": {"patch": {}},
        "change_labels": {"labels": []},
        "change_metadata": {"metadata": {}},
        "change_stage": {"stage": "prd"},
        "change_status": {"status": "paused"},
        "change_title": {"title": "T"},
        "commit": {"commit_sha": "c0ffee", "commit_url": "u", "message": "m"},
        "finish_work": {"turn_count": 1},
        "join": {"user_id": "ann"},
        "leave": {"user_id": "ann"},
        "link_github": {"owner": "acme", "repo": "atlas"},
        "link_repository": {"url": "https://x/y"},
        "move": {"board_column": "backlog"},
        "move_to_phase": {"phase_id": None},
        "open_pull_request": {"pr_number": 1, "pr_url": "u"},
        "place": {"rank": "V"},
        "refresh_credentials": {"secret_ref": "vault:claude/ann"},
        "record_error": {"code": "SYNC_ERROR"},
        "reject": {"reason": "no"},
        "remove_dependency": {"depends_on_task_id": "tsk_9"},
        "rename": {"name": "bob"},
        "reopen": {"reason": "again"},
        "reorder": {"plan_order": 1},
        "report_turn": {"turn": 1},
        "schedule_retry": {"run_id": "run_9"},
        "start_session": {"session_number": 1, "agent_run_id": "run_9"},
        "switch_account": {"account_id": "acc_9"},
    }
    fail: dict[type[Aggregate], dict[str, Any]] = {
        AgentRun: {"cause": "crash", "error": "boom"},
        StageRun: {"error_summary": "boom"},
        WriteOperation: {"error": "boom"},
    }
    if kind is Account:
        bodies |= {"change_config": {"secret_ref": None}, "reorder": {"sort_order": 1}}
    bodies["fail"] = fail.get(kind, {})
    for name in kind.commands():
        refusal = doors.refuses(f"{path}/x_9/{name.replace('_', '-')}", **bodies.get(name, {}))
        assert refusal == (404, kind.NOT_FOUND.code), name


def test_a_created_thing_says_where_it_is(doors: Doors) -> None:
    answer = doors.answer("POST", "projects", json={"name": "Atlas"})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/projects/{body['id']}"
    assert answer.headers["ETag"].startswith('"1-')
    assert (body["version"], body["position"], body["state"]["name"]) == (1, 1, "Atlas")
    assert doors.client.get(answer.headers["Location"], params={"min_position": body["position"]}).is_success


def test_a_task_goes_from_backlog_to_verified(board: Doors) -> None:
    run = board.do("agent-runs", agent_id="agt_1", mode="execute")
    assert run["state"]["session_number"] == 1
    board.do(f"agent-runs/{run['id']}/report-turn", turn=1, tokens_in=5, tokens_out=7)
    board.do(f"agent-runs/{run['id']}/complete", result={"done": True})
    board.do("tasks/tsk_1/assign", agent_id="agt_1", agent_name="ann")
    board.do("tasks/tsk_1/finish-work", turn_count=2, diff_summary="one file", files_changed=1)
    answer = board.do("tasks/tsk_1/approve", approved_by="user:ann")
    assert (answer["state"]["status"], answer["state"]["board_column"]) == ("completed", "verified")
    assert board.see("tasks/tsk_1")["approved_by"] == "user:ann"
    assert board.see("agents/agt_1").items() >= {"total_tasks": 1, "completed_tasks": 1}.items()
    assert board.see(f"agent-runs/{run['id']}").items() >= {"token_input_count": 5, "turn_count": 1}.items()


def test_a_run_pauses_asks_and_goes_on_in_a_new_process(board: Doors) -> None:
    run = board.do("agent-runs", id="run_1", agent_id="agt_1")
    board.do("agent-runs/run_1/report-process", pid=7, provider_session_id="uuid-1")
    board.do("agent-runs/run_1/report-output")
    board.do("agent-runs/run_1/ask-user", questions=[{"question": "Which?"}])
    assert board.do("agent-runs/run_1/resume", answers={"Which?": "this"})["state"]["session_number"] == 1
    board.do("agent-runs/run_1/pause")
    resumed = board.do("agent-runs/run_1/resume", new_process=True, feedback="go on")
    assert resumed["state"]["session_number"] == 2
    assert board.see("agents/agt_1")["session_count"] == 2
    assert resumed["id"] == run["id"]


def test_a_session_is_opened_joined_and_closed(board: Doors) -> None:
    board.do("sessions", id="ses_1", project_id="prj_1", title="Pair")
    assert board.refuses("sessions/ses_1/join", user_id="ann") == (400, "SESSION_NOT_ACTIVE")
    board.do("sessions/ses_1/activate")
    board.do("sessions/ses_1/join", user_id="ann", role="owner")
    board.do("sessions/ses_1/pause")
    assert board.refuses("sessions/ses_1/resume", by="bob") == (403, "SESSION_INVALID_PARTICIPANT")
    assert board.refuses("sessions/ses_1/close", pending_writes=2) == (409, "SESSION_PENDING_WRITES")
    board.do("sessions/ses_1/close")
    assert board.refuses("sessions/ses_1/activate") == (400, "SESSION_CLOSED")
    assert board.see("sessions/ses_1")["participants"] == [] or board.see("sessions/ses_1")["status"] == "closed"


def test_who_did_it_stands_in_the_event(board: Doors) -> None:
    board.do("tasks/tsk_1/change-details", {"X-Actor": "agent:agt_1"}, title="Other")
    board.do("tasks/tsk_1/change-details", title="Yet another")
    actors = [event["actor"] for event in board.see("tasks/tsk_1/events")["items"]]
    assert actors == ["user:local", "agent:agt_1", "user:local"]
    assert board.refuses("tasks/tsk_1/delete", {"X-Actor": "ghost:1"}) == (400, "VALIDATION_ERROR")


def test_a_command_that_changes_nothing_records_nothing(board: Doors) -> None:
    head = board.ledger.head()
    answer = board.do("tasks/tsk_1/change-details", title="Write it")
    assert (answer["version"], answer["position"], board.ledger.head()) == (1, head, head)


def test_what_is_deleted_answers_once_more_and_is_gone(board: Doors) -> None:
    answer = board.do("tasks/tsk_1/delete")
    assert (answer["version"], answer["state"]["deleted"]) == (2, True)
    assert board.refused("GET", f"tasks/tsk_1?min_position={answer['position']}") == (404, "TASK_NOT_FOUND")
    assert board.refuses("tasks/tsk_1/delete") == (404, "TASK_NOT_FOUND")


def test_arguments_that_do_not_fit_are_named(board: Doors) -> None:
    answer = board.answer("POST", "tasks", json={"title": "", "labels": ["x"] * 11, "colour": "red"})
    assert answer.status_code == 400
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"#/title", "#/labels", "#/colour"}
    assert answer.json()["code"] == "VALIDATION_ERROR"
    missing = board.answer("POST", "tasks/tsk_1/assign", json={})
    assert [error["pointer"] for error in missing.json()["errors"]] == ["#/agent_id"]


class TestIfMatch:
    """A write at the version that was seen."""

    def test_it_passes_at_that_version(self, board: Doors) -> None:
        etag = board.answer("GET", "tasks/tsk_1", params={"min_position": board.ledger.head()}).headers["ETag"]
        answer = board.answer("POST", "tasks/tsk_1/change-details", json={"title": "New"}, headers={"If-Match": etag})
        assert (answer.status_code, answer.headers["ETag"][:3]) == (200, '"2-')

    @pytest.mark.parametrize("path", ["tasks/tsk_1/change-details", "tasks/tsk_1/move"])
    def test_it_is_refused_at_another(self, board: Doors, path: str) -> None:
        body = {"title": "New"} if path.endswith("details") else {"board_column": "backlog", "position": 0}
        answer = board.answer("POST", path, json=body, headers={"If-Match": '"7"'})
        assert (answer.status_code, answer.json()["code"]) == (412, "CONCURRENCY_CONFLICT")
        assert answer.json().items() >= {"expected": 7, "actual": 1}.items()
        assert board.ledger.get(Task, "tsk_1").version == 1

    def test_a_star_asks_for_none(self, board: Doors) -> None:
        board.do("tasks/tsk_1/change-details", {"If-Match": "*"}, title="New")

    @pytest.mark.parametrize("value", ["1", '"one"', '""', '"-1"'])
    def test_what_is_no_version_is_refused(self, board: Doors, value: str) -> None:
        refusal = board.refuses("tasks/tsk_1/change-details", {"If-Match": value}, title="New")
        assert refusal == (400, "VALIDATION_ERROR")

    def test_one_of_two_at_once_is_refused(self, all_doors: Doors) -> None:
        all_doors.do("tasks", id="tsk_1", title="Write it")

        def rename(title: str) -> int:
            path, headers = "tasks/tsk_1/change-details", {"If-Match": '"1"'}
            status: int = all_doors.answer("POST", path, json={"title": title}, headers=headers).status_code
            return status

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(rename, "ABCDEFGH"))
        assert statuses == [200] + [412] * 7


class TestIdempotencyKey:
    """R4: a repeated command with the same key writes nothing new, and is answered as the first time."""

    def once_more(self, doors: Doors, path: str, body: dict[str, Any], **headers: str) -> tuple[Any, Any]:
        headers = {"Idempotency-Key": "key-1", **headers}
        first = doors.answer("POST", path, json=body, headers=headers)
        head = doors.ledger.head()
        second = doors.answer("POST", path, json=body, headers=headers)
        assert doors.ledger.head() == head
        assert "Idempotent-Replayed" not in first.headers
        assert second.headers["Idempotent-Replayed"] == "true"
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        return first, second

    def test_a_creation_begins_one_thing(self, all_doors: Doors) -> None:
        first, second = self.once_more(all_doors, "projects", {"name": "Atlas"})
        assert first.headers["Location"] == second.headers["Location"]
        assert first.status_code == 201

    def test_a_command_happens_once_even_when_it_would_be_refused_today(self, board: Doors) -> None:
        board.do("tasks/tsk_1/assign", agent_id="agt_1")
        board.do("tasks/tsk_1/finish-work", turn_count=1, files_changed=1)
        self.once_more(board, "tasks/tsk_1/approve", {})
        assert board.refuses("tasks/tsk_1/approve") == (409, "TASK_ALREADY_APPROVED")

    def test_its_version_may_have_passed(self, board: Doors) -> None:
        self.once_more(board, "tasks/tsk_1/change-details", {"title": "New"}, **{"If-Match": '"1"'})

    def test_the_answer_is_that_of_the_first_time(self, board: Doors) -> None:
        headers = {"Idempotency-Key": "key-1"}
        first = board.do("tasks/tsk_1/change-details", headers, title="New")
        board.do("tasks/tsk_1/change-details", title="Newer")
        assert board.do("tasks/tsk_1/change-details", headers, title="New") == first

    def test_a_run_is_started_once(self, board: Doors) -> None:
        self.once_more(board, "agent-runs", {"agent_id": "agt_1"})
        assert board.see("agents/agt_1")["session_count"] == 1

    def test_a_deletion_answers_again(self, board: Doors) -> None:
        self.once_more(board, "tasks/tsk_1/delete", {})

    def test_logs_and_feeds_take_what_is_sent_again_once(self, board: Doors) -> None:
        board.do("sessions", id="ses_1", project_id="prj_1")
        self.once_more(board, "agents/agt_1/logs", {"session_number": 1, "content": "hello"})
        other = {"Idempotency-Key": "key-2"}
        assert (
            self.once_more(board, "sessions/ses_1/feed", {"channel": "chunks", "type": "chunk"}, **other)[0].json()[
                "offset"
            ]
            == 1
        )

    def test_a_command_that_changed_nothing_answers_again(self, board: Doors) -> None:
        headers = {"Idempotency-Key": "key-1"}
        title = board.see("tasks/tsk_1")["title"]
        board.do("tasks/tsk_1/change-details", headers, title=title)
        board.do("tasks/tsk_1/change-details", title="Newer")
        board.do("tasks/tsk_1/change-details", headers, title=title)
        assert board.see("tasks/tsk_1")["title"] == "Newer"
        assert board.refuses("agents", headers, name="bob") == (409, "IDEMPOTENCY_KEY_REUSED")

    def test_a_key_is_for_one_command(self, board: Doors) -> None:
        board.do("tasks", id="tsk_2", title="Other")
        board.do("tasks/tsk_1/change-details", {"Idempotency-Key": "key-1"}, title="New")
        refusal = board.refuses("tasks/tsk_2/change-details", {"Idempotency-Key": "key-1"}, title="New")
        assert refusal == (409, "IDEMPOTENCY_KEY_REUSED")
        assert board.refuses("agents", {"Idempotency-Key": "key-1"}, name="bob") == (409, "IDEMPOTENCY_KEY_REUSED")

    def test_many_at_once_begin_one(self, all_doors: Doors) -> None:
        def create(_: int) -> str:
            id: str = all_doors.do("tasks", {"Idempotency-Key": "key-1"}, title="Once")["id"]
            return id

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(create, range(8)))) == 1
        assert all_doors.ledger.head() == 1


class TestProjects:
    """What a project refuses over HTTP."""

    def test_its_path_is_unique_and_immutable(self, board: Doors) -> None:
        """A16."""
        assert board.refuses("projects", name="Other", path="/atlas") == (409, "PROJECT_PATH_EXISTS")
        assert board.refuses("projects/prj_1/change-details", path="/other") == (400, "VALIDATION_ERROR")
        board.do("projects/prj_1/delete")
        board.do("projects", name="Other", path="/atlas")

    def test_it_is_not_deleted_while_a_run_is_live_and_then_takes_all_with_it(self, board: Doors) -> None:
        """A18."""
        board.do("tasks/tsk_1/assign", agent_id="agt_1", agent_run_id="run_1")
        board.do("agent-runs", id="run_1", agent_id="agt_1", task_id="tsk_1")
        board.do("sessions", id="ses_1", project_id="prj_1")
        assert board.refuses("projects/prj_1/delete") == (409, "PROJECT_HAS_RUNNING_AGENTS")
        board.do("agent-runs/run_1/stop")
        board.do("projects/prj_1/delete")
        for path in ("projects/prj_1", "tasks/tsk_1", "agents/agt_1", "agent-runs/run_1", "sessions/ses_1"):
            status, code = board.refused("GET", path, params={"min_position": board.ledger.head()})
            assert (status, code.endswith("_NOT_FOUND")) == (404, True), path

    def test_no_more_run_at_once_than_may(self, board: Doors) -> None:
        board.do("projects/prj_1/change-concurrency-limit", limit=1)
        board.do("agents", id="agt_2", name="bob", project_id="prj_1")
        board.do("agent-runs", agent_id="agt_1")
        answer = board.answer("POST", "agent-runs", json={"agent_id": "agt_2"})
        assert (answer.status_code, answer.json()["code"]) == (429, "CONCURRENCY_LIMIT_EXCEEDED")
        assert answer.headers["Retry-After"]
        assert board.refuses("agent-runs", agent_id="agt_1") == (409, "AGENT_ALREADY_RUNNING")
        assert board.refuses("agents", name="bob", project_id="prj_1") == (409, "NAME_TAKEN")
