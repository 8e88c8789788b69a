"""The command log: the command ids that are remembered. Their trimming is recorded as an event."""

from datetime import datetime

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.kernel.unit import Unit

STREAM = "command_log-all"
"""There is one."""


class CommandLogTrimmed(Event, topic="command_log.trimmed"):
    """Command ids were forgotten: those of appends up to a position, which were recorded before a time (RFC 3339)."""

    recorded_before: str
    up_to_position: int
    commands: int


def record_trim(unit: Unit, *, recorded_before: datetime, up_to_position: int, commands: int) -> None:
    """Record that so many command ids are forgotten."""
    before = format_timestamp(recorded_before)
    event = CommandLogTrimmed(recorded_before=before, up_to_position=up_to_position, commands=commands)
    unit.log(STREAM, [event], tags={})
