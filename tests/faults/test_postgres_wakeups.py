"""Wake-ups come after commits, many appends at a time: no append waits for those who listen, and none is kept back."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from support.stores import append, happened
from workledger.adapters.postgres import wakeups
from workledger.adapters.postgres.wakeups import CHANNEL, Wakeups
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.store import EventStore

APPENDS = 100
BATCH_SECONDS = 0.1
"""Longer than in earnest, so that many appends fall into it however slow the machine is."""


@pytest.fixture
def listener(postgres_store_url: str) -> Iterator[psycopg.Connection[Any]]:
    """One who hears of appends as other processes do."""
    with psycopg.connect(postgres_store_url, autocommit=True) as connection:
        connection.execute(f"listen {CHANNEL}")
        yield connection


@pytest.fixture
def waking(postgres_store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wakeups]:
    monkeypatch.setattr(wakeups, "BATCH_SECONDS", BATCH_SECONDS)
    waking = Wakeups(lambda: psycopg.connect(postgres_store_url, autocommit=True))
    yield waking
    waking.close()


def heard(listener: psycopg.Connection[Any]) -> list[str]:
    """All that was said until now, which ends with what we say: it comes in the order of commits."""
    said = []
    with psycopg.connect(listener.info.dsn, autocommit=True) as connection:
        connection.execute(f"notify {CHANNEL}, 'until now'")
    for notification in listener.notifies(timeout=60):
        if notification.payload == "until now":
            return said
        said.append(notification.payload)
    raise AssertionError("nothing is heard at all")


def test_an_append_by_itself_wakes_nobody(
    postgres_store: EventStore, postgres_store_url: str, listener: psycopg.Connection[Any]
) -> None:
    """Of each kind, through a store that nobody tells of its appends. Proves that no append has a notification in its
    transaction: at their commits all such transactions of a server wait for each other."""
    append(postgres_store, happened("s-1"))
    append(postgres_store, happened("s-1"), happened("s-1"))
    append(postgres_store, happened("s-1"), happened("s-2"), claims=[("s-1", Take("name:ann"))], command_id="once")
    append(postgres_store, command_id="nothing")
    assert heard(listener) == []


def test_appends_that_follow_each_other_quickly_wake_others_once(
    postgres_store: EventStore, listener: psycopg.Connection[Any], waking: Wakeups
) -> None:
    """Proves that wake-ups are collected for a while, which one for each append is not."""
    began = time.monotonic()
    for _ in range(APPENDS):
        append(postgres_store, happened("s-1"))
        waking.notify()
    waking.close()
    periods = (time.monotonic() - began) / BATCH_SECONDS
    assert 1 <= len(heard(listener)) <= periods + 2


def test_what_is_appended_while_others_are_woken_is_told_of_as_well(
    postgres_store: EventStore, postgres_store_url: str, listener: psycopg.Connection[Any]
) -> None:
    """Two more appends come, each when the wake-up for the one before it has just gone. Proves that the last append is
    always told of: what is told meanwhile must not count as told."""
    more = iter(range(2))

    class Notifying(psycopg.Connection[Any]):
        def execute(self, *statement: Any, **options: Any) -> psycopg.Cursor[Any]:
            done = super().execute(*statement, **options)
            if "notify" in statement[0] and next(more, None) is not None:
                append(postgres_store, happened("s-1"))
                waking.notify()
            return done

    with closing(Wakeups(lambda: Notifying.connect(postgres_store_url, autocommit=True))) as waking:
        append(postgres_store, happened("s-1"))
        waking.notify()
        assert len(list(listener.notifies(timeout=60, stop_after=3))) == 3


def test_closing_is_not_heard_by_those_who_listen(postgres_store_url: str) -> None:
    """It wakes its own listening to end it. Proves that this is no wake-up: what is woken may be closed already."""
    heard = threading.Semaphore(0)
    with closing(Wakeups(lambda: psycopg.connect(postgres_store_url, autocommit=True))) as waking:
        waking.listen(heard.release)
        assert heard.acquire(timeout=60), "as all who begin to listen"
    assert not heard.acquire(blocking=False)
