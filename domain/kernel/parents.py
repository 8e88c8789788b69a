"""What aggregates belong to: whoever requires one requires its parents as well (domain.md 3.5, rule 4)."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.claims import Claim, Require

Load = Callable[[type[Any], str], Any]
"""Loads an aggregate from the store, or None."""

REMEMBERED = 10_000


class _Unknown(Exception):
    """There is no such aggregate yet."""


class Parents:
    """Remembers what aggregates belong to, which never changes: so the entries of a feed do not each load the session.

    Args:
        load: loads those that are not remembered.
    """

    def __init__(self, load: Load) -> None:
        def parents(kind: type[Aggregate], id: str) -> tuple[Require, ...]:
            state = load(kind, id)
            if state is None:
                raise _Unknown  # not remembered: it may be created
            return tuple(state.belongs_to())

        self._remembered = lru_cache(REMEMBERED)(parents)

    def needs(
        self, claims: Sequence[tuple[str, Claim]], states: Mapping[str, Aggregate]
    ) -> Sequence[tuple[str, Claim]]:
        """What aggregates require, once each: what is required itself before what that belongs to, so that the refusal
        is the nearest one's.

        Args:
            claims: (stream, claim).
        """
        above = ((stream, one) for stream, claim in claims for one in self.required_with(claim, states))
        found: dict[str, tuple[str, Claim]] = {}
        for stream, claim in (*claims, *above):
            if isinstance(claim, Require):
                found.setdefault(claim.key, (stream, claim))
        return [*found.values()]

    def required_with(self, claim: Claim, states: Mapping[str, Aggregate]) -> Iterator[Claim]:
        """A claim; when it requires an aggregate, also the claims on all that it belongs to, with the same refusal.

        Args:
            states: of streams that a unit has at hand, perhaps not stored yet.
        """
        waiting, seen = deque([claim]), {claim.key}
        while waiting:
            yield (one := waiting.popleft())
            for parent in self._above(one, states):
                if parent.key not in seen:
                    seen.add(parent.key)
                    waiting.append(replace(parent, refused=claim.refused, details=claim.details))

    def _above(self, claim: Claim, states: Mapping[str, Aggregate]) -> tuple[Require, ...]:
        """What the required aggregate belongs to."""
        category, _, id = claim.key.partition(":")
        kind = Aggregate.CATEGORIES.get(category) if isinstance(claim, Require) else None
        return () if kind is None else self._of(kind, id, states.get(kind.stream(id)))

    def _of(self, kind: type[Aggregate], id: str, state: Aggregate | None) -> tuple[Require, ...]:
        if state is not None:
            return tuple(state.belongs_to())
        try:
            return self._remembered(kind, id)
        except _Unknown:
            return ()
