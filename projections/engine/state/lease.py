"""A lease, and which leases an owner takes: those that are free, or a share that is as large as that of others."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

LONGEST = 60.0
"""The longest that a lease may last. One with more time left was taken before the clock was set back: it is free."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A row: its owner, when it expires in seconds of the database's clock, and how many seconds are left."""

    name: str
    owner: str
    until: float
    left: float

    @property
    def free(self) -> bool:
        """Whether it has expired."""
        return not 0 <= self.left <= LONGEST


def available(leases: Iterable[Lease], owner: str, wanted: AbstractSet[str]) -> set[str]:
    """Those of the wanted leases that are free, or the owner's already."""
    return {lease.name for lease in leases if lease.name in wanted and (lease.free or lease.owner == owner)}


def share(leases: Iterable[Lease], owner: str, wanted: AbstractSet[str]) -> set[str]:
    """Those that are available, and some that others have too many of.

    A lease is taken over from whoever has the most, again and again, as long as that is at least two more than this
    owner has. Each step lowers the sum of the squares of what the owners have, so leases do not go to and fro; and
    where all owners want the same, nobody has two more than another once each live owner has taken its share.

    Args:
        leases: all that are shared, also those that this owner does not want.
    """
    leases = list(leases)
    taken = available(leases, owner, wanted)
    owners = {lease.name: lease.owner for lease in leases if not lease.free} | dict.fromkeys(taken, owner)
    while others := [name for name in sorted(wanted & owners.keys()) if owners[name] != owner]:
        counts = Counter(owners.values())
        name = max(others, key=lambda name: counts[owners[name]])
        if counts[owners[name]] < counts[owner] + 2:
            break
        owners[name] = owner
        taken.add(name)
    return taken
