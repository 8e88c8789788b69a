"""Change sets, and what they did to each page, phase and task (Codewalkers, domain.md 1.2 and 3.7)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.change_set import Action, ChangeSetApplied, ChangeSetDeleted, ChangeSetReverted, Status
from workledger.domain.kernel.store import Scanned
from workledger.domain.proposal import TargetType
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import From, Kind, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Barrier, Change, Fold, Table, WriteTables
from workledger.projections.engine.tables import ReadTables


def _size(entries: Sequence[Any]) -> int:
    return len(entries)


class ChangeSetRow(Stamped):
    """A change set: whose it is, and whether it was reverted."""

    id: Annotated[str, Stream()]
    initiative_id: Annotated[str, From(ChangeSetApplied), References("initiatives", "cascade")]
    agent_id: Annotated[str | None, From(ChangeSetApplied), References("agents", "null")]
    summary: Annotated[str | None, From(ChangeSetApplied)]
    status: Annotated[Status, From(ChangeSetApplied, ChangeSetReverted)]
    entry_count: Annotated[int, From(ChangeSetApplied, field="entries", by=_size)]
    reverted_by: Annotated[str | None, From(ChangeSetReverted, field="by")]
    reverted_at: Annotated[datetime | None, When(ChangeSetReverted)]


class ChangeSets(
    Table,
    row=ChangeSetRow,
    name="change_sets",
    born=(ChangeSetApplied,),
    dies=(ChangeSetDeleted,),
    indexes=("initiative_id, created_at, id", "agent_id, created_at, id"),
    revision=1,
):
    """The change sets of all initiatives until they are deleted."""


def _applied(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    id = row.stream_id.partition("-")[2]
    for number, entry in enumerate(data["entries"]):
        columns = {name: entry[name] for name in ("action", "target_type", "target_id", "title", "fields")}
        versions = {name: entry[name] or None for name in ("version_before", "version_after")}
        yield Change((id, number), set={**columns, **versions})


def _reverted(tables: WriteTables, row: Scanned, data: Mapping[str, Any]) -> None:
    table = tables[ChangeSetEntries]
    own = table.update().where(table.c.change_set_id == row.stream_id.partition("-")[2])
    for number, entry in enumerate(data["entries"]):
        if entry["restores"]:
            tables.connection.execute(own.where(table.c.number == number).values(restored_id=entry["target_id"]))


class ChangeSetEntryRow(TableRow):
    """What a change set did to one target, in the order in which it did; counted from 0.

    The values before and after it are those of the target's stream at these versions; there is none before what it
    created, nor after what it deleted. `restored_id` is the id under which a revert made anew what was deleted.
    """

    change_set_id: Annotated[str, References("change_sets", "cascade")]
    number: int
    action: Action
    target_type: TargetType
    target_id: str
    title: str
    fields: list[str]
    version_before: int | None
    version_after: int | None
    restored_id: str | None


class ChangeSetEntries(
    Table,
    row=ChangeSetEntryRow,
    name="change_set_entries",
    key=("change_set_id", "number"),
    indexes=("target_id, change_set_id",),
    revision=1,
):
    """The entries of all change sets."""

    FOLDS: ClassVar[dict[Kind, Fold]] = {ChangeSetApplied: _applied}
    BARRIERS: ClassVar[dict[Kind, Barrier]] = {ChangeSetReverted: _reverted}


GET = Statement(ChangeSets.table.select().where(ChangeSets.c.id == sa.bindparam("id")), ChangeSetRow)
ENTRIES = Statement(
    ChangeSetEntries.table.select()
    .where(ChangeSetEntries.c.change_set_id == sa.bindparam("id"))
    .order_by(ChangeSetEntries.c.number),
    ChangeSetEntryRow,
)


def get(tables: ReadTables, id: str) -> ChangeSetRow | None:
    """The change set with that id."""
    return tables.run_first(GET, id=id)


def entries(tables: ReadTables, id: str) -> list[ChangeSetEntryRow]:
    """What a change set did to each target."""
    return tables.run(ENTRIES, id=id)
