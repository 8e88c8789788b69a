"""Claims: what an event takes, releases or requires, checked by the store in the transaction of the append.

Uniqueness, existence, capacity and vacancy across aggregates are claims, so no rule depends on a read table, which may
lag (domain.md 3.3). The store has two small tables for them: the holders of each key, and its capacity.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from workledger.domain.kernel.refusals import Refused

UNLIMITED = 2**31 - 1
"""The capacity of a key that any number of streams may hold, such as all the subtasks of a task."""


LONGEST_KEY = 1000
"""Bytes of a key: with its holder it must fit into an index entry of PostgreSQL, which takes 2,700."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key made by `key_of`, and the refusal raised when the claim cannot be met.

    Attributes:
        details: of that refusal, beside the `key` and its `holder`: what its message names, such as the name taken.
    """

    key: str
    refused: type[Refused] = Refused
    details: Mapping[str, Any] = field(default_factory=dict, compare=False, kw_only=True)


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


def key_of(*parts: str) -> str:
    """The key of these parts, joined by colons: `agent_name:{project}:{name}`. Different parts give different keys.

    A colon in any part but the last is escaped. The end of a very long key is replaced by its digest.
    """
    *inner, last = parts
    return _shortened(":".join([*map(_escaped, inner), last]))


def releases(*parts: str) -> Iterator[Release]:
    """Release the key of these parts, also as it was before keys were escaped and shortened."""
    key, former = key_of(*parts), ":".join(parts)
    yield Release(key)
    if former != key:
        yield Release(former)


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")


def _shortened(key: str) -> str:
    encoded = key.encode(errors="surrogatepass")
    if len(encoded) <= LONGEST_KEY:
        return key
    return f"{encoded[: LONGEST_KEY - 100].decode(errors='ignore')}#{sha256(encoded).hexdigest()}"
