"""Commits of repositories that are odd: dates, encodings, settings, and clones that do not have everything."""

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.repositories import BEGAN, EMPTY_TREE, Repository
from workledger.adapters.git.importer import import_git
from workledger.adapters.importing import EARLIEST, LATEST, Report
from workledger.domain.commit import CommitRecord, CommitRecorded
from workledger.domain.kernel.aggregate import Event
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.projections import commits as rows

Row = dict[str, Any]


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "parser")


def history(ledger: workledger.Workledger, report: Report) -> list[Row]:
    """The commits of the project that was imported into, oldest first."""
    ledger.catch_up()
    [project] = report.project_ids
    return [dict(row) for row in reversed(rows.history(ledger.tables, project, limit=1000))]


def imported(path: Path, **options: Any) -> tuple[list[Row], Report]:
    with workledger.open("memory:") as ledger:
        report = import_git(ledger, path, **options)
        head = ledger.head()
        again = import_git(ledger, path, **options)
        assert ledger.head() == head
        assert not again.imported
        return history(ledger, report), report


def at(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("written", "read", "is_told"),
    [
        ("1312735823 +0000", at(1312735823), False),
        ("1312735823 -1200", at(1312735823), False),
        ("1312735823 +051800", at(1312735823), True),
        ("1312735823 +9999", at(1312735823), True),
        ("1312735823", at(1312735823), True),
        ("-1 +0000", at(-1), False),
        ("0 +0000", at(0), False),
        ("4102444800 +0000", at(4102444800), False),
        ("99999999999999 +0000", LATEST, True),
        ("18446744073709551616 +0000", LATEST, True),
        ("-99999999999999 +0000", EARLIEST, True),
        ("9" * 5000 + " +0000", LATEST, True),
        ("yesterday", at(0), True),
        ("", at(0), True),
    ],
)
@pytest.mark.parametrize("place", ["of the root", "later"])
def test_a_date_outside_the_calendar_is_moved_into_it_and_told(
    repository: Repository, written: str, read: datetime, is_told: bool, place: str
) -> None:
    parents = [repository.raw(b"before")] if place == "later" else []
    who = f"Ann <ann@example.org> {written}"
    sha = repository.raw(b"odd", *parents, author=who, committer=who)
    found, report = imported(repository.path)
    [row] = [row for row in found if row["commit_sha"] == sha]
    assert (row["created_at"], row["authored_at"], row["message"]) == (read, read, "odd")
    reason = "dates or zones outside the calendar (clamped)"
    assert report.left_out == ({reason: 1} if is_told else {})
    assert report.first == ({reason: sha[:12]} if is_told else {})


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("Ann <ann@example.org> 1700000000 +0000", "Ann", "ann@example.org"),
        (" <> 1700000000 +0000", "", ""),
        ("Ann  <<ann@x>> 1700000000 +0000", "Ann", "ann@x"),
        ("Ann > B <ann@x> 1700000000 +0000", "Ann > B", "ann@x"),
        ("Ann", "Ann", ""),
        ("", "", ""),
        (f"{'A' * 300_000} <a@x> 1700000000 +0000", "A" * 1000, "a@x"),
    ],
)
def test_an_author_may_be_written_in_any_way(repository: Repository, line: str, name: str, email: str) -> None:
    repository.raw(b"odd", author=line)
    [row], _ = imported(repository.path, keep_emails=True)
    assert (row["author_name"], row["author_email"]) == (name, email)


