"""A ledger that was closed records nothing, reads nothing, and says so."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseClosed
from workledger.domain.task import Task
from workledger.projections import tasks

STORES = ("memory", "sqlite", "postgres")

CALLS: dict[str, Callable[[Workledger], Any]] = {
    "create": lambda ledger: ledger.create(Task.create(title="Late")),
    "decide": lambda ledger: ledger.decide(lambda unit: unit.create(Task.create(title="Late")), command_id="late"),
    "get": lambda ledger: ledger.get(Task, "t"),
    "history": lambda ledger: ledger.history(Task, "t"),
    "read": lambda ledger: ledger.read(),
    "read by topic": lambda ledger: ledger.read(topics=["task.created"]),
    "head": lambda ledger: ledger.head(),
    "holders": lambda ledger: ledger.holders("task:t"),
    "catch up": lambda ledger: ledger.catch_up(),
    "query": lambda ledger: tasks.board(ledger.tables, "p"),
    "erase": lambda ledger: ledger.store.erase("task-t", "task.created", 1),
    "scan": lambda ledger: ledger.store.scan(0, 10, upto=10),
}


def recorded(url: str) -> int:
    with workledger.open(url) as ledger:
        return ledger.head()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_can_be_done_with_it(store_url: str, call: Callable[[Workledger], Any]) -> None:
    ledger = workledger.open(store_url)
    ledger.create(Task.create(title="Early", id="t"))
    ledger.close()
    ledger.close()
    with pytest.raises(DatabaseClosed):
        call(ledger)


def test_a_unit_that_was_opened_before_records_nothing(database_url: str) -> None:
    ledger = workledger.open(database_url)
    ledger.create(Task.create(title="Early", id="t"))
    editing = ledger.edit(Task, "t", command_id="late")
    with pytest.raises(DatabaseClosed), editing as draft:  # noqa: PT012
        draft.change_details(title="Late")
        ledger.close()
    assert recorded(database_url) == 1


def test_no_file_is_left_beside_the_database(sqlite_url: str) -> None:
    ledger = workledger.open(sqlite_url)
    ledger.create(Task.create(title="Early"))
    ledger.close()
    with pytest.raises(DatabaseClosed):
        ledger.create(Task.create(title="Late"))
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_it_records_nothing_in_an_apps_transaction_either(database_url: str) -> None:
    ledger = workledger.open(database_url)
    sqlite = database_url.startswith("sqlite")
    connection: Any = (
        sqlite3.connect(database_url.removeprefix("sqlite:///")) if sqlite else psycopg.connect(database_url)
    )
    own = ledger.on(connection)
    ledger.close()
    with pytest.raises(DatabaseClosed):
        own.create(Task.create(title="Late"))
    connection.commit()
    connection.close()
    assert recorded(database_url) == 0


def test_one_for_asyncio_says_so_too(database_url: str) -> None:
    async def use() -> None:
        async with workledger.aopen(database_url) as ledger:
            await ledger.create(Task.create(title="Early", id="t"))
        with pytest.raises(DatabaseClosed):
            await ledger.create(Task.create(title="Late"))
        with pytest.raises(DatabaseClosed):
            await ledger.get(Task, "t")

    asyncio.run(use())
    assert recorded(database_url) == 1
