"""The checkpoints in the database: stored beside the rows they vouch for, and advanced by compare-and-swap."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.state.bookkeeping import METADATA
from workledger.projections.engine.types import KEY

CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("name", KEY, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("letters", sa.BigInteger, nullable=False, server_default="0"),
)
"""`letters` counts the dead letters; the name is part of the stored schema."""


class Superseded(Exception):
    """Another process has advanced this checkpoint: what was folded here is rolled back."""


def find(connection: sa.Connection, name: str, *, lock: bool = False) -> Checkpoint | None:
    """The checkpoint of that name; with `lock`, nobody else advances it before this transaction ends."""
    query = CHECKPOINTS.select().where(CHECKPOINTS.c.name == name)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None and lock:
        # We waited for a swap that renamed the row we had found: PostgreSQL checks that row again, sees that it no
        # longer matches, and does not look for the one that bears the name now. A second statement does.
        row = connection.execute(query.with_for_update()).first()
    return None if row is None else _checkpoint(connection, row)


def find_all(connection: sa.Connection, names: Sequence[str]) -> dict[str, Checkpoint]:
    """The existing checkpoints among those names."""
    rows = connection.execute(CHECKPOINTS.select().where(CHECKPOINTS.c.name.in_(names))).all()
    return {row.name: _checkpoint(connection, row) for row in rows}


def create(connection: sa.Connection, name: str, fingerprint: str) -> Checkpoint:
    """A new checkpoint at the start of the log."""
    connection.execute(CHECKPOINTS.insert().values(name=name, position=0, fingerprint=fingerprint, letters=0))
    return Checkpoint(name, 0, fingerprint)


def advance(connection: sa.Connection, at: Checkpoint, to: Checkpoint) -> Checkpoint:
    """Compare-and-swap a checkpoint, in the transaction that writes the rows.

    Raises:
        Superseded: it is no longer as `at` says.
    """
    updated = connection.execute(
        CHECKPOINTS.update()
        .where(CHECKPOINTS.c.name == at.name, CHECKPOINTS.c.position == at.position)
        .where(CHECKPOINTS.c.fingerprint == at.fingerprint, CHECKPOINTS.c.letters == at.dead_letters)
        .values(position=to.position, fingerprint=to.fingerprint, letters=to.dead_letters)
    )
    if updated.rowcount != 1:
        raise Superseded(at.name)
    return to


def rename(connection: sa.Connection, name: str, to: str) -> None:
    """Rename a checkpoint and its dead letters, replacing any that had the new name."""
    delete(connection, to)
    connection.execute(CHECKPOINTS.update().where(CHECKPOINTS.c.name == name).values(name=to))
    dead_letters.rename(connection, name, to)


def delete(connection: sa.Connection, name: str) -> None:
    """Delete a checkpoint and its dead letters, if it exists."""
    connection.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.name == name))
    dead_letters.delete_all(connection, name)


def _checkpoint(connection: sa.Connection, row: Any) -> Checkpoint:
    # Most checkpoints have no dead letters: the count spares the query for the streams they block.
    blocked = dead_letters.blocked_streams(connection, row.name) if row.letters else frozenset()
    return Checkpoint(row.name, row.position, row.fingerprint, row.letters, blocked)
