"""The commit history of a project over HTTP (Elmer, E1 to E4)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from support.http_client import Doors
from workledger.domain.commit import CommitRecord
from workledger.domain.project import Project
from workledger.domain.stage_run import StageRun

MOMENT = datetime(2026, 11, 21, 6, tzinfo=UTC)


def record(doors: Doors, sha: str, project_id: str = "prj_1", **more: Any) -> None:
    new = CommitRecord.record(project_id=project_id, commit_sha=sha, commit_url=f"https://x/{sha}", message=sha, **more)
    with doors.ledger.unit() as unit:
        unit.record(CommitRecord, new.id, new.events, at=MOMENT)


@pytest.fixture
def project(all_doors: Doors) -> Doors:
    for id in ("prj_1", "prj_2"):
        all_doors.ledger.create(Project.create(id=id, name=id))
    return all_doors


def page(doors: Doors, **query: int) -> tuple[list[str], dict[str, Any]]:
    found = doors.see("projects/prj_1/commits", **query)
    return [row["commit_sha"] for row in found["commits"]], found["pagination"]


def test_history_is_newest_first_twenty_at_a_time_and_the_projects_own(project: Doors) -> None:
    """E1."""
    for number in range(25):
        record(project, f"c{number:02}")
    record(project, "other", "prj_2")
    shas, pagination = page(project)
    assert shas == [f"c{number:02}" for number in range(24, 4, -1)]
    assert pagination == {"total": 25, "limit": 20, "offset": 0, "has_more": True}


def test_pages_do_not_overlap_though_all_commits_are_of_one_moment(project: Doors) -> None:
    """E2."""
    for number in range(7):
        record(project, f"c{number}")
    pages = [page(project, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [shas for shas, _ in pages] == [["c6", "c5", "c4"], ["c3", "c2", "c1"], ["c0"], []]
    assert [pagination["has_more"] for _, pagination in pages] == [True, True, False, False]


def test_each_commit_has_its_stage_run_and_nothing_more_of_it(project: Doors) -> None:
    """E3, E7."""
    project.ledger.create(StageRun.create(id="run_1", project_id="prj_1", stage="build", provider="cli"))
    record(project, "with", stage_run_id="run_1")
    record(project, "without")
    rows = project.see("projects/prj_1/commits")["commits"]
    assert [row["stage_run"] for row in rows] == [None, {"id": "run_1", "stage": "build", "status": "queued"}]
    with project.ledger.edit(StageRun, "run_1") as run:
        run.delete()
    rows = project.see("projects/prj_1/commits")["commits"]
    assert [(row["stage_run"], row["stage_run_id"]) for row in rows] == [(None, None)] * 2


def test_an_unknown_project_has_no_commits(project: Doors) -> None:
    """E4."""
    found = project.see("projects/prj_9/commits")
    assert found == {"commits": [], "pagination": {"total": 0, "limit": 20, "offset": 0, "has_more": False}}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}])
def test_a_page_that_is_none_is_refused(doors: Doors, query: dict[str, Any]) -> None:
    assert doors.refused("GET", "projects/prj_1/commits", params=query) == (400, "VALIDATION_ERROR")
