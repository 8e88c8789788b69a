"""An append as the database function takes it: who must stand where, what is claimed, and the events."""

from collections.abc import Sequence
from zlib import crc32

import orjson

from workledger.adapters.postgres.arrays import bigints, ints, texts
from workledger.adapters.postgres.connection import StatementRefused
from workledger.domain.kernel.claims import UNLIMITED, Claim, Limit, Release, Require, Take, Vacancy
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions, Stored

STATEMENT = b"""select workledger_append_v3($1::int[], $2::text[], $3::int[], $4::int[], $5::int[], $6::text[],
$7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
$16::text, $17::text, $18::text[], $19::int[], $20::text[], $21::int[])"""

CONFLICT, UNMET = "WL001", "WL002"
"""SQLSTATEs of the function: a stream is at another version, a claim cannot be met."""

BUCKETS = 1024
"""Streams, claims and command ids are locked by the bucket they fall into, so that no append has more locks."""

ANY = -1
"""A stream is expected wherever it stands. It is what comes before 0, the version of an event that any may have."""

LIMITED = (Take, Vacancy, Limit)
"""Claims that say how many may hold them."""


class Append:
    """Its streams, in the order of their first mention, with the version that each is expected at."""

    def __init__(self, events: Sequence[Stored], conditions: Conditions) -> None:
        self.events, self.conditions = events, conditions
        self._expected: dict[str, int] = dict(conditions.pinned)
        self._index = {stream: at for at, stream in enumerate(self._expected, 1)}
        self._counts: dict[str, int] = {}
        self._numbered = [self._number(event) for event in events]
        self._holders = [self._at(stream, ANY) for stream, _ in conditions.claims]

    @property
    def empty(self) -> bool:
        """It stores nothing and checks nothing."""
        return not (self.events or self.conditions.command_id or self.conditions.claims)

    @property
    def streams(self) -> list[str]:
        return list(self._expected)

    def expected(self, nth: int) -> tuple[str, int]:
        """The nth stream, from 1, and the version that it was expected at."""
        return list(self._expected.items())[nth - 1]

    def parameters(self) -> list[bytes | None]:
        """In the order of the function's arguments, in binary."""
        events, claims = self.events, [claim for _, claim in self.conditions.claims]
        command_id, digest = self.conditions.command_id, self.conditions.digest
        return [
            ints(self.locks()),
            texts(list(self._expected)),
            ints(list(self._expected.values())),
            ints([stream for stream, _ in self._numbered]),
            ints([nth for _, nth in self._numbered]),
            texts([event.topic for event in events]),
            ints([event.schema_version for event in events]),
            texts([event.at for event in events]),
            texts([event.actor for event in events]),
            texts([event.event_id for event in events]),
            texts([event.correlation_id for event in events]),
            texts([event.causation_id for event in events]),
            texts([event.command_id for event in events]),
            texts([event.tags for event in events]),
            texts([event.state.decode() for event in events]),
            None if command_id is None else command_id.encode(),
            None if digest is None else digest.encode(),
            texts([_verb(claim) for claim in claims]),
            ints(self._holders),
            texts([claim.key for claim in claims]),
            ints([claim.capacity if isinstance(claim, LIMITED) else None for claim in claims]),
        ]

    def locks(self) -> list[int]:
        """The buckets to lock, in an order that all appends keep; negative ones are shared.

        What an append changes it locks for itself, what it relies on it shares: so nothing that was checked changes
        before the end.
        """
        alone = {_bucket(stream) for stream in self._counts}
        alone.update(_bucket(claim.key) for _, claim in self.conditions.claims if not _shared(claim))
        if self.conditions.command_id is not None:
            alone.add(_bucket(self.conditions.command_id))
        shared = {_bucket(stream) for stream in self.conditions.pinned}
        shared.update(_bucket(claim.key) for _, claim in self.conditions.claims if _shared(claim))
        return sorted([*alone, *(-bucket for bucket in shared - alone)], key=abs)

    def _number(self, event: Stored) -> tuple[int, int]:
        """Which stream the event is in, and which event it is there; both from 1."""
        stream = str(event.originator_id)
        nth = self._counts[stream] = self._counts.get(stream, 0) + 1
        return self._at(stream, event.originator_version - 1), nth

    def _at(self, stream: str, expected: int) -> int:
        at = self._index.get(stream)
        if at is None:
            at = self._index[stream] = len(self._index) + 1
            self._expected[stream] = expected
        return at


def positions(result: bytes | None) -> Sequence[int]:
    """The positions in what the function returned.

    Raises:
        AlreadyDone: the command id has been recorded before.
    """
    repeated, *drawn = bigints(result or b"")
    if repeated:
        raise AlreadyDone(drawn)
    return drawn


def refusal(append: Append, refused: StatementRefused) -> Exception:
    """ConcurrencyConflict or ClaimUnmet when the function refused the append, otherwise the driver's error."""
    if refused.state == CONFLICT:
        nth, actual = orjson.loads(refused.detail)
        stream, expected = append.expected(nth)
        return ConcurrencyConflict(stream=stream, expected=expected, actual=actual)
    if refused.state == UNMET:
        nth, holder = orjson.loads(refused.detail)
        return ClaimUnmet(append.conditions.claims[nth - 1][1], holder)
    return refused.error


def _bucket(key: str) -> int:
    return crc32(key.encode()) % BUCKETS + 1


def _shared(claim: Claim) -> bool:
    """Those that any number of appends may make at once."""
    return isinstance(claim, Require) or (isinstance(claim, Take) and claim.capacity == UNLIMITED)


def _verb(claim: Claim) -> str:
    match claim:
        case Take():
            return "hold" if claim.capacity == UNLIMITED else "take"
        case Vacancy():
            return "room"
        case Limit():
            return "limit"
        case Release():
            return "free"
        case _:
            return "need"
