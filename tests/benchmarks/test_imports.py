"""Imports on SQLite: a repository of 2,500 commits, transcripts and issues, a large Codewalkers; seconds."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import workledger
from support.codewalkers_filling import Size, make
from workledger.adapters.beads import import_beads
from workledger.adapters.claude_code import import_claude_code
from workledger.adapters.codewalkers import import_codewalkers
from workledger.adapters.git import import_git
from workledger.api.benchmarks.figures import OURS, Figures

from .conftest import Bench

pytestmark = pytest.mark.benchmark
COMMITS = 2500
ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("WORKLEDGER_REAL_DATA", ROOT.parent / "shared" / "data" / "agent-project"))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_a_repository_of_2500_commits(tmp_path: Path, bench: Bench) -> None:
    repository = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", repository], check=True)
    story = "".join(
        f"commit refs/heads/main\ncommitter Ann <ann@example.com> {1_700_000_000 + number} +0000\n"
        f"data 8\nCommit {number % 10}M 100644 inline file{number % 50}.txt\ndata 4\n{number:04}\n"
        for number in range(COMMITS)
    )
    subprocess.run(["git", "-C", repository, "fast-import", "--quiet"], input=story.encode(), check=True)
    figures = Figures({"benchmark": "import of git"})
    with workledger.open(f"sqlite:///{tmp_path}/work.db") as ledger:
        taken = _seconds(lambda: import_git(ledger, repository, ref="refs/heads/main"))
        figures.add("git: 2,500 commits, seconds", OURS, taken)
        figures.add("git: again, seconds", OURS, _seconds(lambda: import_git(ledger, repository, ref="main")))
    bench.tell(figures)
    assert taken < 5


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}; set WORKLEDGER_REAL_DATA")
def test_a_project_of_three_sessions_and_348_tasks(tmp_path: Path, bench: Bench) -> None:
    figures = Figures({"benchmark": "import of sessions and issues"})
    with workledger.open(f"sqlite:///{tmp_path}/work.db") as ledger:
        sessions = _seconds(lambda: import_claude_code(ledger, REAL / "transcripts"))
        tasks = _seconds(lambda: import_beads(ledger, REAL / "issues.jsonl"))
        figures.add("claude_code: 3 sessions, seconds", OURS, sessions)
        figures.add("beads: 348 tasks, seconds", OURS, tasks)
    bench.tell(figures)
    assert sessions + tasks < 10


def test_a_codewalkers_database_of_20000_tasks_and_100000_log_chunks(tmp_path: Path, bench: Bench) -> None:
    database = make(tmp_path / "cw.db", Size(initiatives=200, phases=10, tasks=10, chunks=5))
    figures = Figures({"benchmark": "import of Codewalkers"})
    with workledger.open(f"sqlite:///{tmp_path}/work.db") as ledger:
        taken = _seconds(lambda: import_codewalkers(ledger, database.path))
        shown = _seconds(ledger.catch_up)
        again = _seconds(lambda: import_codewalkers(ledger, database.path))
    figures.add("codewalkers: 20,000 tasks and 100,000 log chunks, seconds", OURS, taken)
    figures.add("codewalkers: their read tables, seconds", OURS, shown)
    figures.add("codewalkers: again, seconds", OURS, again)
    bench.tell(figures)
    assert taken + shown < 60
