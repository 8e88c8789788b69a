"""Resources: every noun can be begun, listed, seen as it is and as it was, and told each of its commands."""

import pytest

from support.http_client import Doors
from support.one_of_each import BEGUN, found
from workledger.domain.tool_calls import ToolCalls


@pytest.fixture
def atlas(doors: Doors) -> Doors:
    """A project, and what else there must be."""
    found(doors)
    return doors


@pytest.mark.parametrize("path", BEGUN)
def test_what_was_begun_is_listed_seen_as_it_is_and_was_and_has_a_history(atlas: Doors, path: str) -> None:
    kind, body = BEGUN[path]
    answer = atlas.answer("POST", path, json=body)
    begun = answer.json()
    id = begun["id"]
    assert (answer.status_code, answer.headers["Location"], begun["version"]) == (201, f"/api/{path}/{id}", 1)
    row = atlas.see(f"{path}/{id}")
    query = {"project_id": "prj_1"} if path == "tasks" else {}
    assert row.items() >= next(one for one in atlas.see(path, **query)["items"] if one["id"] == id).items()
    past = atlas.see(f"{path}/{id}", at=begun["position"])
    assert past == begun["state"]
    assert atlas.refused("GET", f"{path}/{id}?at=1") == (404, kind.NOT_FOUND.code)
    [event] = atlas.see(f"{path}/{id}/events")["items"]
    assert event["stream_id"] == kind.stream(begun["state"]["id"])
    assert atlas.see(f"{path}/{id}/events", after_version=1)["items"] == []


@pytest.mark.parametrize("path", BEGUN)
def test_every_command_has_an_endpoint_that_says_what_it_does(doors: Doors, path: str) -> None:
    paths = doors.answer("GET", "openapi.json").json()["paths"]
    addresses = [f"/api/{path}", f"/api/{path}/{{id}}", f"/api/{path}/{{id}}/events"]
    addresses += [f"/api/{path}/{{id}}/{name.replace('_', '-')}" for name in BEGUN[path][0].commands()]
    for address in addresses:
        for operation in paths[address].values():
            assert operation["description"].strip(".").count(" ") > 0, address


def test_a_stage_run_goes_through_its_machine_and_is_tried_again(atlas: Doors) -> None:
    run = atlas.do("stage-runs", id="run_1", project_id="prj_1", stage="prd", provider="cli", metadata={"tone": "dry"})
    assert run["state"]["status"] == "queued"
    assert atlas.refuses("stage-runs/run_1/succeed") == (409, "STAGE_RUN_INVALID_TRANSITION")
    assert atlas.refuses("stage-runs/run_1/retry") == (409, "STAGE_RUN_INVALID_TRANSITION")
    atlas.do("stage-runs/run_1/start", worker_id="w1")
    atlas.do("stage-runs/run_1/fail", error_summary="stuck")
    answer = atlas.answer("POST", "stage-runs/run_1/retry", headers={"Idempotency-Key": "once"})
    again = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/stage-runs/{again['id']}")
    assert again["state"].items() >= {"attempt": 2, "status": "queued", "metadata": {"tone": "dry"}}.items()
    assert atlas.see(f"stage-runs/{again['id']}")["retry_of"] == "run_1"
    replayed = atlas.answer("POST", "stage-runs/run_1/retry", headers={"Idempotency-Key": "once"})
    assert (replayed.json(), replayed.headers["Idempotent-Replayed"]) == (again, "true")
    assert atlas.refuses("stage-runs/run_1/retry") == (409, "DUPLICATE_REQUEST")
    assert atlas.refuses("stage-runs/run_1/retry", {"If-Match": '"1"'}) == (412, "CONCURRENCY_CONFLICT")
    assert atlas.refuses("stage-runs/run_9/retry") == (404, "STAGE_RUN_NOT_FOUND")


class TestWriteOperations:
    """What is proposed, committed and merged."""

    @pytest.fixture
    def proposed(self, atlas: Doors) -> Doors:
        atlas.do("write-operations", id="ghop_1", **BEGUN["write-operations"][1])
        return atlas

    def test_one_is_committed_together_with_the_record_of_its_commit(self, proposed: Doors) -> None:
        """E10."""
        head = proposed.ledger.head()
        body = {"commit_sha": "c0ffee", "commit_url": "https://x/c0ffee", "message": "Parse"}
        operation = proposed.do("write-operations/ghop_1/commit", {"Idempotency-Key": "once"}, **body)
        assert (proposed.ledger.head(), operation["position"]) == (head + 2, head + 2)
        assert operation["state"].items() >= {"status": "committed", "commit_sha": "c0ffee"}.items()
        record = proposed.see(f"commits/{operation['state']['commit_id']}")
        assert record.items() >= {"github_write_op_id": "ghop_1", "project_id": "prj_1", "message": "Parse"}.items()
        assert proposed.do("write-operations/ghop_1/commit", {"Idempotency-Key": "once"}, **body) == operation

    def test_a_commit_that_is_recorded_already_is_named(self, proposed: Doors) -> None:
        commit = proposed.do("commits", **BEGUN["commits"][1])
        body = {"commit_sha": "c0ffee", "commit_url": "u", "message": "m"}
        assert proposed.refuses("write-operations/ghop_1/commit", **body) == (409, "CONCURRENCY_CONFLICT")
        operation = proposed.do("write-operations/ghop_1/commit", commit_sha="c0ffee", commit_id=commit["id"])
        assert operation["state"]["commit_id"] == commit["id"]
        assert proposed.see(f"commits/{commit['id']}")["github_write_op_id"] == "ghop_1"

    def test_a_new_commit_must_be_described(self, proposed: Doors) -> None:
        answer = proposed.answer("POST", "write-operations/ghop_1/commit", json={"commit_sha": "c0ffee"})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert {one["pointer"] for one in answer.json()["errors"]} == {"#/commit_url", "#/message"}

    def test_it_ends_merged(self, proposed: Doors) -> None:
        proposed.do("write-operations/ghop_1/commit", commit_sha="c0ffee", commit_url="u", message="m")
        proposed.do("write-operations/ghop_1/open-pull-request", pr_number=7, pr_url="https://x/7")
        assert proposed.do("write-operations/ghop_1/merge")["state"]["status"] == "merged"
        assert proposed.refuses("write-operations/ghop_1/close") == (409, "WRITE_OPERATION_INVALID_TRANSITION")


