"""Exports of beads made for a test."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Export:
    """A file of issues, which are told anew when they change."""

    def __init__(self, path: Path) -> None:
        self.path, self.issues = path, dict[str, dict[str, Any]]()

    def issue(self, id: str, **fields: Any) -> None:
        """Tell an issue; days are those of February 2026."""
        issue = self.issues.setdefault(
            id, {"id": id, "title": f"The issue {id}", "status": "open", "priority": 2, "issue_type": "task"}
        )
        issue.update({"created_at": day(1), "updated_at": day(1)} if "created_at" not in issue else {}, **fields)
        self.write()

    def write(self, more: bytes = b"") -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in self.issues.values()) + more)


def day(number: int, hour: int = 9) -> str:
    return f"2026-02-{number:02}T{hour:02}:00:00.123456789+01:00"


def at(number: int, hour: int = 8) -> datetime:
    return datetime(2026, 2, number, hour, 0, 0, 123000, tzinfo=UTC)


def link(on: str, type: str = "blocks", when: str | None = None) -> dict[str, Any]:
    return {"issue_id": "-", "depends_on_id": on, "type": type, "created_at": when or day(1)}
