"""Beads issues in a JSONL export: one object on a line; the last line of an id counts."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from workledger.adapters.importing import cut, json_lines, parse_time
from workledger.adapters.redaction import JSON, Redact

PRIORITIES = {0: "high", 1: "high", 2: "medium", 3: "low", 4: "low"}
CATEGORIES = {"epic": "plan", "spike": "research", "research": "research", "decision": "discuss", "review": "review"}
STATES = {
    "open": "ready",
    "deferred": "ready",
    "pinned": "ready",
    "in_progress": "working",
    "hooked": "working",
    "blocked": "waiting",
    "closed": "done",
    "tombstone": "deleted",
}
"""The state of a task for each status of an issue; an unknown one counts as open."""

TEXT = 30_000
"""Characters of a description, and with `NOTE` of any other text; the rest is truncated."""

NOTE = 4_000

OWN_FIELDS = ("id", "title", "description", "labels", "dependencies")
"""Values that become fields of the task; the others go into its metadata unchanged."""


@dataclass(frozen=True, slots=True)
class Dependency:
    on: str
    type: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, redacted. `digest` is that of the raw line, and shows whether anything has changed."""

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
    rest: Mapping[str, JSON]

    @property
    def state(self) -> str:
        return STATES.get(self.status, "ready")

    @property
    def parent_id(self) -> str | None:
        return next((one.on for one in self.dependencies if one.type == "parent-child"), None)

    @property
    def blockers(self) -> tuple[Dependency, ...]:
        return tuple({one.on: one for one in self.dependencies if one.type == "blocks"}.values())


def issues(data: bytes, redact: Redact) -> tuple[dict[str, Issue], Counter[str]]:
    """The issues in a JSONL export by id, and the counts of other lines by the reason for leaving them out."""
    lines, rest = json_lines(data)
    left_out = Counter({"half-written last lines": 1} if rest.strip() else {})
    by_id: dict[str, Issue] = {}
    for line in lines:
        if line.value is None:
            left_out["malformed lines"] += 1
        elif not isinstance(line.value.get("id"), str) or not line.value["id"]:
            left_out["lines without an id"] += 1
        else:
            issue = read(line.value, redact)
            left_out["earlier lines of the same issue"] += issue.id in by_id
            left_out["unknown statuses (taken for open)"] += issue.status not in STATES
            by_id[issue.id] = issue
    return by_id, +left_out


def read(raw: dict[str, JSON], redact: Redact) -> Issue:
    """One issue; a value of a wrong type counts as missing."""
    redacted = redact(raw)
    assert isinstance(redacted, dict)
    kind = str(redacted.get("issue_type") or "task")
    labels = (*_texts(redacted.get("labels")), *([] if kind == "task" else [kind]))
    priority = redacted.get("priority")
    return Issue(
        id=str(raw["id"]),
        title=cut(str(redacted.get("title") or raw["id"]), NOTE),
        description=_text(redacted.get("description"), TEXT),
        status=str(redacted.get("status") or "open"),
        priority=PRIORITIES.get(priority if isinstance(priority, int) else 2, "low"),
        category=CATEGORIES.get(kind, "execute"),
        labels=tuple(dict.fromkeys(labels)),
        summary=_text(redacted.get("close_reason"), NOTE),
        dependencies=tuple(_dependencies(raw.get("dependencies"))),
        created_at=parse_time(raw.get("created_at")),
        updated_at=parse_time(raw.get("updated_at")),
        ended_at=parse_time(raw.get("deleted_at")) or parse_time(raw.get("closed_at")),
        digest=hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24],
        rest={
            name: _shortened(value)
            for name, value in redacted.items()
            if name not in OWN_FIELDS and value not in (None, "", [])
        },
    )


def _dependencies(raw: JSON) -> Iterable[Dependency]:
    for one in raw if isinstance(raw, list) else ():
        if isinstance(one, dict) and isinstance(one.get("depends_on_id"), str):
            yield Dependency(
                str(one["depends_on_id"]), str(one.get("type") or "blocks"), parse_time(one.get("created_at"))
            )


def _text(value: JSON, limit: int) -> str | None:
    return cut(value, limit) if isinstance(value, str) and value else None


def _shortened(value: JSON) -> JSON:
    return cut(value, NOTE) if isinstance(value, str) else value


def _texts(value: JSON) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