class TestToolCalls:
    """The calls of a run are started and ended at the run, and read one by one."""

    @pytest.fixture
    def running(self, atlas: Doors) -> Doors:
        atlas.do("agent-runs", id="run_1", agent_id="agt_1", allowed_tools=["Read"])
        return atlas

    def test_one_starts_and_ends(self, running: Doors) -> None:
        start = {"tool_call_id": "c1", "tool": "Read", "turn_number": 1, "input": {"path": "a.py"}}
        begun = running.do("agent-runs/run_1/tool-calls/start", **start)
        assert begun["state"] == {"tool_call_id": "c1", "tool": "Read", "status": "running"}
        assert running.see("tool-calls/c1").items() >= {"status": "running", "input": {"path": "a.py"}}.items()
        done = running.do("agent-runs/run_1/tool-calls/complete", tool_call_id="c1", output="text", duration_ms=5)
        assert (done["id"], done["version"], done["state"]["status"]) == ("run_1", 3, "complete")
        assert running.see("tool-calls/c1").items() >= {"status": "complete", "duration_ms": 5}.items()
        fail = {"tool_call_id": "c1", "error": "boom"}
        refusal = running.refuses("agent-runs/run_1/tool-calls/fail", **fail)
        assert refusal == (409, "TOOL_CALL_INVALID_TRANSITION")
        assert running.refuses("agent-runs/run_1/tool-calls/fail", tool_call_id="c9", error="boom") == (
            404,
            "TOOL_CALL_NOT_FOUND",
        )

    def test_one_that_is_not_allowed_is_recorded_and_refused(self, running: Doors) -> None:
        """A19."""
        start = {"tool_call_id": "c1", "tool": "Bash", "turn_number": 1}
        for _ in range(2):
            refusal = running.refuses("agent-runs/run_1/tool-calls/start", {"Idempotency-Key": "once"}, **start)
            assert refusal == (403, "AGENT_TOOL_NOT_ALLOWED")
        assert running.see("tool-calls/c1")["status"] == "denied"

    def test_all_of_a_run_are_seen_as_they_are_and_were(self, running: Doors) -> None:
        for id in ("c1", "c2"):
            begun = running.do("agent-runs/run_1/tool-calls/start", tool_call_id=id, tool="Read", turn_number=1)
        running.do("agent-runs/run_1/tool-calls/fail", tool_call_id="c1", error="boom")
        calls = running.see("agent-runs/run_1/tool-calls")["calls"]
        assert {id: call["status"] for id, call in calls.items()} == {"c1": "error", "c2": "running"}
        past = running.see("agent-runs/run_1/tool-calls", at=begun["position"])["calls"]
        assert {call["status"] for call in past.values()} == {"running"}
        topics = [event["topic"] for event in running.see("agent-runs/run_1/tool-calls/events")["items"]]
        assert topics[1:] == ["tool_calls.call_started"] * 2 + ["tool_calls.call_failed"]
        assert running.refused("GET", "agent-runs/run_9/tool-calls") == (404, "AGENT_RUN_NOT_FOUND")

    def test_every_command_has_an_endpoint(self, doors: Doors) -> None:
        paths = doors.answer("GET", "openapi.json").json()["paths"]
        assert {f"/api/agent-runs/{{id}}/tool-calls/{name}" for name in ToolCalls.commands()} <= set(paths)


def test_a_commit_is_recorded_once(atlas: Doors) -> None:
    body = BEGUN["commits"][1]
    first = atlas.do("commits", {"Idempotency-Key": "once"}, **body)
    assert atlas.do("commits", {"Idempotency-Key": "once"}, **body) == first
    assert atlas.refuses("commits", **body) == (409, "CONCURRENCY_CONFLICT")
    assert atlas.see("projects/prj_1/commits")["pagination"]["total"] == 1
    atlas.do("projects/prj_1/delete")
    for path in (f"commits/{first['id']}", f"commits/{first['id']}/events"):
        refusal = atlas.refused("GET", path, params={"min_position": atlas.ledger.head()})
        assert refusal == (404, "COMMIT_NOT_FOUND")
