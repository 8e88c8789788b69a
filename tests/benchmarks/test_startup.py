"""From a command line to its answer: processor time beside that of importing SQLAlchemy."""

from pathlib import Path

import pytest

import workledger
from support import cpu
from workledger.api.benchmarks.figures import Figures

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
ROUNDS = 15
MOST = 2.5


def test_startup(bench: Bench, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/work.db"
    workledger.open(url).close()
    commands = {"--help": (*cpu.WORKLEDGER, "--help"), "status": (*cpu.WORKLEDGER, "status", "--db", url)}
    figures = Figures({"of": "importing sqlalchemy", "rounds": ROUNDS})
    for name, ratio in cpu.ratios(commands, tmp_path / "bytecode", rounds=ROUNDS).items():
        figures.add(f"{name}, times import sqlalchemy", "workledger", ratio)
    bench.tell(figures)
    check(figures, most={f"{name}, times import sqlalchemy": MOST for name in commands})
