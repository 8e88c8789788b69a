"""Leases: rows that say who works on what, until when. Whoever wants to may try; a lease that is not renewed runs out.

A lease only spares others the work. What keeps two who both believe to have it from harm is the checkpoint.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workledger.projections.engine.state.bookkeeping import METADATA
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import KEY

LEASES = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", KEY, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
)

SECONDS = 6.0
"""How long a lease holds without being renewed."""

LONGEST = 60.0
"""Nobody takes a lease for longer. One that seems to hold for longer was taken before the clock was set back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has it, until when in seconds of the database's clock, and how many seconds are left."""

    name: str
    owner: str
    until: float
    left: float


def new_owner() -> str:
    """A name for whoever works here."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def take(tables: ReadTables, names: Iterable[str], owner: str, seconds: float | None = None) -> set[str]:
    """Those of the leases that the owner has from now on: free ones, those that ran out, and its own."""
    names, seconds = sorted(names), min(SECONDS if seconds is None else seconds, LONGEST)
    with tables.writing() as connection:
        now = _now(connection)
        free = sa.or_(LEASES.c.owner == owner, LEASES.c.until < now, LEASES.c.until > now + LONGEST)
        there = set(connection.scalars(sa.select(LEASES.c.name).where(LEASES.c.name.in_(names)).order_by("name")))
        mine = set()
        for name in names:
            if name in there:
                taking = LEASES.update().where(LEASES.c.name == name, free)
                taken = connection.execute(taking.values(owner=owner, until=now + seconds)).rowcount
            else:
                taken = _begin(connection, name, owner, now + seconds)
            if taken == 1:
                mine.add(name)
    return mine


def release(tables: ReadTables, owner: str, names: Iterable[str] | None = None) -> None:
    """Give back leases of the owner: those, or all."""
    mine = LEASES.delete().where(LEASES.c.owner == owner)
    with tables.writing() as connection:
        connection.execute(mine if names is None else mine.where(LEASES.c.name.in_(list(names))))


def revoke(connection: sa.Connection, name: str) -> bool:
    """Take a lease away from whoever has it; whether anybody had."""
    return connection.execute(LEASES.delete().where(LEASES.c.name == name)).rowcount == 1


def find(connection: sa.Connection, name: str) -> Lease | None:
    """The lease of that name, if it has not run out."""
    row = connection.execute(sa.select(LEASES, _now(connection).label("now")).where(LEASES.c.name == name)).first()
    if row is None or row.until < row.now:
        return None
    return Lease(row.name, row.owner, row.until, row.until - row.now)


def outlast(tables: ReadTables, names: Iterable[str]) -> None:
    """Wait until leases have run out whose owners are dead; one that is renewed meanwhile is not waited for."""
    names = tuple(names)
    seen: dict[str, float] = {}
    while True:
        with tables.engine.connect() as connection:
            held = [lease for name in names if (lease := find(connection, name))]
        if not held or any(seen.setdefault(lease.name, lease.until) != lease.until for lease in held):
            return
        time.sleep(0.1)


class LeaseLost(Exception):
    """Somebody else has the lease now, or it was revoked."""


class Kept:
    """Leases that are renewed for as long as the block of `keeping` runs."""

    def __init__(self, tables: ReadTables, names: set[str], owner: str) -> None:
        self._tables, self._names, self._owner = tables, names, owner
        self._over = threading.Event()
        self._lost = False

    def check(self) -> None:
        """
        Raises:
            LeaseLost: one of them is no longer ours.
        """
        if self._lost:
            raise LeaseLost

    def hold(self, connection: sa.Connection) -> None:
        """Nobody takes one of them away before this transaction ends.

        Raises:
            LeaseLost: one of them is no longer ours.
        """
        ours = sa.select(LEASES.c.name).where(LEASES.c.name.in_(self._names), LEASES.c.owner == self._owner)
        if len(connection.scalars(ours.order_by("name").with_for_update()).all()) != len(self._names):
            raise LeaseLost

    def give_back(self, connection: sa.Connection) -> None:
        """With what this transaction does: who comes to take them away is told that it was too late."""
        ours = LEASES.c.name.in_(self._names) & (LEASES.c.owner == self._owner)
        connection.execute(LEASES.delete().where(ours))

    def renew(self) -> None:
        """Renew them, time and again, until the block ends. A database that is away for a while loses nothing."""
        while not self._over.wait(SECONDS / 4):
            try:
                with self._tables.writing() as connection:
                    ours = LEASES.update().where(LEASES.c.name.in_(self._names), LEASES.c.owner == self._owner)
                    kept = connection.execute(ours.values(until=_now(connection) + SECONDS)).rowcount
            except (sa.exc.SQLAlchemyError, OSError):
                continue
            if kept != len(self._names):
                self._lost = True
                return

    def end(self) -> None:
        self._over.set()


@contextmanager
def keeping(tables: ReadTables, names: Iterable[str], owner: str) -> Iterator[Kept | None]:
    """All of the leases, renewed during the block and given back after it; None when one of them is another's."""
    wanted = set(names)
    taken = take(tables, wanted, owner)
    if taken != wanted:
        release(tables, owner, taken)
        yield None
        return
    kept = Kept(tables, wanted, owner)
    renewing = threading.Thread(target=kept.renew, name="workledger-leases", daemon=True)
    renewing.start()
    try:
        yield kept
    finally:
        kept.end()
        renewing.join()
        release(tables, owner, wanted)


def _begin(connection: sa.Connection, name: str, owner: str, until: sa.ColumnElement[float]) -> int:
    given = sa.select(sa.literal(name), sa.literal(owner), until)
    taking = _insert(connection)(LEASES).from_select(["name", "owner", "until"], given.where(sa.true()))
    begun = connection.execute(taking.on_conflict_do_nothing().returning(LEASES.c.name))
    return len(begun.all())


def _insert(connection: sa.Connection) -> Any:
    """The database's own insert, imported here: a process needs one dialect, and PostgreSQL's takes 30 ms."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert
    from sqlalchemy.dialects import sqlite

    return sqlite.insert


def _now(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the database's clock."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return (sa.func.julianday("now") - sa.literal_column("2440587.5")) * sa.literal_column("86400.0")
