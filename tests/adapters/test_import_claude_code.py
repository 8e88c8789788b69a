"""Sessions of Claude Code as their transcripts tell them: every trap of the format, and only what is new."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.transcripts import (
    BEGAN,
    LATER,
    ONE,
    TWO,
    Transcript,
    everything,
    logged,
    only,
    rows,
    text,
    told_at,
    uid,
    use,
    work,
)
from workledger.adapters.beads.importer import import_beads
from workledger.adapters.claude_code import recording
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.claude_code.lines import lines_of
from workledger.adapters.claude_code.recording import Recording
from workledger.adapters.claude_code.records import in_graph_order, record
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.projections import run_models
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.projects import Projects
from workledger.projections.sessions import Sessions
from workledger.projections.tool_calls import ToolCalls

REAL = Path(os.environ.get("WORKLEDGER_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data" / "agent-project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "projects" / "-home-ann-code-parser"


@pytest.fixture
def main(folder: Path) -> Transcript:
    return Transcript(folder)


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def test_a_session_becomes_a_session_an_agent_and_a_run(ledger: workledger.Workledger, main: Transcript) -> None:
    work(main)
    report = import_claude_code(ledger, main.path.parent)
    assert str(report).startswith(
        "claude_code: imported: agents 1, sessions 1, runs 1, log chunks 11, tool calls 3, turns 3, tokens in 10, "
        "tokens out 60; skipped: nothing; project made: parser (prj_"
    )
    session = only(ledger, Sessions)
    assert (session["id"], session["title"]) == (ONE, "Fix the parser, please")
    assert (session["status"], session["tool_call_count"]) == ("closed", 3)
    assert (session["created_at"], session["closed_at"]) == (BEGAN, BEGAN + timedelta(seconds=100))
    agent = only(ledger, Agents)
    assert (agent["id"], agent["name"], agent["status"]) == (f"agt_{ONE}", f"claude-{ONE[:8]}", "completed")
    run = only(ledger, AgentRuns)
    assert (run["id"], run["agent_id"], run["session_id"]) == (f"run_{ONE}", f"agt_{ONE}", ONE)
    assert (run["status"], run["turn_count"], run["result"]) == ("completed", 3, "Done.")
    assert (run["token_input_count"], run["token_output_count"], run["cache_token_count"]) == (10, 60, 300)
    assert (run["model"], run["prompt"]) == ("claude-opus-4-6", "Fix the parser, please\nand quickly")
    assert (run["provider_session_id"], run["worktree_path"]) == (ONE, "~/code/parser")
    assert (run["started_at"], run["duration_ms"]) == (BEGAN, 100_000)
    assert {event.actor for event in ledger.read()} == {"import"}


def test_tool_calls_have_their_turns_times_and_answers(memory: workledger.Workledger, main: Transcript) -> None:
    work(main)
    import_claude_code(memory, main.path)
    found = {one["id"]: one for one in rows(memory, ToolCalls)}
    assert [one["turn_number"] for one in found.values()] == [1, 2, 2]
    assert [one["status"] for one in found.values()] == ["complete", "complete", "error"]
    assert found["call_1"]["input"] == {"command": "ls"}
    assert (found["call_1"]["output"], found["call_1"]["duration_ms"]) == ("a.py\nb.py", 10_000)
    assert found["call_2"]["output"] == "1 import os\n2 import re"
    assert found["call_3"]["error"] == "File does not exist."
    assert found["call_1"]["timestamp"] == BEGAN + timedelta(seconds=30)


def test_what_was_said_is_the_log_line_by_line_at_its_time(memory: workledger.Workledger, main: Transcript) -> None:
    work(main)
    import_claude_code(memory, main.path)
    assert [one["uuid"] for one in logged(memory)] == [json.loads(line)["uuid"] for line in main.lines]
    times = [one["created_at"] for one in rows(memory, AgentLogChunks, "seq")]
    assert times == [BEGAN + timedelta(seconds=10 * number) for number in range(11)]
    assert logged(memory)[0]["message"]["content"] == "Fix the parser, please\nand quickly"


def test_a_second_import_adds_nothing(ledger: workledger.Workledger, main: Transcript) -> None:
    work(main)
    import_claude_code(ledger, main.path.parent)
    head = ledger.head()
    report = import_claude_code(ledger, main.path.parent)
    assert str(report) == "claude_code: imported: nothing new; skipped: files that have not changed 1"
    assert ledger.head() == head


def test_the_tokens_of_a_turn_are_those_of_its_last_line(memory: workledger.Workledger, main: Transcript) -> None:
    main.answer("a", text("1"), usage=(1, 1))
    main.answer("a", text("2"), usage=(1, 50))
    main.answer("b", text("3"), usage=None)
    main.answer("c", text("4"), usage={"input_tokens": None, "output_tokens": 4, "service_tier": "x"})
    main.say("assistant", message={"content": [text("no id, no usage")]})
    main.say("assistant", message=None)
    main.answer("a", text("5"), usage=(1, 60), requestId="req_again")
    import_claude_code(memory, main.path)
    run = only(memory, AgentRuns)
    assert (run["token_input_count"], run["token_output_count"]) == (2, 114)
    assert run["turn_count"] == 4


def test_a_call_without_an_answer_stays_running(memory: workledger.Workledger, main: Transcript) -> None:
    main.answer("a", use("call_1"), use("call_2"))
    main.result("call_1", "ok")
    import_claude_code(memory, main.path)
    assert {one["id"]: one["status"] for one in rows(memory, ToolCalls)} == {"call_1": "complete", "call_2": "running"}


@pytest.mark.parametrize(
    "fields",
    [
        {"toolUseResult": "User rejected tool use"},
        {"content": "The user doesn't want to proceed with this tool use. The tool use was rejected."},
        {"content": "Permission to use Bash has been denied."},
        {"toolDenialKind": "hook", "is_error": False},
    ],
)
def test_a_call_that_was_not_allowed_is_denied(
    memory: workledger.Workledger, main: Transcript, fields: dict[str, Any]
) -> None:
    main.answer("a", use("call_1", command="echo token=abc123def"))
    main.result("call_1", **{"content": "no", "is_error": True, **fields})
    import_claude_code(memory, main.path)
    call = only(memory, ToolCalls)
    assert (call["status"], call["input"]) == ("denied", {"command": "echo token=[redacted]"})


def test_an_answer_to_no_call_and_a_second_one_are_left_out(memory: workledger.Workledger, main: Transcript) -> None:
    main.answer("a", use("call_1"))
    main.result("call_1", "first")
    main.result("call_1", "second")
    main.result("call_nosuch", "lost")
    report = import_claude_code(memory, main.path)
    assert only(memory, ToolCalls)["output"] == "first"
    assert report.left_out["results of tool calls that are not known"] == 1


def test_records_come_in_the_order_of_their_graph_whatever_the_timestamps(folder: Path) -> None:
    told = Transcript(folder)
    told.say("user", "root", timestamp=told_at(90))
    told.say("user", "late", parent="middle")
    told.say("user", "later", parent="late", timestamp=told_at(1))
    told.say("progress", "middle", parent="root")
    told.say("user", "fork", parent="root", timestamp=told_at(0))
    told.say("user", "orphan", parent="nosuch")
    told.say("system", "boundary", parentUuid=None, logicalParentUuid=uid("after"))
    told.say("user", "after", parent="fork")
    told.say("user", "self", parent="self")
    told.say("user", "round", parent="about")
    told.say("user", "about", parent="round")
    told.meta("summary", summary="x")
    order = [one.uuid for one in in_graph_order(filter(None, map(record, lines_of(b"".join(told.lines)))))]
    names = ["root", "middle", "late", "later", "fork", "orphan", "after", "boundary", "self", None, "round", "about"]
    assert order == [name and uid(name) for name in names]


def test_records_that_are_not_wanted_are_dropped_and_unknown_ones_kept(
    memory: workledger.Workledger, main: Transcript
) -> None:
    main.meta("file-history-snapshot", messageId="x", snapshot={"trackedFileBackups": {}})
    main.prompt("Go")
    main.say("progress", data={"type": "hook_progress"})
    main.say("hologram", shape="cube")
    main.meta("permission-mode", permissionMode="plan")
    main.raw({"nothing": "known"})
    report = import_claude_code(memory, main.path)
    assert report.left_out == {"snapshots of files": 1, "progress records": 1}
    assert report.imported["unknown records (kept in the log)"] == 2
    assert [one.get("type") for one in logged(memory)] == ["user", "hologram", "permission-mode", None]
    assert [one["created_at"] for one in rows(memory, AgentLogChunks, "seq")][1:] == [BEGAN + timedelta(seconds=30)] * 3


def test_lines_that_are_none_are_counted_not_fatal(memory: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Go")
    main.raw(b'{"type": "user", "broken\n')
    main.raw(b"\n")
    main.raw(b"[1, 2]\n")
    main.raw(b'{"type": "user", "message": {"content": "NUL \\u0000, half \\ud83d, \xff"}}\n')
    for odd in (
        5,
        [7, {"type": "text", "text": 5}, {"type": "tool_use"}, {"type": "tool_result", "tool_use_id": []}],
        {},
    ):
        main.say("assistant", message={"id": 7, "content": odd, "usage": [1], "model": {}})
        main.say("user", message={"content": odd}, toolUseResult={"agentId": []}, timestamp="yesterday", parentUuid=3)
    main.answer("z", text("Done."), usage=(1, 2))
    report = import_claude_code(memory, main.path)
    assert report.left_out["malformed lines"] == 2
    assert only(memory, AgentRuns)["token_output_count"] == 2
    assert logged(memory)[1]["message"]["content"].startswith("NUL �")
    head = memory.head()
    import_claude_code(memory, main.path)
    assert memory.head() == head


def test_a_half_written_last_line_is_left_for_the_next_time(memory: workledger.Workledger, main: Transcript) -> None:
    work(main)
    last = main.lines[9]
    main.write(9, last[:50])
    report = import_claude_code(memory, main.path)
    assert report.left_out["half-written last lines (next time)"] == 1
    assert len(logged(memory)) == 9
    main.write()
    import_claude_code(memory, main.path)
    assert [one["uuid"] for one in logged(memory)] == [json.loads(line)["uuid"] for line in main.lines]
    assert only(memory, AgentRuns)["token_output_count"] == 60


@pytest.mark.parametrize("then", [BEGAN + timedelta(minutes=2), LATER], ids=["live", "over"])
@pytest.mark.parametrize("cut", range(1, 11))
def test_a_session_that_goes_on_is_as_if_it_had_come_at_once(main: Transcript, cut: int, then: datetime) -> None:
    work(main)
    with workledger.open("memory:") as at_once:
        import_claude_code(at_once, main.path, now=LATER)
        expected = everything(at_once)
    with workledger.open("memory:") as in_two:
        main.write(cut)
        import_claude_code(in_two, main.path, now=then)
        head = in_two.head()
        import_claude_code(in_two, main.path, now=then)
        assert in_two.head() == head
        main.write()
        import_claude_code(in_two, main.path, now=LATER)
        assert everything(in_two) == expected


def test_a_session_that_may_be_running_is_left_running(memory: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Go")
    main.answer("a", use("call_1"), usage=(1, 2))
    soon = BEGAN + timedelta(minutes=5)
    report = import_claude_code(memory, main.path, now=soon)
    assert memory.get(AgentRun, f"run_{ONE}").status == "running"
    assert memory.get(Session, ONE).status == "active"
    assert report.imported["turns"] == 1
    head = memory.head()
    import_claude_code(memory, main.path, now=soon)
    assert memory.head() == head
    import_claude_code(memory, main.path, now=LATER)
    run = memory.get(AgentRun, f"run_{ONE}")
    assert (run.status, run.turn_count, run.token_output_count) == ("completed", 1, 2)
    assert memory.get(Session, ONE).status == "closed"


def test_a_session_that_waits_for_its_user_is_over(memory: workledger.Workledger, main: Transcript) -> None:
    work(main)
    import_claude_code(memory, main.path, now=BEGAN + timedelta(minutes=2))
    assert memory.get(AgentRun, f"run_{ONE}").status == "completed"


def test_a_replaced_or_shortened_file_is_read_again_and_nothing_comes_twice(
    memory: workledger.Workledger, main: Transcript
) -> None:
    work(main)
    import_claude_code(memory, main.path)
    before = everything(memory)
    main.write(4)
    report = import_claude_code(memory, main.path)
    assert report.imported["files read again (replaced or cut short)"] == 1
    assert {name: seen for name, seen in everything(memory).items() if name != "AgentRuns"} == {
        name: seen for name, seen in before.items() if name != "AgentRuns"
    }
    main.lines[4:] = []
    main.prompt("Another end", name="other")
    main.answer("d", text("Well."), usage=(1, 5))
    import_claude_code(memory, main.path)
    run = only(memory, AgentRuns)
    assert (run["token_output_count"], run["result"]) == (65, "Well.")
    assert len(logged(memory)) == 13
    head = memory.head()
    import_claude_code(memory, main.path)
    assert memory.head() == head


@pytest.mark.parametrize("at_once", [True, False])
def test_what_an_earlier_file_told_is_not_told_again(
    memory: workledger.Workledger, folder: Path, main: Transcript, at_once: bool
) -> None:
    work(main)
    fork = Transcript(folder, TWO)
    fork.lines = [line.replace(ONE.encode(), TWO.encode()) for line in main.lines[:9]]
    fork.parent = uid(f"{ONE}None8")
    fork.answer("f", use("call_f"), usage=(1, 100))
    fork.result("call_f", "ok")
    fork.answer("g", text("Forked."), usage=(1, 200))
    fork.prompt("And more, and more, and more")
    if not at_once:
        import_claude_code(memory, main.path)
    report = import_claude_code(memory, folder if at_once else fork.path)
    runs = {one["session_id"]: one for one in rows(memory, AgentRuns)}
    assert (runs[ONE]["token_output_count"], runs[TWO]["token_output_count"]) == (60, 300)
    assert (runs[ONE]["turn_count"], runs[TWO]["turn_count"]) == (3, 2)
    assert len(logged(memory, f"agt_{TWO}")) == 4
    assert report.left_out["records that repeat earlier ones"] == 9
    assert [one["id"] for one in rows(memory, ToolCalls)] == ["call_1", "call_2", "call_3", "call_f"]


def test_a_session_that_was_forked_may_still_go_on(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    main.prompt("Go")
    main.answer("a", use("call_1"), usage=(1, 1))
    fork = Transcript(folder, TWO)
    fork.lines = [line.replace(ONE.encode(), TWO.encode()) for line in main.lines]
    fork.parent = main.parent
    for number in range(5):
        fork.prompt(f"Fork {number}")
    import_claude_code(memory, folder)
    main.result("call_1", "ok")
    import_claude_code(memory, main.path)
    assert only(memory, ToolCalls)["status"] == "complete"
    import_claude_code(memory, folder)
    assert [len(logged(memory, f"agt_{session}")) for session in (ONE, TWO)] == [3, 5]


def test_a_file_that_only_repeats_another_brings_nothing(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    copy = Transcript(folder, TWO)
    copy.lines = main.lines[:9]
    copy.write()
    main.prompt("One more")
    report = import_claude_code(memory, folder)
    assert [one["id"] for one in rows(memory, Sessions)] == [ONE]
    assert sum(report.left_out.values()) == 9


def test_sub_agents_are_agents_of_their_own_named_by_their_call(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    main.prompt("Go")
    main.answer("a", use("call_t", "Task", description="Find it", prompt="Look everywhere", subagent_type="Explore"))
    main.answer("a", use("call_u", "Task", description="Count it", prompt="Count everything", subagent_type="Explore"))
    for name, prompt in (("a1", "Look everywhere"), ("b2", "Count everything"), ("acompact-3", "Sum up"), ("d4", "Hm")):
        sub = Transcript(folder, subagent=name)
        sub.prompt(prompt)
        sub.answer(f"sub {name}", use(f"call_{name}"), usage=(1, 10))
        sub.result(f"call_{name}", "ok")
    main.result("call_t", "Found", toolUseResult={"agentId": "a1", "status": "completed"})
    report = import_claude_code(memory, folder)
    agents = {one["id"].removeprefix(f"agt_{ONE}"): one["name"] for one in rows(memory, Agents)}
    assert agents == {
        "": f"claude-{ONE[:8]}",
        "_a1": "Find it (a1)",
        "_b2": "Count it (b2)",
        "_acompact-3": "compaction (acompact-3)",
        "_d4": "sub-agent (d4)",
    }
    runs = {one["agent_name"]: one for one in rows(memory, AgentRuns)}
    assert (runs["Find it (a1)"]["prompt"], runs["Find it (a1)"]["token_output_count"]) == ("Look everywhere", 10)
    assert {one["session_id"] for one in runs.values()} == {ONE}
    assert (report.imported["sessions"], report.imported["sub-agents"], report.imported["runs"]) == (1, 4, 5)
    assert only(memory, Sessions)["agent_id"] == f"agt_{ONE}"


def test_a_sub_agent_of_the_older_layout_is_found_by_what_it_says(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    sub = Transcript(folder, subagent="a1")
    sub.path = folder / "agent-a1.jsonl"
    sub.prompt("Look")
    import_claude_code(memory, folder)
    assert {one["session_id"] for one in rows(memory, AgentRuns)} == {ONE}


def test_folder_and_branch_may_change_inside_a_session(memory: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Go")
    main.cwd = "/home/ann/code/parser/assets"
    main.prompt("On", gitBranch="other")
    [project] = import_claude_code(memory, main.path).project_ids
    found = memory.get(Project, project)
    assert (found.name, found.repository_path) == ("parser", "~/code/parser")
    assert [one["cwd"] for one in logged(memory)] == ["~/code/parser", "~/code/parser/assets"]


def test_names_and_titles_are_told_by_records_too_also_later(memory: workledger.Workledger, main: Transcript) -> None:
    main.meta("agent-name", agentName="Ann")
    main.prompt("<command-name>/clear</command-name>")
    main.prompt("Caveat", isMeta=True)
    main.prompt("The real thing")
    import_claude_code(memory, main.path)
    assert memory.get(Agent, f"agt_{ONE}").name == f"Ann ({ONE[:8]})"
    assert memory.get(Session, ONE).title == "The real thing"
    main.meta("ai-title", aiTitle="A better title")
    main.meta("agent-name", agentName="Bob")
    import_claude_code(memory, main.path)
    assert memory.get(Agent, f"agt_{ONE}").name == f"Bob ({ONE[:8]})"
    assert memory.get(Session, ONE).title == "A better title"
    assert memory.get(Session, ONE).status == "closed"


def test_the_output_of_tools_is_kept_as_size_digest_and_head(memory: workledger.Workledger, main: Transcript) -> None:
    big = "é" * 10_000
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 50_000}}
    main.prompt(big)
    main.answer("a", use("call_1", "Write", content=big), use("call_2"), use("call_3"))
    main.result("call_1", big, toolUseResult={"stdout": big, "originalFile": big})
    main.result("call_2", [image])
    main.result("call_3", big, is_error=True)
    import_claude_code(memory, main.path)
    found = {one["id"]: one for one in rows(memory, ToolCalls)}
    assert found["call_1"]["input"] == {"content": big}
    digest = sha256(big.encode()).hexdigest()
    assert found["call_1"]["output"] == {"size": 20_000, "sha256": digest, "head": "é" * 2_000}
    assert len(found["call_3"]["error"]) < 2_200
    chunks = logged(memory)
    assert chunks[0]["message"]["content"] == big
    assert chunks[2]["toolUseResult"]["stdout"] == "é" * 2_000 + f"… [20000 bytes, sha256 {digest}]"
    assert max(len(str(one)) for one in chunks[2:]) < 10_000
    with workledger.open("memory:") as other:
        import_claude_code(other, main.path, output_limit=100_000)
        assert {one["id"]: one["output"] for one in rows(other, ToolCalls)}["call_1"] == big


def test_a_record_of_any_size_comes_in(memory: workledger.Workledger, main: Transcript) -> None:
    main.prompt("\n" * 600_000)
    main.prompt(
        "Go", many=['"' * 1_000] * 500, deep={"a": {"b": "c" * 300_000}}, keys={f"k{n}": n for n in range(30_000)}
    )
    main.answer("a", use("call_1", "Write", files=["x" * 10_000] * 200), usage=(1, 2))
    report = import_claude_code(memory, main.path)
    assert report.imported["log chunks"] == 3
    assert only(memory, AgentRuns)["token_output_count"] == 2


def test_secrets_stay_outside_and_the_caller_may_say_what_they_are(main: Transcript) -> None:
    main.prompt("Use token=abc123def in /home/ann/code")
    main.answer("a", text("password=hunter2"), use("call_1", command="curl -H 'Authorization: Bearer abc.123.defghi'"))
    main.result("call_1", "postgres://ann:secret@db/x", toolUseResult={"stdout": "AKIA" + "IOSFODNN7EXAMPLE"})
    main.meta("ai-title", aiTitle="With secret=abc123def")
    with workledger.open("memory:") as ledger:
        import_claude_code(ledger, main.path)
        stored = "".join(row.data for row in ledger.read())
    for secret in ("abc123def", "hunter2", "abc.123.defghi", "ann:secret", "AKIA", "/home/ann"):
        assert secret not in stored
    with workledger.open("memory:") as ledger:
        import_claude_code(
            ledger, main.path, redact=lambda value: json.loads(json.dumps(value).replace("hunter2", "***"))
        )
        stored = "".join(row.data for row in ledger.read())
    assert "hunter2" not in stored
    assert "abc123def" in stored


def test_sessions_of_one_folder_share_a_project_and_a_given_one_is_taken(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    Transcript(folder, TWO).prompt("Go")
    assert len(import_claude_code(memory, folder).project_ids) == 1
    with workledger.open("memory:") as other:
        project = other.create(Project.create(name="Mine"))
        assert import_claude_code(other, folder, project_id=project.id).project_ids == {project.id}
        with pytest.raises(ProjectNotFound):
            import_claude_code(other, folder, project_id="prj_nosuch")
    with workledger.open("memory:") as other:
        project = other.create(Project.create(name="Mine", path="~/code/parser"))
        assert import_claude_code(other, folder).project_ids == {project.id}


def test_what_the_ledger_refuses_is_counted_and_comes_the_next_time(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    project = memory.create(Project.create(name="Mine", max_concurrent_agents=1))
    soon = BEGAN + timedelta(minutes=1)
    main.answer("a", use("call_1"))
    other = Transcript(folder, TWO)
    other.answer("b", use("call_2"))
    report = import_claude_code(memory, folder, project_id=project.id, now=soon)
    assert report.left_out["files refused with CONCURRENCY_LIMIT_EXCEEDED"] == 1
    assert report.imported["runs"] == 1
    report = import_claude_code(memory, folder, project_id=project.id, now=LATER)
    assert report.imported["runs"] == 1
    assert {one["status"] for one in rows(memory, AgentRuns)} == {"completed"}


def test_a_run_belongs_to_the_task_that_its_branch_is_named_after(
    memory: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    project = memory.create(Project.create(name="Mine"))
    memory.create(Task.create(id="app-1", title="Do it", project_id=project.id))
    memory.create(Task.create(id="app-2", title="Elsewhere"))
    main.prompt("Go", gitBranch="app-1")
    Transcript(folder, TWO).prompt("Go", gitBranch="app-2")
    import_claude_code(memory, folder, project_id=project.id)
    assert {one["session_id"]: one["task_id"] for one in rows(memory, AgentRuns)} == {ONE: "app-1", TWO: None}


def test_other_files_are_no_transcripts(memory: workledger.Workledger, folder: Path, main: Transcript) -> None:
    work(main)
    (folder / "issues.jsonl").write_text('{"id": "app-1", "title": "An issue"}\n')
    (folder / "empty.jsonl").write_text("")
    (folder / "notes.txt").write_text("hello")
    report = import_claude_code(memory, folder)
    assert report.left_out == {"files that are no transcripts": 2}
    with pytest.raises(OSError, match="nosuch"):
        import_claude_code(memory, folder / "nosuch.jsonl")


def test_progress_is_told_in_bytes(memory: workledger.Workledger, folder: Path, main: Transcript) -> None:
    work(main)
    Transcript(folder, TWO).prompt("Go")
    told: list[tuple[int, int]] = []
    import_claude_code(memory, folder, progress=lambda done, total, note: told.append((done, total)))
    total = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
    assert [one[1] for one in told] == [total, total]
    assert told[-1][0] == total


class Killed(BaseException):
    pass


@pytest.mark.parametrize("grown", [False, True])
@pytest.mark.parametrize("units", range(1, 14))
def test_an_import_that_was_killed_is_gone_on_with(
    folder: Path, main: Transcript, monkeypatch: pytest.MonkeyPatch, units: int, grown: bool
) -> None:
    work(main)
    main.prompt("And more")
    main.answer("d", text("More."), usage=(1, 1))
    Transcript(folder, subagent="a1").prompt("Look")
    with workledger.open("memory:") as at_once:
        import_claude_code(at_once, folder)
        expected = everything(at_once)
    monkeypatch.setattr(recording, "BATCH", 3)
    flush, left = Recording.flush, [units]

    def flush_or_die(self: Recording) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        flush(self)

    monkeypatch.setattr(Recording, "flush", flush_or_die)
    with workledger.open("memory:") as killed:
        main.write(8 if grown else None)
        with suppress(Killed):
            import_claude_code(killed, folder)
        left[0] = 0
        main.write()
        import_claude_code(killed, folder)
        assert everything(killed) == expected
        head = killed.head()
        import_claude_code(killed, folder)
        assert killed.head() == head


def test_two_imports_at_once_record_everything_once(
    sqlite_url: str, folder: Path, main: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "BATCH", 5)
    work(main)
    for number in range(10):
        Transcript(folder, uid(f"session {number}")).prompt("Go")
    with workledger.open("memory:") as alone:
        import_claude_code(alone, folder)
        expected = everything(alone)
    with workledger.open(sqlite_url) as one, workledger.open(sqlite_url) as two, ThreadPoolExecutor() as threads:
        list(threads.map(lambda ledger: import_claude_code(ledger, folder), (one, two)))
        import_claude_code(one, folder)
        assert everything(one) == expected
        head = one.head()
        import_claude_code(two, folder)
        assert one.head() == head


def test_the_sessions_and_issues_of_a_real_project_come_in(sqlite_url: str) -> None:
    """Within ten seconds; nothing the second time; the tokens of each run are those its file's last lines tell."""
    if not (REAL / "transcripts").is_dir():
        pytest.skip(f"REAL DATA IS MISSING: no transcripts in {REAL.name}; set WORKLEDGER_REAL_DATA to its folder")
    with workledger.open(sqlite_url) as ledger:
        began = time.process_time()
        [project] = import_beads(ledger, REAL / "issues.jsonl").project_ids
        report = import_claude_code(ledger, REAL / "transcripts", project_id=project)
        assert time.process_time() - began < 10
        assert report.imported["sessions"] == len(list((REAL / "transcripts").glob("*.jsonl")))
        head = ledger.head()
        import_beads(ledger, REAL / "issues.jsonl")
        import_claude_code(ledger, REAL / "transcripts", project_id=project)
        assert ledger.head() == head
        runs = {one["id"]: one for one in rows(ledger, AgentRuns)}
        calls = Counter(one["agent_run_id"] for one in rows(ledger, ToolCalls))
        files = list((REAL / "transcripts").rglob("*.jsonl"))
        assert len(runs) == len(files)
        for path in files:
            usage, tools = _counted(path)
            session = path.stem if path.parent.name == "transcripts" else path.parents[1].name
            run = runs[
                "_".join(["run", session, *([] if path.stem == session else [path.stem.removeprefix("agent-")])])
            ]
            assert run["token_input_count"] == sum(one.get("input_tokens") or 0 for one in usage.values())
            assert run["token_output_count"] == sum(one.get("output_tokens") or 0 for one in usage.values())
            assert run["turn_count"] == len(usage)
            assert calls[run["id"]] == tools
            assert run["status"] == "completed"
        assert {one["task_id"] for one in runs.values() if one["agent_name"].startswith("claude-")} <= {
            json.loads(line)["id"] for line in (REAL / "issues.jsonl").read_text(encoding="utf-8").splitlines()
        }


