"""Upserts into PostgreSQL: rows as a JSON document, and one statement that applies it by key."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.sql import SQL, Composable, Identifier
from sqlalchemy.dialects import postgresql

from workledger.projections.engine.changes import Values, changed_columns, key_values, merge_amounts
from workledger.projections.engine.rules import ABSENT
from workledger.projections.engine.table import Table, memoised

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def keyed(table: type[Table], key: Any) -> dict[str, Any]:
    """The key of a row as JSON."""
    return dict(zip(table.KEY, key_values(key), strict=True))


def written(table: type[Table], row: Values) -> dict[str, Any]:
    """A whole new row as JSON."""
    return {name: _plain(row[at]) for name, at in table.AT.items()}


def changed(table: type[Table], key: Any, row: Values) -> dict[str, Any]:
    """A changed row as JSON: its key, the columns that are set, `mask` with a bit for each of them, and what is added
    to a column under its name with a `+` before it."""
    change = keyed(table, key)
    mask = 0
    for name, at in table.AT.items():
        if row[at] is not ABSENT:
            mask |= 1 << at
            change[name] = _plain(row[at])
    for name, at in table.AMOUNT_AT.items():
        if row[at]:
            change["+" + name] = row[at]
    change["mask"] = mask
    return change


@memoised
def delete(table: type[Table], name: str) -> str:
    return _text(
        SQL("delete from {} t using {} where {}").format(Identifier(name), _given(table, table.KEY, ()), _match(table))
    )


@memoised
def update(table: type[Table], name: str) -> str:
    sets = SQL(", ").join(_set(table, column) for column in table.COLUMNS if column not in table.KEY)
    statement = SQL("update {} t set {} from {} where {}")
    return _text(statement.format(Identifier(name), sets, _given(table), _match(table)))


def by_columns(table: type[Table], name: str, rows: Mapping[Any, Values]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The changed rows grouped by the columns that they set and add to: a statement for each group, which names those
    columns only, and its document. Where a table's rows have no first event, missing rows are inserted."""
    groups: dict[tuple[Sequence[str], Sequence[str]], list[dict[str, Any]]] = {}
    for key, row in rows.items():
        shape = changed_columns(table, merge_amounts(table, row))
        if not table.BORN or shape != ((), ()):
            groups.setdefault(shape, []).append(changed(table, key, row))
    statement = update_columns if table.BORN else upsert_columns
    return [(statement(table, name, *shape), document) for shape, document in groups.items()]


@memoised
def update_columns(table: type[Table], name: str, sets: Sequence[str], adds: Sequence[str]) -> str:
    """Update rows: set these columns, add to those."""
    changes = [SQL("{} = {}").format(Identifier(column), _value(table, column)) for column in sets]
    changes += [SQL("{0} = t.{0} + u.{1}").format(Identifier(column), Identifier("+" + column)) for column in adds]
    statement = SQL("update {} t set {} from {} where {}")
    given = _given(table, [*table.KEY, *sets], adds)
    return _text(statement.format(Identifier(name), SQL(", ").join(changes), given, _match(table)))


@memoised
def upsert_columns(table: type[Table], name: str, sets: Sequence[str], adds: Sequence[str]) -> str:
    """Update rows, or insert those that are missing: set these columns, add to those."""
    columns = [*table.KEY, *sets]
    values = [_value(table, column) for column in columns]
    values += [SQL("u.{}").format(Identifier("+" + column)) for column in adds]
    changes = [SQL("{0} = excluded.{0}").format(Identifier(column)) for column in sets]
    changes += [SQL("{0} = t.{0} + excluded.{0}").format(Identifier(column)) for column in adds]
    what = SQL("update set {}").format(SQL(", ").join(changes)) if changes else SQL("nothing")
    statement = SQL("insert into {} as t ({}) select {} from {} on conflict ({}) do {}")
    given, key = _given(table, columns, adds), _names(list(table.KEY))
    return _text(
        statement.format(Identifier(name), _names([*columns, *adds]), SQL(", ").join(values), given, key, what)
    )


def _set(table: type[Table], column: str) -> Composable:
    bit = SQL(str(1 << table.AT[column]))
    statement = SQL("{0} = case when u.mask & {1} <> 0 then {2} else t.{0} end")
    changed: Composable = statement.format(Identifier(column), bit, _value(table, column))
    if column in table.AMOUNT_AT:
        changed += SQL(" + coalesce(u.{}, 0)").format(Identifier("+" + column))
    return changed


def _value(table: type[Table], column: str) -> Composable:
    value = SQL("u.{}").format(Identifier(column))
    return value + SQL("::json") if table.COLUMNS[column].is_json else value


def _given(table: type[Table], columns: Sequence[str] | None = None, adds: Sequence[str] | None = None) -> Composable:
    """The rows of the document, as `u`, with these columns and amounts, or all; JSON columns are text in it."""
    wanted = list(table.COLUMNS) if columns is None else columns
    parts = [SQL("{} {}").format(Identifier(name), SQL(_type(table, name))) for name in wanted]
    parts += [SQL("{} bigint").format(Identifier("+" + name)) for name in (table.AMOUNT_AT if adds is None else adds)]
    return SQL("json_to_recordset(%s::json) as u({}, mask bigint)").format(SQL(", ").join(parts))


def _type(table: type[Table], name: str) -> str:
    column = table.COLUMNS[name]
    if column.is_json:
        return "text"
    return column.type.compile(DIALECT).split(" COLLATE")[0]  # type: ignore[no-any-return]


def _match(table: type[Table]) -> Composable:
    return SQL(" and ").join(SQL("t.{0} = u.{0}").format(Identifier(name)) for name in table.KEY)


@memoised
def insert(table: type[Table], name: str) -> str:
    """Insert whole rows."""
    values = SQL(", ").join(_value(table, column) for column in table.COLUMNS)
    statement = SQL("insert into {} ({}) select {} from {}")
    given = _given(table, list(table.COLUMNS), ())
    return _text(statement.format(Identifier(name), _names(list(table.COLUMNS)), values, given))


def _plain(value: Any) -> Any:
    """A value as it goes into the document: JSON columns are text in it."""
    if value is ABSENT:
        return None
    return value.decode() if value.__class__ is bytes else value


def _names(names: Sequence[str]) -> Composable:
    return SQL(", ").join(Identifier(name) for name in names)


def _text(statement: Composable) -> str:
    return statement.as_string(None)
