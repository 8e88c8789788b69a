"""Whose the records of a part of a file are: the thread's own, new or imported before, or copies of other threads'."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workledger.adapters.claude_code.reading import Part


@dataclass(frozen=True)
class Ownership:
    """Places in a part of a file.

    Attributes:
        own: of the records that are this thread's.
        new: of those of them that are not imported yet.
        held: ids and traits that some source holds.
    """

    own: frozenset[int]
    new: frozenset[int]
    held: Collection[str]


def ownership(part: Part, *, holders: Mapping[str, str], sources: Collection[str], read_before: int) -> Ownership:
    """Tell the records of a part apart.

    Args:
        holders: the sources that hold the records which are imported, and `sources` those of this file.
        read_before: the bytes of the file that were read by an earlier import.
    """
    copies = _copies(part, holders, sources)
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
    return Ownership(frozenset(own), frozenset(new), holders)


def _copies(part: Part, holders: Mapping[str, str], sources: Collection[str]) -> set[int]:
    """Records that a fork copied under new uuids without saying which they had.

    A line of a message that another file has told, by its traits, is a copy. So is all that led to it, and the results
    of copied calls that came before the last of those lines.
    """
    by_uuid: dict[str | None, int] = {one.uuid: index for index, one in enumerate(part.records) if one.uuid}
    copies: set[int] = set()
    last = None
    for index, traits in enumerate(part.traits):
        if traits is None or holders.get(traits, next(iter(sources))) in sources:
            continue
        at: int | None = index
        while at is not None and at not in copies and part.ids[at] not in holders:
            copies.add(at)
            last = max(filter(None, (last, part.records[at].at)), default=None)
            at = by_uuid.get(part.records[at].parent)
    calls = {str(block.get("id")) for at in copies for block in part.records[at].blocks if block.get("id")}
    for index, one in enumerate(part.records):
        if last and one.at and one.at <= last and one.answers(calls):
            copies.add(index)
    return copies
