"""The records of a transcript file: one JSON object on a line, in the order of their graph."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from workledger.adapters.claude_code.lines import Line
from workledger.adapters.importing import digest, timestamp_of
from workledger.adapters.redaction import JSON

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
TALK = {"user", "assistant"}
"""The kinds that make a session; others only say something about one."""

MOST = 10**12
"""Tokens of one message: a number above it, or below 0, is no number of tokens."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a turn."""

    tokens_in: int = 0
    tokens_out: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.tokens_in - other.tokens_in,
            self.tokens_out - other.tokens_out,
            self.cache_read - other.cache_read,
            self.cache_write - other.cache_write,
        )

    def __add__(self, other: "Usage") -> "Usage":
        return self - (Usage() - other)

    @property
    def size(self) -> tuple[int, int, int, int]:
        """Compares what two lines of one message say when both were written at the same time."""
        return self.tokens_out, self.tokens_in, self.cache_read, self.cache_write


@dataclass(frozen=True, slots=True)
class Record:
    """A line, and what is on it. A field that is missing or of another type counts as absent.

    Attributes:
        start, number: the byte at which the line starts, and its number.
        parent: the uuid of the record that it follows.
    """

    start: int
    number: int
    kind: str
    uuid: str | None
    parent: str | None
    at: datetime | None
    body: dict[str, JSON]

    @property
    def original(self) -> str | None:
        """The uuid that it was first written with: a fork gives its copies new ones, and says which they had."""
        return string(mapping(self.body.get("forkedFrom")).get("messageUuid")) or self.uuid

    @property
    def session(self) -> str | None:
        return string(self.body.get("sessionId"))

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

    def answers(self, calls: Collection[str]) -> bool:
        """Whether it has the result of one of these calls."""
        return any(string(block.get("tool_use_id")) in calls for block in self.blocks)

    @property
    def usage(self) -> Usage | None:
        usage = mapping(self.message.get("usage"))
        return usage_of(usage) if usage else None

    @property
    def model(self) -> str | None:
        """The model that wrote it; None when Claude Code itself did."""
        model = string(self.message.get("model"))
        return None if model is None or model.startswith("<") else model

    @property
    def made_up(self) -> bool:
        """Whether Claude Code wrote it in the model's place, such as the error of a request."""
        return string(self.message.get("model")) == "<synthetic>" or self.body.get("isApiErrorMessage") is True

    @property
    def aside(self) -> bool:
        """Whether it belongs to a side thread, such as a sub-agent's."""
        return self.body.get("isSidechain") is True

    @property
    def prompts(self) -> bool:
        """Whether it is a prompt, rather than a tool's result or a note of Claude Code itself."""
        by_user = self.kind == "user" and not self.body.get("isMeta") and not self.body.get("isCompactSummary")
        return by_user and any(block.get("type") == "text" for block in self.blocks) and not self.text.startswith("<")

    def message_id(self, record_id: str) -> str | None:
        """Identifies the message that it is a line of: the lines of one share message id and request id.

        A line that has neither is a message of its own, if it says what it used. None: it is part of no turn.
        """
        if self.kind != "assistant" or self.made_up:
            return None
        message, request = string(self.message.get("id")), string(self.body.get("requestId"))
        if message or request:
            return digest("message", message or "", request or "")
        return digest("line", record_id) if self.usage else None


def usage_of(raw: dict[str, JSON]) -> Usage:
    written = tokens(raw.get("cache_creation_input_tokens")) or sum(
        map(tokens, mapping(raw.get("cache_creation")).values())
    )
    read = tokens(raw.get("cache_read_input_tokens"))
    return Usage(tokens(raw.get("input_tokens")), tokens(raw.get("output_tokens")), read, written)


def record(line: Line) -> Record | None:
    """The record on a line; None when it is no JSON object."""
    body = line.value
    if body is None:
        return None
    return Record(
        start=line.start,
        number=line.number,
        kind=string(body.get("type")) or "",
        uuid=string(body.get("uuid")),
        parent=string(body.get("parentUuid")) or string(body.get("logicalParentUuid")),
        at=_at(body.get("timestamp")),
        body=body,
    )


def _at(value: JSON) -> datetime | None:
    """To the millisecond, as the ledger stores times: they are compared with those that it has."""
    at = timestamp_of(value)
    return at and at.replace(microsecond=at.microsecond // 1000 * 1000)


def in_graph_order(records: Iterable[Record]) -> Iterator[Record]:
    """Parents before children; otherwise in the order of the file, whatever the timestamps say."""
    there = list(records)
    ids = {one.uuid for one in there if one.uuid}
    yielded: set[str | None] = set()
    waiting: dict[str | None, list[Record]] = defaultdict(list)
    for one in there:
        if one.parent in ids and one.parent not in yielded and one.parent != one.uuid:
            waiting[one.parent].append(one)
            continue
        ready = [one]
        while ready:
            next_one = ready.pop()
            yielded.add(next_one.uuid)
            yield next_one
            ready += reversed(waiting.pop(next_one.uuid, []) if next_one.uuid else [])
    circle = [one for held in waiting.values() for one in held]
    yield from sorted(circle, key=lambda one: one.start)


def string(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None


def tokens(value: JSON) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else 0


def mapping(value: JSON) -> dict[str, JSON]:
    return value if isinstance(value, dict) else {}
