"""Whose the records of a part of a file are: the thread's own, new or imported before, or copies of other threads'."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workledger.adapters.claude_code.reading import Part
from workledger.adapters.claude_code.told import Recorded


@dataclass(frozen=True)
class Ownership:
    """Places in a part of a file.

    Attributes:
        own: of the records that are this thread's.
        new: of those of them that are not imported yet.
    """

    own: frozenset[int]
    new: frozenset[int]


def ownership(
    part: Part,
    message_ids: list[str | None],
    *,
    holders: Mapping[str, str],
    sources: Collection[str],
    read_before: int,
    recorded: Mapping[str, Recorded],
    run_id: str,
) -> Ownership:
    """Tell the records of a part apart.

    Args:
        message_ids: for each record the message that it is a line of, if it is one.
        holders: the sources that hold the records which are imported, and `sources` those of this file.
        read_before: the bytes of the file that were read by an earlier import.
        recorded: the turns of the messages that have one.
        run_id: of the thread.
    """
    copies = _copies(part, message_ids, holders, recorded, run_id)
    own, new, seen = set(), set(), set[str]()
    for index, (one, id) in enumerate(zip(part.records, part.ids, strict=True)):
        holder = holders.get(id)
        if not id:
            own.add(index)
            continue
        if id in seen or (holder is not None and holder not in sources) or index in copies:
            continue
        seen.add(id)
        own.add(index)
        if holder is None and one.start >= read_before:
            new.add(index)
    return Ownership(frozenset(own), frozenset(new))


def _copies(
    part: Part,
    message_ids: list[str | None],
    holders: Mapping[str, str],
    recorded: Mapping[str, Recorded],
    run_id: str,
) -> set[int]:
    """Records that a fork copied under new uuids without saying which they had.

    A line of another run's message that is not younger than what is recorded of it is a copy; so is all that led to
    it, and the results of copied calls that came before the last of those lines.
    """
    by_uuid: dict[str | None, int] = {one.uuid: index for index, one in enumerate(part.records) if one.uuid}
    copies: set[int] = set()
    last = None
    for index, (one, message) in enumerate(zip(part.records, message_ids, strict=True)):
        known = recorded.get(message) if message else None
        if known is None or known.run_id == run_id or one.at is None or one.at > known.at:
            continue
        at: int | None = index
        while at is not None and at not in copies and part.ids[at] not in holders:
            copies.add(at)
            last = max(last or one.at, one.at)
            at = by_uuid.get(part.records[at].parent)
    calls = {str(block.get("id")) for at in copies for block in part.records[at].blocks if block.get("id")}
    for index, one in enumerate(part.records):
        if last and one.at and one.at <= last and any(str(block.get("tool_use_id")) in calls for block in one.blocks):
            copies.add(index)
    return copies
