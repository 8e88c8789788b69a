"""What a benchmark is given: a setting for each database, and a place for its figures, which are told at the end.

WORKLEDGER_BENCH_EVENTS says at which sizes appends and rebuilds are measured, such as "10000 10000000".
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from support import postgres_server as postgres
from workledger.adapters.importing import Progress, silent
from workledger.api.benchmarks.figures import Figures
from workledger.api.benchmarks.setting import Setting
from workledger.api.commandline.progress import bars

SIZES = [int(one) for one in os.environ.get("WORKLEDGER_BENCH_EVENTS", "10000 100000 1000000").split()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "events" in metafunc.fixturenames:
        metafunc.parametrize("events", SIZES)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.GivenServer]:
    """A PostgreSQL that keeps what it commits: fsync is on."""
    with postgres.running(durable=True) as server:
        yield server


@dataclass
class Bench:
    """Makes settings, and collects the figures of all benchmarks."""

    server: postgres.GivenServer
    told: list[dict[str, Any]] = field(default_factory=list)
    progress: Progress = silent

    def setting(self, database: str, events: int) -> Setting:
        return Setting(
            events,
            self.server.url() if database == "postgres" else None,
            progress=self.progress,
            remark=lambda line: print(line, file=sys.stderr),
        )

    def tell(self, figures: Figures) -> None:
        self.told.append(figures.told())


@pytest.fixture(scope="session")
def collected(postgres_server: postgres.GivenServer) -> Iterator[Bench]:
    bench = Bench(postgres_server)
    yield bench
    print("\n" + json.dumps(bench.told, indent=1))


@pytest.fixture
def bench(collected: Bench) -> Iterator[Bench]:
    with bars() as progress:
        collected.progress = progress
        yield collected


def check(
    figures: Figures,
    ratios: Mapping[tuple[str, str], float] | None = None,
    least: Mapping[str, float] | None = None,
    most: Mapping[str, float] | None = None,
) -> None:
    """Floors, a little below what was ever measured: what falls through one has become slower. They are not what is
    aimed at; that, and how far it is reached, is in docs/explanation/measurements.md. Peers that were left out count
    for nothing.

    Args:
        ratios: ours to theirs, by case and peer; ours must be so many times theirs at least.
        least: figures of ours that must be reached.
        most: figures of ours that must not be passed.
    """
    there = {(row.case, row.who) for row in figures.rows}
    fell = [
        f"{case}: {figures.ratio(case, who):g} times {who}, not {floor:g}"
        for (case, who), floor in (ratios or {}).items()
        if (case, who) in there and figures.ratio(case, who) < floor
    ]
    fell += [f"{case}: below {floor:g}" for case, floor in (least or {}).items() if figures.value(case) < floor]
    fell += [f"{case}: above {ceiling:g}" for case, ceiling in (most or {}).items() if figures.value(case) > ceiling]
    assert not fell
