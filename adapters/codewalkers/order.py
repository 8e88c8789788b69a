"""The order in which rows of a table are read: as they were inserted, and parents before what is below them."""

from workledger.adapters.codewalkers.database import Database
from workledger.adapters.codewalkers.schema import TABLES

FIRST_OF_A_CIRCLE = """
    select b.at from temp.below b where not exists (select 1 from temp.arranged a where a.at = b.at)
    order by b.at limit 1
"""


def arrange(database: Database, table: str, order: str = "") -> None:
    """Fill `temp.arranged` with the places of a table's rows, in the order in which they are read.

    Of rows that are their own ancestors, one comes first, and is marked: its parent comes later.

    Args:
        order: SQL that is sorted by before the order of insertion; names of columns as in Database.named.
    """
    for referenced in {column.references for _, column in TABLES[table].references()}:
        _know_ids(database, referenced)
    database.execute("drop table if exists temp.arranged")
    database.execute("create temp table arranged (position integer primary key, at unique, id, level, circle)")
    if TABLES[table].parent:
        _by_level(database, table, order)
    else:
        _insert(database, table, order, 0, "true")


def _know_ids(database: Database, table: str) -> None:
    """The ids of a table's rows in a table of their own, whether it has an index of them or not."""
    id = database.column(table, "id")
    database.remember(
        f"ids of {table}",
        "id primary key",
        f"select {id} from {database.name(table)} where {id} is not null",  # noqa: S608
    )


def _by_level(database: Database, table: str, order: str) -> None:
    parent, at = database.column(table, TABLES[table].parent, "t."), f"t.{database.place(table)}"
    there = f'exists (select 1 from temp."ids of {table}" r where r.id = {parent})'  # noqa: S608
    database.execute("create index temp.arranged_ids on arranged (level, id)")
    database.execute("drop table if exists temp.below")
    database.execute("create temp table below (parent, at, primary key (parent, at)) without rowid")
    database.execute(f"insert into temp.below select {parent}, {at} from {database.name(table)} t where {there}")  # noqa: S608
    level, added = 0, _insert(database, table, order, 0, f"not {there}")
    while True:
        while added:
            level += 1
            below = f"select b.at from temp.arranged a join temp.below b on b.parent = a.id where a.level = {level - 1}"  # noqa: S608
            added = _insert(database, table, order, level, f"{at} in ({below})")
        if (first := database.execute(FIRST_OF_A_CIRCLE).fetchone()) is None:
            return
        database.execute("delete from temp.below where at = ?", first)
        added = _insert(database, table, "", level, f"{at} = ?", *first)
        database.execute("update temp.arranged set circle = true where at = ?", first)


def _insert(database: Database, table: str, order: str, level: int, where: str, *values: object) -> int:
    at = f"t.{database.place(table)}"
    id = database.column(table, "id", "t.") if "id" in TABLES[table].columns else "null"
    sorting = ", ".join([*([database.named(order)] if order else []), at])
    return database.execute(
        f"insert into temp.arranged (at, id, level, circle) select {at}, {id}, {level}, false"  # noqa: S608
        f" from {database.name(table)} t where {where} order by {sorting}",
        values,
    ).rowcount
