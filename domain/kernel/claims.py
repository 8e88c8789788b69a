"""Claims: what an event takes, releases or requires, checked by the store in the transaction of the append.

Uniqueness, existence, capacity and vacancy across aggregates are claims, so no rule depends on a read table, which may
lag (domain.md 3.3). The store has two small tables for them: the holders of each key, and its capacity.
"""

from dataclasses import dataclass

from workledger.domain.kernel.refusals import Refused

UNLIMITED = 2**31 - 1
"""The capacity of a key that any number of streams may hold, such as all the subtasks of a task."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key such as `agent_name:{project}:{name}`, and the refusal raised when the claim cannot be met."""

    key: str
    refused: type[Refused] = Refused


@dataclass(frozen=True, slots=True)
class Take(Claim):
    """This stream holds the key from now on. Refused when other streams fill its capacity, which is one unless a Limit
    or `capacity` sets another. Taking a key that the stream already holds changes nothing."""

    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Release(Claim):
    """This stream gives up the key."""


@dataclass(frozen=True, slots=True)
class Require(Claim):
    """Some stream must hold the key, such as that of an aggregate that must exist."""


@dataclass(frozen=True, slots=True)
class Vacancy(Claim):
    """Fewer streams hold the key than its Limit allows, or than `capacity` when given; a capacity of 1 means that
    none does."""

    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Limit(Claim):
    """Sets the capacity of the key; present holders are not affected. None takes back what was set."""

    capacity: int | None = 1


def existence(category: str, id: str) -> str:
    """The key that an aggregate holds from its creation to its deletion."""
    return f"{category}:{id}"
