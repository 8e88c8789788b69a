"""Which project the sessions belong to: all worktrees of a git repository are one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import workledger
from support.transcripts import LATER, Transcript, rows, uid
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.claude_code.repository import repository_of
from workledger.adapters.git.importer import import_git
from workledger.domain.project import Project
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.projects import Projects


@pytest.fixture
def ledger() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with a worktree beside it, and another at quite another place."""
    shop = tmp_path / "code" / "shop"
    (shop / "assets").mkdir(parents=True)
    git(shop, "init", "-q", "-b", "main")
    git(shop, "commit", "-q", "--allow-empty", "-m", "Begin")
    git(shop, "worktree", "add", "-q", "../elsewhere/till")
    return shop


def sessions_in(folder: Path, *where: str) -> Path:
    """Transcripts of sessions that began in those folders."""
    for number, cwd in enumerate(where):
        told = Transcript(folder, uid(f"session {number}"))
        told.cwd = cwd
        told.prompt("Go")
    return folder


def projects(ledger: workledger.Workledger) -> list[str | None]:
    return [one["repository_path"] for one in rows(ledger, Projects)]


def test_worktrees_and_folders_of_a_repository_are_one_project(
    ledger: workledger.Workledger, tmp_path: Path, shop: Path
) -> None:
    till = shop.parent / "elsewhere" / "till"
    told = sessions_in(tmp_path / "told", str(till), str(shop / "assets"), str(shop))
    import_claude_code(ledger, told, now=LATER)
    assert projects(ledger) == [str(shop)]
    assert {one["worktree_path"] for one in rows(ledger, AgentRuns)} == {str(till), str(shop / "assets"), str(shop)}


def test_the_project_that_the_commits_are_in_is_taken(
    ledger: workledger.Workledger, tmp_path: Path, shop: Path
) -> None:
    [project] = import_git(ledger, shop).project_ids
    told = sessions_in(tmp_path / "told", str(shop.parent / "elsewhere" / "till"))
    assert import_claude_code(ledger, told, now=LATER).project_ids == {project}


def test_a_submodule_and_a_worktree_of_a_bare_repository_are_what_they_are(tmp_path: Path, shop: Path) -> None:
    outer, bare, tree = tmp_path / "outer", tmp_path / "bare.git", tmp_path / "tree"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", "-q", str(shop), "inner")
    assert repository_of(str(outer / "inner"), []) == str(outer / "inner")
    git(tmp_path, "clone", "-q", "--bare", str(shop), str(bare))
    git(bare, "worktree", "add", "-q", str(tree))
    assert repository_of(str(tree), []) == str(bare)


def test_a_home_folder_under_git_is_not_the_repository_of_all_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "notes").mkdir()
    git(tmp_path, "init", "-q")
    assert repository_of(str(tmp_path / "notes"), []) == str(tmp_path / "notes")


@pytest.mark.parametrize(
    ("folder", "repository"),
    [
        ("/home/ann/code/shop-worktrees/till", "/home/ann/code/shop"),
        ("/home/ann/code/shop-worktrees/till/assets", "/home/ann/code/shop"),
        ("/home/ann/code/shop.worktrees/till", "/home/ann/code/shop"),
        ("/home/ann/code/shop/.worktrees/feat/till", "/home/ann/code/shop"),
        ("/home/ann/code/shop/.claude/worktrees/till", "/home/ann/code/shop"),
        ("C:\\code\\shop\\.claude\\worktrees\\till", "C:\\code\\shop"),
        ("/home/ann/.claude-worktrees/shop/till", "/home/ann/.claude-worktrees/shop/till"),
        ("/home/ann/git-worktrees/shop", "/home/ann/git-worktrees/shop"),
        ("/home/ann/code/shop-worktrees", "/home/ann/code/shop-worktrees"),
        ("/nowhere/shop", "/nowhere/shop"),
        ("//server/share/shop", "//server/share/shop"),
        ("shop", "shop"),
        ("\0", "\0"),
        ("/" + "x" * 5_000, "/" + "x" * 5_000),
    ],
)
def test_the_path_tells_of_a_folder_that_is_not_here(folder: str, repository: str) -> None:
    assert repository_of(folder, []) == repository


def test_worktrees_that_are_gone_are_one_project_with_their_repository(
    ledger: workledger.Workledger, tmp_path: Path
) -> None:
    code = "/home/ann/code"
    told = sessions_in(tmp_path, f"{code}/shop-worktrees/a", f"{code}/shop-worktrees/b", f"{code}/shop")
    report = import_claude_code(ledger, told, now=LATER)
    assert projects(ledger) == ["~/code/shop"]
    assert "--project" not in str(report)


def test_a_session_says_which_repository_its_worktree_is_of(ledger: workledger.Workledger, tmp_path: Path) -> None:
    told = Transcript(tmp_path)
    told.cwd = "/elsewhere/x7"
    told.prompt("Go")
    told.meta("worktree-state", worktreeSession={"originalCwd": "/home/ann/shop", "worktreePath": "/elsewhere/x7"})
    import_claude_code(ledger, tmp_path, now=LATER)
    assert projects(ledger) == ["~/shop"]


def test_the_closing_line_names_the_projects_that_were_made(ledger: workledger.Workledger, tmp_path: Path) -> None:
    told = sessions_in(tmp_path, "/work/shop", "/work/bakery")
    report = import_claude_code(ledger, told, now=LATER)
    assert all(name in str(report) for name in ("shop (prj_", "bakery (prj_", "--project ID"))


def test_it_says_when_a_project_of_the_same_name_is_there(ledger: workledger.Workledger, tmp_path: Path) -> None:
    ledger.create(Project.create(name="shop", path="/elsewhere/shop"))
    report = import_claude_code(ledger, sessions_in(tmp_path, "/work/shop", "/work/shop"), now=LATER)
    assert "another project is called shop: --project prj_" in str(report)
    report = import_claude_code(ledger, tmp_path, now=LATER)
    assert "--project" not in str(report)
