"""What a benchmark is given: a place for its figures, printed as JSON at the end of the run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import postgres_server as postgres


@dataclass
class Figures:
    """Rows of {case, who, value}; `value` is events a second, or seconds where the case says so."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: str, who: str, value: float) -> None:
        self.rows.append({"case": case, "who": who, "value": round(value, 2)})


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.GivenServer]:
    """A PostgreSQL that keeps what it commits: fsync is on."""
    with postgres.running(durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    found = Figures()
    yield found
    print("\n" + json.dumps({"rows": found.rows}, indent=1))
