"""The feed of each session: what apps published in it, by offset (AgentPane, DOMAIN.md 3.6 and 4.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from workledger.domain.session_feed import SessionEntryPublished, SessionFeedPurged
from workledger.projections.engine.table import Barrier, From, Kind, Stream, Table, Version, When
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Logged


def _purged(table_set: Any, data: Mapping[str, Any]) -> None:
    entries = table_set[SessionEvents]
    purged = (entries.c.session_id == data["session_id"]) & (entries.c.offset <= data["up_to_offset"])
    table_set.connection.execute(entries.delete().where(purged))


class SessionEvents(
    Table,
    name="session_events",
    group="session_feed",
    born=(SessionEntryPublished,),
    key=("session_id", "offset"),
    indexes=('session_id, type, "offset"',),
    stamped=False,
):
    session_id: Annotated[str, Stream()]
    offset: Annotated[int, Version(SessionEntryPublished)]
    type: Annotated[str, From(SessionEntryPublished)]
    channel: Annotated[str, From(SessionEntryPublished)]
    data: Annotated[Logged, From(SessionEntryPublished)]
    user_id: Annotated[str | None, From(SessionEntryPublished)]
    timestamp: Annotated[datetime, When(SessionEntryPublished)]

    BARRIERS: ClassVar[dict[Kind, Barrier]] = {SessionFeedPurged: _purged}


def since(
    tables: ReadTables, session_id: str, offset: int = 0, *, limit: int = 100, types: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Entries after an offset, in order."""
    chosen = SessionEvents.table.select().where(
        SessionEvents.c.session_id == session_id, SessionEvents.c.offset > offset
    )
    if types:
        chosen = chosen.where(SessionEvents.c.type.in_(types))
    return tables.all(chosen.order_by(SessionEvents.c.offset).limit(limit))
