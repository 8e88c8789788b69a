"""Checkpoints: how far each group has read the log, kept beside its rows and moved by compare-and-swap."""

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


class Superseded(Exception):
    """Another process has moved this checkpoint: what was folded here counts for nothing."""


def find(connection: sa.Connection, name: str, *, hold: bool = False) -> Checkpoint | None:
    """The checkpoint of that name; held, nobody moves it before this transaction ends."""
    chosen = CHECKPOINTS.select().where(CHECKPOINTS.c.name == name)
    row = connection.execute(chosen.with_for_update() if hold else chosen).first()
    if row is None and hold:  # a swap that we waited for gave the name to another, which a second look sees
        row = connection.execute(chosen.with_for_update()).first()
    return None if row is None else _checkpoint(connection, row)


def found(connection: sa.Connection, names: Sequence[str]) -> dict[str, Checkpoint]:
    """Those of the checkpoints that there are."""
    rows = connection.execute(CHECKPOINTS.select().where(CHECKPOINTS.c.name.in_(names))).all()
    return {row.name: _checkpoint(connection, row) for row in rows}


def _checkpoint(connection: sa.Connection, row: Any) -> Checkpoint:
    held_up = dead_letters.streams(connection, row.name) if row.letters else frozenset()
    return Checkpoint(row.name, row.position, row.fingerprint, row.letters, held_up)


def begin(connection: sa.Connection, name: str, fingerprint: str) -> Checkpoint:
    """A checkpoint at the start of the log."""
    connection.execute(CHECKPOINTS.insert().values(name=name, position=0, fingerprint=fingerprint, letters=0))
    return Checkpoint(name, 0, fingerprint)


def advance(connection: sa.Connection, at: Checkpoint, to: Checkpoint) -> Checkpoint:
    """Move it, in the transaction that writes the rows.

    Raises:
        Superseded: it is no longer where it was.
    """
    moved = connection.execute(
        CHECKPOINTS.update()
        .where(CHECKPOINTS.c.name == at.name, CHECKPOINTS.c.position == at.position)
        .where(CHECKPOINTS.c.fingerprint == at.fingerprint, CHECKPOINTS.c.letters == at.letters)
        .values(position=to.position, fingerprint=to.fingerprint, letters=to.letters)
    )
    if moved.rowcount != 1:
        raise Superseded(at.name)
    return to


def rename(connection: sa.Connection, name: str, to: str) -> None:
    """Let it be called otherwise, with its dead letters; what was called so is forgotten."""
    forget(connection, to)
    connection.execute(CHECKPOINTS.update().where(CHECKPOINTS.c.name == name).values(name=to))
    dead_letters.rename(connection, name, to)


def forget(connection: sa.Connection, name: str) -> None:
    connection.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.name == name))
    dead_letters.forget(connection, name)
