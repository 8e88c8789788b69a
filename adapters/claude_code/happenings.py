"""The contents of a record, independent of how they are stored."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workledger.adapters.claude_code.records import Record, Usage
from workledger.adapters.redaction import JSON
from workledger.domain.import_source import Key


@dataclass(frozen=True, slots=True)
class Said:
    """A record for the log, redacted and truncated."""

    body: JSON


@dataclass(frozen=True, slots=True)
class ToolUsed:
    id: str
    tool: str
    input: JSON
    turn: int


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """`outcome` is complete, error or denied; `output` the tool's answer, or the error or the reason as text."""

    call: ToolUsed
    outcome: str
    output: JSON
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn is one message of the model, however many lines it takes; its usage is that of the last."""

    number: int
    usage: Usage
    tool_calls: int


Happening = Said | ToolUsed | ToolEnded | Turn


@dataclass(frozen=True, slots=True)
class Moment:
    """The new contents of one record; `index` is the record's place in the thread."""

    index: int
    at: datetime
    happenings: tuple[Happening, ...]


@dataclass(frozen=True)
class Past:
    """The part of a thread that is already recorded.

    Attributes:
        has: whether the record at that place has been.
        turns: how many turns have been, and `usage` what was counted for each message.
        elsewhere: records of earlier files, which this one only repeats.
    """

    has: Callable[[int, Record], bool] = lambda index, record: False
    turns: int = 0
    usage: Mapping[Key, Usage] = field(default_factory=dict)
    elsewhere: Container[str | None] = ()
