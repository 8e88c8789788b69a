"""A checkpoint: how far a group of read tables has read the log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A group's place in the log, and the declaration of the tables it is the place of.

    `letters` counts its dead letters; `held_up` are the streams whose events wait behind one.
    """

    name: str
    position: int
    fingerprint: str
    letters: int = 0
    held_up: frozenset[str] = frozenset()
