"""A checkpoint: the position up to which a group of read tables, or a policy, has read the log."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a group has read the log, and for which declaration of its tables that holds.

    Attributes:
        name: of the group, with the suffix of its table set (see rebuild/shadow.py), or of the policy.
        position: of the last event that was read.
        fingerprint: of the declaration of the group's tables.
        dead_letters: how many there are.
        blocked_streams: streams that have dead letters; their later events become dead letters too, to keep the order.
    """

    name: str
    position: int
    fingerprint: str
    dead_letters: int = 0
    blocked_streams: frozenset[str] = frozenset()

    def moved_to(self, position: int, dead_letter_streams: Iterable[str] = ()) -> "Checkpoint":
        """The checkpoint at a later position, with one more dead letter in each of these streams."""
        streams = tuple(dead_letter_streams)
        return replace(
            self,
            position=position,
            dead_letters=self.dead_letters + len(streams),
            blocked_streams=self.blocked_streams.union(streams),
        )
