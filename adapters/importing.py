"""The common parts of the importers: their report, their progress, and facts appended in batches."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    """A callback with the progress of an import, called after each append."""

    def __call__(self, done: int, total: int, note: str) -> None: ...


def silent(done: int, total: int, note: str) -> None:
    """No progress is shown."""


@dataclass
class Report:
    """Counts of what was imported, and of what was left out by reason; `str(report)` is one line."""

    source: str
    imported: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    project_ids: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        imported = _listed(self.imported) or "nothing new"
        left_out = _listed(self.left_out) or "nothing"
        return f"{self.source}: imported: {imported}; left out: {left_out}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in counts.items() if count)


@dataclass(frozen=True)
class Fact:
    """Events of one stream to be recorded, whole or not at all.

    Attributes:
        after: the version of the stream that they follow; the fact is left out when the stream has another one.
        what: their name in the report.
    """

    kind: type[Aggregate]
    id: str
    after: int
    events: Sequence[Event]
    at: datetime | None
    what: str

    def record(self, unit: Unit) -> bool:
        """Record it; False when the stream has changed meanwhile.

        Raises:
            NotFound: the aggregate that it changes does not exist.
            ConcurrencyConflict: the aggregate that it creates exists.
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

    When a unit is refused, its facts are recorded one by one; those refused are counted by the refusal's code.
    """

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger, self._report = ledger, report
        self._facts: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """Add a fact, which is recorded with its batch."""
        self._facts.append(fact)
        if sum(len(one.events) for one in self._facts) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Record the facts of an incomplete batch."""
        facts, self._facts = self._facts, []
        if not facts:
            return
        try:
            self._record(facts)
        except Refused:
            # One refused fact must not leave out the others of its batch.
            for fact in facts:
                self._record_alone(fact)

    def _record_alone(self, fact: Fact) -> None:
        try:
            self._record([fact])
        except Refused as refused:
            self._report.left_out[f"{fact.what} refused with {refused.code}"] += 1

    def _record(self, facts: Sequence[Fact]) -> None:
        new: dict[int, bool] = {}  # by number, as a decision that is taken again overwrites its answers

        def take(unit: Unit) -> None:
            new.update((number, fact.record(unit)) for number, fact in enumerate(facts))

        with self._ledger.unit() as unit:
            unit.decide(lambda: take(unit))
        for number, fact in enumerate(facts):
            if new[number]:
                self._report.imported[fact.what] += 1
            else:
                self._report.left_out[f"{fact.what} (changed meanwhile)"] += 1


def begin(ledger: Ledger, kind: type[Aggregate], id: str, first: Event, at: datetime | None) -> None:
    """Record the first event of a stream, unless another import has already done so.

    Raises:
        Refused: a claim of the event is not met.
    """
    fact = Fact(kind, id, 0, [first], at, kind.CATEGORY)
    with suppress(ConcurrencyConflict), ledger.unit() as unit:
        unit.decide(lambda: fact.record(unit))


def ensure_project(ledger: Ledger, id: str, created: ProjectCreated, *, at: datetime | None) -> str:
    """The id of the project, which is created unless it exists.

    An existing project with the same path or URL is used instead. When only the name is taken, the end of the id is
    appended to it.
    """
    if ledger.existing([Project.stream(id)]):
        return ledger.get(Project, id).id
    try:
        return _begin_project(ledger, id, created, at)
    except Refused as refused:
        if not str(refused.details.get("key")).startswith("project_name:"):
            raise
    return _begin_project(ledger, id, created.model_copy(update={"name": f"{created.name}-{id[-6:]}"}), at)


def _begin_project(ledger: Ledger, id: str, created: ProjectCreated, at: datetime | None) -> str:
    try:
        begin(ledger, Project, id, created, at)
    except Refused as refused:  # the claim's holder is the project that has the path or URL
        if not str(refused.details.get("key")).startswith(("project_path:", "project_url:")):
            raise
        return str(refused.details["holder"]).partition("-")[2]
    return id


def cut(text: str, limit: int) -> str:
    """The text, truncated to a number of characters: an event may have 256 KB."""
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text)} characters]"


def digest(*parts: str) -> str:
    """A short name that is always the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a JSONL file: the bytes from `start` to `end`, and the object in it, or None when there is none."""

    start: int
    end: int
    value: dict[str, JSON] | None


def json_lines(data: bytes, start: int = 0) -> tuple[list[Line], bytes]:
    """The lines of JSONL data that begins at `start` of its file, and the half-written rest after them.

    Blank lines are skipped. A last line without its line end counts when it is complete JSON.
    """
    lines = []
    *whole, rest = data.split(b"\n")
    for line in whole:
        end = start + len(line) + 1
        if line.strip():
            lines.append(Line(start, end, json_object(line)))
        start = end
    if (value := json_object(rest)) is not None:
        lines.append(Line(start, start + len(rest), value))
        rest = b""
    return lines, rest


def json_object(line: bytes) -> dict[str, JSON] | None:
    """The object on a line. What no database stores (NUL, a lone surrogate, invalid UTF-8) is replaced by a mark."""
    # An escaped NUL is valid JSON that PostgreSQL cannot store; the pattern leaves an escaped backslash before it.
    line = NUL.sub(rb"\1\\ufffd", line) if b"\\u0000" in line else line
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            # The standard parser accepts lone surrogates and NaN, which orjson refuses.
            value = json.loads(line.decode("utf-8", "replace"), parse_constant=lambda _: None)
            value = orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def parse_time(text: JSON) -> datetime | None:
    """The time in RFC 3339 text; None when there is none, or Go's zero time."""
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if time is None or time.year == 1 else time if time.tzinfo else time.replace(tzinfo=UTC)
