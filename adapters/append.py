"""One append, settled inside a transaction that its database keeps to itself: all of it holds, or nothing is stored."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from workledger.domain.claims import UNLIMITED, Claim, Free, Limit, Need, Room, Take
from workledger.domain.refusals import ConcurrencyConflict
from workledger.domain.store import AlreadyDone, ClaimUnmet, Conditions, Stored


class Writing(ABC):
    """An open transaction that no other writer of events overlaps. Statements use `?` for their parameters."""

    @abstractmethod
    def run(self, statement: str, *parameters: object) -> list[Any]:
        """The rows that the statement returns, if any."""

    @abstractmethod
    def draw(self, count: int) -> range:
        """So many positions, above all that were drawn before."""

    @abstractmethod
    def insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert events, in the order of schema.COLUMNS."""


PAGE = 500
"""Streams asked for in one statement."""


def batched(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """The values in lists of at most that size (itertools has it from Python 3.12 on)."""
    rest = iter(values)
    return iter(lambda: list(islice(rest, size)), [])


def append(writing: Writing, events: Sequence[Stored], conditions: Conditions) -> Sequence[int]:
    """Store the events, and return their positions.

    Raises:
        AlreadyDone: the command id has been recorded before.
        ConcurrencyConflict: a stream is not where the events, or a pin, expect it.
        ClaimUnmet: a claim cannot be met.
    """
    if conditions.command_id:
        _refuse_done(writing, conditions.command_id)
    versions = _versions(writing, events, conditions)
    for stream, claim in conditions.claims:
        settle(writing, stream, claim)
    if not events:
        return _remember_nothing(writing, conditions.command_id)
    positions = writing.draw(len(events))
    writing.insert([_row(*numbered) for numbered in zip(positions, versions, events, strict=True)])
    if conditions.command_id:
        writing.run("insert into commands values (?, ?, ?)", conditions.command_id, positions[0], positions[-1])
    return positions


def _remember_nothing(writing: Writing, command_id: str | None) -> Sequence[int]:
    """The command changed nothing, and will never change anything: an empty range at the head of the log."""
    if command_id:
        [(head,)] = writing.run("select coalesce(max(position), 0) from events")
        writing.run("insert into commands values (?, ?, ?)", command_id, head + 1, head)
    return ()


def settle(writing: Writing, stream: str, claim: Claim) -> None:
    """Take, give back or check one claim for a stream.

    Raises:
        ClaimUnmet: it cannot be met.
    """
    match claim:
        case Free():
            writing.run("delete from claims where key = ? and holder = ?", claim.key, stream)
        case Limit():
            writing.run(
                "insert into claim_limits values (?, ?) on conflict (key) do update set capacity = excluded.capacity",
                claim.key,
                claim.capacity,
            )
        case Need():
            if not writing.run("select 1 from claims where key = ? limit 1", claim.key):
                raise ClaimUnmet(claim, None)
        case Take(capacity=capacity) if capacity == UNLIMITED:
            writing.run("insert into claims values (?, ?) on conflict do nothing", claim.key, stream)
        case Take() | Room():
            capacity = claim.capacity or _capacity(writing, claim.key)
            rows = writing.run("select holder from claims where key = ? order by holder", claim.key)
            holders = [holder for (holder,) in rows]
            if isinstance(claim, Take) and stream in holders:
                return
            if len(holders) >= capacity:
                raise ClaimUnmet(claim, holders[0])
            if isinstance(claim, Take):
                writing.run("insert into claims values (?, ?)", claim.key, stream)


def _capacity(writing: Writing, key: str) -> int:
    limits = writing.run("select capacity from claim_limits where key = ?", key)
    return int(limits[0][0]) if limits else 1


def _refuse_done(writing: Writing, command_id: str) -> None:
    done = writing.run("select first_position, last_position from commands where command_id = ?", command_id)
    if done:
        raise AlreadyDone(range(done[0][0], done[0][1] + 1))


def _versions(writing: Writing, events: Sequence[Stored], conditions: Conditions) -> list[int]:
    """The version of each event, once every stream was found where it is expected."""
    last = _last_versions(writing, {*conditions.pinned, *(str(event.originator_id) for event in events)})
    for stream, expected in conditions.pinned.items():
        _expect(stream, expected, last[stream])
    versions, begun = [], set(conditions.pinned)
    for event in events:
        stream = str(event.originator_id)
        if stream not in begun and event.originator_version:
            _expect(stream, event.originator_version - 1, last[stream])
        begun.add(stream)
        last[stream] += 1
        versions.append(last[stream])
    return versions


def _last_versions(writing: Writing, streams: Iterable[str]) -> dict[str, int]:
    """Where each stream stands: 0 when it has not begun."""
    last = dict.fromkeys(sorted(streams), 0)
    for page in batched(last, PAGE):
        marks = ", ".join("?" * len(page))
        found = f"select stream_id, max(version) from events where stream_id in ({marks}) group by stream_id"  # noqa: S608
        last.update((stream, version) for stream, version in writing.run(found, *page))
    return last


def _expect(stream: str, expected: int, actual: int) -> None:
    if expected != actual:
        raise ConcurrencyConflict(stream=stream, expected=expected, actual=actual)


def _row(position: int, version: int, event: Stored) -> tuple[Any, ...]:
    return (
        position,
        event.originator_id,
        version,
        event.topic,
        event.schema_version,
        event.at,
        event.actor,
        event.event_id,
        event.correlation_id,
        event.causation_id,
        event.command_id,
        event.tags,
        event.state.decode(),
    )
