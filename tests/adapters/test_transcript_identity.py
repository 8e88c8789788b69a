"""A message is one turn and a record is logged once, whichever files say it, in any order and any number of pieces."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workledger
from support.transcripts import BEGAN, LATER, ONE, TWO, Transcript, rows, text, told_at, uid, use
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.projections import run_models
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.tool_calls import ToolCalls

MAIN, OTHER = f"p/{ONE}.jsonl", f"p/{TWO}.jsonl"

SAID = ("type", "timestamp", "message", "mode", "customTitle")
"""What a record is, without the ids that a fork changes."""

Files = dict[str, list[bytes]]
"""The lines of each file of a folder, by its path in it."""


def history(ledger: workledger.Workledger) -> dict[str, Any]:
    """What there is in all, whichever thread has it: records, calls and what was used of each model."""
    told = [json.loads(one["content"]) for one in rows(ledger, AgentLogChunks, "agent_id", "seq")]
    calls = [{**one, "input": json.dumps(one["input"])} for one in rows(ledger, ToolCalls)]
    return {
        "records": Counter(json.dumps({name: one[name] for name in SAID if name in one}) for one in told),
        "calls": Counter((one["tool"], one["input"], one["status"], str(one["output"])) for one in calls),
        "used": [{**one, "run_count": 0} for one in run_models.totals(ledger.tables)],
        "turns": sum(one["turn_count"] for one in rows(ledger, AgentRuns)),
    }


def answered(main: Transcript) -> None:
    main.prompt("Count")
    main.answer("a", text("One."), use("call_1", command="one"), usage=(3, 10))
    main.result("call_1", "1")
    main.answer("b", text("Two."), usage=(4, 20))


def remapped(line: bytes, *, named: bool) -> bytes:
    """The copy of a record in a fork: new uuids, the same message and time."""
    told = json.loads(line)
    if named:
        told["forkedFrom"] = {"sessionId": told["sessionId"], "messageUuid": told["uuid"]}
    for name in ("uuid", "parentUuid"):
        told[name] = told[name] and uid(told[name])
    return json.dumps({**told, "sessionId": TWO}).encode() + b"\n"


def forked(folder: Path, named: bool) -> Files:
    """A fork that gives its copies new uuids, and says which they had or not."""
    main, fork = Transcript(folder), Transcript(folder, TWO)
    answered(main)
    fork.lines = [remapped(line, named=named) for line in main.lines]
    fork.parent = uid(str(main.parent))
    fork.prompt("Go on elsewhere")
    fork.answer("f", use("call_f", command="fork"), usage=(1, 100))
    fork.result("call_f", "forked")
    main.prompt("Go on here", timestamp=told_at(300))
    main.answer("m", text("Here."), usage=(1, 1000), timestamp=told_at(310))
    return {MAIN: main.lines, OTHER: fork.lines}


def resumed(folder: Path) -> Files:
    """A resumed session that repeats the earlier one, one line of its last message not yet there."""
    main, later = Transcript(folder), Transcript(folder, TWO)
    answered(main)
    later.lines = [line.replace(ONE.encode(), TWO.encode()) for line in main.lines]
    later.parent = main.parent
    main.answer("b", use("call_2", command="two"), usage=(4, 25))
    later.prompt("Again", timestamp=told_at(400))
    later.answer("c", text("Yes."), usage=(5, 3), timestamp=told_at(410))
    return {MAIN: main.lines, OTHER: later.lines}


def in_two_folders(folder: Path) -> Files:
    """One session that goes on in another project folder, in the middle of a message and of a call."""
    main = Transcript(folder)
    answered(main)
    main.answer("c", use("call_2", command="two"), usage=(1, 5))
    main.answer("c", use("call_3", command="three"), usage=(1, 9))
    main.result("call_2", "2")
    main.result("call_3", "3")
    main.meta("custom-title", customTitle="Counting")
    name = f"{ONE}.jsonl"
    return {f"here/{name}": main.lines[:5], f"there/{name}": main.lines[5:]}


def told_elsewhere(folder: Path) -> Files:
    """Records of another session in a file, and a copy of a file under another name."""
    main, other, stray = Transcript(folder), Transcript(folder, TWO), Transcript(folder, TWO)
    answered(main)
    other.prompt("Mine")
    other.answer("o", text("Yours."), usage=(7, 8))
    stray.prompt("In the wrong file", name="stray", timestamp=told_at(700))
    stray.answer("p", text("So be it."), usage=(9, 9), name="stray answer", timestamp=told_at(710))
    return {MAIN: [*main.lines, *stray.lines], OTHER: other.lines, "p/copy of it.jsonl": main.lines[:4]}


def streamed(folder: Path) -> Files:
    """Usage that grows and shrinks while a message is written, ids that several calls share, lines without any id."""
    main, sub = Transcript(folder), Transcript(folder, subagent="a1")
    main.prompt("Go")
    main.answer("a", text("."), usage=(3, 1))
    main.answer("a", use("Bash:0", command="first"), usage=(3, 50))
    main.result("Bash:0", "first")
    main.answer("b", use("Bash:0", command="second"), usage=(3, 40))
    main.result("Bash:0", "second")
    main.answer("b", text("."), usage=(3, 30))
    for tokens in (100, 200, 300):
        main.say("assistant", message={"id": "", "content": [text("?")], "usage": {"output_tokens": tokens}})
    main.say("assistant", isApiErrorMessage=True, message={"id": "x", "model": "<synthetic>", "content": [text("500")]})
    sub.prompt("Look", timestamp=told_at(15))
    sub.answer("s", text("Seen."), usage=(1, 7), timestamp=told_at(16))
    return {MAIN: main.lines, f"p/{ONE}/subagents/agent-a1.jsonl": sub.lines}


def without_times(folder: Path) -> Files:
    main = Transcript(folder)
    answered(main)
    main.meta("mode", mode="plan")
    main.meta("mode", mode="normal")
    main.meta("mode", mode="plan")
    told = [json.loads(line) for line in main.lines]
    lines = [json.dumps({name: one[name] for name in one if name != "timestamp"}).encode() + b"\n" for one in told]
    return {MAIN: lines}


def replaced(folder: Path) -> Files:
    """Two talks in files of the same session, as when one was written over the other."""
    main, other = Transcript(folder), Transcript(folder)
    answered(main)
    other.parent = None
    other.prompt("Another talk", name="other", timestamp=told_at(900))
    other.answer("z", text("Indeed."), usage=(2, 2), name="another", timestamp=told_at(910))
    return {f"here/{ONE}.jsonl": main.lines, f"there/{ONE}.jsonl": other.lines}


SCENARIOS: dict[str, Callable[[Path], Files]] = {
    "forked": lambda folder: forked(folder, named=True),
    "forked silently": lambda folder: forked(folder, named=False),
    "resumed": resumed,
    "in two folders": in_two_folders,
    "told elsewhere": told_elsewhere,
    "streamed": streamed,
    "without times": without_times,
    "replaced": replaced,
}


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def at_once(folder: Path, files: Files) -> dict[str, Any]:
    for name, lines in files.items():
        write(folder, name, b"".join(lines))
    with workledger.open("memory:") as ledger:
        import_claude_code(ledger, folder, now=LATER)
        return history(ledger)


def agree(one: dict[str, Any], other: dict[str, Any], *, logs: bool = True) -> None:
    for what in one:
        assert one[what] == other[what] or (what == "records" and not logs), what


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_files_in_any_order_give_one_history(tmp_path: Path, scenario: str) -> None:
    files = SCENARIOS[scenario](tmp_path / "scratch")
    expected = at_once(tmp_path / "at once", files)
    for number, order in enumerate(permutations(files)):
        folder = tmp_path / str(number)
        with workledger.open("memory:") as ledger:
            for name in order:
                import_claude_code(ledger, write(folder, name, b"".join(files[name])), now=LATER)
            agree(history(ledger), expected)
            head = ledger.head()
            import_claude_code(ledger, folder, now=LATER)
            agree(history(ledger), expected)
            import_claude_code(ledger, folder, now=LATER)
            assert ledger.head() - head <= len(files), "a file that only repeats others is noted once"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_files_that_are_gone_when_others_come_count_once(tmp_path: Path, scenario: str) -> None:
    files = SCENARIOS[scenario](tmp_path / "scratch")
    expected = at_once(tmp_path / "at once", files)
    for number, order in enumerate(permutations(files)):
        with workledger.open("memory:") as ledger:
            for name in order:
                path = write(tmp_path / str(number), name, b"".join(files[name]))
                import_claude_code(ledger, path, now=LATER)
                path.unlink()
            agree(history(ledger), expected)


@given(st.data())
def test_pieces_of_files_in_any_order_give_one_history(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    scenario = data.draw(st.sampled_from(sorted(SCENARIOS)))
    files = SCENARIOS[scenario](folder / "scratch")
    whole = {name: b"".join(lines) for name, lines in files.items()}
    cuts = [
        (name, cut)
        for name, lines in files.items()
        for ends in [[sum(map(len, lines[:end])) for end in range(len(lines))]]
        for cut in data.draw(st.lists(st.sampled_from(ends) | st.integers(0, len(whole[name])), max_size=3).map(sorted))
    ]
    steps = data.draw(st.permutations(cuts))
    reached = dict.fromkeys(files, 0)
    with workledger.open("memory:") as ledger:
        for name, cut in [*steps, *((name, len(whole[name])) for name in data.draw(st.permutations(list(files))))]:
            if cut < reached[name]:
                continue  # files grow
            reached[name] = cut
            write(folder / "grown", name, whole[name][:cut])
            now = BEGAN + timedelta(seconds=data.draw(st.integers(0, 2_000)))
            import_claude_code(ledger, folder / "grown", now=now)
        import_claude_code(ledger, folder / "grown", now=LATER)
        # What a fork copies without saying so is known as a copy only by what follows it, which may come later.
        agree(history(ledger), at_once(folder / "at once", files), logs=scenario != "forked silently")
        head = ledger.head()
        import_claude_code(ledger, folder / "grown", now=LATER)
        assert ledger.head() == head
