"""SQLite without room: the disk is full, or a file cannot grow; it is said clearly, and nothing is half written."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

import workledger
from support import sqlite_writers, writers
from support.sqlite_writers import happened, write_pairs_once
from workledger.adapters.database import DatabaseFailed, DatabaseFull
from workledger.adapters.sqlite.file import File
from workledger.domain.kernel.claims import Require, Take
from workledger.domain.kernel.store import ClaimUnmet, Conditions


class Connections:
    """Those that are opened while it is in force, with no more pages than there are, and what each has run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[sqlite3.Connection] = []
        self.run: list[str] = []
        connect = File.connect

        def noted(file: File, **how: bool) -> sqlite3.Connection:
            made = connect(file, **how)
            made.set_trace_callback(lambda statement: self.run.append(statement.split()[0]))
            self.made.append(made)
            return made

        monkeypatch.setattr(File, "connect", noted)

    def allow(self, pages: int) -> None:
        """SQLite itself says that the disk is full when the file has so many pages; 1: as many as it has now."""
        for one in self.made:
            one.execute(f"pragma max_page_count = {pages}")


def test_a_full_disk_is_a_refusal_and_nothing_of_the_append_is_stored(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """19. It fails when the transaction is not rolled back, when the append is tried again, or when the error of the
    driver is let through."""
    connections = Connections(monkeypatch)
    with workledger.open(sqlite_url) as ledger:
        store = ledger.store
        store.insert_events([happened("s-1")])
        connections.allow(1)
        connections.run.clear()
        events = [happened("s-1"), *(happened(f"s-{n}", state=b'"%s"' % (b"x" * 3000)) for n in range(20))]
        conditions = Conditions(claims=[("s-1", Take("name:ann"))], command_id="once")
        with pytest.raises(DatabaseFull) as full:
            store.insert_events(events, conditions=conditions)
        assert full.value.code == "DATABASE_FULL"
        assert [one.lower() for one in connections.run if one.lower() in ("begin", "commit")] == ["begin"]
        assert (ledger.head(), store.done("once"), store.holders("name:ann")) == (1, None, [])
        with pytest.raises(ClaimUnmet):
            store.insert_events([happened("s-1")], conditions=Conditions(claims=[("s-1", Require("name:ann"))]))
        connections.allow(2**30)
        assert list(store.insert_events(events, conditions=conditions)) == list(range(2, 23))
        assert list(store.holders("name:ann")) == ["s-1"]


def test_a_file_that_cannot_grow_is_a_refusal_and_what_was_told_before_is_there(sqlite_url: str) -> None:
    """19. An I/O error in the middle of writing the log, in a process whose files may not be larger. It fails when the
    error is let through, or when an append is more than one transaction."""
    with writers.running(sqlite_writers.write_until_refused, sqlite_url, 300_000) as (process, said):
        told = []
        while not told or isinstance(told[-1], str):
            told.append(said.recv())
        writers.finish(process)
    *told, (code, sentence) = told
    assert code in ("DATABASE_FAILED", "DATABASE_FULL")
    assert sentence.endswith(": disk I/O error") or code == "DATABASE_FULL"
    assert len(told) > 5
    with workledger.open(sqlite_url) as ledger:
        rows = ledger.read(limit=100_000)
        lefts = [row.stream_id.removeprefix("task-left-") for row in rows if row.stream_id.startswith("task-left-")]
        rights = [row.stream_id.removeprefix("task-right-") for row in rows if row.stream_id.startswith("task-right-")]
        assert lefts == rights == [*told, "later"]
        assert [row.position for row in rows] == list(range(1, 3 * len(lefts) + 1))


def test_a_file_that_cannot_be_written_is_a_refusal(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when the error of the driver is let through."""
    connections = Connections(monkeypatch)
    with workledger.open(sqlite_url) as ledger:
        write_pairs_once(ledger, "one")
        for one in connections.made:
            one.execute("pragma query_only = on")
        with pytest.raises(DatabaseFailed) as failed:
            write_pairs_once(ledger, "two")
        assert str(failed.value) == "The database cannot be used: attempt to write a readonly database"
        assert failed.value.code == "DATABASE_FAILED"
        assert ledger.head() == 3


def test_a_file_that_was_damaged_is_a_refusal(sqlite_url: str) -> None:
    """It fails when the error of the driver is let through."""
    with workledger.open(sqlite_url) as ledger:
        write_pairs_once(ledger, "one")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        [(size,)] = connection.execute("pragma page_size")
        [(page,)] = connection.execute("select rootpage from sqlite_master where name = 'events_stream_version'")
    whole = path.read_bytes()
    path.write_bytes(whole[: (page - 1) * size] + b"\xff" * size + whole[page * size :])
    with workledger.open(sqlite_url) as ledger:
        with pytest.raises(DatabaseFailed) as failed:
            ledger.store.insert_events([happened("s-1")])
        assert "malformed" in str(failed.value)
