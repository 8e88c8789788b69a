"""The commit history of a project, as Elmer reads it."""

from datetime import UTC, datetime, timedelta

import pytest

from workledger import Workledger
from workledger.domain.commit import CommitRecord
from workledger.domain.project import Project
from workledger.domain.stage_run import StageRun
from workledger.projections import commits

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ledger(database_ledger: Workledger) -> Workledger:
    for id in ("p", "q"):
        database_ledger.create(Project.create(id=id, name=id))
    return database_ledger


def record(ledger: Workledger, count: int, project: str = "p", *, every: int = 1) -> None:
    """Commits c00, c01 … of a project, so many minutes apart."""
    with ledger.unit() as unit:
        for number in range(count):
            new = CommitRecord.record(project_id=project, commit_sha=f"c{number:02}", commit_url="u", message="m")
            unit.record(CommitRecord, new.id, new.events, at=NOON + timedelta(minutes=number * every))
    ledger.catch_up()


def shas(rows: list[dict[str, object]]) -> list[object]:
    return [row["commit_sha"] for row in rows]


def test_the_history_is_newest_first_and_shows_twenty_of_that_project_alone(ledger: Workledger) -> None:
    """E1."""
    record(ledger, 25)
    record(ledger, 3, "q")
    assert shas(commits.history(ledger.tables, "p")) == [f"c{number:02}" for number in range(24, 4, -1)]
    assert {row["project_id"] for row in commits.history(ledger.tables, "p")} == {"p"}
    assert commits.history(ledger.tables, "nobody") == []


def test_pages_do_not_overlap_though_all_commits_are_of_one_moment(ledger: Workledger) -> None:
    """E2, R3."""
    record(ledger, 25, every=0)
    pages = [commits.history(ledger.tables, "p", limit=7, offset=offset) for offset in range(0, 28, 7)]
    assert [len(page) for page in pages] == [7, 7, 7, 4]
    assert shas([row for page in pages for row in page]) == [f"c{number:02}" for number in range(24, -1, -1)]


def test_each_commit_shows_its_stage_run_and_no_more_of_it(ledger: Workledger) -> None:
    """E3."""
    ledger.create(StageRun.create(id="run", project_id="p", stage="build", provider="cli"))
    for sha, run in (("with", "run"), ("without", None)):
        ledger.create(
            CommitRecord.record(project_id="p", commit_sha=sha, commit_url="u", message="m", stage_run_id=run)
        )
    with ledger.edit(StageRun, "run") as stage_run:
        stage_run.start()
    ledger.catch_up()
    rows = {row["commit_sha"]: row for row in commits.history(ledger.tables, "p")}
    assert rows["with"]["stage_run"] == {"id": "run", "stage": "build", "status": "running"}
    assert rows["without"]["stage_run"] is None
    assert not {"stage_run_stage", "stage_run_status"} & rows["with"].keys()


def test_commits_are_counted(ledger: Workledger) -> None:
    """E4."""
    record(ledger, 3)
    assert commits.count(ledger.tables, "p") == 3
    assert commits.count(ledger.tables, "q") == 0
    assert commits.count(ledger.tables, "nobody") == 0
    assert [commits.count(ledger.tables, id) for id in ("p", "q")] == [3, 0]


def test_a_row_has_all_that_was_recorded_and_null_for_what_was_not(ledger: Workledger) -> None:
    """E5, E6."""
    ledger.create(CommitRecord.record(project_id="p", commit_sha="bare", commit_url="u", message="m"))
    ledger.create(
        CommitRecord.record(
            project_id="p",
            commit_sha="full",
            commit_url="https://example.org/full",
            message="Grüße",
            document_type="prd",
            files_changed=("a.md", "ü.md"),
            triggered_by="automation",
            author_name="Ann",
            author_email="ann@example.org",
        )
    )
    ledger.catch_up()
    bare, full = (commits.by_sha(ledger.tables, "p", sha) for sha in ("bare", "full"))
    assert bare is not None
    assert full is not None
    assert str(bare["id"]).startswith("pcom_")
    assert bare["files_changed"] == []
    optional = ("workspace_id", "document_type", "triggered_by", "author_name", "stage_run_id", "github_write_op_id")
    assert [bare[name] for name in optional] == [None] * 6
    assert (full["files_changed"], full["message"], full["author_email"]) == (
        ["a.md", "ü.md"],
        "Grüße",
        "ann@example.org",
    )
    assert full["created_at"] == ledger.history(CommitRecord, "p:full")[0].at.replace(
        microsecond=full["created_at"].microsecond
    )
    assert commits.by_sha(ledger.tables, "q", "bare") is None
