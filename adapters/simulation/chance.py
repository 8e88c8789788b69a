"""Chance with a seed: the same seed gives the same ids, texts and times for ever."""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar
from zlib import crc32

T = TypeVar("T")

NINETY_FIVE = 1.6448536269514722
"""Standard deviations above the median, below which 95 of 100 lie."""


class Spread(NamedTuple):
    """A log-normal distribution, by its median and its 95th percentile (domain.md 7.2)."""

    p50: float
    p95: float


class Chance:
    def __init__(self, seed: object) -> None:
        self._random = random.Random(str(seed))  # noqa: S311, nothing secret is made of it

    def pick(self, those: Sequence[T]) -> T:
        return self._random.choice(those)

    def some(self, those: Sequence[T], count: int) -> list[T]:
        """So many different ones, or all there are."""
        return self._random.sample(those, min(count, len(those)))

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def of(self, spread: Spread) -> float:
        """A value that is spread like that."""
        return self._random.lognormvariate(math.log(spread.p50), math.log(spread.p95 / spread.p50) / NINETY_FIVE)

    def count(self, spread: Spread) -> int:
        """A value that is spread like that, whole and at least 1."""
        return max(1, round(self.of(spread)))

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def id(self, prefix: str) -> str:
        return f"{prefix}_{self.hex(24)}"


def settled(those: Sequence[T], id: str) -> T:
    """One of those, always the same for the same id: so that an answer fits the question that nobody has kept."""
    return those[crc32(id.encode()) % len(those)]