@pytest.mark.parametrize(
    ("message", "headers", "read"),
    [
        ("Grüße".encode("latin-1"), b"encoding ISO-8859-1\n", "Grüße"),
        ("Grüße".encode("latin-1"), b"", "Gr\ufffd\ufffde"),
        ("Grüße".encode(), b"encoding no-such-thing\n", "Grüße"),
        ("Grüße".encode(), b"encoding idna\n", "Grüße"),
        ("Grüße".encode(), b"encoding \xff\xfe\n", "Grüße"),
        ("odd".encode("utf-16"), b"encoding utf-16\n", "odd"),
        (b"nul \0 inside", b"", "nul \ufffd inside"),
        (b"   ", b"", "   "),
        (b"", b"", ""),
        (b"signed", b"gpgsig -----BEGIN\n parent of none\n -----END\n", "signed"),
    ],
)
def test_a_message_may_be_in_any_encoding(repository: Repository, message: bytes, headers: bytes, read: str) -> None:
    repository.raw(message, headers=headers)
    [row], _ = imported(repository.path)
    assert row["message"] == read


def three(repository: Repository) -> Repository:
    """A history with a root, a moved file and a changed one."""
    repository.commit("root", **{"old.txt": "line\n" * 400, "b": "1"})
    repository.git("mv", "old.txt", "new.txt")
    repository.commit("moved", **{"new.txt": "line\n" * 400 + "more\n"})
    repository.commit("changed", **{"b": "2", "d/x": "1"})
    return repository


THREE = [("root", ["b", "old.txt"]), ("moved", ["new.txt", "old.txt"]), ("changed", ["b", "d/x"])]


def told(found: list[Row]) -> list[tuple[str, list[str]]]:
    return [(row["message"], row["files_changed"]) for row in found]


def test_author_date_and_parents_are_kept(repository: Repository) -> None:
    first, second = repository.commit("First", a="1"), repository.commit("Second", a="2")
    found, _ = imported(repository.path)
    assert [row["parents"] for row in found] == [[], [first]]
    assert [row["authored_at"] for row in found] == [row["created_at"] - timedelta(hours=1) for row in found]
    assert second == found[1]["commit_sha"]


