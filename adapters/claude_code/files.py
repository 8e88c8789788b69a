"""The transcript files in a folder: which session each belongs to, and in which order they were written."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from workledger.adapters.claude_code.lines import lines_of
from workledger.adapters.claude_code.records import DROPPED, KNOWN, Record, record
from workledger.adapters.claude_code.walking import Skip, files_in, unreadable
from workledger.adapters.importing import digest

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Ids that can be part of an id of the ledger, and of a URL."""

LOOK = 50
"""Records looked at to see which session a file belongs to."""

TAIL = 1 << 16


class ThreadId(NamedTuple):
    """A session, or a sub-agent of one: what an agent is made for."""

    session_id: str
    subagent_id: str | None = None

    @property
    def source_id(self) -> str:
        """Of the import source that earlier releases had for it."""
        return f"claude_code:{self.session_id}:{self.subagent_id or ''}"

    @property
    def main(self) -> "ThreadId":
        """The session's own."""
        return ThreadId(self.session_id)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A file of a session, or of one of its sub-agents.

    Attributes:
        thread: that its records belong to, unless they name another session.
        own: its first records say that they are of this session.
        first, last: when its first record and its last were written.
    """

    path: Path
    thread: ThreadId
    own: bool
    first: datetime
    last: datetime

    @property
    def source_id(self) -> str:
        return f"claude_code:file:{digest(str(self.path))}"

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def place(self) -> tuple[datetime, bool, datetime, str]:
        """Earlier files first. Of two that begin alike: the session's own, or else the one that ends first."""
        return self.first, not self.own, self.last, str(self.path)


def default_folder() -> Path:
    """Where Claude Code keeps its transcripts on this machine."""
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude") / "projects"


def transcripts(source: Path, skip: Skip) -> list[list[Transcript]]:
    """The sessions at a path, each with its own files first and then its sub-agents', earlier ones before later ones.

    A session's file brings its folder along.

    Raises:
        OSError: there is nothing at that path.
    """
    source.stat()
    found: list[Transcript] = []
    for path in _paths(source, skip):
        try:
            transcript = look(path)
        except OSError as error:
            skip(unreadable(error), str(path))
            continue
        if transcript is None:
            skip("files that are no transcripts", str(path))
        else:
            found.append(transcript)
    return _by_session(found)


def look(path: Path) -> Transcript | None:
    """What a file is; None when it is no transcript.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        known, records = False, list[Record]()
        for one in _records(file):
            known = known or one.kind in KNOWN or one.kind in DROPPED
            if len(records) < LOOK:
                records.append(one)
            elif known:
                break
    if not known:
        return None
    times = [one.at for one in records if one.at]
    first = times[0] if times else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    thread = _thread(path, records)
    told = next((one.session for one in records if one.session), None)
    return Transcript(path, thread, told is None or safe(told) == thread.session_id, first, _last(path, first))


def safe(id: str) -> str:
    """The id, or a digest of one that cannot be part of the ledger's own ids."""
    return id if SAFE.fullmatch(id) else digest("id", id)


def _records(lines: Iterable[bytes]) -> Iterator[Record]:
    return (one for text in lines for line in lines_of(text) if (one := record(line)))


def _paths(source: Path, skip: Skip) -> list[Path]:
    if source.is_dir():
        return files_in(source, ".jsonl", skip)
    beside = source.with_suffix("")
    subagents = files_in(beside, ".jsonl", skip) if beside.is_dir() else []
    return [source, *(path for path in subagents if path.name.startswith("agent-"))]


def _thread(path: Path, records: Sequence[Record]) -> ThreadId:
    subagent = path.stem.removeprefix("agent-") if path.stem.startswith("agent-") else None
    if subagent is None and UUID.fullmatch(path.stem):
        return ThreadId(path.stem)
    ids = [one.session for one in records if one.session]
    folders = [folder.name for folder in path.parents if UUID.fullmatch(folder.name)]
    return ThreadId(safe((ids[-1:] or folders[:1] or [path.stem])[0]), safe(subagent) if subagent else None)


def _last(path: Path, first: datetime) -> datetime:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return max([first, *(one.at for one in _records(file) if one.at)])


def _by_session(files: Sequence[Transcript]) -> list[list[Transcript]]:
    sessions: dict[str, list[Transcript]] = {}
    for one in sorted(files, key=lambda one: (one.thread.subagent_id is not None, one.place)):
        sessions.setdefault(one.thread.session_id, []).append(one)
    return sorted(sessions.values(), key=lambda files: files[0].place)
