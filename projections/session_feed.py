"""The feed of each session: what apps published in it, by offset (AgentPane, domain.md 3.6 and 4.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.domain.session_feed import SessionEntryPublished, SessionFeedPurged
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.narrowing import Narrowing, among
from workledger.projections.engine.rules import From, Kind, Logged, Stream, Version, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Barrier, Table, WriteTables
from workledger.projections.engine.tables import ReadTables


def _purged(tables: WriteTables, row: Scanned, data: Mapping[str, Any]) -> None:
    entries = tables[SessionEvents]
    purged = (entries.c.session_id == data["session_id"]) & (entries.c.offset <= data["up_to_offset"])
    tables.connection.execute(entries.delete().where(purged))


class SessionEventRow(TableRow):
    """An entry that an app published in a session's feed."""

    session_id: Annotated[str, Stream()]
    offset: Annotated[int, Version(SessionEntryPublished)]
    type: Annotated[str, From(SessionEntryPublished)]
    channel: Annotated[str, From(SessionEntryPublished)]
    data: Annotated[Any, Logged(SessionEntryPublished)]
    user_id: Annotated[str | None, From(SessionEntryPublished)]
    timestamp: Annotated[datetime, When(SessionEntryPublished)]


class SessionEvents(
    Table,
    row=SessionEventRow,
    name="session_events",
    born=(SessionEntryPublished,),
    key=("session_id", "offset"),
    indexes=('session_id, type, "offset"',),
    revision=1,
):
    """The entries of all feeds; purged ones are gone."""

    BARRIERS: ClassVar[dict[Kind, Barrier]] = {SessionFeedPurged: _purged}


SINCE = Statement(
    SessionEvents.table.select()
    .where(SessionEvents.c.session_id == sa.bindparam("session_id"), SessionEvents.c.offset > sa.bindparam("after"))
    .order_by(SessionEvents.c.offset)
    .limit(sa.bindparam("limit")),
    SessionEventRow,
    Narrowing("types", given=among(SessionEvents.c.type, "types")),
)


def since(
    tables: ReadTables, session_id: str, offset: int = 0, *, limit: int = 100, types: tuple[str, ...] = ()
) -> list[SessionEventRow]:
    """The entries after an offset, in order (AgentPane `getHistory`).

    Args:
        types: of these types only.
    """
    return tables.run(SINCE, session_id=session_id, after=offset, limit=limit, types=types or None)
