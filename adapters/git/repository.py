"""A local repository: where its objects are, which commits a ref means, and what it says of itself."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SETTINGS = ("safe.directory=*", "core.fsmonitor=false", "core.quotePath=false")
"""Whoever owns the folder, and no program named in its config is run."""

REMOTE = re.compile(
    r"""(?: (?:https?|ssh|git)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::\d+)?/ | (?:[^/@:]+@)?(?P<scp>[^/:@]+):(?!/) )
        (?P<path>[^?#]+?)(?:\.git)?/?""",
    re.VERBOSE,
)
"""The ways to write where a repository came from: as a URL, or host:path. Logins in it are not taken."""

EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""The id of the tree without entries, which git knows without storing it."""


class GitFailed(Exception):
    """Git could not do it; the message is git's own."""


@dataclass(frozen=True)
class Repository:
    """A repository, bare or not, or a linked worktree of one.

    Attributes:
        objects: the folder of its objects.
        object_format: sha1 or sha256.
        shallow: commits at which a shallow clone ends: their parents are not there.
    """

    path: Path
    objects: Path
    object_format: str
    shallow: frozenset[str]

    @classmethod
    def at(cls, path: Path) -> "Repository":
        """
        Raises:
            GitFailed: there is none.
        """
        told = _git(path, "rev-parse", "--show-object-format", "--git-path", "objects", "--git-path", "shallow")
        object_format, objects, shallow = told.splitlines()
        file = path / shallow
        ended = file.read_text("ascii", "replace").split() if file.is_file() else ()
        return cls(path, (path / objects).resolve(), object_format, frozenset(ended))

    @property
    def empty_tree(self) -> str:
        return EMPTY_TREES[self.object_format]

    @property
    def top(self) -> Path:
        """The folder of the worktree; of a bare repository its own."""
        return Path(self._ask("rev-parse", "--show-toplevel") or self.path)

    @property
    def branch(self) -> str | None:
        return self._ask("symbolic-ref", "--short", "-q", "HEAD")

    @property
    def address(self) -> str | None:
        """The page of the repository that `origin` was cloned from, when it is on a host."""
        remote = REMOTE.fullmatch(self._ask("config", "--get", "remote.origin.url") or "")
        return remote and f"https://{remote['host'] or remote['scp']}/{remote['path']}"

    def meant(self, ref: str) -> tuple[list[str], list[str]]:
        """The ids of the objects whose history is meant, and of those whose history is left out (`main..side`).

        Both are empty for the HEAD of a repository that has no commit yet.

        Raises:
            GitFailed: there is no such ref.
        """
        if ref.startswith("-"):
            raise GitFailed(f"fatal: bad revision '{ref}'")
        if ref == "HEAD" and self.branch and self._ask("rev-parse", "--verify", "-q", "HEAD") is None:
            return [], []
        told = [line for line in _git(self.path, "rev-parse", ref, "--").splitlines() if line != "--"]
        return [one for one in told if one[:1] != "^"], [one[1:] for one in told if one[:1] == "^"]

    def _ask(self, *arguments: str) -> str | None:
        try:
            return _git(self.path, *arguments) or None
        except GitFailed:
            return None


def _git(path: Path, *arguments: str) -> str:
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    command = ["git", "--no-pager", "-C", str(path), *settings, *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, env=environment(), check=False)
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    if answer.returncode:
        raise GitFailed(answer.stderr.decode("utf-8", "replace").strip())
    return answer.stdout.decode("utf-8", "replace").rstrip("\r\n")


def environment(**more: str) -> Mapping[str, str]:
    """Ours without git's variables, which a hook or a worktree may have set, and without the user's config."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | {
        "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched, also by releases that do not know the next variable
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        **more,
    }
