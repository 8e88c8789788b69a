"""Events that go straight into the log, past the rules of the domain: the golden payload of a topic, with changes."""

import json
from pathlib import Path
from typing import Any

import orjson

from workledger import Workledger
from workledger.domain.kernel.store import Conditions, Stored

GOLDEN = Path(__file__).parents[1] / "domain" / "golden_events.jsonl"
LINES = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
PAYLOADS = {line["topic"]: line["payload"] for line in LINES}


def happened(topic: str, id: str, tags: dict[str, str] | None = None, **fields: Any) -> Stored:
    """An event of the stream with that id. `only=True`: no other fields than those given; `data`: a payload as text."""
    data, version = fields.pop("data", None), fields.pop("schema_version", 1)
    payload = fields if fields.pop("only", False) else PAYLOADS.get(topic, {}) | fields
    return Stored(
        originator_id=f"{topic.partition('.')[0]}-{id}",
        originator_version=0,
        topic=topic,
        state=orjson.dumps(payload) if data is None else data.encode(),
        schema_version=version,
        at="2026-11-21T06:00:00.000Z",
        event_id="x",
        tags=orjson.dumps(tags or {}).decode(),
    )


def append(ledger: Workledger, *events: Stored) -> list[int]:
    """Their positions."""
    return list(ledger.store.insert_events(events, conditions=Conditions()))


def card(id: str, project: str = "p", **fields: Any) -> Stored:
    """A card that was put on a board."""
    tags = {"task": id, "project": project}
    return happened("task.created", id, tags, project_id=project, parent_task_id=None, **fields)


def chunk(agent: str, content: str = "so it goes", **fields: Any) -> Stored:
    """A piece of what an agent wrote."""
    return happened(
        "agent_log.chunk_appended", f"{agent}:1", agent_id=agent, session_number=1, content=content, **fields
    )


def shift(number: int) -> list[Stored]:
    """Five events, each of which is counted somewhere: a card comes and moves, a chunk is written, a tool is used."""
    id, call = f"t{number}", {"tool_call_id": f"c{number}", "tool": "Read"}
    tags = {"project": "p", "task": id, "run": "r"}
    return [
        card(id, board_column="backlog"),
        happened("task.moved", id, tags, from_column="backlog", board_column="in_progress"),
        chunk("ann"),
        happened("tool_calls.call_started", "r", tags, agent_id="ann", agent_run_id="r", **call),
        happened("tool_calls.call_completed", "r", tags, duration_ms=7, **call),
    ]


def work(ledger: Workledger, shifts: int, start: int = 0) -> None:
    """So many shifts, in one append."""
    append(ledger, *(event for number in range(start, start + shifts) for event in shift(number)))
