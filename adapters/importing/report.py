"""The report of an import: what came in, what was left out and where, and what was changed on the way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from workledger.adapters.importing.texts import cut, json_size

MARK = 40
"""Bytes that a cut text may have behind what is kept of it."""


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

    def fit(self, text: str, room: int) -> str:
        """The text, cut so that it takes at most so many bytes in an event; counted when it was."""
        kept = text
        while (size := json_size(kept)) > room:
            kept = kept[: min(len(kept) - 1, max(0, (room - MARK) * len(kept) // size))]
            if not kept:
                break
        self.shortened += kept != text
        return text if kept == text else cut(text, len(kept))

    def include(self, other: "Report") -> None:
        """Tell what another report tells as well."""
        for reason, count in other.left_out.items():
            self.skip(reason, other.first.get(reason, ""), count)
        self.imported += other.imported
        self.shortened += other.shortened
        self.redacted += other.redacted

    def __str__(self) -> str:
        told = [
            f"imported: {_listed(self.imported) or 'nothing new'}",
            f"skipped: {_listed(self.left_out, self.first) or 'nothing'}",
            *([f"cut: texts {self.shortened:,}"] if self.shortened else ()),
            *([f"redacted: texts {self.redacted:,}"] if self.redacted else ()),
            *([self._made()] if self.projects_made else ()),
            *self.notes,
        ]
        return f"{self.source}: {'; '.join(told)}"

    def _made(self) -> str:
        made = [f"{name} ({id})" for id, name in [*self.projects_made.items()][:LISTED]]
        more = len(self.projects_made) - len(made)
        named = ", ".join([*made, f"and {more:,} more"] if more else made)
        if len(self.projects_made) == 1:
            return f"project made: {named}"
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
