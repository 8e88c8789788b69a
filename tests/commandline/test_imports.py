"""`workledger import`: what comes in, what was left out, and again."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from commandline.typed import Run, parsed, refusal
from support.codewalkers_filling import Size, make

LINES = (
    {"type": "user", "message": {"role": "user", "content": "Fix the parser"}},
    {
        "type": "assistant",
        "requestId": "req_1",
        "message": {
            "id": "msg_1",
            "role": "assistant",
            "model": "claude-sonnet-4-20250514",
            "content": [{"type": "text", "text": "It is fixed."}],
            "usage": {"input_tokens": 12, "output_tokens": 5},
        },
    },
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "parser"
    commit = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "-q", "--allow-empty", "-m")
    for command in (("init", "-q", folder), *(("-C", folder, *commit, word) for word in ("begin", "go on"))):
        subprocess.run(["git", *map(str, command)], check=True)
    return folder


def transcript(folder: Path) -> Path:
    """A session of Claude Code as it is kept on disk."""
    path = folder / "-work-parser" / "8f1c2d3e-0000-4000-8000-000000000001.jsonl"
    path.parent.mkdir(parents=True)
    shared = {"sessionId": path.stem, "cwd": "/work/parser", "version": "2.0.1", "isSidechain": False}
    lines = [
        {
            **shared,
            **line,
            "uuid": f"u{at}",
            "parentUuid": f"u{at - 1}" if at else None,
            "timestamp": f"2026-01-05T08:0{at}:00Z",
        }
        for at, line in enumerate(LINES)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_commits_come_in_once(run: Run, repository: Path) -> None:
    said = run("import", "git", repository).stdout
    assert said.startswith("git: imported: commits 2; skipped: nothing; project made: parser (prj_")
    again = "git: imported: nothing new; skipped: commits recorded before 2\n"
    assert run("import", "git", repository).stdout == again
    assert parsed(run("status", "--json"))["head"] == 3


def test_issues_of_beads_come_in(run: Run, tmp_path: Path) -> None:
    issues = tmp_path / "issues.jsonl"
    issue = {"id": "bd-1", "title": "Fix it", "status": "open", "created_at": "2026-01-05T08:00:00Z"}
    issues.write_text(json.dumps(issue) + "\n{broken\n")
    said = run("import", "beads", issues).stdout
    assert said.startswith("beads: imported: tasks 1")
    assert "skipped: nothing" not in said


def test_sessions_of_claude_code_come_in(run: Run, tmp_path: Path) -> None:
    said = run("import", "claude-code", transcript(tmp_path / "sessions")).stdout
    assert said.startswith("claude_code: imported: ")
    assert "nothing new" not in said
    topics = run("events", "--after", 0).stdout
    assert "agent_run.started" in topics
    assert "Fix the parser" in topics


def test_an_import_into_an_unknown_project_is_refused(run: Run, repository: Path) -> None:
    refusal(run("import", "git", repository, "--project", "nobody"), "PROJECT_NOT_FOUND")
    assert parsed(run("status", "--json"))["head"] == 0


def test_git_says_what_it_cannot_read(run: Run, tmp_path: Path, repository: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert "not a git repository" in refusal(run("import", "git", tmp_path / "plain"), "GIT_FAILED")
    refusal(run("import", "git", repository, "--ref", "nonsense"), "GIT_FAILED")
    refusal(run("import", "git", repository, "--ref=--all"), "GIT_FAILED")
    assert parsed(run("status", "--json"))["head"] == 0


def test_a_range_of_commits_comes_in(run: Run, repository: Path) -> None:
    assert run("import", "git", repository, "--ref", "HEAD~1..HEAD").stdout.startswith("git: imported: commits 1;")
    assert run("import", "git", repository).stdout.startswith("git: imported: commits 1;")


def test_beads_says_what_it_cannot_tell(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".beads").mkdir()
    refusal(run("import", "beads", tmp_path), "FILE_UNREADABLE")
    (tmp_path / ".beads" / "beads.db").touch()
    assert "--export" in refusal(run("import", "beads", tmp_path), "BEADS_FAILED")
    assert "bd" in refusal(run("import", "beads", tmp_path, "--export"), "BEADS_FAILED")
    assert parsed(run("status", "--json"))["head"] == 0


def test_a_codewalkers_database_comes_in(run: Run, tmp_path: Path) -> None:
    database = make(tmp_path / "cw.db", Size(initiatives=1, phases=2, tasks=3))
    said = run("import", "codewalkers", database.path).stdout
    assert said.startswith("codewalkers: imported: projects 3, accounts 4, ")
    assert "skipped: nothing" in said
    again = run("import", "codewalkers", database.path).stdout
    assert again.startswith("codewalkers: imported: nothing new; skipped: rows that have not changed ")


def test_codewalkers_says_what_it_cannot_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words.db").write_text("This is no database, but a text of some length, so that SQLite says so.")
    assert "not a database" in refusal(run("import", "codewalkers", tmp_path / "words.db"), "CODEWALKERS_FAILED")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("create table things (id)")
    assert "none of its tables" in refusal(run("import", "codewalkers", tmp_path / "other.db"), "CODEWALKERS_FAILED")
