"""The history that leads to a ref, oldest first, read from the objects of a repository."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Self

from workledger.adapters.git import commit_object
from workledger.adapters.git.commit_object import Commit
from workledger.adapters.git.files import Files
from workledger.adapters.git.objects import Objects, View
from workledger.adapters.git.repository import Repository

PAGE = 500
"""Commits that are read at once."""

TAGS = 100
"""Tags of tags that are followed to a commit."""


@dataclass(frozen=True, slots=True)
class Node:
    """A commit's place in the history: `parents` are those that the clone has."""

    seconds: int
    parents: tuple[str, ...]
    tree: str


class History:
    """The commits that a ref means, in the reverse of the order in which `git log` lists them.

    Nothing that is configured, replaced or grafted matters; a commit that git cannot read is passed over, and so are
    those that only it leads to.

    Attributes:
        shas: the commits that the ref means, oldest first.
        first: the oldest that leads to the ref, also when a range leaves it out; None when there is none.
        unreadable: commits that others name as their parents, and that are missing or broken.

    Raises:
        GitFailed: there is no such ref.
    """

    def __init__(self, repository: Repository, ref: str) -> None:
        self.repository = repository
        self._nodes: dict[str, Node] = {}
        self.unreadable: list[str] = []
        wanted, left_out = repository.meant(ref)
        with ExitStack() as opened:
            view = View(repository)
            opened.callback(view.close)
            self._objects = opened.enter_context(Objects(view))
            self._files = opened.enter_context(Files(view))
            everything = self._walk(self._peeled(wanted))
            passed = set(self._walk(self._peeled(left_out)))
            self._opened = opened.pop_all()
        self.shas = [sha for sha in reversed(everything) if sha not in passed]
        self.first = next((sha for sha in reversed(everything) if not self._nodes[sha].parents), None)
        self._reachable = frozenset(everything)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def missing(self, shas: Iterable[str]) -> list[str]:
        """Those of the commits that the clone does not have, on any branch."""
        others = [sha for sha in shas if sha not in self._reachable and commit_object.ID.fullmatch(sha.encode())]
        return [sha for sha, found in zip(others, self._objects.read(others), strict=True) if found is None]

    @property
    def is_shallow(self) -> bool:
        """Whether the clone ends before the first commit."""
        return self.first in self.repository.shallow

    def has_before(self, sha: str) -> bool:
        """Whether the commit leads to the ref, and others lead to it."""
        return sha in self._reachable and bool(self._nodes[sha].parents)

    @property
    def ends(self) -> list[str]:
        """The newest commit, and those at which a shallow clone ends."""
        return [*self.shas[-1:], *(sha for sha in self.repository.shallow if sha in self._reachable)]

    def commit(self, sha: str) -> Commit:
        """One that leads to the ref."""
        [found] = self._objects.read([sha])
        assert found is not None
        return commit_object.read(sha, found[1])

    def pages(self) -> Iterator[list[Commit]]:
        """The commits, oldest first."""
        for start in range(0, len(self.shas), PAGE):
            shas = self.shas[start : start + PAGE]
            found = zip(shas, self._objects.read(shas), strict=True)
            yield [commit_object.read(sha, one[1]) for sha, one in found if one is not None]

    def files(self, commit: Commit) -> tuple[str, ...] | None:
        """The files that it changed, as `git log --name-only` lists them; none of a merge.

        None when the clone does not have what it takes to tell: it ends at the commit, or lacks a tree.
        """
        if len(commit.parents) > 1:
            return ()
        if not commit.parents:
            return self._files.changed(self.repository.empty_tree, commit.tree)
        parents = self._nodes[commit.sha].parents
        return self._files.changed(self._nodes[parents[0]].tree, commit.tree) if parents else None

    def _walk(self, tips: Iterable[str]) -> list[str]:
        """The commits that lead to the tips, the newest first, as git goes: by date, never before a child."""
        order, seen = count(), set[str]()
        ahead: list[tuple[int, int, str]] = []
        walked = []

        def meet(shas: Iterable[str]) -> None:
            new = [sha for sha in dict.fromkeys(shas) if sha not in seen]
            seen.update(new)
            nodes = self._look(new)
            for sha in new:
                if sha in nodes:
                    heapq.heappush(ahead, (-nodes[sha].seconds, next(order), sha))

        meet(tips)
        while ahead:
            sha = heapq.heappop(ahead)[2]
            walked.append(sha)
            meet(self._nodes[sha].parents)
        for sha in walked:
            node = self._nodes[sha]
            there = tuple(one for one in node.parents if one in self._nodes)
            if there != node.parents:
                self._nodes[sha] = Node(node.seconds, there, node.tree)
        return walked

    def _look(self, shas: list[str]) -> Mapping[str, Node]:
        unknown = [sha for sha in shas if sha not in self._nodes]
        for sha, found in zip(unknown, self._objects.read(unknown), strict=True):
            if found is None or found[0] != "commit":
                self.unreadable.append(sha)
                continue
            commit = commit_object.read(sha, found[1])
            parents = () if sha in self.repository.shallow else tuple(dict.fromkeys(commit.parents))
            self._nodes[sha] = Node(commit.committer.seconds, parents, commit.tree)
        return self._nodes

    def _peeled(self, ids: Iterable[str]) -> Iterator[str]:
        """The commits that the ids name, also through tags; what names none, such as a tree, has no history."""
        for id in ids:
            for _ in range(TAGS):
                [found] = self._objects.read([id])
                if found is None or found[0] != "tag":
                    break
                id = found[1].partition(b"\n")[0].decode("ascii", "replace").rpartition(" ")[2]
            if found is not None and found[0] == "commit":
                yield id
