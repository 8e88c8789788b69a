"""Whatever is done to the objects of a repository, its commits come in as far as git can read them."""

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workledger
from support.examples import examples
from support.repositories import EMPTY_TREE
from workledger.adapters.git.importer import import_git
from workledger.projections.commits import ProjectCommits
from workledger.projections.engine.state import dead_letters


class Objects:
    """A repository whose objects are written as they are, right or wrong."""

    def __init__(self, path: Path) -> None:
        self.folder = path / ".git"
        for name in ("objects", "refs/heads"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "HEAD").write_text("ref: refs/heads/main\n")
        (self.folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")

    def write(self, kind: str, content: bytes) -> str:
        whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
        sha = hashlib.sha1(whole).hexdigest()
        self.file(sha).parent.mkdir(exist_ok=True)
        self.file(sha).write_bytes(zlib.compress(whole))
        return sha

    def content(self, sha: str) -> bytes:
        return zlib.decompress(self.file(sha).read_bytes()).partition(b"\0")[2]

    def file(self, sha: str) -> Path:
        return self.folder / "objects" / sha[:2] / sha[2:]

    def tree(self, number: int) -> str:
        blob = self.write("blob", b"%d" % number)
        entries = [(b"a", b"100644"), (b"file %d" % number, b"100644")]
        return self.write("tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(blob) for name, mode in entries))


def commit(tree: str, parents: list[str], message: bytes, seconds: bytes = b"1700000000 +0000") -> bytes:
    lines = [b"tree " + tree.encode(), *(b"parent " + one.encode() for one in parents)]
    lines += [who + b" Ann <ann@example.org> " + seconds for who in (b"author", b"committer")]
    return b"\n".join(lines) + b"\n\n" + message


@dataclass(frozen=True)
class Mutation:
    """Something done to the content of an object; `at` is a share of its length."""

    kind: str
    at: float
    piece: bytes
    date: bytes
    encoding: bytes

    def __call__(self, content: bytes) -> bytes:
        at, lines = int(self.at * len(content)), content.split(b"\n")
        number = int(self.at * len(lines))
        match self.kind:
            case "byte":
                return content[:at] + self.piece[:1] + content[at + 1 :]
            case "cut":
                return content[:at]
            case "inserted":
                return content[:at] + self.piece + content[at:]
            case "line":
                return b"\n".join([*lines[:number], self.piece, *lines[number + 1 :]])
            case "line twice":
                return b"\n".join([*lines[:number], *lines[number : number + 1], *lines[number:]])
            case "date":
                return content.replace(b"1700000000 +0000", self.date)
            case "encoding":
                return content.replace(b"\n\n", b"\nencoding " + self.encoding + b"\n\n", 1) + self.piece
        return self.piece


mutations = st.builds(
    Mutation,
    st.sampled_from(["byte", "cut", "inserted", "line", "line twice", "date", "encoding", "other"]),
    st.floats(0, 0.999),
    st.binary(max_size=30),
    st.from_regex(rb"-?[0-9]{0,25} ?[+-]?[0-9]{0,8}", fullmatch=True),
    st.sampled_from([b"latin-1", b"utf-16", b"utf-7", b"idna", b"rot13", b"hz", b"zlib", b"\xff"]),
)


@dataclass(frozen=True)
class Planned:
    """A commit to be made: which earlier ones are its parents, and what is done to it, its tree, and their files."""

    parents: tuple[int, ...]
    content: Mutation | None
    tree: Mutation | None
    stored: Mutation | None
    stored_tree: Mutation | None


maybe = st.none() | mutations
rarely = st.one_of(st.none(), st.none(), mutations)
plans = st.lists(
    st.builds(Planned, st.lists(st.integers(0, 5), max_size=3).map(tuple), maybe, rarely, rarely, rarely),
    min_size=1,
    max_size=6,
)


def made(repository: Objects, plan: list[Planned]) -> set[str]:
    """Make the repository; the shas of the commits whose objects git can read."""
    shas: list[str] = []
    readable: set[str] = set()
    for number, planned in enumerate(plan):
        tree = repository.tree(number)
        if planned.tree:
            tree = repository.write("tree", planned.tree(repository.content(tree)))
        parents = [shas[one] for one in planned.parents if one < number]
        content = commit(tree, parents, b"Number %d" % number)
        shas.append(repository.write("commit", planned.content(content) if planned.content else content))
        readable.add(shas[-1])
        for sha, damage in ((shas[-1], planned.stored), (tree, planned.stored_tree)):
            if damage:
                repository.file(sha).write_bytes(damage(repository.file(sha).read_bytes()))
                readable.discard(sha)
    tip = repository.write("commit", commit(EMPTY_TREE, shas, b"All of them"))
    (repository.folder / "refs" / "heads" / "main").write_text(f"{tip}\n")
    return readable | {tip}


def rows(ledger: workledger.Workledger) -> Counter[str]:
    ledger.catch_up()
    with ledger.tables.engine.connect() as connection:
        assert dead_letters.find(connection) == []
    return Counter(str(row["commit_sha"]) for row in ledger.tables.all(ProjectCommits.table.select()))


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(plans)
def test_any_history_comes_in_as_far_as_it_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, plan: list[Planned]
) -> None:
    repository = Objects(tmp_path_factory.mktemp("mutated"))
    readable = made(repository, plan)
    with workledger.open("memory:") as ledger:
        report = import_git(ledger, repository.folder.parent)
        assert not [reason for reason in report.left_out if "cannot be stored" in reason or "refused" in reason]
        found = rows(ledger)
        assert readable <= set(found)
        assert set(found.values()) == {1}
        head = ledger.head()
        again = import_git(ledger, repository.folder.parent)
        assert ledger.head() == head, str(again)
        assert not again.imported
