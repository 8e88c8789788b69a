"""What the inbox shows of each thing that waits, whatever its kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.statement import Query
from workledger.projections.engine.types import JsonType, MomentType

Kind = Literal[
    "question", "message", "errand_conflict", "account", "approval", "phase", "errand", "initiative", "proposal"
]
Section = Literal["answer", "unblock", "review", "decide"]

SECTIONS: Mapping[Section, tuple[Kind, ...]] = {
    "answer": ("question", "message"),
    "unblock": ("errand_conflict", "account"),
    "review": ("approval", "phase", "errand", "initiative"),
    "decide": ("proposal",),
}
"""What waits, in the order of the inbox: what stops an agent comes first."""

LONGEST, LONGEST_TITLE = 2000, 500
"""Characters of a text, and of a title, that are shown here."""


class WaitingRow(TableRow):
    """Something that waits for a person; what does not apply to its kind is null.

    Attributes:
        place: of its section, from 0.
        since: when it began to wait.
        text: its beginning; `is_cut` when there is more to read.
        project_id, project: an initiative, and what belongs to one, has the first of the projects that it is linked to.
        agent: the name of the agent that asks, proposes, or has done the work.
        files: in which a merge met conflicts.
        open_comments: on a phase that is reviewed.
        until: when an account can be used again.
    """

    place: int
    kind: Kind
    id: str
    version: int
    since: datetime
    title: str
    text: str | None
    is_cut: bool
    project_id: str | None
    project: str | None
    initiative_id: str | None
    initiative: str | None
    agent: str | None
    task_id: str | None
    priority: str | None
    files_changed: int | None
    lines_added: int | None
    lines_removed: int | None
    questions: list[Any] | None
    files: list[str] | None
    open_comments: int | None
    target_type: str | None
    target_id: str | None
    branch: str | None
    base_branch: str | None
    provider: str | None
    until: datetime | None


Column = sa.ColumnElement[Any]

OPTIONAL: Mapping[str, Any] = {
    **dict.fromkeys(("project_id", "project", "initiative_id", "initiative", "agent", "task_id"), sa.Text()),
    **dict.fromkeys(("priority", "target_type", "target_id", "branch", "base_branch", "provider"), sa.Text()),
    **dict.fromkeys(("files_changed", "lines_added", "lines_removed", "open_comments"), sa.Integer()),
    **dict.fromkeys(("questions", "files"), JsonType()),
    "until": MomentType(),
}
"""The columns that only some kinds have, and their types."""


class Waiting:
    """The rows of a table that wait.

    Args:
        when: the condition under which a row waits.
        since: the column that says since when.
        more: whether there is more to read than title and text.
        given: the columns that this kind has of the optional ones.
    """

    def __init__(
        self,
        kind: Kind,
        of: sa.Table,
        when: Column,
        *,
        since: Column,
        title: Column,
        text: Column | None = None,
        more: Column | None = None,
        **given: Column,
    ) -> None:
        place = next(place for place, kinds in enumerate(SECTIONS.values()) if kind in kinds)
        longer = [sa.func.length(title) > LONGEST_TITLE]
        longer += [] if text is None else [sa.func.length(text) > LONGEST]
        longer += [] if more is None else [more]
        name = sa.literal(kind, sa.Text()).label("kind")
        shown: dict[str, Column] = {
            "place": sa.literal(place, sa.Integer()),
            "kind": name,
            "id": of.c.id,
            "version": of.c.version,
            "since": sa.func.coalesce(since, of.c.updated_at, type_=MomentType()),
            "title": sa.func.substr(title, 1, LONGEST_TITLE),
            "text": sa.cast(sa.null(), sa.Text()) if text is None else sa.func.substr(text, 1, LONGEST),
            "is_cut": sa.func.coalesce(sa.or_(*longer), sa.false(), type_=sa.Boolean()),
            **{name: given.get(name, sa.cast(sa.null(), type_)) for name, type_ in OPTIONAL.items()},
        }
        self.rows: Query = sa.select(*(shown[name].label(name) for name in WaitingRow.__annotations__)).where(when)
        self.count: Query = sa.select(name, sa.func.count().label("count")).select_from(of).where(when)
