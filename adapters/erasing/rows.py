"""The rows that hold secrets: payloads of events, and what other tables of the event store have from them."""

from collections.abc import Iterable

import sqlalchemy as sa

from workledger.adapters.erasing.payloads import Found
from workledger.adapters.redaction import redact_secrets
from workledger.adapters.redaction.counting import marked
from workledger.adapters.redaction.texts import redact_secrets_in_text, secrets
from workledger.adapters.schema import CLAIMS, COLUMNS, EVENTS, META, SNAPSHOTS
from workledger.projections.engine.state.dead_letters import DEAD_LETTERS

PAGE = 500
"""Rows that are read at a time."""

REWRITE_SQLITE = "update events set data = :after where position = :position and data = :before"
REWRITE_POSTGRES = f"""
with gone as (delete from events where position = :position and data::text = :before returning *)
insert into events ({", ".join(COLUMNS)})
select {", ".join("cast(:after as json)" if name == "data" else name for name in COLUMNS)} from gone
"""  # noqa: S608
"""The database lets an event be erased, but not changed: it is erased and stored again in its place."""


def rewrite(connection: sa.Connection, found: Iterable[Found]) -> None:
    """Give events their redacted payloads, where they have the ones that were looked at."""
    sqlite = connection.dialect.name == "sqlite"
    connection.execute(META.insert().values(key="erasing", value="redaction"))
    for one in found:
        given = {"position": one.position, "before": one.before, "after": one.after}
        connection.execute(sa.text(REWRITE_SQLITE if sqlite else REWRITE_POSTGRES), given)
    connection.execute(META.delete().where(META.c.key == "erasing"))


def clean_claims(connection: sa.Connection) -> int:
    """Redact keys of claims, such as the name or address of a project; how many.

    A key with an id stays, as the streams of that id look for it.
    """
    changed = 0
    for key, holder in connection.execute(sa.select(CLAIMS.c.key, CLAIMS.c.holder)).fetchall():
        clean = redact_secrets_in_text(key)
        if clean == key or any(_names_a_stream(connection, key[start:end]) for start, end in secrets(key)):
            continue
        connection.execute(CLAIMS.delete().where(CLAIMS.c.key == key, CLAIMS.c.holder == holder))
        taken = connection.scalar(sa.select(CLAIMS.c.key).where(CLAIMS.c.key == clean, CLAIMS.c.holder == holder))
        if taken is None:
            connection.execute(CLAIMS.insert().values(key=clean, holder=holder))
        changed += 1
    return changed


def _names_a_stream(connection: sa.Connection, text: str) -> bool:
    named = EVENTS.c.stream_id.contains(text, autoescape=True)
    return connection.scalar(sa.select(EVENTS.c.position).where(named).limit(1)) is not None


def drop_snapshots(connection: sa.Connection) -> int:
    """Drop snapshots with a secret: their aggregates are folded from the log; how many."""
    dropped, last = 0, ""
    while streams := connection.scalars(
        sa.select(SNAPSHOTS.c.stream_id)
        .distinct()
        .where(SNAPSHOTS.c.stream_id > last)
        .order_by("stream_id")
        .limit(PAGE)
    ).all():
        for stream in streams:
            of_stream = SNAPSHOTS.c.stream_id == stream
            states = connection.scalars(sa.select(SNAPSHOTS.c.state).where(of_stream)).all()
            if any(secrets(bytes(state).decode("utf-8", "replace")) for state in states):
                dropped += connection.execute(SNAPSHOTS.delete().where(of_stream)).rowcount
        last = streams[-1]
    return dropped


def clean_dead_letters(connection: sa.Connection) -> int:
    """Redact the errors of dead letters, which may quote a payload; how many."""
    changed = 0
    for row in connection.execute(DEAD_LETTERS.select().where(DEAD_LETTERS.c.error.is_not(None))).fetchall():
        clean = redact_secrets(row.error)
        if marked(row.error, clean):
            at = (DEAD_LETTERS.c.name == row.name) & (DEAD_LETTERS.c.position == row.position)
            connection.execute(DEAD_LETTERS.update().where(at).values(error=clean))
            changed += 1
    return changed
