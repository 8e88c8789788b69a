"""Beads issues in a JSONL export: one object on a line, the newest line with an id counts."""

import codecs
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from workledger.adapters.beads.exact_json import ExactObject
from workledger.adapters.beads.sizes import LABEL, LINK, LINKS, NOTE, TEXT, labels_that_fit, rest_that_fits
from workledger.adapters.importing import Report, digest, json_size, timestamp_of
from workledger.adapters.redaction import JSON, Redact, counted
from workledger.domain.task import Task

CATEGORIES = {"epic": "plan", "spike": "research", "research": "research", "decision": "discuss", "review": "review"}
STATES = {
    "open": "ready",
    "deferred": "ready",
    "pinned": "ready",
    "in_progress": "working",
    "hooked": "working",
    "blocked": "waiting",
    "closed": "done",
    "done": "done",
    "completed": "done",
    "tombstone": "deleted",
}
"""The state of a task for each status of an issue; one that is not known is taken for open."""

WAITS = ("blocks", "waits-for", "conditional-blocks")
"""The kinds of dependencies for whose end an issue waits."""

ID = 128
"""Characters of an id; of a longer one the beginning is kept, with a digest behind it."""

OWN_FIELDS = ("id", "title", "description", "labels", "dependencies")
"""What becomes a field of its own; the rest is kept in the task's metadata as it is."""


@dataclass(frozen=True, slots=True)
class Dependency:
    on: str
    type: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, redacted. `digest` is that of the line as it was, and says whether anything has changed.

    Attributes:
        id: of its task, which may differ from the issue's (see task_ids.py).
        place: the file and the line that it is on.
        rest: the other fields, and those whose type is none that their own field has.
        told: what was left out, cut or redacted in it.
    """

    id: str
    title: str
    description: str | None
    status: str
    priority: str
    category: str
    labels: tuple[str, ...]
    summary: str | None
    dependencies: tuple[Dependency, ...]
    created_at: datetime | None
    updated_at: datetime | None
    ended_at: datetime | None
    digest: str
    place: str
    rest: Mapping[str, JSON]
    told: Report

    @property
    def state(self) -> str:
        return STATES.get(self.status, "ready")

    @property
    def parent_id(self) -> str | None:
        return next((one.on for one in self.dependencies if one.type == "parent-child"), None)

    @property
    def blockers(self) -> tuple[Dependency, ...]:
        return tuple({one.on: one for one in self.dependencies if one.type in WAITS}.values())


def issues(data: bytes, name: str, redact: Redact, report: Report) -> dict[str, Issue]:
    """The issues in an export by their ids. The report is told of lines that are none.

    Args:
        name: of the file, for the places of lines.
    """
    by_id: dict[str, Issue] = {}
    lines = _plain(data).split(b"\n")
    for number, line in enumerate(lines, 1):
        place = f"{name}:{number}"
        if (raw := _object(line, place, report, is_last=number == len(lines))) is None:
            continue
        issue = Reader(raw, place, redact).issue()
        if (before := by_id.get(issue.id)) is not None:
            older, issue = (issue, before) if _is_older(issue, before) else (before, issue)
            report.skip("older lines of the same issue", older.place)
        by_id[issue.id] = issue
    return by_id


def _plain(data: bytes) -> bytes:
    """UTF-8 without a byte order mark; shells of Windows write UTF-16."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(codecs.BOM_UTF8)


def _object(line: bytes, place: str, report: Report, *, is_last: bool) -> ExactObject | None:
    """The issue on a line, as it is written."""
    if not line.strip():
        return None
    told = ExactObject(line)
    if told.value is None:
        report.skip("half-written last lines" if is_last else "malformed lines", place)
    elif told.value.get("_type", "issue") != "issue":
        report.skip("lines that are no issues", place)
    elif not isinstance(id := told.value.get("id"), str) or not id.strip():
        report.skip("lines without an id", place)
    else:
        return told
    return None


def _is_older(issue: Issue, other: Issue) -> bool:
    return bool(issue.updated_at and other.updated_at and issue.updated_at < other.updated_at)


