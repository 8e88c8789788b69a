"""Leases: rows that say which process works on what, and until when. One that is not renewed expires.

A lease only spares other processes the work. The fence is the checkpoint, which moves by compare-and-swap: of two
processes that both believe they hold a lease, one writes.
"""

import os
import secrets
import socket
import time
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa

from workledger.projections.engine.state.bookkeeping import METADATA
from workledger.projections.engine.state.lease import LONGEST, Lease, available, share
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
"""How long a lease lasts without being renewed."""


class LeaseLost(Exception):
    """Another owner has the lease now, or it was revoked."""


def new_owner() -> str:
    """A unique name of an owner: host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def take(
    tables: ReadTables, names: Iterable[str], owner: str, seconds: float | None = None, *, pool: str | None = None
) -> set[str]:
    """Take those leases that are free, because they are new or expired, and renew those that the owner has.

    Args:
        pool: what the names of leases begin with that are shared out evenly. When given, leases are also taken over
            from owners who have more of the pool than this one (see `lease.share`).

    Returns:
        The names of the leases that the owner has from now on.
    """
    wanted, seconds = set(names), min(SECONDS if seconds is None else seconds, LONGEST)
    with tables.writing() as connection:
        # Rows are inserted first, then locked: what is counted after that stays so until the transaction ends.
        _insert_missing(connection, wanted, owner)
        free = LEASES.c.name.in_(wanted) & _free_for(connection, owner)
        found = _read(connection, free if pool is None else LEASES.c.name.startswith(pool), lock=True)
        taken = available(found, owner, wanted) if pool is None else share(found, owner, wanted)
        renewed = LEASES.update().where(LEASES.c.name.in_(taken))
        connection.execute(renewed.values(owner=owner, until=_now(connection) + seconds))
    return taken


def release(tables: ReadTables, owner: str, names: Iterable[str] | None = None) -> None:
    """Give back leases of the owner: those, or all."""
    with tables.writing() as connection:
        give_back(connection, owner, names)


def give_back(connection: sa.Connection, owner: str, names: Iterable[str] | None = None) -> None:
    """The same as a part of a transaction that is open."""
    ours = LEASES.c.owner == owner
    found = _read(connection, ours if names is None else ours & LEASES.c.name.in_(list(names)), lock=True)
    connection.execute(LEASES.delete().where(LEASES.c.name.in_([lease.name for lease in found])))


def revoke(connection: sa.Connection, name: str) -> bool:
    """Delete a lease, whoever its owner is; whether there was one."""
    return connection.execute(LEASES.delete().where(LEASES.c.name == name)).rowcount == 1


def find(connection: sa.Connection, name: str) -> Lease | None:
    """The lease of that name, if it has not expired."""
    return next((lease for lease in _read(connection, LEASES.c.name == name) if not lease.free), None)


def wait_for_expiry(tables: ReadTables, names: Iterable[str]) -> None:
    """Wait until leases of dead owners have expired. A lease that is renewed meanwhile ends the wait."""
    names = tuple(names)
    seen: dict[str, float] = {}
    while True:
        with tables.engine.connect() as connection:
            held = [lease for name in names if (lease := find(connection, name))]
        if not held or any(seen.setdefault(lease.name, lease.until) != lease.until for lease in held):
            return
        time.sleep(0.1)


def lock(connection: sa.Connection, names: Iterable[str], owner: str) -> set[str]:
    """Those of the leases that the owner has, even if expired. Until the transaction ends, nobody takes or revokes
    them."""
    ours = LEASES.c.name.in_(list(names)) & (LEASES.c.owner == owner)
    return {lease.name for lease in _read(connection, ours, lock=True)}


def renew(connection: sa.Connection, names: Iterable[str], owner: str) -> set[str]:
    """Those of the leases that the owner still has; they last for `SECONDS` from now on."""
    ours = lock(connection, names, owner)
    connection.execute(LEASES.update().where(LEASES.c.name.in_(ours)).values(until=_now(connection) + SECONDS))
    return ours


def _read(connection: sa.Connection, chosen: sa.ColumnElement[bool], *, lock: bool = False) -> list[Lease]:
    left = (LEASES.c.until - _now(connection)).label("left")
    # Every transaction locks rows in the order of their names, so that two never wait for each other.
    rows = sa.select(LEASES, left).where(chosen).order_by(LEASES.c.name)
    found = connection.execute(rows.with_for_update() if lock else rows)
    return [Lease(row.name, row.owner, row.until, row.left) for row in found]


def _free_for(connection: sa.Connection, owner: str) -> sa.ColumnElement[bool]:
    left = LEASES.c.until - _now(connection)
    return sa.or_(LEASES.c.owner == owner, left < 0, left > LONGEST)


def _insert_missing(connection: sa.Connection, names: AbstractSet[str], owner: str) -> None:
    """Insert expired leases where there are none."""
    missing = names - set(connection.scalars(sa.select(LEASES.c.name).where(LEASES.c.name.in_(names))))
    if not missing:
        return
    rows = [{"name": name, "owner": owner, "until": 0.0} for name in sorted(missing)]
    connection.execute(_insert(connection)(LEASES).values(rows).on_conflict_do_nothing())


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
