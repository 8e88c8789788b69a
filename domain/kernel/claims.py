"""Claims: what an event takes, releases or requires, checked by the store in the transaction of the append.

Uniqueness, existence, capacity and vacancy across aggregates are all said this way, so nobody checks a read table
for them (domain.md 3.3). The store knows two small tables: who holds a key, and how many may hold it.
"""

from dataclasses import dataclass

from workledger.domain.kernel.refusals import Refused

UNLIMITED = 2**31 - 1
"""The capacity of a key that any number may hold, so that it says who belongs to something."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key such as `agent_name:{project}:{name}`, and the refusal raised when the claim cannot be met."""

    key: str
    refused: type[Refused] = Refused


@dataclass(frozen=True, slots=True)
class Take(Claim):
    """This stream holds the key from now on. Refused when as many others hold it as may: one, unless a Limit
    or `capacity` says otherwise. Taking what one holds already changes nothing."""

    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Release(Claim):
    """This stream no longer holds the key."""


@dataclass(frozen=True, slots=True)
class Require(Claim):
    """Some stream must hold the key: what it stands for exists."""


@dataclass(frozen=True, slots=True)
class Vacancy(Claim):
    """Fewer streams hold the key than its Limit allows, or than `capacity` when given; a capacity of 1 means that
    none does."""

    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Limit(Claim):
    """So many may hold the key from now on; those who hold it keep it."""

    capacity: int = 1


def existence(category: str, id: str) -> str:
    """The key that an aggregate holds from its creation to its deletion."""
    return f"{category}:{id}"
