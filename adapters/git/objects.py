"""The objects of a repository, read apart from everything that may be configured around them."""

import subprocess
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from workledger.adapters.git.repository import Repository, environment

WINDOW = 200
"""Objects asked for at once: few enough that the questions fit in a pipe."""

CONFIG = """\
[core]
	repositoryformatversion = 1
	bare = true
	commitGraph = false
[extensions]
	objectFormat = {format}
"""


class View:
    """A git folder of its own with nothing in it but a reference to the objects of a repository.

    It has no config, refs, replacements, grafts, attributes or remotes. So what git says of an object is the same in
    every clone, no program is run, and what is not there is missing: it is never fetched.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._folder = tempfile.TemporaryDirectory(prefix="workledger-git-")
        folder = Path(self._folder.name)
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        (folder / "config").write_text(CONFIG.format(format=repository.object_format))

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A git command on the objects."""
        alone = environment(GIT_DIR=self._folder.name, GIT_OBJECT_DIRECTORY=str(self.repository.objects))
        return subprocess.Popen(
            ["git", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=alone,
        )

    def close(self) -> None:
        self._folder.cleanup()


class Conversation:
    """A git command that answers questions on its standard input. One that has died is started anew."""

    COMMAND: tuple[str, ...]

    def __init__(self, view: View) -> None:
        self._view = view
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = self._view.start(*self.COMMAND)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):  # what was not written yet
                self._process.communicate()
            self._process = None


class Objects(Conversation):
    """Reads objects by their ids."""

    COMMAND = ("cat-file", "--batch")

    def read(self, ids: Sequence[str]) -> list[tuple[str, bytes] | None]:
        """The kind and the content of each object; None for one that is missing or broken."""
        found: list[tuple[str, bytes] | None] = []
        for start in range(0, len(ids), WINDOW):
            waiting = deque(ids[start : start + WINDOW])
            while waiting:
                found += self._answers(waiting)
        return found

    def _answers(self, waiting: "deque[str]") -> list[tuple[str, bytes] | None]:
        """As many answers as it gives. Git ends at an object that is broken: that one is None, and is passed over."""
        found: list[tuple[str, bytes] | None] = []
        questions, answers = self._pipes()
        try:
            questions.write("".join(f"{id}\n" for id in waiting).encode())
            questions.flush()
            while waiting:
                found.append(_answer(answers))
                waiting.popleft()
        except (EOFError, OSError):
            self._end()
            found.append(None)
            waiting.popleft()
        return found


def _answer(answers: IO[bytes]) -> tuple[str, bytes] | None:
    line = answers.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    _, kind, *size = line.decode("ascii", "replace").split()
    if not size:
        return None
    content = answers.read(int(size[0]) + 1)
    if len(content) != int(size[0]) + 1:
        raise EOFError
    return kind, content[:-1]