def test_the_totals_by_model_of_a_real_project_are_those_of_its_last_lines(tmp_path: Path) -> None:
    """Also when the sessions come in three pieces; they ran in worktrees of one repository, so there is one project."""
    if not (REAL / "transcripts").is_dir():
        pytest.skip(f"REAL DATA IS MISSING: no transcripts in {REAL.name}; set WORKLEDGER_REAL_DATA to its folder")
    expected: Counter[tuple[str, str]] = Counter()
    files = {path: path.read_bytes() for path in sorted((REAL / "transcripts").rglob("*.jsonl"))}
    for path in files:
        for usage in _counted(path)[0].values():
            expected[usage["model"], "turn_count"] += 1
            for told, column in TOLD.items():
                expected[usage["model"], column] += usage.get(told) or 0
    with workledger.open("memory:") as ledger:
        for part in (0.31, 0.77, 1):
            for path, data in files.items():
                grown = tmp_path / path.relative_to(REAL)
                grown.parent.mkdir(parents=True, exist_ok=True)
                grown.write_bytes(data[: int(len(data) * part)])
            import_claude_code(ledger, tmp_path)
        ledger.catch_up()
        totals = run_models.totals(ledger.tables)
        assert {
            (str(one["model"]), name): dict(one)[name] for one in totals for name in ("turn_count", *TOLD.values())
        } == expected
        assert len(rows(ledger, Projects)) == 1


TOLD = {
    "input_tokens": "token_input_count",
    "output_tokens": "token_output_count",
    "cache_read_input_tokens": "cache_read_token_count",
    "cache_creation_input_tokens": "cache_write_token_count",
}


def _counted(path: Path) -> tuple[dict[tuple[str, str], dict[str, Any]], int]:
    """The usage of the last line of each (message id, request id), and how many tools were called."""
    usage, tools = {}, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        if told["type"] == "assistant":
            usage[told["message"]["id"], told["requestId"]] = {
                **(told["message"].get("usage") or {}),
                "model": told["message"]["model"],
            }
            tools += sum(block["type"] == "tool_use" for block in told["message"]["content"])
    return usage, tools
