"""Transcripts of Claude Code as tests write them, and what a ledger has of them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import workledger
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.sessions import Sessions
from workledger.projections.tool_calls import ToolCalls

BEGAN = datetime(2026, 2, 11, 20, 0, tzinfo=UTC)
LATER = BEGAN + timedelta(days=30)
NAMES = UUID("11111111-2222-3333-4444-555555555555")
ONE, TWO = (str(uuid5(NAMES, name)) for name in ("one", "two"))


def uid(name: str) -> str:
    return str(uuid5(NAMES, name))


def told_at(second: float) -> str:
    return (BEGAN + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Transcript:
    """A file of a session, or of a sub-agent of it; records are ten seconds apart and each follows the last."""

    def __init__(self, folder: Path, session: str = ONE, subagent: str | None = None) -> None:
        self.session, self.subagent = session, subagent
        self.path = (
            folder / session / "subagents" / f"agent-{subagent}.jsonl" if subagent else folder / f"{session}.jsonl"
        )
        self.lines: list[bytes] = []
        self.parent: str | None = None
        self.cwd = "/home/ann/code/parser"

    def say(self, type: str, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """Tell a record; `name` makes its uuid, and `parent` names another than the last one."""
        number = len(self.lines)
        name = name or f"{self.session}{self.subagent}{number}"
        told = {
            "parentUuid": self.parent,
            "isSidechain": self.subagent is not None,
            "cwd": self.cwd,
            "sessionId": self.session,
            "version": "2.1.39",
            "gitBranch": "main",
            "type": type,
            "uuid": uid(name),
            "timestamp": told_at(10 * number),
            **({"agentId": self.subagent} if self.subagent else {}),
            **fields,
        }
        if "parent" in told:
            told["parentUuid"] = uid(told.pop("parent"))
        self.parent = uid(name)
        self.raw(told)
        return told

    def raw(self, told: Any) -> None:
        self.lines.append(told if isinstance(told, bytes) else json.dumps(told).encode() + b"\n")
        self.write()

    def write(self, upto: int | None = None, more: bytes = b"") -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"".join(self.lines[:upto]) + more)

    def prompt(self, text: str, **fields: Any) -> dict[str, Any]:
        return self.say("user", message={"role": "user", "content": text}, **fields)

    def answer(self, message: str, *blocks: dict[str, Any], usage: Any = (0, 0), **fields: Any) -> dict[str, Any]:
        tokens = (
            {"input_tokens": usage[0], "output_tokens": usage[1], "cache_read_input_tokens": 100}
            if isinstance(usage, tuple)
            else usage
        )
        body = {"id": f"msg_{message}", "model": "claude-opus-4-6", "role": "assistant", "content": list(blocks)}
        message_told = {**body, "stop_reason": None, "usage": tokens}
        return self.say("assistant", message=message_told, **{"requestId": f"req_{message}", **fields})

    def result(self, call: str, content: Any, is_error: bool = False, **fields: Any) -> dict[str, Any]:
        block = {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": is_error}
        return self.say("user", message={"role": "user", "content": [block]}, **fields)

    def meta(self, type: str, **fields: Any) -> None:
        """A record without id and time."""
        self.raw({"type": type, "sessionId": self.session, **fields})


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def use(id: str, tool: str = "Bash", **input: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": tool, "input": input}


def rows(ledger: workledger.Workledger, table: Any, *order: str) -> list[dict[str, Any]]:
    ledger.catch_up()
    return ledger.tables.all(table.table.select().order_by(*(table.c[name] for name in order or ("id",))))


def only(ledger: workledger.Workledger, table: Any) -> dict[str, Any]:
    [found] = rows(ledger, table)
    return found


def logged(ledger: workledger.Workledger, agent_id: str = f"agt_{ONE}") -> list[dict[str, Any]]:
    chunks = rows(ledger, AgentLogChunks, "agent_id", "session_number", "seq")
    return [json.loads(one["content"]) for one in chunks if one["agent_id"] == agent_id]


def everything(ledger: workledger.Workledger) -> dict[str, list[tuple[Any, ...]]]:
    """What can be seen of the sessions, without positions and ids of the log."""
    seen = {
        AgentRuns: (
            *("id", "status", "turn_count", "token_input_count", "token_output_count", "cache_token_count", "result"),
        ),
        ToolCalls: ("id", "tool", "status", "input", "output", "error", "duration_ms"),
        AgentLogChunks: ("agent_id", "seq", "content", "created_at"),
        Sessions: ("id", "status", "tool_call_count", "closed_at"),
    }
    return {
        table.__name__: [tuple(row[name] for name in names) for row in rows(ledger, table, names[0], names[1])]
        for table, names in seen.items()
    }


def work(main: Transcript) -> None:
    """A small session: a prompt, two turns with tools, a last word."""
    main.prompt("Fix the parser, please\nand quickly")
    main.answer("a", {"type": "thinking", "thinking": "Hm", "signature": "x"}, usage=(3, 1))
    main.answer("a", text("I look."), usage=(3, 2))
    main.answer("a", use("call_1", command="ls"), usage=(3, 40))
    main.result("call_1", "a.py\nb.py", toolUseResult={"stdout": "a.py\nb.py", "stderr": "", "interrupted": False})
    main.answer("b", use("call_2", "Read", file_path="/home/ann/code/parser/a.py"), usage=(5, 7))
    main.answer("b", use("call_3", "Read", file_path="nosuch"), usage=(5, 9))
    main.result("call_2", [text("1 import os"), text("2 import re")])
    main.result("call_3", "File does not exist.", is_error=True, toolUseResult="Error: File does not exist.")
    main.answer("c", text("Done."), usage=(2, 11))
    main.say("system", subtype="turn_duration", durationMs=90_000)
