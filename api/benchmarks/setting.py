"""The setting of a benchmark: which database, how many events, and a place of its own beside what is there."""

import itertools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workledger.adapters.database import factory_of
from workledger.adapters.importing import Progress, silent
from workledger.domain.kernel.refusals import Refused

ROUNDS = 5
"""Of which the median is told."""

SEED = 7
_numbers = itertools.count(1)


class NothingToShare(Refused):
    """A database in memory belongs to one process; benchmark a SQLite file or a PostgreSQL database instead."""

    code = "DATABASE_NOT_SHARED"


@dataclass(frozen=True)
class Place:
    """A database for one benchmark, with nothing in it yet, and a folder on the disk of the benchmark's files."""

    url: str
    folder: Path

    @property
    def postgres(self) -> bool:
        return not self.url.startswith("sqlite")

    def about(self) -> dict[str, Any]:
        """What figures depend on."""
        if not self.postgres:
            return {"database": f"SQLite {sqlite3.sqlite_version}", "cores": os.cpu_count()}
        with connected(self.url) as connection:
            version = connection.info.parameter_status("server_version")
            fsync = connection.execute("show fsync").fetchone()[0]
        return {"database": f"PostgreSQL {version}", "fsync": fsync, "cores": os.cpu_count()}

    @property
    def file(self) -> str:
        """Where SQLite keeps it."""
        return self.url.removeprefix("sqlite:///")


@dataclass(frozen=True)
class Setting:
    """What a benchmark is told.

    Attributes:
        url: a database of the kind to measure, left as it is; a new SQLite file, unless given.
        remark: told what had to be left out.
    """

    events: int
    url: str | None = None
    rounds: int = ROUNDS
    progress: Progress = silent
    remark: Callable[[str], None] = lambda line: None

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A place beside that database, which is gone when the block ends.

        Raises:
            Refused: there can be none.
        """
        if self.url and factory_of(self.url).endswith("PostgresFactory"):
            with tempfile.TemporaryDirectory(prefix="workledger-bench-") as folder, _beside(self.url) as url:
                yield Place(url, Path(folder))
            return
        if self.url and self.url.startswith("memory:"):
            raise NothingToShare
        parent = Path(self.url.removeprefix("sqlite:///")).parent if self.url else None
        with tempfile.TemporaryDirectory(prefix="workledger-bench-", dir=parent) as folder:
            yield Place(f"sqlite:///{folder}/bench.db", Path(folder))


@contextmanager
def _beside(url: str) -> Iterator[str]:
    """A new database on that server, or a new schema in that database where none may be made."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"workledger_bench_{os.getpid()}_{next(_numbers)}"
    parsed = sa.make_url(url).set(drivername="postgresql")
    with connected(url) as connection:
        try:
            connection.execute(SQL("create database {}").format(Identifier(name)))
            made, drop = parsed.set(database=name), SQL("drop database {} with (force)")
        except psycopg.errors.InsufficientPrivilege:
            connection.execute(SQL("create schema {}").format(Identifier(name)))
            path = f"-csearch_path={name}"
            made, drop = parsed.update_query_dict({"options": path}), SQL("drop schema {} cascade")
    try:
        yield made.render_as_string(hide_password=False)
    finally:
        with connected(url) as connection:
            connection.execute(drop.format(Identifier(name)))


def connected(url: str) -> Any:
    """A psycopg connection that commits each statement by itself.

    Raises:
        DatabaseUnreachable: nobody answers.
    """
    import psycopg

    from workledger.adapters.database import DatabaseUnreachable, reason_of

    try:
        return psycopg.connect(
            sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=reason_of(error)) from None
