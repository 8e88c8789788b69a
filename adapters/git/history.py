"""The history of a local repository, from one `git log`. No program that the repository's config names is run."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

FIELDS = ("%H", "%P", "%an", "%ae", "%ct", "%B")
FORMAT = "".join(f"%x00{field}" for field in FIELDS) + "%x00"
"""Between NULs, which no field can hold; a commit's files follow, each ended by NUL, and no name is empty."""

SETTINGS = (
    "safe.directory=*",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "log.showSignature=false",
    "diff.renames=true",
)
"""The folder may have any owner; no program named in its config is run; renames are followed as by default."""

PIECE = 1 << 16


class GitFailed(Exception):
    """Git failed; the message is git's own."""


@dataclass(frozen=True, slots=True)
class Commit:
    """`at` is the commit date, by which `git log` orders; `files` those that plain `git log --name-only` lists."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    at: datetime
    message: str
    files: tuple[str, ...]


def commits(repository: Path, ref: str) -> Iterator[Commit]:
    """The commits that lead to `ref`, oldest first.

    Raises:
        GitFailed: there is no such ref, or this is no repository.
    """
    arguments = ["log", "-z", "--reverse", "--name-only", f"--format=tformat:{FORMAT}", "--encoding=UTF-8"]
    hardening = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-decorate", "--no-notes"]
    command = [*_git(repository), *arguments, *hardening, "--end-of-options", ref, "--"]
    with (
        tempfile.TemporaryFile() as stderr_file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr_file, env=_environment()) as process,
    ):
        assert process.stdout is not None
        with process.stdout as output:
            yield from parse(iter(lambda: output.read(PIECE), b""))
        if process.wait():
            stderr_file.seek(0)
            raise GitFailed(stderr_file.read().decode("utf-8", "replace").strip())


def ask(repository: Path, *arguments: str) -> str | None:
    """The output of a git command, without the line end; None when it fails."""
    answer = subprocess.run([*_git(repository), *arguments], capture_output=True, env=_environment(), check=False)
    return None if answer.returncode else answer.stdout.decode("utf-8", "replace").rstrip("\r\n")


def parse(pieces: Iterable[bytes]) -> Iterator[Commit]:
    """Commits from the output of `git log -z --name-only` in FORMAT, in chunks of any size."""
    tokens = _tokens(pieces)
    next(tokens, None)  # what opens the first commit; the others are opened by what ends the files before
    while len(fields := list(islice(tokens, len(FIELDS) + 1))) > len(FIELDS):
        sha, parents, name, email, seconds, message, _ = fields  # -z puts another NUL behind the message
        files = []
        while file := next(tokens, ""):
            files.append(file)
        if files:
            files[0] = files[0].removeprefix("\n")
        yield Commit(sha, tuple(parents.split()), name, email, _moment(seconds), message.rstrip("\n"), tuple(files))


def _tokens(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\0")
        for token in whole:
            yield token.decode("utf-8", "replace")


def _moment(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # what git makes of a broken date may lie in no calendar
        return datetime.fromtimestamp(0, UTC)


def _git(repository: Path) -> list[str]:
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    return ["git", "--no-pager", "-C", str(repository), *settings]


def _environment() -> dict[str, str]:
    """The environment without git's variables, which a hook or worktree may have set, and without the user's config."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