class Reader:
    """Reads one issue; a field that is missing or of another type counts as absent."""

    def __init__(self, written: ExactObject, place: str, redact: Redact) -> None:
        self._raw, self._place, self._redact = written.value or {}, place, counted(redact)
        self._report = Report("beads", shortened=written.cut)
        self._report.skip("numbers kept as text, as they are too long", place, written.numbers_as_text)
        clean = self._redact(self._raw)
        self._clean = clean if isinstance(clean, dict) else {}

    def issue(self) -> Issue:
        raw, clean = self._raw, self._clean
        kind, status = _word(clean.get("issue_type")) or "task", self._status()
        id = self._id(raw["id"])
        issue = Issue(
            id=id,
            title=self._fit(_word(clean.get("title")), NOTE) or id,
            description=self._fit(self._text("description"), TEXT) or None,
            status=status,
            priority=_priority(clean.get("priority")),
            category=CATEGORIES.get(kind, "execute"),
            labels=labels_that_fit([*_labels(clean.get("labels")), *([] if kind == "task" else [kind])], self._report),
            summary=self._fit(self._text("close_reason"), TEXT) or None,
            dependencies=tuple(self._dependencies()),
            created_at=self._timestamp("created_at"),
            updated_at=self._timestamp("updated_at"),
            ended_at=self._timestamp("deleted_at") or self._timestamp("closed_at"),
            digest=hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24],
            place=self._place,
            rest=rest_that_fits(dict(self._rest()), self._report),
            told=self._report,
        )
        self._report.redacted = self._redact.count
        return issue

    def _status(self) -> str:
        written = _word(self._clean.get("status")) or "open"
        status = written.lower().replace("-", "_").replace(" ", "_")
        if status not in STATES:
            self._report.skip("unknown statuses (taken for open)", self._place)
            return self._fit(written, LABEL)
        return status

    def _id(self, raw: JSON) -> str:
        """The id without what must not be stored: where something is taken, a digest keeps it unique."""
        id = str(raw)
        if self._redact(id) != id:
            return f"{Task.PREFIX}_{digest('beads', id)}"
        return id if len(id) <= ID else f"{id[:ID]}~{digest(id)}"

    def _dependencies(self) -> Iterator[Dependency]:
        raw, room = self._raw.get("dependencies") or [], LINKS
        for one in raw if isinstance(raw, list) else [raw]:
            on = one.get("depends_on_id") if isinstance(one, dict) else None
            if not isinstance(one, dict) or not isinstance(on, str) or not on:
                self._report.skip("dependencies that name no issue", self._place)
                continue
            kind = self._fit(str(self._redact(_word(one.get("type")) or "blocks")), LABEL)
            link = Dependency(self._id(on), kind, timestamp_of(one.get("created_at")))
            room -= json_size(link.on) + json_size(kind) + LINK
            if room >= 0:
                yield link
            else:
                self._report.skip("dependencies of an issue that has too many", self._place)

    def _rest(self) -> Iterator[tuple[str, JSON]]:
        kinds = {"description": str, "labels": list, "dependencies": list, "title": str | int | float}
        for name, value in self._clean.items():
            fits = name == "id" or (name in kinds and isinstance(value, kinds[name]))
            if not fits and value not in (None, "", []):
                yield name, value

    def _timestamp(self, name: str) -> datetime | None:
        value = self._raw.get(name)
        at = timestamp_of(value)
        zero = isinstance(value, str) and value.startswith("0001-01-01T00:00:00")  # Go's, which is none
        is_odd = bool(value) and at is None and not zero
        self._report.skip("times that are none, or outside the calendar", self._place, is_odd)
        return at

    def _text(self, name: str) -> str:
        value = self._clean.get(name)
        return value if isinstance(value, str) else ""

    def _fit(self, text: str, room: int) -> str:
        return self._report.fit(text, room)


def _word(value: JSON) -> str:
    """A text that names a kind; a number or a flag is one too."""
    return str(value).strip() if isinstance(value, str | int | float) and value is not False else ""


def _priority(value: JSON) -> str:
    """From 0, the highest, to 4, also written with a P before it."""
    digits = value.strip().lstrip("Pp") if isinstance(value, str) else value
    if isinstance(digits, str):
        digits = int(digits) if digits.isdecimal() and len(digits) < 4 else None
    if not isinstance(digits, int | float):
        return "medium"
    return "high" if digits <= 1 else "medium" if digits <= 2 else "low"


def _labels(value: JSON) -> list[str]:
    labels = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [one.strip() for one in labels if isinstance(one, str) and one.strip()]
