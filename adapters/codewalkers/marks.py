"""Marks of rows: digests by which the next import tells which columns of a row have changed since this one."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from workledger.adapters.codewalkers.database import Database
from workledger.adapters.codewalkers.schema import TABLES
from workledger.domain.imported_rows import WIDTH, RowsImported
from workledger.domain.kernel.ledger import Ledger

SOURCE = "codewalkers"
PAGE = 1_000
UNKNOWN = "?" * WIDTH
"""The mark of a column that was not marked: it counts as changed."""


def marks_of(values: Sequence[Any]) -> str:
    """A mark for each value."""
    return "".join(
        b64encode(blake2b(repr(one).encode("utf-8", "replace"), digest_size=3).digest()).decode() for one in values
    )


def changed(before: str, now: str, names: Sequence[str]) -> frozenset[str]:
    """The columns whose marks differ."""
    places = ((name, slice(at * WIDTH, (at + 1) * WIDTH)) for at, name in enumerate(names))
    return frozenset(name for name, place in places if before[place] != now[place])


def load_marks(ledger: Ledger, database: Database, names: dict[str, tuple[str, ...]]) -> None:
    """Put the marks of all rows that were imported before into the table `temp.known`.

    Args:
        names: of the columns that are marked, by table.
    """
    database.execute("create temp table known (of, key, marks, place, primary key (of, key)) without rowid")
    for page in _recorded(ledger):
        database.executemany(
            "insert or replace into temp.known values (?, ?, ?, ?)",
            (
                (told["table"], key, _placed(marks, told["columns"], names[told["table"]]), told.get("place"))
                for told in page
                for key, marks in told["rows"].items()
            ),
        )


def gone(database: Database, table: str) -> tuple[int, str]:
    """How many rows were imported from where this database is and are not in it any more, and the first of them."""
    key = " || ' ' || ".join(database.column(table, name) for name in TABLES[table].key)
    there = f"select {key} from {database.name(table)} where {key} is not null"  # noqa: S608
    found = database.execute(
        f"select count(*), min(key) from temp.known where of = ? and place = ? and key not in ({there})",  # noqa: S608
        (table, database.digest),
    )
    count, first = found.fetchone()
    return count, first or ""


def _recorded(ledger: Ledger) -> Iterator[list[dict[str, Any]]]:
    after = 0
    while rows := ledger.read(after, PAGE, topics=(RowsImported.TOPIC,)):
        told = [orjson.loads(row.data) for row in rows]
        yield [one for one in told if one["source"] == SOURCE]
        after = rows[-1].position


def _placed(marks: str, columns: Sequence[str], names: Sequence[str]) -> str:
    """Marks in the order of those names, whichever columns an earlier release marked."""
    if [*columns] == [*names]:
        return marks
    by_name = {name: marks[at * WIDTH : (at + 1) * WIDTH] for at, name in enumerate(columns)}
    return "".join(by_name.get(name, UNKNOWN) for name in names)
