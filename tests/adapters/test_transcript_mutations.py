"""Transcripts that were damaged in any way: what is good in them comes in, once, and nothing ends an import."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workledger
from support.transcripts import LATER, ONE, Transcript, rows, text, use, work
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.tool_calls import ToolCalls

REAL = Path(os.environ.get("WORKLEDGER_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data" / "agent-project")
SOME = 30
"""Lines that are imported at a time, and the bytes that one of them may have."""

SHORT = 6_000


@dataclass
class Line:
    """A line of a file, and whether it is as it was written."""

    data: bytes
    whole: bool = True


ODD: list[Any] = [
    *(None, True, 0, -1, 2**63, 2**70, 1e308, "", "x", "\x00\ud800", [], {}, [[]], [None], {"": None}),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-11T20:00:00", "x" * 300, "a/../b\n"),
]
TIMES = [*ODD, "2026-02-11T20:00:00.000Z", "1969-12-31T23:59:59Z", "+292278994-08-17T07:12:55Z", 1772359200000]


def session(folder: Path) -> list[bytes]:
    main = Transcript(folder)
    work(main)
    main.meta("mode", mode="plan")
    main.meta("custom-title", customTitle="Parsing")
    main.say("system", subtype="compact_boundary", logicalParentUuid=main.parent, parentUuid=None)
    for number in range(8):
        main.answer(f"n{number}", text("Hm."), use(f"again_{number}"), usage=(1, number))
        main.result(f"again_{number}", "ok")
    return main.lines


@cache
def written() -> dict[str, list[bytes]]:
    """A transcript of a test; and, when they are there, windows of real ones."""
    with TemporaryDirectory() as scratch:
        told = {"written": session(Path(scratch))}
    for path in sorted((REAL / "transcripts").rglob("*.jsonl")):
        lines = [line + b"\n" for line in path.read_bytes().splitlines() if len(line) < SHORT]
        lines = [line for line in lines if b'"type":"progress"' not in line]
        told |= {f"{path.name}:{start}": lines[start : start + SOME] for start in range(0, len(lines), SOME)}
    return told


def damage(draw: st.DrawFn, lines: list[Line]) -> None:
    """One mutation of the lines."""
    at = draw(st.integers(0, len(lines) - 1))
    match draw(st.sampled_from(["bytes", "cut", "drop", "double", "swap", "join", "value", "value", "time", "nest"])):
        case "bytes":
            place = draw(st.integers(0, max(0, len(lines[at].data) - 1)))
            noise = draw(st.binary(max_size=4) | st.sampled_from([b"\0" * 50, b"\n", b"\r", b"\\u0000", b"\xff", b'"']))
            removed = draw(st.integers(0, 3))
            lines[at] = Line(lines[at].data[:place] + noise + lines[at].data[place + removed :], False)
        case "cut":
            lines[at] = Line(lines[at].data[: draw(st.integers(0, len(lines[at].data)))] + b"\n", False)
        case "drop":
            del lines[at]
        case "double":
            lines.insert(draw(st.integers(0, len(lines))), Line(lines[at].data, lines[at].whole))
        case "swap":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        case "join":
            lines[at] = Line(lines[at].data.rstrip(b"\n"), False)
        case kind:
            lines[at] = Line(changed(draw, lines[at].data, kind), False)


def changed(draw: st.DrawFn, line: bytes, kind: str) -> bytes:
    """A record with another value at one place."""
    try:
        told = json.loads(line)
    except ValueError:
        return line
    if not isinstance(told, dict) or not told:
        return line
    if kind == "time":
        told["timestamp"] = draw(st.sampled_from(TIMES))
    elif kind == "nest":
        name, depth = draw(st.sampled_from(sorted(told))), draw(st.sampled_from([1, 99, 101, 300, 900]))
        nested = json.dumps({"x" * 5: "?"}).replace('"?"', '{"a":[' * depth + json.dumps(told[name]) + "]}" * depth)
        return json.dumps({**told, name: "?"}).replace('"?"', nested, 1).encode() + b"\n"
    else:
        holder: Any = told
        name: Any = draw(st.sampled_from(sorted(told)))
        while isinstance(holder[name], dict | list) and holder[name] and draw(st.booleans()):
            holder = holder[name]
            name = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        holder[name] = draw(st.sampled_from(ODD))
    return json.dumps(told).encode() + b"\n"


@st.composite
def damaged(draw: st.DrawFn) -> list[Line]:
    source = written()
    name = draw(st.sampled_from(sorted(source)) | st.just("written"))
    lines = [Line(line) for line in source[name]]
    for _ in range(draw(st.integers(1, 12))):
        if lines:
            damage(draw, lines)
    for before, line in pairwise(lines):
        line.whole = line.whole and before.data.endswith(b"\n")
    return lines


def recorded(ledger: workledger.Workledger) -> tuple[Counter[tuple[str, ...]], list[Any]]:
    """How often the log has each record with a uuid, and all that must not change any more."""
    chunks = rows(ledger, AgentLogChunks, "agent_id", "seq")
    told = [json.loads(one["content"]) for one in chunks]
    ids: Counter[tuple[str, ...]] = Counter()
    for one in told:
        message = one.get("message") if isinstance(one.get("message"), dict) else {}
        if isinstance(one.get("uuid"), str) and one["uuid"]:
            ids[one["uuid"], str(one.get("type")), str(message.get("id"))] += 1
    return ids, [chunks, rows(ledger, AgentRuns), rows(ledger, ToolCalls, "agent_run_id", "id")]


@given(damaged(), st.data())
def test_what_is_good_comes_in_once_whatever_was_done_to_a_transcript(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"{ONE}.jsonl"
    whole = b"".join(line.data for line in lines)
    pieces = sorted({*data.draw(st.lists(st.integers(0, len(whole)), max_size=2)), len(whole)})
    with workledger.open("memory:") as ledger:
        for piece in pieces:
            path.write_bytes(whole[:piece])
            import_claude_code(ledger, path.parent, now=LATER)
        ids, there = recorded(ledger)
        assert [id for id, count in ids.items() if count > 1] == []
        good = [json.loads(line.data) for line in lines if line.whole]
        uuids = {uuid for uuid, _, _ in ids}
        missing = [one["uuid"] for one in good if one.get("type") in ("user", "assistant") and one["uuid"] not in uuids]
        assert missing == []
        head = ledger.head()
        import_claude_code(ledger, path.parent, now=LATER)
        assert ledger.head() == head
        assert recorded(ledger)[1] == there
        assert not any(at.dead_letters for at in ledger.projector.checkpoints().values() if at)
