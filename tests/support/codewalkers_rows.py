"""Rows of a Codewalkers database against those of a ledger, column for column."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import workledger
from support import codewalkers_mapping as mapping
from support.codewalkers_database import Codewalkers
from workledger.adapters.codewalkers.columns import Column
from workledger.adapters.codewalkers.schema import TABLES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def expected(column: Column, value: Any, *, milliseconds: bool) -> Any:
    """What is to come back for a value of a database in which nothing is wrong."""
    if value is None:
        return column.default
    match column.kind:
        case "time":
            return EPOCH + timedelta(milliseconds=value if milliseconds else value * 1000)
        case "boolean":
            return bool(value)
        case "json" | "object":
            return told(value, column.kind)
    return value


def told(value: str, kind: str) -> Any:
    """JSON in text, as it comes back; what is none is under `raw`."""
    try:
        found = json.loads(value)
    except ValueError:
        return {"raw": value}
    return found if kind == "json" or isinstance(found, dict) else {"raw": value}


def assert_same(ledger: workledger.Workledger, database: Codewalkers, table: str) -> None:
    columns, ours = TABLES[table].columns, mapping.rows(ledger.tables, table)
    theirs = {" ".join(row[name] for name in TABLES[table].key): row for row in database.rows(table)}
    assert ours.keys() == theirs.keys()
    for key, row in theirs.items():
        for name, column in columns.items():
            if column.kind == "secret":
                assert (ours[key][name] or "").startswith("sha256:") == (row.get(name) is not None), (table, key, name)
            elif name in row:
                value = expected(column, row[name], milliseconds=database.milliseconds)
                if name == "pending_questions" and value is not None and not isinstance(value, list):
                    value = [value]
                assert ours[key][name] == value, (table, key, name)