SETTINGS = [
    ("log.showRoot", "false"),
    ("diff.orderFile", ".no-such-file"),
    ("diff.ignoreSubmodules", "all"),
    ("diff.renames", "copies"),
    ("diff.relative", "true"),
    ("diff.noprefix", "true"),
    ("core.quotePath", "true"),
    ("core.commitGraph", "true"),
    ("log.mailmap", "true"),
    ("log.follow", "true"),
    ("log.date", "relative"),
    ("format.pretty", "oneline"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("color.ui", "always"),
    ("core.abbrev", "4"),
    ("merge.renames", "false"),
]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_settings_of_a_repository_change_no_row(repository: Repository, name: str, value: str) -> None:
    three(repository)
    (repository.path / ".mailmap").write_text("Bob <bob@example.com> <ann@example.com>\n")
    plain, _ = imported(repository.path)
    repository.git("config", name, value)
    assert imported(repository.path)[0] == plain
    assert told(plain) == THREE


def test_submodules_are_files_whatever_is_ignored(repository: Repository, tmp_path: Path) -> None:
    part = Repository(tmp_path / "part")
    part.commit("part", s="1")
    repository.git("-c", "protocol.file.allow=always", "submodule", "-q", "add", str(part.path), "part")
    repository.commit("added")
    Repository(repository.path / "part").commit("newer", s="2")
    repository.commit("moved on")
    repository.git("config", "diff.ignoreSubmodules", "all")
    repository.git("config", "submodule.part.ignore", "all")
    assert told(imported(repository.path)[0]) == [("added", [".gitmodules", "part"]), ("moved on", ["part"])]


def test_replacements_and_grafts_change_no_row(repository: Repository) -> None:
    three(repository)
    plain, _ = imported(repository.path)
    repository.git("replace", "HEAD~1", "HEAD~2")
    repository.git("replace", "--graft", "HEAD")
    (repository.path / ".git" / "info" / "grafts").write_text(repository.git("rev-parse", "HEAD"))
    assert imported(repository.path)[0] == plain
    assert told(imported(repository.path, ref="HEAD~1..HEAD")[0]) == THREE[2:]


def test_variables_of_git_change_no_row(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    three(repository)
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "diff.orderFile",
        "GIT_CONFIG_VALUE_0": "/nowhere",
        "GIT_DIFF_OPTS": "-u1",
        "GIT_REPLACE_REF_BASE": "refs/heads/",
        "GIT_SHALLOW_FILE": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    assert told(imported(repository.path)[0]) == THREE


@pytest.mark.parametrize("kind", ["bare", "worktree", "detached", "shared", "odd path", "sha256", "packed", "tagged"])
def test_every_kind_of_clone_gives_the_same_rows(repository: Repository, tmp_path: Path, kind: str) -> None:
    three(repository)
    path = tmp_path / ("odd päth %2F #1" if kind == "odd path" else "clone")
    ref = "HEAD"
    match kind:
        case "bare":
            repository.git("clone", "-q", "--bare", ".", str(path))
        case "worktree":
            repository.git("worktree", "add", "-q", str(path), "HEAD")
        case "shared":
            repository.git("clone", "-q", "--shared", ".", str(path))
        case "sha256":
            path.mkdir()
            other = Repository(path)
            other.git("init", "-q", "--object-format=sha256", "-b", "main", ".sha256")
            other.path = path = path / ".sha256"
            three(other)
        case "packed":
            path = repository.path
            repository.git("gc", "-q")
            repository.git("pack-refs", "--all")
        case "tagged":
            path, ref = repository.path, "v2"
            repository.git("tag", "-a", "-m", "one", "v1")
            repository.git("tag", "-a", "-m", "a tag of a tag", "v2", "v1")
        case _:
            repository.git("clone", "-q", ".", str(path))
    if kind == "detached":
        Repository(path).git("checkout", "-q", "--detach", "HEAD")
    assert told(imported(path, ref=ref)[0]) == THREE


def test_octopuses_and_histories_without_a_common_root_come_in(repository: Repository) -> None:
    root = repository.commit("root", base="0")
    sides = []
    for name in ("x", "y", "z"):
        repository.git("checkout", "-q", "-b", name, root)
        sides.append(repository.commit(name, **{name: "1"}))
    repository.git("checkout", "-q", "main")
    octopus = repository.raw(b"octopus", *sides)
    older = repository.raw(b"older root", committer="Ann <a@x> 1 +0000")
    repository.raw(b"unrelated", octopus, older)
    found, _ = imported(repository.path)
    assert {row["message"]: len(row["parents"]) for row in found} == {
        "root": 0, "x": 1, "y": 1, "z": 1, "octopus": 3, "older root": 0, "unrelated": 2
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filter", "files"),
    [
        ("blob:none", [files for _, files in THREE]),
        ("tree:0", [[], [], []]),
    ],
)
def test_a_partial_clone_comes_in_with_the_files_it_knows_and_fetches_nothing(
    repository: Repository, tmp_path: Path, filter: str, files: list[list[str]]
) -> None:
    three(repository)
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", f"--filter={filter}", "--no-checkout")
    objects = sorted(clone.path.glob(".git/objects/**/*"))
    with workledger.open("memory:") as ledger:
        report = import_git(ledger, clone.path)
        found = history(ledger, report)
        assert [row["files_changed"] for row in found] == files
        assert [row["files_known"] for row in found] == [bool(one) for one in files]
        assert report.left_out["files of commits that this clone does not have"] == files.count([])
        assert sorted(clone.path.glob(".git/objects/**/*")) == objects
        report = import_git(ledger, repository.path)
        assert told(history(ledger, report)) == THREE


def without_places(found: list[Row]) -> list[Row]:
    left_out = ("commit_url", "version", "last_position", "id")
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


def test_a_shallow_clone_is_healed_by_a_whole_one(
    ledger: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    three(repository)
    shallow = repository.clone(tmp_path / "shallow", "--depth=1")
    report = import_git(ledger, shallow.path)
    [row] = history(ledger, report)
    assert (row["message"], row["files_changed"], row["files_known"]) == ("changed", [], False)
    assert row["parents"] == [repository.git("rev-parse", "HEAD~1").strip()]
    assert report.left_out == {"files of commits that this clone does not have": 1}
    whole = import_git(ledger, repository.path)
    assert whole.project_ids == report.project_ids
    assert whole.imported == {"commits": 2, "commits of which more is known now": 1}
    found = history(ledger, whole)
    assert told(found) == THREE
    with workledger.open("memory:") as other:
        plain = history(other, import_git(other, repository.path))
    [project] = whole.project_ids
    assert [{**row, "project_id": project} for row in without_places(plain)] == without_places(found)
    head = ledger.head()
    assert not import_git(ledger, repository.path).imported
    assert not import_git(ledger, shallow.path).imported
    assert ledger.head() == head


def test_a_shallow_clone_that_was_deepened_is_the_same_project(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    three(repository)
    repository.commit("newest")
    one = import_git(memory, repository.clone(tmp_path / "one", "--depth=1").path)
    two = import_git(memory, repository.clone(tmp_path / "two", "--depth=3").path)
    assert one.project_ids == two.project_ids
    assert len(history(memory, two)) == 3


def test_a_repository_that_took_in_the_history_of_another_is_a_project_of_its_own(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    part = import_git(memory, three(repository).path)
    whole = Repository(tmp_path / "whole")
    whole.commits = -10
    whole.commit("older", o="1")
    whole.git("fetch", "-q", str(repository.path), "main")
    whole.git("merge", "-q", "--allow-unrelated-histories", "-m", "taken in", "FETCH_HEAD")
    report = import_git(memory, whole.path)
    assert report.imported["commits"] == 5
    assert report.project_ids.isdisjoint(part.project_ids)


def test_a_shallow_clone_after_the_whole_one_adds_nothing(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    three(repository)
    whole = import_git(memory, repository.path)
    shallow = import_git(memory, repository.clone(tmp_path / "shallow", "--depth=2").path)
    assert shallow.project_ids == whole.project_ids
    assert not shallow.imported


def test_commits_of_an_earlier_release_are_completed(memory: workledger.Workledger, repository: Repository) -> None:
    three(repository)
    now, report = imported(repository.path)
    [project] = report.project_ids
    made: list[tuple[str, Event]] = []
    with memory.acting_as("import"), memory.unit() as unit:
        unit.record(Project, project, [ProjectCreated(name="parser", repository_path="~")])
        for row in now:
            old = CommitRecorded(
                commit_id=row["id"], project_id=project, commit_sha=row["commit_sha"],
                commit_url=row["commit_url"], message=row["message"], files_changed=("as they were",),
            )  # fmt: skip
            made.append((row["commit_sha"], old))
            unit.record(CommitRecord, CommitRecord.id_of(project, row["commit_sha"]), [old], at=row["created_at"])
    report = import_git(memory, repository.path)
    assert report.imported == {"commits of which more is known now": 3}
    assert told(history(memory, report)) == THREE
    assert [row["parents"] for row in history(memory, report)] == [row["parents"] for row in now]
    assert [row["authored_at"] for row in history(memory, report)] == [row["authored_at"] for row in now]


def test_files_that_a_person_recorded_are_left_alone(memory: workledger.Workledger, repository: Repository) -> None:
    sha = repository.commit("First", a="1")
    project = memory.create(Project.create(name="Mine"))
    memory.create(
        CommitRecord.record(
            project_id=project.id, commit_sha=sha, commit_url="u", message="mine", files_changed=("prd.md",)
        )
    )
    report = import_git(memory, repository.path, project_id=project.id)
    [row] = history(memory, report)
    assert (row["message"], row["files_changed"], row["parents"]) == ("mine", ["prd.md"], [])
    assert row["authored_at"] == BEGAN - timedelta(hours=1)


@pytest.mark.parametrize(
    ("ref", "messages"),
    [
        ("HEAD~1..HEAD", ["changed"]),
        ("HEAD~2..", ["moved", "changed"]),
        ("HEAD~1", ["root", "moved"]),
        ("side...main", ["side", "moved", "changed"]),
        ("HEAD..HEAD", []),
        ("HEAD^{tree}", []),
        ("HEAD:b", []),
    ],
)
def test_a_ref_may_be_a_range(
    memory: workledger.Workledger, repository: Repository, ref: str, messages: list[str]
) -> None:
    three(repository)
    repository.git("checkout", "-q", "-b", "side", "HEAD~2")
    repository.commit("side", s="1")
    repository.git("checkout", "-q", "main")
    report = import_git(memory, repository.path, ref=ref)
    assert report.imported == ({"commits": len(messages)} if messages else {})
    if messages:
        assert sorted(row["message"] for row in history(memory, report)) == sorted(messages)
        assert import_git(memory, repository.path).project_ids == report.project_ids


def template(tmp_path: Path, *addresses: str | None) -> list[Repository]:
    """Repositories that began as copies of one, each with a commit of its own."""
    origin = three(Repository(tmp_path / "template"))
    copies = []
    for number, address in enumerate(addresses):
        copy = origin.clone(tmp_path / f"copy-{number}")
        copy.commits = 10 + number
        copy.git("remote", "remove", "origin")
        if address:
            copy.git("remote", "add", "origin", address)
        copy.commit(f"only {number}", **{f"own-{number}": "1"})
        copies.append(copy)
    return copies


def test_copies_of_a_template_with_addresses_are_projects_of_their_own(
    memory: workledger.Workledger, tmp_path: Path
) -> None:
    copies = template(tmp_path, "https://example.org/ann/one", "https://example.org/ann/two")
    one, two = [import_git(memory, copy.path) for copy in copies]
    assert not one.project_ids & two.project_ids
    assert one.imported["commits"] == two.imported["commits"] == 4
    assert "it began as copy-0 did" in str(two)
    assert [import_git(memory, copy.path).project_ids for copy in copies] == [one.project_ids, two.project_ids]
    memory.catch_up()


def test_other_branches_and_worktrees_of_a_repository_are_no_copies(
    memory: workledger.Workledger, repository: Repository, tmp_path: Path
) -> None:
    three(repository)
    repository.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"), "HEAD~1")
    side = Repository(tmp_path / "side")
    side.commit("side", s="1")
    one, two = import_git(memory, repository.path), import_git(memory, side.path)
    assert one.project_ids == two.project_ids
    assert str(two) == "git: imported: commits 1; skipped: commits recorded before 2"
    [project] = one.project_ids
    memory.create(CommitRecord.record(project_id=project, commit_sha="a-name", commit_url="u", message="by hand"))
    side.commit("again", s="2")
    assert import_git(memory, side.path).imported == {"commits": 1}


def test_a_folder_whose_address_changed_is_the_same_project(
    memory: workledger.Workledger, repository: Repository
) -> None:
    three(repository)
    repository.git("remote", "add", "origin", "https://example.org/ann/old")
    before = import_git(memory, repository.path)
    repository.git("remote", "set-url", "origin", "https://example.org/ann/new")
    repository.commit("later")
    after = import_git(memory, repository.path)
    assert after.project_ids == before.project_ids
    assert str(after) == "git: imported: commits 1; skipped: commits recorded before 3"


def test_copies_of_a_template_without_addresses_are_taken_for_one_and_that_is_said(
    memory: workledger.Workledger, tmp_path: Path
) -> None:
    copies = template(tmp_path, None, None)
    one, two = [import_git(memory, copy.path) for copy in copies]
    assert one.project_ids == two.project_ids
    assert "--project ID" not in str(one)
    assert "copy-0 " in str(two)
    assert "also has 1 commits of another copy" in str(two)
    assert "import it with --project ID" in str(two)
    third = memory.create(Project.create(name="Third"))
    assert "another copy" not in str(import_git(memory, copies[1].path, project_id=third.id))


BROKEN: list[tuple[str, Callable[[Repository, str], str]]] = [
    ("a parent that is missing", lambda repository, root: repository.raw(b"odd", "1" * 40)),
    ("a parent that is a file", lambda repository, root: repository.raw(b"odd", repository.object("blob", b"x"))),
    ("a parent that is no id", lambda repository, root: repository.raw(b"odd", "nonsense")),
    ("a parent twice", lambda repository, root: repository.raw(b"odd", root, root)),
    ("a tree that is missing", lambda repository, root: repository.raw(b"odd", root, tree="1" * 40)),
    ("a tree that is a commit", lambda repository, root: repository.raw(b"odd", root, tree=root)),
    ("a tree that is broken", lambda repository, root: repository.raw(b"odd", root, tree=broken_tree(repository))),
    ("no headers", lambda repository, root: headless(repository)),
    ("so many parents", lambda repository, root: repository.raw(b"odd", root, *many(repository))),
]


def broken_tree(repository: Repository) -> str:
    return repository.object("tree", b"100644 half")


def headless(repository: Repository) -> str:
    sha = repository.object("commit", b"odd")
    repository.point(sha)
    return sha


def many(repository: Repository) -> list[str]:
    return [f"{number:040x}" for number in range(5000)]


@pytest.mark.parametrize(("name", "make"), BROKEN)
def test_a_commit_with_something_broken_ends_nothing(
    repository: Repository, name: str, make: Callable[[Repository, str], str]
) -> None:
    root = repository.raw(b"root", tree=repository.tree(a="1"))
    odd = make(repository, root)
    last = repository.raw(b"last", odd, root, tree=EMPTY_TREE)
    found, _ = imported(repository.path)
    assert {root, odd, last} <= {row["commit_sha"] for row in found}


@pytest.mark.parametrize("kept", [0, 20, 0.9], ids=["empty", "a beginning", "most of it"])
def test_an_object_that_cannot_be_read_takes_only_itself_away(repository: Repository, kept: float) -> None:
    noise = random.Random(7).randbytes(20_000).hex()
    shas = [repository.commit(f"Number {number}\n\n{noise}", a=str(number)) for number in range(5)]
    side = repository.raw(b"side", shas[1])
    repository.raw(b"merge", shas[4], side)
    broken = repository.path / ".git" / "objects" / shas[3][:2] / shas[3][2:]
    broken.chmod(0o644)
    stored = broken.read_bytes()
    broken.write_bytes(stored[: int(kept * len(stored)) if kept < 1 else int(kept)])
    with workledger.open("memory:") as ledger:
        report = import_git(ledger, repository.path)
        found = history(ledger, report)
    assert {row["message"].split("\n")[0] for row in found} == {"Number 0", "Number 1", "Number 4", "side", "merge"}
    assert report.first["commits that git cannot read"] == shas[3][:12]


def test_nothing_is_left_behind(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three(repository)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    imported(repository.path)
    assert os.listdir(folder) == []


def test_long_messages_are_kept_as_far_as_an_event_holds_them_and_cuts_are_counted(repository: Repository) -> None:
    repository.raw(b"m" * 190_690)
    repository.raw(b"n" * 400_000, repository.git("rev-parse", "HEAD").strip())
    found, report = imported(repository.path)
    assert [len(row["message"]) > 190_000 for row in found] == [True, True]
    assert found[0]["message"] == "m" * 190_690
    assert found[1]["message"].endswith("… [400000 characters]")
    assert report.shortened == 1
    assert "cut: texts 1" in str(report)


def test_secrets_in_addresses_and_branches_stay_outside(memory: workledger.Workledger, repository: Repository) -> None:
    token = "ghp_" + "Ab3" * 12
    repository.commit(f"Use {token}", a="1")
    repository.git("checkout", "-q", "-b", f"try-{token}")
    repository.git("remote", "add", "origin", f"https://example.org/{token}/parser.git")
    report = import_git(memory, repository.path)
    stored = "".join(event.data for event in memory.read())
    assert token not in stored
    assert report.redacted
    assert "redacted: texts" in str(report)
