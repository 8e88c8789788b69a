"""One bad entry never ends an import: it is counted with its place, the rest comes in, and a second import agrees."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.transcripts import LATER, ONE, TWO, Transcript, logged, only, rows, text, told_at, uid, use, work
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.importing import Report
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.projects import Projects
from workledger.projections.sessions import Sessions
from workledger.projections.tool_calls import ToolCalls


@pytest.fixture
def ledger() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "projects" / "-home-ann-code-parser"


@pytest.fixture
def main(folder: Path) -> Transcript:
    return Transcript(folder)


def imported(ledger: workledger.Workledger, path: Path) -> Report:
    """The report of a first import; a second one changes nothing."""
    report = import_claude_code(ledger, path, now=LATER)
    head = ledger.head()
    import_claude_code(ledger, path, now=LATER)
    assert ledger.head() == head
    return report


def tokens_out(ledger: workledger.Workledger) -> int:
    return sum(one["token_output_count"] for one in rows(ledger, AgentRuns))


def test_links_that_lead_nowhere_and_folders_and_pipes_named_like_files_are_left_out(
    ledger: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    (folder / "gone.jsonl").symlink_to(folder / "nowhere.jsonl")
    (folder / "round.jsonl").symlink_to("round.jsonl")
    (folder / "archive.jsonl").mkdir()
    os.mkfifo(folder / "pipe.jsonl")
    report = imported(ledger, folder)
    assert tokens_out(ledger) == 60
    assert report.left_out["entries that are no files"] == 2
    assert report.first["entries that are no files"] in ("archive.jsonl", "pipe.jsonl")
    assert "entries that cannot be read: no such file or directory 1 (first: gone.jsonl)" in str(report)
    assert report.left_out["entries that cannot be read: too many levels of symbolic links"] == 1


def test_links_are_followed_once_and_never_in_a_circle(
    ledger: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    sub, other = Transcript(folder, subagent="w1"), Transcript(folder, TWO)
    sub.answer("s", text("Seen."), usage=(1, 9))
    other.answer("o", text("Yes."), usage=(1, 100))
    (folder / TWO).mkdir()
    (folder / TWO / "subagents").symlink_to(folder / ONE / "subagents")
    (folder / "again.jsonl").symlink_to(main.path)
    (folder / "circle").symlink_to(folder)
    outside = Transcript(folder.parents[1] / "outside", uid("outside"))
    outside.answer("u", text("Linked."), usage=(1, 1000))
    (folder / "linked").symlink_to(outside.path.parent)
    report = imported(ledger, folder)
    assert tokens_out(ledger) == 1169
    assert {one["id"] for one in rows(ledger, Agents)} == {
        *(f"agt_{ONE}", f"agt_{ONE}_w1", f"agt_{TWO}", f"agt_{uid('outside')}")
    }
    assert report.left_out["links to files that are read anyway"] == 1


def test_a_file_that_cannot_be_read_is_left_out_until_it_can(
    ledger: workledger.Workledger, folder: Path, main: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(main)
    other = Transcript(folder, TWO)
    other.answer("o", text("Yes."), usage=(1, 100))
    opened = Path.open

    def closed(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name == other.path.name:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", closed)
        report = imported(ledger, folder)
        assert f"entries that cannot be read: permission denied 1 (first: {other.path.name})" in str(report)
        assert tokens_out(ledger) == 60
    import_claude_code(ledger, folder, now=LATER)
    assert tokens_out(ledger) == 160


def test_a_file_that_vanishes_while_the_import_runs_is_left_out(
    ledger: workledger.Workledger, folder: Path, main: Transcript
) -> None:
    work(main)
    other = Transcript(folder, TWO)
    other.answer("o", text("Yes."), usage=(1, 100), timestamp=told_at(500))
    report = import_claude_code(ledger, folder, progress=lambda *_: other.path.unlink(missing_ok=True), now=LATER)
    assert report.left_out["entries that cannot be read: no such file or directory"] == 1
    assert tokens_out(ledger) == 60


def test_bad_lines_are_told_by_file_and_line(ledger: workledger.Workledger, folder: Path, main: Transcript) -> None:
    main.prompt("Go")
    main.raw(b"\n")
    main.raw(b'{"type": "user", "broken\n')
    main.raw(b"[1, 2]\n")
    main.answer("a", text("Done."), usage=(1, 2))
    report = imported(ledger, folder.parent)
    assert report.left_out["malformed lines"] == 2
    assert report.first["malformed lines"] == f"{folder.name}/{main.path.name}:3"
    assert tokens_out(ledger) == 2


@pytest.mark.parametrize("depth", [90, 300, 1000, 100_000])
def test_what_is_nested_too_deeply_is_cut_or_counted_and_the_rest_comes_in(
    ledger: workledger.Workledger, folder: Path, main: Transcript, depth: int
) -> None:
    main.prompt("Go")
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    told = json.dumps(main.answer("a", use("call_1", "Deep"), usage=(1, 2))).encode()
    main.lines[-1] = told.replace(b'"input": {}', b'"input": ' + deep) + b"\n"
    main.result("call_1", "ok")
    main.answer("b", text("Done."), usage=(1, 3))
    report = imported(ledger, folder)
    kept = report.left_out["malformed lines"] == 0
    assert kept or depth >= 1000
    assert tokens_out(ledger) == (5 if kept else 3)
    assert len(rows(ledger, ToolCalls)) == kept
    cut = report.left_out["records cut where nested too deeply"]
    assert (cut == 1) == (kept and depth > 90)


def test_bytes_that_are_no_text_are_read_as_far_as_they_go(ledger: workledger.Workledger, main: Transcript) -> None:
    main.prompt("x\ud83d y\x00z")
    main.answer("a", {**use("t\x00", "B\ud800"), "input": {"k\x00": "v\udfff"}}, usage=(1, 2))
    main.result("t\x00", "\x00" * 4)
    main.raw(b'{"type": "user", "sessionId": "%b", "message": {"content": "caf\xe9"}}\n' % ONE.encode())
    main.lines[1] = main.lines[1].rstrip() + b"\0" * 900 + b"\n"
    main.lines[0] = b"\xef\xbb\xbf" + main.lines[0]
    main.lines = [line.rstrip(b"\n") + b"\r\n" for line in main.lines]
    main.write()
    report = imported(ledger, main.path)
    assert not report.left_out
    assert tokens_out(ledger) == 2
    assert only(ledger, ToolCalls)["input"] == {"k�": "v?"}
    assert logged(ledger)[3]["message"]["content"] == "caf�"


@pytest.mark.parametrize(
    "at",
    [
        *("9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "0002-01-01T00:00Z"),
        *(1772359200000, 1e300, "Sun Mar 01 2026 10:00:04 GMT+0000", "2026-02-30T00:00:00Z", "", None, [], {}),
        *("2026-02-11T20:00:00+99:00", "1969-07-20T20:17:00Z", "20260211"),
    ],
)
@pytest.mark.parametrize("place", range(3))
def test_times_out_of_any_calendar_are_as_if_not_said(
    ledger: workledger.Workledger, main: Transcript, at: Any, place: int
) -> None:
    for number in range(3):
        told = {"timestamp": at} if number == place else {}
        main.answer(f"m{number}", use(f"call_{number}"), usage=(1, 10), **told)
    main.result("call_1", "ok", timestamp=at)
    main.answer("last", text("Done."), usage=(1, 10))
    imported(ledger, main.path)
    assert tokens_out(ledger) == 40
    assert only(ledger, AgentRuns)["status"] == "completed"


def test_tokens_that_no_message_can_have_are_as_if_not_said(ledger: workledger.Workledger, main: Transcript) -> None:
    for number, tokens in enumerate([None, "7", -5, 2**60, 2**70, 1e30, True, [3], {}]):
        main.answer(f"m{number}", text("."), usage={"input_tokens": tokens, "output_tokens": 1})
    main.answer("n", text("."), usage=None)
    imported(ledger, main.path)
    assert (tokens_out(ledger), only(ledger, AgentRuns)["token_input_count"]) == (9, 0)


def test_tokens_written_to_the_cache_count_however_they_are_told(
    ledger: workledger.Workledger, main: Transcript
) -> None:
    told = {"ephemeral_1h_input_tokens": 700, "ephemeral_5m_input_tokens": 30}
    main.answer("a", text("."), usage={"output_tokens": 1, "cache_creation": told})
    main.answer("b", text("."), usage={"cache_creation_input_tokens": 5, "cache_creation": told})
    imported(ledger, main.path)
    assert only(ledger, AgentRuns)["cache_token_count"] == 735


@pytest.mark.parametrize(
    "said",
    [
        [("summary", {"summary": "Talk A", "leafUuid": uid("a")}), ("summary", {"summary": "Talk B"})],
        [("custom-title", {"customTitle": "x"}), ("mode", {"mode": "normal"}), ("pr-link", {"prNumber": 3})],
        [("file-history-snapshot", {"messageId": "x", "snapshot": {}})],
    ],
)
def test_files_of_metadata_alone_make_nothing(
    ledger: workledger.Workledger, folder: Path, main: Transcript, said: list[tuple[str, dict[str, Any]]]
) -> None:
    for kind, fields in said:
        main.meta(kind, **fields)
    report = imported(ledger, folder)
    assert ledger.head() == 0
    assert report.left_out["files of metadata only"] == 1
    assert not [*rows(ledger, Projects), *rows(ledger, Sessions), *rows(ledger, Agents), *rows(ledger, AgentRuns)]
    main.prompt("Go")
    imported(ledger, folder)
    assert len(logged(ledger)) == 1 + sum(kind != "file-history-snapshot" for kind, _ in said)


def test_sixty_unknown_records_come_first(ledger: workledger.Workledger, main: Transcript) -> None:
    for number in range(60):
        main.meta("hologram", number=number)
    work(main)
    imported(ledger, main.path)
    assert (len(logged(ledger)), tokens_out(ledger)) == (71, 60)


def test_the_last_error_of_a_request_is_no_result_and_no_turn(ledger: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Go")
    main.answer("a", text("Nearly done."), usage=(1, 2))
    message = {"id": "b0d1", "model": "<synthetic>", "content": [text("API Error: 500 overloaded")], "usage": {}}
    main.say("assistant", message=message, isApiErrorMessage=True)
    imported(ledger, main.path)
    run = only(ledger, AgentRuns)
    assert (run["turn_count"], run["result"], run["model"]) == (1, "Nearly done.", "claude-opus-4-6")


def test_a_side_thread_in_the_file_of_a_session_does_not_speak_for_it(
    ledger: workledger.Workledger, main: Transcript
) -> None:
    main.prompt("Look around", isSidechain=True)
    main.prompt("The task")
    main.answer("a", use("call_1", "Task", prompt="Look around"), usage=(1, 5))
    main.answer("s", text("Seen."), usage=(1, 50), isSidechain=True)
    main.result("call_1", "Seen.")
    main.answer("b", text("Done."), usage=(1, 7))
    main.answer("t", text("And more."), usage=(1, 1), isSidechain=True)
    imported(ledger, main.path)
    run = only(ledger, AgentRuns)
    assert (run["result"], run["prompt"], run["token_output_count"]) == ("Done.", "The task", 63)
    assert only(ledger, Sessions)["title"] == "The task"


@pytest.mark.parametrize("kind", ["prompt", "custom-title", "ai-title", "summary"])
def test_what_claude_code_says_in_the_users_place_is_no_title(
    ledger: workledger.Workledger, main: Transcript, kind: str
) -> None:
    marker = "[Request interrupted by user for tool use]"
    main.prompt("[Request interrupted by user]")
    if kind == "prompt":
        main.prompt(f"{marker}\nThe real thing")
    else:
        main.prompt("The real thing")
        main.meta(kind, **{{"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}[kind]: marker})
    imported(ledger, main.path)
    assert only(ledger, Sessions)["title"] == "The real thing"


def test_a_session_of_which_nothing_is_said_has_no_title(ledger: workledger.Workledger, main: Transcript) -> None:
    main.prompt("[Request interrupted by user]")
    imported(ledger, main.path)
    assert only(ledger, Sessions)["title"] is None


def test_a_summary_of_another_session_is_no_title(ledger: workledger.Workledger, main: Transcript) -> None:
    main.meta("summary", summary="Payroll of another talk", leafUuid=uid("elsewhere"))
    told = main.prompt("The task")
    imported(ledger, main.path)
    assert only(ledger, Sessions)["title"] == "The task"
    main.meta("summary", summary="What it was about", leafUuid=told["uuid"])
    imported(ledger, main.path)
    assert only(ledger, Sessions)["title"] == "What it was about"


def test_ids_that_are_none_become_digests(ledger: workledger.Workledger, folder: Path) -> None:
    odd = Transcript(folder, "../../x y/\u2603:#?" + "z" * 300)
    odd.path = folder / "my talk (old).jsonl"
    odd.answer("a", use("call" * 1_000, "tool" * 1_000), usage=(1, 2))
    odd.result("call" * 1_000, "ok")
    imported(ledger, folder)
    [session], [call] = rows(ledger, Sessions), rows(ledger, ToolCalls)
    assert len(session["id"]) == 24
    assert session["id"].isalnum()
    assert (len(call["id"]), len(call["tool"]), call["status"]) == (24, 200, "complete")


def test_a_record_that_the_ledger_refuses_is_left_out_alone(
    ledger: workledger.Workledger, main: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workledger.adapters.claude_code import sizes

    monkeypatch.setattr(sizes, "TEXT", 10**9)
    monkeypatch.setattr(sizes, "EVENT", 10**9)
    main.prompt("Go")
    main.prompt("x" * 300_000)
    main.answer("a", text("Done."), usage=(1, 2))
    report = imported(ledger, main.path)
    assert report.left_out["records refused with PAYLOAD_TOO_LARGE"] == 1
    assert report.first["records refused with PAYLOAD_TOO_LARGE"] == f"{main.path.name}:2"
    assert (len(logged(ledger)), tokens_out(ledger)) == (2, 2)


def test_what_was_cut_and_redacted_is_counted_once(ledger: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Use token=abc123def")
    main.answer("a", use("call_1", command="export PASSWORD=hunter2"), usage=(1, 2))
    main.result("call_1", "x" * 5_000)
    report = imported(ledger, main.path)
    assert (report.redacted, report.shortened) == (2, 2)
    assert "; cut: texts 2; redacted: texts 2; " in str(report)
    main.answer("b", text("Done."), usage=(1, 2))
    report = imported(ledger, main.path)
    assert (report.redacted, report.shortened) == (0, 0)


def test_calls_that_share_an_id_are_calls_of_their_own(ledger: workledger.Workledger, main: Transcript) -> None:
    main.answer("a", use("Bash:0", command="one"))
    main.result("Bash:0", "1")
    imported(ledger, main.path)
    main.answer("b", use("Bash:0", command="two"))
    main.answer("b", use("Bash:0", command="two"), use("Bash:1", command="three"))
    main.result("Bash:0", "2")
    main.result("Bash:0", "again")
    imported(ledger, main.path)
    assert [(one["id"], one["input"], one["output"]) for one in rows(ledger, ToolCalls)] == [
        ("Bash:0", {"command": "one"}, "1"),
        ("Bash:0~2", {"command": "two"}, "2"),
        ("Bash:1", {"command": "three"}, None),
    ]


def test_records_without_any_time_come_in(ledger: workledger.Workledger, main: Transcript) -> None:
    work(main)
    told = [json.loads(line) for line in main.lines]
    main.lines = [json.dumps({k: v for k, v in one.items() if k != "timestamp"}).encode() + b"\n" for one in told]
    main.write()
    imported(ledger, main.path)
    assert (tokens_out(ledger), len(logged(ledger))) == (60, 11)


def test_a_session_dated_in_the_far_future_is_over(ledger: workledger.Workledger, main: Transcript) -> None:
    main.prompt("Go", timestamp="9998-01-01T00:00:00Z")
    imported(ledger, main.path)
    assert only(ledger, AgentRuns)["status"] == "completed"


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999Z", "0002-01-01T00:00:00Z"])
def test_times_at_the_ends_of_the_calendar_are_stored_in_every_database(
    store_url: str, main: Transcript, at: str
) -> None:
    main.prompt("Go", timestamp=at)
    main.answer("a", use("call_1"), usage=(1, 2), timestamp=at)
    main.result("call_1", "ok")
    with workledger.open(store_url) as ledger:
        imported(ledger, main.path)
        assert (tokens_out(ledger), only(ledger, ToolCalls)["status"]) == (2, "complete")
        assert len(logged(ledger)) == 3


def test_a_call_that_is_denied_in_a_later_import_keeps_its_input(
    ledger: workledger.Workledger, main: Transcript
) -> None:
    main.answer("a", use("call_1", command="rm -r token=abc123def"))
    imported(ledger, main.path)
    main.result("call_1", "Permission to use Bash has been denied.", is_error=True)
    imported(ledger, main.path)
    call = only(ledger, ToolCalls)
    assert (call["status"], call["input"]) == ("denied", {"command": "rm -r token=[redacted]"})


def test_a_file_whose_name_is_no_text_is_read(ledger: workledger.Workledger, folder: Path, main: Transcript) -> None:
    work(main)
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jsonl"))
    main.path.rename(odd)
    with odd.open("ab") as file:
        file.write(b"broken\n")
    report = imported(ledger, folder)
    assert tokens_out(ledger) == 60
    assert report.first["malformed lines"] == "caf\ufffd.jsonl:12"


def test_a_folder_with_a_name_of_any_length_is_where_a_session_may_have_been(
    ledger: workledger.Workledger, main: Transcript
) -> None:
    main.cwd = "/" + "x" * 300_000
    main.prompt("Go")
    main.cwd = "/work/" + "y" * 300
    main.prompt("On")
    imported(ledger, main.path)
    assert only(ledger, Projects)["name"] == "y" * 120
