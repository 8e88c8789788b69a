"""Commits of a local repository, as `git log` has them, each recorded once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.repositories import BEGAN, Repository
from workledger.adapters.git import importer
from workledger.adapters.git import repository as git
from workledger.adapters.git.history import History
from workledger.adapters.git.importer import import_git
from workledger.adapters.git.repository import GitFailed
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.projections import commits as rows
from workledger.projections import projects


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "parser")


def test_commits_come_in_with_sha_author_date_message_and_files(ledger: Ledger, repository: Repository) -> None:
    first = repository.commit("First\n\nWith a body.\n", **{"a.py": "1", "src/b.py": "2"})
    second = repository.commit("Second", **{"a.py": "3"})
    report = import_git(ledger, repository.path)
    assert str(report).startswith("git: imported: commits 2; skipped: nothing; project made: parser (prj_")
    newest, oldest = history(ledger, report.project_ids.pop())
    assert (oldest["commit_sha"], newest["commit_sha"]) == (first, second)
    assert oldest["message"] == "First\n\nWith a body."
    assert oldest["files_changed"] == ["a.py", "src/b.py"]
    assert oldest["author_name"] == "Ann Author"
    assert oldest["created_at"] == BEGAN
    assert newest["created_at"] == BEGAN + timedelta(minutes=1)
    assert {row.actor for row in ledger.read()} == {"import"}


def history(ledger: Ledger, project_id: str) -> list[dict[str, Any]]:
    assert isinstance(ledger, workledger.Workledger)
    ledger.catch_up()
    return rows.history(ledger.tables, project_id, limit=10_000)


def test_the_rows_are_those_of_git_log_in_its_order(sqlite_url: str, repository: Repository) -> None:
    """2,500 commits come in within five seconds, and nothing comes in twice."""
    repository.history(2500)
    with workledger.open(sqlite_url) as ledger:
        began = time.process_time()
        report = import_git(ledger, repository.path)
        assert time.process_time() - began < 5
        assert report.imported["commits"] == 2500
        head = ledger.head()
        assert str(import_git(ledger, repository.path)) == (
            "git: imported: nothing new; skipped: commits recorded before 2,500"
        )
        assert ledger.head() == head
        found = history(ledger, report.project_ids.pop())
    told = repository.git("log", "-z", "--format=%H%x01%an%x01%ct%x01%B").rstrip("\0").split("\0")
    assert [
        "\x01".join((row["commit_sha"], row["author_name"], f"{row['created_at'].timestamp():.0f}", row["message"]))
        for row in found
    ] == told
    files = [paragraph.splitlines()[1:] for paragraph in _paragraphs(repository)]
    assert [row["files_changed"] for row in found] == files


def _paragraphs(repository: Repository) -> list[str]:
    told = repository.git("log", "--name-only", "--format=@%H%n").split("@")[1:]
    return ["\n".join(line for line in one.splitlines() if line) for one in told]


def test_only_what_is_new_comes_in_later(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("First")
    import_git(memory, repository.path)
    repository.commit("Second")
    report = import_git(memory, repository.path)
    assert report.imported["commits"] == 1
    assert report.left_out["commits recorded before"] == 1
    assert [row["message"] for row in history(memory, report.project_ids.pop())] == ["Second", "First"]


def test_branches_that_were_merged_come_in_too(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("Trunk", a="1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("Side", b="1")
    repository.git("checkout", "-q", "main")
    repository.commit("Main", c="1")
    repository.git("merge", "-q", "--no-ff", "-m", "Merged", "side")
    report = import_git(memory, repository.path)
    found = {row["message"]: row["files_changed"] for row in history(memory, report.project_ids.pop())}
    assert found == {"Trunk": ["a"], "Side": ["b"], "Main": ["c"], "Merged": []}


def test_another_ref_can_be_asked_for(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("Trunk")
    repository.git("checkout", "-q", "-b", "side/x")
    repository.commit("Side")
    repository.git("checkout", "-q", "main")
    assert import_git(memory, repository.path).imported["commits"] == 1
    assert import_git(memory, repository.path, ref="side/x").imported["commits"] == 1


@pytest.mark.parametrize("name", ["we\nird", 'tab\tand "quotes"', "ünïcode ☃", "-n", "\nleading", "a b"])
def test_file_names_are_what_they_are(repository: Repository, name: str) -> None:
    repository.commit("Names", **{name: "1", "z": "2"})
    [(_, files)] = told(repository)
    assert sorted(files) == sorted([name, "z"])


@pytest.mark.parametrize(
    "message", ["", "one line", "--all", "with \x01 \x1e marks", "a\n\n\n:100644 b\n\nc", "ünïcode"]
)
def test_messages_are_what_they_are(repository: Repository, message: str) -> None:
    repository.commit(message, a="1")
    repository.commit("next", b="1")
    assert told(repository) == [(message, ("a",)), ("next", ("b",))]


def told(repository: Repository) -> list[tuple[str, tuple[str, ...] | None]]:
    """Message and files of each commit, oldest first."""
    with History(git.Repository.at(repository.path), "HEAD") as history:
        return [(one.message, history.files(one)) for page in history.pages() for one in page]


def test_a_commit_of_any_size_comes_in(memory: workledger.Workledger, repository: Repository) -> None:
    names = [f"{number:05}-{'x' * 90}" for number in range(4000)]
    repository.commit("m" * 300_000, **dict.fromkeys(names, ""))
    [project] = import_git(memory, repository.path).project_ids
    [row] = history(memory, project)
    kept = row["files_changed"][:-1]
    assert kept == names[: len(kept)]
    assert row["files_changed"][-1] == f"… and {4000 - len(kept)} more"
    assert len(kept) > 1000


@pytest.mark.parametrize("ref", ["--all", "-n1", "--output=x", "nosuch", "HEAD..HEAD^{nonsense}", ""])
def test_a_ref_is_never_an_option(memory: workledger.Workledger, repository: Repository, ref: str) -> None:
    repository.commit("First")
    with pytest.raises(GitFailed):
        import_git(memory, repository.path, ref=ref)
    assert not (repository.path / "x").exists()
    assert memory.head() == 0


def test_what_is_no_repository_is_refused_with_what_git_says(memory: workledger.Workledger, tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="not a git repository"):
        import_git(memory, tmp_path)


def test_a_repository_without_commits_brings_nothing(memory: workledger.Workledger, repository: Repository) -> None:
    assert str(import_git(memory, repository.path)) == "git: imported: nothing new; skipped: nothing"
    assert memory.head() == 0


def test_git_is_asked_without_the_variables_and_the_config_around_it(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("First", a="1")
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "core.sshCommand", "core.editor"):
        repository.git("config", name, str(program))
    repository.git("config", "log.showSignature", "true")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    monkeypatch.setenv("GIT_TRACE", str(ran))
    assert import_git(memory, repository.path).imported["commits"] == 1
    assert not ran.exists()


def test_the_project_is_made_once_for_all_clones(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    repository.commit("First")
    [project] = import_git(memory, repository.path).project_ids
    repository.git("clone", "-q", ".", str(tmp_path / "clone"))
    assert import_git(memory, tmp_path / "clone").project_ids == {project}
    memory.catch_up()
    row = projects.get(memory.tables, project)
    assert row is not None
    assert (row["name"], row["commit_count"], row["default_branch"]) == ("parser", 1, "main")
    assert row["created_at"] == BEGAN


def test_a_project_can_be_named_and_must_be_there(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("First")
    project = memory.create(Project.create(name="Mine", workspace_id=None))
    assert import_git(memory, repository.path, project_id=project.id).project_ids == {project.id}
    with pytest.raises(ProjectNotFound):
        import_git(memory, repository.path, project_id="prj_nosuch")


def test_a_project_that_has_the_path_is_taken(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("First")
    path = str(importer.redact(str(repository.path.resolve())))
    project = memory.create(Project.create(name="Mine", path=path))
    assert import_git(memory, repository.path).project_ids == {project.id}
    head = memory.head()
    assert import_git(memory, repository.path).project_ids == {project.id}
    assert memory.head() == head


def test_a_name_that_is_taken_gets_the_end_of_the_id(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("First")
    memory.create(Project.create(name="parser"))
    [project] = import_git(memory, repository.path).project_ids
    assert memory.get(Project, project).name == f"parser-{project[-6:]}"


@pytest.mark.parametrize(
    ("origin", "link"),
    [
        ("https://github.com/ann/parser.git", "https://github.com/ann/parser/commit/{sha}"),
        ("https://ann:secret@github.com/ann/parser", "https://github.com/ann/parser/commit/{sha}"),
        ("git@github.com:ann/parser.git", "https://github.com/ann/parser/commit/{sha}"),
        ("ssh://git@gitlab.example.com:2222/team/parser.git", "https://gitlab.example.com/team/parser/-/commit/{sha}"),
        ("git@bitbucket.org:ann/parser.git", "https://bitbucket.org/ann/parser/commits/{sha}"),
        ("/srv/git/parser.git", None),
        ("../parser", None),
        ("", None),
    ],
)
def test_a_commit_has_a_link_to_where_it_came_from(
    memory: workledger.Workledger, repository: Repository, origin: str, link: str | None
) -> None:
    sha = repository.commit("First")
    if origin:
        repository.git("remote", "add", "origin", origin)
    [project] = import_git(memory, repository.path).project_ids
    path = importer.redact(str(repository.path.resolve()))
    assert history(memory, project)[0]["commit_url"] == (link or f"{path}@{{sha}}").format(sha=sha)


def test_secrets_and_addresses_stay_outside(memory: workledger.Workledger, repository: Repository) -> None:
    repository.commit("Set token=abc123def for /home/ann/x", home="1")
    [project] = import_git(memory, repository.path).project_ids
    [row] = history(memory, project)
    assert row["message"] == "Set token=[redacted] for ~/x"
    assert row["author_email"] is None
    stored = "".join(event.data for event in memory.read())
    assert "ann@example.com" not in stored
    with workledger.open("memory:") as other:
        [project] = import_git(other, repository.path, keep_emails=True, redact=lambda value: value).project_ids
        [row] = history(other, project)
    assert row["author_email"] == "ann@example.com"
    assert row["message"] == "Set token=abc123def for /home/ann/x"


def test_progress_is_told(memory: workledger.Workledger, repository: Repository) -> None:
    repository.history(1200)
    told: list[tuple[int, int]] = []
    import_git(memory, repository.path, progress=lambda done, total, note: told.append((done, total)))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]


def test_an_import_that_was_killed_is_gone_on_with(memory: workledger.Workledger, repository: Repository) -> None:
    repository.history(1200)

    def killed(done: int, total: int, note: str) -> None:
        if done >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_git(memory, repository.path, progress=killed)
    kept = memory.head() - 1
    assert 0 < kept < 1200
    report = import_git(memory, repository.path)
    assert report.imported["commits"] == 1200 - kept
    assert len(history(memory, report.project_ids.pop())) == 1200


def test_two_imports_at_once_record_everything_once(sqlite_url: str, repository: Repository) -> None:
    repository.history(900)
    with workledger.open(sqlite_url) as one, workledger.open(sqlite_url) as two, ThreadPoolExecutor() as threads:
        reports = list(threads.map(lambda ledger: import_git(ledger, repository.path), (one, two)))
        assert sum(report.imported["commits"] for report in reports) == 900
        assert one.head() == 901
