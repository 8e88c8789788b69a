"""What a transcript's record adds to the ledger: log entries, tool calls and turns."""

from dataclasses import dataclass
from datetime import datetime

from workledger.adapters.claude_code.records import Usage
from workledger.adapters.redaction import JSON


@dataclass(frozen=True, slots=True)
class Logged:
    """The record itself as it is logged, redacted and cut to size."""

    body: JSON


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """`id` names the call in its run; the transcript may use one for several calls.

    Attributes:
        run_id: when it is a call of another run.
    """

    id: str
    tool: str
    input: JSON
    turn: int
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """`outcome` is complete, error or denied; `output` is the tool's result, or the error or the reason as text."""

    call: ToolUsed
    outcome: str
    output: JSON
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the model, however many lines and files it takes.

    Attributes:
        at: when the line was written that says what it used.
        tool_calls: how many tools its lines call.
    """

    number: int
    message_id: str
    model: str | None
    usage: Usage
    tool_calls: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What more, or less, a recorded turn of a run used: `turn` has the differences."""

    run_id: str
    turn: Turn


Entry = Logged | ToolUsed | ToolEnded | Turn | Correction


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that has not been imported yet: what it is known by from now on, and where its line is."""

    ids: tuple[str, ...]
    number: int
    start: int
    at: datetime
    entries: tuple[Entry, ...]
    unknown: bool
