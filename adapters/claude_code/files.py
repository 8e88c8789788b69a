"""The transcript files in a folder: which session each belongs to, and in which order they were written."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from workledger.adapters.claude_code.records import DROPPED, KNOWN, Record, record, string
from workledger.adapters.importing import Line, json_lines, json_object

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LOOK = 50
"""Lines read to determine the kind of a file."""

TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class Transcript:
    """A file of a session, or of one of its sub-agents.

    Attributes:
        own: its first records say that they are of this session.
        first, last: the times of its first record and its last.
    """

    path: Path
    session_id: str
    subagent_id: str | None
    own: bool
    first: datetime
    last: datetime

    @property
    def source_id(self) -> str:
        return f"claude_code:{self.session_id}:{self.subagent_id or ''}"

    @property
    def place(self) -> tuple[datetime, bool, datetime, str]:
        """Earlier files first: of two that begin alike, the one whose own that is, or else the one that ends first."""
        return self.first, not self.own, self.last, str(self.path)


def default_folder() -> Path:
    """Where Claude Code keeps its transcripts on this machine."""
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude") / "projects"


def transcripts(source: Path) -> tuple[list[list[Transcript]], Counter[str]]:
    """The sessions at a path, each with its own file first and then its sub-agents', earlier ones before later ones.

    Of several files with the same content, the longest is used. A session's file includes its folder.
    """
    left_out: Counter[str] = Counter()
    by_source: dict[str, Transcript] = {}
    for path in _paths(source):
        transcript = look(path)
        if transcript is None:
            left_out["files that are no transcripts"] += 1
            continue
        other = by_source.get(transcript.source_id)
        left_out["files that another tells too"] += other is not None
        if other is None or path.stat().st_size > other.path.stat().st_size:
            by_source[transcript.source_id] = transcript
    return _by_session(by_source.values()), left_out


def look(path: Path) -> Transcript | None:
    """The transcript in a file; None when it is none."""
    with path.open("rb") as file:
        values = [value for line in islice(file, LOOK) if (value := json_object(line)) is not None]
    records = [one for value in values if (one := record(Line(0, 0, value)))]
    if not any(one.kind in KNOWN or one.kind in DROPPED for one in records):
        return None
    subagent = path.stem.removeprefix("agent-") if path.stem.startswith("agent-") else None
    times = [one.at for one in records if one.at]
    first = times[0] if times else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    session = _session(path, subagent, records)
    own = next((id for one in records if (id := string(one.body.get("sessionId")))), session) == session
    return Transcript(path, session, subagent, own, first, _last(path, first))


def _paths(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield from sorted(source.rglob("*.jsonl"))
        return
    yield source
    yield from sorted(source.with_suffix("").rglob("agent-*.jsonl"))


def _session(path: Path, subagent: str | None, records: Iterable[Record]) -> str:
    named = [id for one in records if (id := string(one.body.get("sessionId")))]
    folders = [folder.name for folder in path.parents if UUID.fullmatch(folder.name)]
    if subagent is None and UUID.fullmatch(path.stem):
        return path.stem
    return (named[-1:] or folders[:1] or [path.stem])[0]


def _last(path: Path, first: datetime) -> datetime:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        lines, _ = json_lines(file.read())
    return max([first, *(one.at for line in lines if (one := record(line)) and one.at)])


def _by_session(transcripts: Iterable[Transcript]) -> list[list[Transcript]]:
    sessions: dict[str, list[Transcript]] = {}
    for one in sorted(transcripts, key=lambda one: (one.subagent_id is not None, one.place)):
        sessions.setdefault(one.session_id, []).append(one)
    return sorted(sessions.values(), key=lambda files: files[0].place)
