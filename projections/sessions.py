"""Sessions and who takes part in them (AgentPane, domain.md 1.4, 2.3 and 3.7)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.agent_run.events import AgentTurnCompleted
from workledger.domain.kernel.store import Scanned
from workledger.domain.session.events import (
    SessionActivated,
    SessionClosed,
    SessionClosing,
    SessionFailed,
    SessionOpened,
    SessionParticipantJoined,
    SessionParticipantLeft,
    SessionPaused,
    SessionResumed,
    SessionTitleChanged,
)
from workledger.domain.session_feed import SessionEntryPublished, SessionFeedPurged
from workledger.domain.tool_calls import ToolCallStarted
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import Becomes, Count, From, Kind, References, Stream, Tag, Version, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Change, Fold, Table
from workledger.projections.engine.tables import ReadTables

OVER = (SessionClosing, SessionClosed, SessionFailed)
STATUS = (SessionOpened, SessionActivated, SessionPaused, SessionResumed, *OVER)


class SessionRow(Stamped):
    """A session: what it is about, its state, and how much was said in it."""

    id: Annotated[str, Stream(), Stream(SessionEntryPublished, SessionFeedPurged), Tag("session")]
    project_id: Annotated[str, From(SessionOpened), References("projects", "cascade")]
    task_id: Annotated[str | None, From(SessionOpened), References("tasks", "null")]
    agent_id: Annotated[str | None, From(SessionOpened), References("agents", "null")]
    title: Annotated[str | None, From(SessionOpened, SessionTitleChanged)]
    url: Annotated[str, From(SessionOpened)]
    status: Annotated[str, From(*STATUS)]
    is_active: Annotated[
        bool,
        Becomes({SessionOpened: True, SessionActivated: True, SessionPaused: True, SessionResumed: True}),
        Becomes(dict.fromkeys(OVER, False)),
    ]
    message_count: Annotated[int, Count(AgentTurnCompleted), From(SessionClosed)]
    tool_call_count: Annotated[int, Count(ToolCallStarted), From(SessionClosed)]
    last_offset: Annotated[
        int, Becomes({SessionOpened: 0}), Version(SessionEntryPublished, SessionFeedPurged), From(SessionClosed)
    ]
    closed_at: Annotated[datetime | None, When(SessionClosed)]


class Sessions(
    Table,
    row=SessionRow,
    name="sessions",
    born=(SessionOpened,),
    indexes=(
        "project_id, created_at desc, id",
        "task_id",
        "agent_id",
        "url",
        "is_active, created_at desc, id",
        "status, created_at desc, id",
    ),
):
    """The sessions of all projects, those that are closed too."""


def _joined(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    yield Change((tags["session"], data["user_id"]), set={"role": data["role"], "joined_at": row.at})


def _left(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    yield Change((tags["session"], data["user_id"]), gone=True)


class SessionParticipantRow(TableRow):
    """A user who takes part in a session, since when, and as what."""

    session_id: Annotated[str, References("sessions", "cascade")]
    user_id: str
    role: str
    joined_at: datetime


class SessionParticipants(
    Table,
    row=SessionParticipantRow,
    name="session_participants",
    key=("session_id", "user_id"),
    indexes=("user_id",),
    revision=1,
):
    """Who takes part in sessions now; to join again is to take another role."""

    FOLDS: ClassVar[dict[Kind, Fold]] = {SessionParticipantJoined: _joined, SessionParticipantLeft: _left}


GET = Statement(Sessions.table.select().where(Sessions.c.id == sa.bindparam("id")), SessionRow)
PARTICIPANTS = Statement(
    SessionParticipants.table.select()
    .join(Sessions.table, Sessions.c.id == SessionParticipants.c.session_id)
    .where(SessionParticipants.c.session_id == sa.bindparam("session_id"), Sessions.c.status != "closed")
    .order_by(SessionParticipants.c.joined_at, SessionParticipants.c.user_id),
    SessionParticipantRow,
)


def get(tables: ReadTables, id: str) -> SessionRow | None:
    """The session with that id."""
    return tables.run_first(GET, id=id)


def participants(tables: ReadTables, session_id: str) -> list[SessionParticipantRow]:
    """Who takes part, in the order in which they joined; nobody once the session is closed (AgentPane
    `getActiveUsers`)."""
    return tables.run(PARTICIPANTS, session_id=session_id)
