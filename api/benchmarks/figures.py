"""Figures: what a benchmark found, ours beside the others', and the ratios between them."""

import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

OURS = "workledger"
STOCK = "stock"
"""eventsourcing's own recorder or runner."""
PLAIN = "plain"
"""The driver's statements, and nothing around them."""
UMADB = "umadb"
LIMIT = "limit"
"""What no program that does the work could pass."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, of whom; see `unit` for what the value counts."""

    case: str
    who: str
    value: float

    @property
    def unit(self) -> str:
        """`ms`, `MB` or `times`, of which less is better, or `a second`: events or rows, of which more is."""
        return next((unit for unit in ("ms", "MB", "times") if re.search(rf"\b{unit}\b", self.case)), "a second")


@dataclass
class Figures:
    """What one benchmark found.

    Attributes:
        about: what was measured, on what.
    """

    about: dict[str, Any] = field(default_factory=dict)
    rows: list[Figure] = field(default_factory=list)

    def add(self, case: str, who: str, *values: float) -> None:
        """The median of some rounds."""
        self.rows.append(Figure(case, who, float(f"{statistics.median(values):.4g}")))

    def value(self, case: str, who: str = OURS) -> float:
        """
        Raises:
            KeyError: it was not measured.
        """
        return {(row.case, row.who): row.value for row in self.rows}[case, who]

    def ratio(self, case: str, to: str) -> float:
        """Ours divided by another's.

        Raises:
            KeyError: one of them was not measured.
        """
        return float(f"{self.value(case) / self.value(case, to):.3g}")

    def ratios(self) -> list[dict[str, Any]]:
        """Ours divided by each other's, case by case."""
        ours = {row.case for row in self.rows if row.who == OURS}
        others = [row for row in self.rows if row.who != OURS and row.case in ours and row.value]
        return [{"case": row.case, "to": row.who, "value": self.ratio(row.case, row.who)} for row in others]

    def told(self) -> dict[str, Any]:
        """For machines."""
        return {"about": self.about, "rows": [asdict(row) for row in self.rows], "ratios": self.ratios()}


class Rounds:
    """The values of several rounds, in which everybody took turns."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)

    def add(self, case: str, who: str, value: float) -> None:
        self._values[case, who].append(value)

    def into(self, figures: Figures) -> None:
        """Their medians."""
        for (case, who), values in self._values.items():
            figures.add(case, who, *values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of a hundred do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]
