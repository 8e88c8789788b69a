"""Checkpoints: how far each group has read the log, kept beside its rows and moved by compare-and-swap."""

from dataclasses import dataclass

import sqlalchemy as sa

from workledger.projections.types import KEY

METADATA = sa.MetaData()

CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("name", KEY, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
)


class Superseded(Exception):
    """Another process has moved this checkpoint: what was folded here counts for nothing."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A group's place in the log, and the declaration of the tables it is the place of."""

    name: str
    position: int
    fingerprint: str


def find(connection: sa.Connection, name: str, *, hold: bool = False) -> Checkpoint | None:
    """The checkpoint of that name; held, nobody moves it before this transaction ends."""
    chosen = CHECKPOINTS.select().where(CHECKPOINTS.c.name == name)
    row = connection.execute(chosen.with_for_update() if hold else chosen).first()
    return None if row is None else Checkpoint(row.name, row.position, row.fingerprint)


def begin(connection: sa.Connection, name: str, fingerprint: str) -> Checkpoint:
    """A checkpoint at the start of the log."""
    connection.execute(CHECKPOINTS.insert().values(name=name, position=0, fingerprint=fingerprint))
    return Checkpoint(name, 0, fingerprint)


def advance(connection: sa.Connection, at: Checkpoint, position: int, fingerprint: str | None = None) -> Checkpoint:
    """Move it, in the transaction that writes the rows.

    Raises:
        Superseded: it is no longer where it was.
    """
    moved = connection.execute(
        CHECKPOINTS.update()
        .where(CHECKPOINTS.c.name == at.name, CHECKPOINTS.c.position == at.position)
        .where(CHECKPOINTS.c.fingerprint == at.fingerprint)
        .values(position=position, fingerprint=fingerprint or at.fingerprint)
    )
    if moved.rowcount != 1:
        raise Superseded(at.name)
    return Checkpoint(at.name, position, fingerprint or at.fingerprint)


def forget(connection: sa.Connection, name: str) -> None:
    connection.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.name == name))
