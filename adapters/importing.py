"""What the importers share: their report, their progress, and facts recorded a few hundred at a time."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

import orjson

from workledger.adapters.redaction import JSON
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated

BATCH = 400
"""Events in one append, or a few more: facts that belong together stay together."""

NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class Progress(Protocol):
    """Called with how far an import has come, as often as it records."""

    def __call__(self, done: int, total: int, note: str) -> None: ...


def silent(done: int, total: int, note: str) -> None:
    """No progress is shown."""


LISTED = 20
"""Kinds of things, places or projects that the closing line lists before it only counts the rest."""

BRIEF = 120
"""Characters of a reason or a place that the closing line shows; of longer ones the end."""


@dataclass
class Report:
    """What was imported, what was left out and why, what was changed; `str(report)` is one line.

    Attributes:
        left_out: by reason; `skip` also keeps the first place of each reason.
        shortened: texts that were cut to size.
        redacted: texts in which something was redacted.
        project_ids: the projects that it imported into; `projects_made` those that it made, by id, with their names.
        notes: sentences that the closing line ends with.
    """

    source: str
    imported: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    shortened: int = 0
    redacted: int = 0
    project_ids: set[str] = field(default_factory=set)
    projects_made: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def skip(self, reason: str, place: str = "", count: int = 1) -> None:
        """Count what was left out, and keep the place (`issues.jsonl:17`) of the first with that reason."""
        if count > 0:
            self.left_out[reason] += count
            if place:
                self.first.setdefault(reason, place)

    def shorten(self, text: str, limit: int) -> str:
        """The text, cut to so many characters; counted when it was."""
        self.shortened += len(text) > limit
        return cut(text, limit)

    def __str__(self) -> str:
        told = [
            f"imported: {_listed(self.imported) or 'nothing new'}",
            f"skipped: {_listed(self.left_out, self.first) or 'nothing'}",
            *([f"cut: texts {self.shortened:,}"] if self.shortened else ()),
            *([f"redacted: texts {self.redacted:,}"] if self.redacted else ()),
            *([self._made()] if len(self.projects_made) > 1 else ()),
            *self.notes,
        ]
        return f"{self.source}: {'; '.join(told)}"

    def _made(self) -> str:
        made = [f"{name} ({id})" for id, name in [*self.projects_made.items()][:LISTED]]
        more = len(self.projects_made) - len(made)
        named = ", ".join([*made, f"and {more:,} more"] if more else made)
        return f"projects made: {named}; --project ID imports into a single one"


def _listed(counts: Counter[str], first: Mapping[str, str] = MappingProxyType({})) -> str:
    told = [
        f"{_brief(what)} {count:,}" + (f" (first: {_brief(first[what])})" if what in first else "")
        for what, count in counts.items()
        if count
    ]
    more = len(told) - LISTED
    return ", ".join([*told[:LISTED], f"and {more:,} more kinds"] if more > 0 else told)


def _brief(text: str) -> str:
    return text if len(text) <= BRIEF else f"…{text[-BRIEF:]}"


@dataclass(frozen=True)
class Fact:
    """Events of one stream to be recorded, whole or not at all.

    Attributes:
        after: the version of the stream that they follow.
        what: what they are called in the report.
    """

    kind: type[Aggregate]
    id: str
    after: int
    events: Sequence[Event]
    at: datetime | None
    what: str

    def record(self, unit: Unit) -> bool:
        """Record it; False when another process has recorded something in the stream since.

        Raises:
            NotFound: the stream that it continues does not exist.
            ConcurrencyConflict: the stream that it begins exists already.
        """
        state = unit.find(self.kind, self.id) if self.after else None
        if state is None and self.after:
            raise self.kind.NOT_FOUND(id=self.id)
        if state is not None and state.version != self.after:
            return False
        state = unit.record(self.kind, self.id, self.events, at=self.at)
        wanted = self.after + len(self.events)
        if state.version != wanted:
            raise ConcurrencyConflict(stream=self.kind.stream(self.id), expected=wanted, actual=state.version)
        return True


class Batches:
    """Records facts in units of BATCH events.

    When a unit is refused, each fact in it is recorded by itself, and those that are refused are left out.
    """

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger, self._report = ledger, report
        self._facts: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """Record this, now or together with later facts."""
        self._facts.append(fact)
        if sum(len(one.events) for one in self._facts) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Record the facts that were added."""
        facts, self._facts = self._facts, []
        if not facts:
            return
        try:
            self._record(facts)
        except Refused:
            for fact in facts:
                self._record_alone(fact)

    def _record_alone(self, fact: Fact) -> None:
        try:
            self._record([fact])
        except Refused as refused:
            self._report.left_out[f"{fact.what} refused with {refused.code}"] += 1

    def _record(self, facts: Sequence[Fact]) -> None:
        new: dict[int, bool] = {}

        def take(unit: Unit) -> None:
            new.update((number, fact.record(unit)) for number, fact in enumerate(facts))

        with self._ledger.unit() as unit:
            unit.decide(lambda: take(unit))
        for number, fact in enumerate(facts):
            if new[number]:
                self._report.imported[fact.what] += 1
            else:
                self._report.left_out[f"{fact.what} (recorded by another process)"] += 1


