"""A Codewalkers database, opened so that nothing in it can be changed; all that is read of it is of one moment."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from workledger.adapters.codewalkers.columns import Table, plain
from workledger.adapters.codewalkers.schema import TABLES
from workledger.adapters.database import DatabaseFailed
from workledger.adapters.importing import digest
from workledger.adapters.sqlite.read_only import open_to_read

PAGE = 500
"""Rows that are read at once."""

NAMED = re.compile(r"\{(?:(\w)\.)?(\w{2,})(?:\.(\w+))?\}")

PATIENCE = 10.0
"""Seconds for which a database that is being written is waited for."""


class CodewalkersFailed(Exception):
    """The file is no database of Codewalkers, or cannot be read."""


class Database:
    """The tables that the file has, by the names of schema.TABLES, in whichever way it writes them.

    Attributes:
        path: of the file, and `digest` of that.
        foreign: tables and columns of it that are not known here, as `table` and `table.column`.
        missing: tables that it does not have.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            CodewalkersFailed: it has no table of Codewalkers, is no database, or cannot be read.
        """
        self.path, self.digest = path, digest(str(path))
        try:
            self._connection = open_to_read(str(path), _connect)
        except sqlite3.DatabaseError as error:
            raise CodewalkersFailed(f"{path.name} {error_of(error)}") from None
        except DatabaseFailed as failed:
            raise CodewalkersFailed(str(failed.details["reason"])) from None
        try:
            self._connection.execute("begin")
            self._read_tables()
            self.begin_again()
        except sqlite3.DatabaseError as error:
            self.close()
            raise CodewalkersFailed(f"{path.name} {error_of(error)}") from None
        if not self._names:
            self.close()
            raise CodewalkersFailed(f"{path.name} has none of its tables")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def count(self, table: str) -> int:
        """The rows of a table; 0 when it is not there, or cannot be read."""
        try:
            return int(self._connection.execute(f"select count(*) from {self.name(table)}").fetchone()[0])  # noqa: S608
        except sqlite3.DatabaseError:
            self.begin_again()
            return 0

    def begin_again(self) -> None:
        """Go on after an error, which ends what SQLite was doing: the reader's own tables are empty again."""
        self._connection.rollback()
        self._connection.execute("begin")
        for table in self.missing:
            self._connection.execute(f"create temp table {_quoted(f'no {table}')} (empty)")

    def name(self, table: str) -> str:
        """The quoted name that a table has in the file; of one that it does not have, that of an empty one."""
        return _quoted(self._names[table]) if table in self._names else f"temp.{_quoted(f'no {table}')}"

    def column(self, table: str, column: str, of: str = "") -> str:
        """The quoted name that a column has in the file; null where it does not have it.

        Args:
            of: what stands before the name, such as `t.`.
        """
        found = self._columns.get(table, {}).get(column)
        return "null" if found is None else of + _quoted(found)

    def place(self, table: str) -> str:
        """What tells the rows of a table apart, and sorts them: as they were inserted, where SQLite knows."""
        try:
            self._connection.execute(f"select rowid from {self.name(table)} limit 0")  # noqa: S608
        except sqlite3.OperationalError:
            return self.column(table, TABLES[table].key[0])
        return "rowid"

    def named(self, statement: str) -> str:
        """A statement with the names of the file: `{tasks}` is a table, and `{t.tasks.status}` a column of it."""
        return NAMED.sub(self._name_of, statement)

    def _name_of(self, match: re.Match[str]) -> str:
        alias, table, column = match.groups()
        return self.column(table, column, f"{alias}." if alias else "") if column else self.name(table)

    def execute(self, statement: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Run a statement; tables in `temp` are the reader's own and may be written."""
        return self._connection.execute(statement, tuple(values))

    def remember(self, name: str, columns: str, statement: str) -> None:
        """Put what a statement selects into a table of the reader's own, unless that is there.

        Args:
            columns: of that table; one row of each key is kept.
        """
        if self.execute("select 1 from sqlite_temp_master where name = ?", [name]).fetchone():
            return
        self.execute(f'create temp table "{name}" ({columns}) without rowid')
        marks = ", ".join("?" * (columns.count(",") + 1))
        for page in self.pages(statement):
            self.executemany(f'insert or ignore into temp."{name}" values ({marks})', page)  # noqa: S608

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(statement, rows)

    def pages(self, statement: str) -> Iterator[list[tuple[Any, ...]]]:
        """The rows that a statement selects, a page at a time, however many there are."""
        cursor = self._connection.execute(statement)
        while page := cursor.fetchmany(PAGE):
            yield page

    def _read_tables(self) -> None:
        self._names: dict[str, str] = {}
        self._columns: dict[str, dict[str, str]] = {}
        self.foreign: list[str] = []
        known = {plain(name): name for name in TABLES}
        there = "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'"
        for (name,) in self._connection.execute(f"{there} order by rowid").fetchall():
            table = known.get(plain(name))
            if table is None or table in self._names:
                self.foreign += [] if name.startswith("__") else [name]
                continue
            self._names[table] = name
            self._columns[table] = self._columns_of(name, table, TABLES[table])
        self.missing = [table for table in TABLES if table not in self._names]

    def _columns_of(self, name: str, table: str, known: Table) -> dict[str, str]:
        named = {plain(column): column for column in known.names}
        found: dict[str, str] = {}
        for row in self._connection.execute(f"pragma table_info({_quoted(name)})").fetchall():
            column = named.get(plain(row[1]))
            if column is None:
                self.foreign.append(f"{table}.{row[1]}")
            else:
                found[column] = row[1]
        return found


def error_of(error: Exception) -> str:
    """What SQLite says of a file that it cannot read, as the end of a sentence."""
    return f"cannot be read: {error}"


def _connect(address: str) -> sqlite3.Connection:
    made = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)
    made.text_factory = _text
    return made


def _text(data: bytes) -> str:
    with suppress(UnicodeDecodeError):
        return data.decode()
    return data.decode("utf-8", "replace")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
