"""The port to the event store: what the ledger needs beyond eventsourcing's recorder interfaces."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.refusals import Refused

LAST_VERSION = 2**31 - 1
"""The last version that a stream could have."""

LAST_POSITION = 2**63 - 1
"""The largest that a database can hold."""


@dataclass(frozen=True)
class Stored(StoredEvent):
    """A stored event: `state` is the payload's JSON, `tags` JSON text, `at` RFC 3339 text in UTC."""

    schema_version: int = 1
    at: str = ""
    actor: str = "system"
    event_id: str = ""
    correlation_id: str | None = None
    causation_id: str | None = None
    command_id: str | None = None
    tags: str = "{}"
    position: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold in the transaction of an append, beside the expected versions of its own streams.

    Attributes:
        claims: (stream, claim) in the order of the events.
        pinned: streams that were read, and the version that they must still have (0: empty).
        command_id: an append whose command id is already recorded is not repeated.
        digest: of what was asked for under the command id; stored with it.
    """

    claims: Sequence[tuple[str, Claim]] = ()
    pinned: Mapping[str, int] = field(default_factory=dict)
    command_id: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an append.

    Attributes:
        positions: of its events, in order; empty when nothing changed.
        position: the last of them, or the head of the log when there is none.
        repeated: the command id was already recorded, and these are the positions of that append.
    """

    position: int
    positions: Sequence[int] = ()
    repeated: bool = False


class Scanned(NamedTuple):
    """The columns of an event that projections read; `at` is RFC 3339 text in UTC, `tags` and `data` are JSON text."""

    position: int
    stream_id: str
    version: int
    topic: str
    schema_version: int
    at: str
    tags: str
    data: str


class StreamRow(NamedTuple):
    """What an aggregate is folded from: an event of its stream, or before them a snapshot, which has no topic.

    `data` is JSON: the payload of the event, or the fields and the state of the snapshot.
    """

    version: int
    position: int
    topic: str | None
    schema_version: int
    data: str | bytes


class AlreadyDone(Exception):
    """The command id is already recorded, with the events at `positions`."""

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(f"already recorded, at {list(positions)}")
        self.positions = positions


class ClaimUnmet(Exception):
    """A claim of the append could not be met; `holder` is a stream that holds its key, if any."""

    def __init__(self, claim: Claim, holder: str | None) -> None:
        super().__init__(f"{claim} (held by {holder})")
        self.claim, self.holder = claim, holder

    def refusal(self) -> Refused:
        """The claim's refusal; its details are those of the claim, the key and the holder."""
        return self.claim.refused(**{**self.claim.details, "key": self.claim.key, "holder": self.holder})


class EventStore(ApplicationRecorder):
    """An append-only log of events in streams, with claims and command ids.

    `insert_events(events, conditions=Conditions(...))` appends all or nothing, and returns their positions. It raises
    ConcurrencyConflict, ClaimUnmet or AlreadyDone. Positions only grow, and no reader sees one before all lower ones.
    """

    @abstractmethod
    def read(
        self,
        after: int,
        limit: int,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        """Rows in the order of their positions, above `after` and at most `upto`."""

    @abstractmethod
    def scan(self, after: int, limit: int, *, upto: int, topics: Sequence[str] = ()) -> Sequence[tuple[Any, ...]]:
        """As `read`, for tens of thousands of rows: plain tuples in the order of Scanned."""

    @abstractmethod
    def read_stream(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> Sequence[Row]:
        """Rows of one stream in order, above the version `after`."""

    @abstractmethod
    def load(
        self, stream_id: str, *, after: int = 0, upto: int = LAST_VERSION, snapshots: bool = True
    ) -> Sequence[StreamRow]:
        """The events of a stream above the version `after` and at most `upto`.

        Args:
            snapshots: begin with the last snapshot there is among those versions, in place of the events up to it.
        """

    def epoch(self) -> str | None:
        """Changes when what was read may not be in the log any more, as after a failover to another server.

        None when that would not be noticed: nothing that was read may be relied on then.
        """
        return ""

    @abstractmethod
    def by_position(self, positions: Iterable[int]) -> Sequence[Row]:
        """The rows at these positions in their order, also above the watermark."""

    @abstractmethod
    def payloads(self, positions: Iterable[int]) -> Sequence[tuple[int, str, int, Any]]:
        """(position, topic, schema version, data) of the events at these positions; data is JSON, as text or bytes."""

    @abstractmethod
    def head(self) -> int:
        """The highest position that may be read; 0 when the log is empty."""

    @abstractmethod
    def existing(self, streams: Iterable[str]) -> set[str]:
        """Those of the streams that have events."""

    @abstractmethod
    def version_at(self, stream_id: str, at: str) -> int:
        """The version that the stream had at that time; 0 when it had not begun."""

    @abstractmethod
    def holders(self, key: str) -> Sequence[str]:
        """The streams that hold a claim."""

    @abstractmethod
    def held(self, keys: Iterable[str]) -> dict[str, str]:
        """Of each of the keys that is held, a stream that holds it."""

    @abstractmethod
    def done(self, command_id: str) -> Sequence[int] | None:
        """The positions of the events recorded with this command id; None when it is new."""

    @abstractmethod
    def digest_of(self, command_id: str) -> str | None:
        """The digest that this command id was recorded with; None when it has none, or is new."""

    @abstractmethod
    def measure(self, stream_id: str, topic: str) -> tuple[int, int, int]:
        """Of the events of one topic in a stream: the last version, how many there are, and the bytes of payload."""

    @abstractmethod
    def erase(self, stream_id: str, topic: str, upto_version: int) -> None:
        """Erase the events of one topic in a stream, up to a version, for good.

        Nothing else removes events from the log; see services/retention.py, which records the erasure."""

    @abstractmethod
    def count_commands(self, upto: int) -> int:
        """How many command ids of appends up to that position are recorded."""

    @abstractmethod
    def forget_commands(self, upto: int) -> None:
        """Forget the command ids of appends up to that position: what is repeated under one is recorded again."""