def begin(ledger: Ledger, kind: type[Aggregate], id: str, first: Event, at: datetime | None) -> None:
    """Record the first event of a stream, unless another import has just done so.

    Raises:
        Refused: a claim of the event is not met.
    """
    fact = Fact(kind, id, 0, [first], at, kind.CATEGORY)
    with suppress(ConcurrencyConflict), ledger.unit() as unit:
        unit.decide(lambda: fact.record(unit))


def ensure_project(
    ledger: Ledger, id: str, created: ProjectCreated, *, at: datetime | None, report: Report | None = None
) -> str:
    """The id of the project, which is created unless it is there; a report is told when it was.

    A project that has the same path or URL already is taken instead. Where only the name is taken, the new one has
    the end of its id behind it.
    """
    if ledger.existing([Project.stream(id)]):
        return ledger.get(Project, id).id
    try:
        taken = _begin_project(ledger, id, created, at)
    except Refused as refused:
        if not str(refused.details.get("key")).startswith("project_name:"):
            raise
        created = created.model_copy(update={"name": f"{created.name}-{id[-6:]}"})
        taken = _begin_project(ledger, id, created, at)
    if taken == id and report is not None:
        report.projects_made[id] = created.name
    return taken


def _begin_project(ledger: Ledger, id: str, created: ProjectCreated, at: datetime | None) -> str:
    try:
        begin(ledger, Project, id, created, at)
    except Refused as refused:
        if not str(refused.details.get("key")).startswith(("project_path:", "project_url:")):
            raise
        return str(refused.details["holder"]).partition("-")[2]
    return id


def cut(text: str, limit: int) -> str:
    """The text, or where it has more characters than that its beginning: an event may have 256 KB."""
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text)} characters]"


def digest(*parts: str) -> str:
    """A short name for the same parts, always the same one."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line of a JSONL file: the bytes from `start` to `end`, and the object in it, or None when there is none."""

    start: int
    end: int
    value: dict[str, JSON] | None


def json_lines(data: bytes, start: int = 0) -> tuple[list[JsonLine], bytes]:
    """The lines of JSONL data that begins at `start` of its file, and the half-written rest after them.

    Blank lines are passed over. A last line without its line end counts when it is whole.
    """
    lines = []
    *whole, rest = data.split(b"\n")
    for line in whole:
        end = start + len(line) + 1
        if line.strip():
            lines.append(JsonLine(start, end, json_object(line)))
        start = end
    if (value := json_object(rest)) is not None:
        lines.append(JsonLine(start, start + len(rest), value))
        rest = b""
    return lines, rest


def json_object(line: bytes) -> dict[str, JSON] | None:
    """The object on a line, with a mark in place of what no database stores: NUL, half a surrogate, broken UTF-8."""
    line = NUL.sub(rb"\1\\ufffd", line) if b"\\u0000" in line else line
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(line.decode("utf-8", "replace"), parse_constant=lambda _: None)
            value = orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def timestamp_of(value: JSON) -> datetime | None:
    """The time in RFC 3339 text; None when it is none, or Go's zero time."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if at is None or at.year == 1:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
