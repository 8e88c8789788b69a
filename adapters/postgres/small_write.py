"""A small write: a few rows of many tables, and the checkpoints after them, in one exchange with the server.

A projector that follows the log closely writes a few rows at a time to a dozen tables. One statement after the other,
most of its time would be round trips.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from psycopg.errors import DivisionByZero

from workledger.adapters.postgres import upsert
from workledger.projections.engine.changes import Changes, insert_values
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.table import Table

SETTINGS = (
    "select set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)"
)
"""Rows lost in a crash are folded again; and planning takes longer than executing."""

MOVE = """
with moved as (
    update checkpoints c set position = m.position, letters = m.letters
    from json_to_recordset(%s::json) as m(
        name text, was bigint, position bigint, fingerprint text, had bigint, letters bigint)
    where c.name = m.name and c.position = m.was and c.fingerprint = m.fingerprint and c.letters = m.had
    returning 1
)
select 1 / (count(*) = %s)::int from moved
"""
"""Divides by zero, and so aborts the transaction, unless every checkpoint is where it was expected."""

Writing = tuple[type[Table], str, Changes]


def write(
    connection: psycopg.Connection[Any],
    moves: Sequence[tuple[Checkpoint, Checkpoint]],
    writings: Sequence[Writing],
    *,
    prepare: bool,
) -> None:
    """Move each checkpoint from one position to another and write the rows, all in one transaction.

    Raises:
        Superseded: a checkpoint is elsewhere; nothing was written.
    """
    document = [
        {
            "name": at.name,
            "was": at.position,
            "position": to.position,
            "fingerprint": at.fingerprint,
            "had": at.dead_letters,
            "letters": to.dead_letters,
        }
        for at, to in moves
    ]
    try:
        with _rolled_back(connection), connection.pipeline():
            connection.execute("begin", prepare=prepare or None)
            connection.execute(SETTINGS, prepare=prepare or None)
            connection.execute(MOVE, (_json(document), len(moves)), prepare=prepare or None)
            for statement, rows in _statements(writings):
                connection.execute(statement, (_json(rows),), prepare=prepare or None)
            connection.execute("commit", prepare=prepare or None)
    except DivisionByZero:
        raise Superseded(", ".join(at.name for at, _ in moves)) from None


@contextmanager
def _rolled_back(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Leave no transaction open after an error."""
    try:
        yield
    except psycopg.Error:
        if not connection.closed:
            connection.rollback()
        raise


def _statements(writings: Sequence[Writing]) -> list[tuple[str, list[dict[str, Any]]]]:
    statements = []
    for table, name, changes in writings:
        if changes.gone:
            statements.append((upsert.delete(table, name), [upsert.keyed(table, key) for key in changes.gone]))
        if changes.new:
            rows = [upsert.written(table, insert_values(table, row)) for row in changes.new.values()]
            statements.append((upsert.insert(table, name), rows))
        if changes.changed:
            statements += upsert.by_columns(table, name, changes.changed)
    return statements


def _json(document: list[dict[str, Any]]) -> str:
    return orjson.dumps(document).decode()
