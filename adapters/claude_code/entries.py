"""What a transcript's record adds to the ledger: log entries, tool calls and turns."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workledger.adapters.claude_code.records import Record, Usage
from workledger.adapters.redaction import JSON
from workledger.domain.import_source import Key


@dataclass(frozen=True, slots=True)
class Logged:
    """The record itself as it is logged, redacted and cut to size."""

    body: JSON


@dataclass(frozen=True, slots=True)
class ToolUsed:
    id: str
    tool: str
    input: JSON
    turn: int


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """`outcome` is complete, error or denied; `output` is the tool's result, or the error or the reason as text."""

    call: ToolUsed
    outcome: str
    output: JSON
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the model, however many lines it takes; its usage is that of the last line."""

    number: int
    usage: Usage
    tool_calls: int


Entry = Logged | ToolUsed | ToolEnded | Turn


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that has not been imported yet; `index` is its place in the thread."""

    index: int
    at: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Past:
    """The part of a thread that has been imported before.

    Attributes:
        has: whether the record at that place has been.
        turns: the number of turns, and `usage` the tokens counted for each message.
        elsewhere: ids of records of earlier files, which this one only repeats.
    """

    has: Callable[[int, Record], bool] = lambda index, record: False
    turns: int = 0
    usage: Mapping[Key, Usage] = field(default_factory=dict)
    elsewhere: Container[str | None] = ()
