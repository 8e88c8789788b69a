"""The records of a transcript file: one JSON object on a line, in the order of their graph."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workledger.adapters.importing import Line, json_lines, parse_time
from workledger.adapters.redaction import JSON
from workledger.domain.import_source import Key

DROPPED = {
    "progress": "progress records",
    "file-history-snapshot": "snapshots of files",
    "file-history-delta": "snapshots of files",
}
KNOWN = {
    *("user", "assistant", "system", "attachment", "queue-operation", "summary", "ai-title", "custom-title"),
    *("last-prompt", "mode", "permission-mode", "agent-name", "agent-color", "agent-setting", "worktree-state"),
    *("started", "result", "pr-link"),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a turn."""

    tokens_in: int = 0
    tokens_out: int = 0
    cache_tokens: int = 0

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.tokens_in - other.tokens_in,
            self.tokens_out - other.tokens_out,
            self.cache_tokens - other.cache_tokens,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A line, with its place. A value of a wrong type counts as missing."""

    start: int
    kind: str
    uuid: str | None
    parent: str | None
    at: datetime | None
    body: dict[str, JSON]

    @property
    def message(self) -> dict[str, JSON]:
        return mapping(self.body.get("message"))

    @property
    def blocks(self) -> list[dict[str, JSON]]:
        """What the message is made of; plain text is one block."""
        content = self.message.get("content")
        if isinstance(content, str):
            return [{"type": "text", "text": content}]
        return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []

    @property
    def text(self) -> str:
        return "\n".join(
            one for block in self.blocks if block.get("type") == "text" and (one := string(block.get("text")))
        )

    @property
    def key(self) -> Key | None:
        """Of the turn that the record is a line of; None when it is none."""
        if self.kind != "assistant":
            return None
        return string(self.message.get("id")), string(self.body.get("requestId"))

    @property
    def usage(self) -> Usage | None:
        usage = mapping(self.message.get("usage"))
        return usage_of(usage) if usage else None

    @property
    def prompts(self) -> bool:
        """Whether a user wrote to the agent here, rather than a tool or Claude Code itself."""
        typed = self.kind == "user" and not self.body.get("isMeta") and not self.body.get("isCompactSummary")
        return typed and any(block.get("type") == "text" for block in self.blocks) and not self.text.startswith("<")


def usage_of(usage: dict[str, JSON]) -> Usage:
    cached = number(usage.get("cache_creation_input_tokens")) + number(usage.get("cache_read_input_tokens"))
    return Usage(number(usage.get("input_tokens")), number(usage.get("output_tokens")), cached)


def record(line: Line) -> Record | None:
    """The record on a line; None when it is no JSON object."""
    body = line.value
    if body is None:
        return None
    return Record(
        start=line.start,
        kind=string(body.get("type")) or "",
        uuid=string(body.get("uuid")),
        parent=string(body.get("parentUuid")) or string(body.get("logicalParentUuid")),
        at=parse_time(body.get("timestamp")),
        body=body,
    )


def records_of(path: Path) -> list[Record]:
    """All the records of a file, in its order."""
    lines, _ = json_lines(path.read_bytes())
    return [one for line in lines if (one := record(line))]


def in_graph_order(records: Iterable[Record]) -> Iterator[Record]:
    """Parents before children; otherwise in the order of the file, not of the timestamps."""
    there = list(records)
    ids = {one.uuid for one in there if one.uuid}
    placed: set[str | None] = set()
    waiting: dict[str | None, list[Record]] = defaultdict(list)
    for one in there:
        if one.parent in ids and one.parent not in placed and one.parent != one.uuid:
            waiting[one.parent].append(one)
            continue
        ready = [one]
        while ready:
            next_one = ready.pop()
            placed.add(next_one.uuid)
            yield next_one
            ready += reversed(waiting.pop(next_one.uuid, []) if next_one.uuid else [])
    circle = [one for held in waiting.values() for one in held]
    yield from sorted(circle, key=lambda one: one.start)


def string(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None


def number(value: JSON) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def mapping(value: JSON) -> dict[str, JSON]:
    return value if isinstance(value, dict) else {}
