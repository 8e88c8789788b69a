"""A backup is the ledger as it was at one moment, whatever is written meanwhile; it is whole, or there is none."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import workledger
from support.postgres_server import GivenServer
from support.sqlite_writers import happened
from workledger import Workledger
from workledger.adapters import backup
from workledger.adapters.backup import BackupExists, BackupFailed
from workledger.domain.task import Task
from workledger.projections.engine.rebuild.verify import verify

STORES = ("memory", "sqlite")


@pytest.fixture
def full(ledger: Workledger) -> Workledger:
    """A ledger of some megabytes."""
    for number in range(60):
        ledger.store.insert_events([happened(f"s-{number}", state=b'"%s"' % (b"x" * 100_000))])
    ledger.create(Task.create(title="Kept", id="t"), command_id="once")
    ledger.catch_up()
    return ledger


@pytest.fixture
def writing(full: Workledger) -> Iterator[list[int]]:
    """The positions of events that are appended all the time."""
    over, written = threading.Event(), list[int]()

    def write() -> None:
        while not over.is_set():
            written.extend(full.store.insert_events([happened("late")]))

    thread = threading.Thread(target=write)
    thread.start()
    yield written
    over.set()
    thread.join()


def test_it_can_be_opened_in_place_of_the_ledger(full: Workledger, tmp_path: Path) -> None:
    copied: list[tuple[int, int]] = []
    assert full.backup(tmp_path / "copy.db", lambda done, total: copied.append((done, total))) == 61
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == ["copy.db"]
    assert len(copied) > 1
    assert copied[-1][0] == copied[-1][1] == (tmp_path / "copy.db").stat().st_size
    with workledger.open(f"sqlite:///{tmp_path}/copy.db") as again:
        assert [tuple(row) for row in again.read()] == [tuple(row) for row in full.read()]
        assert again.create(Task.create(title="Kept", id="t"), command_id="once").version == 1
        assert again.projector.position() == again.head() == 61
        for group in again.groups:
            assert verify(again.store, again.tables, group).differences == []
        again.create(Task.create(title="Goes on"))
        assert again.head() == 62
    assert full.head() == 61


def test_it_is_of_one_moment_while_others_write(full: Workledger, writing: list[int], tmp_path: Path) -> None:
    """Proves that it has no half of an append."""
    head = full.backup(tmp_path / "copy.db")
    while len(writing) < 3:
        pass
    with workledger.open(f"sqlite:///{tmp_path}/copy.db") as again:
        positions = [row.position for row in again.read(limit=100_000)]
        assert positions == list(range(1, len(positions) + 1))
        assert head <= len(positions) < full.head() + 1


def test_it_does_not_begin_anew_with_every_write(sqlite_store_url: str, tmp_path: Path) -> None:
    """As SQLite's own backups do: where somebody always writes they are never finished."""
    steps = []
    with workledger.open(sqlite_store_url) as ledger:
        for number in range(60):
            ledger.store.insert_events([happened(f"s-{number}", state=b'"%s"' % (b"x" * 100_000))])

        def write(done: int, total: int) -> None:
            steps.append(done)
            assert len(steps) < 50
            ledger.store.insert_events([happened("late")])

        assert ledger.backup(tmp_path / "copy.db", write) == 60
    assert steps == sorted(steps)
    with workledger.open(f"sqlite:///{tmp_path}/copy.db") as again:
        assert again.head() == 60


def test_a_file_that_exists_is_not_overwritten(full: Workledger, tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    path.write_text("mine")
    with pytest.raises(BackupExists):
        full.backup(path)
    path.unlink()

    def come(done: int, total: int) -> None:
        path.write_text("mine")

    with pytest.raises(BackupExists):
        full.backup(path, come)
    assert path.read_text() == "mine"
    assert not [one for one in tmp_path.iterdir() if "partial" in one.name]


def test_one_that_is_interrupted_leaves_no_file(full: Workledger, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        full.backup(tmp_path / "copy.db", interrupt)
    assert not [one for one in tmp_path.iterdir() if "copy" in one.name]
    assert full.backup(tmp_path / "copy.db") == 61


def test_a_folder_that_is_not_there_is_a_refusal(full: Workledger, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed) as failed:
        full.backup(tmp_path / "no" / "copy.db")
    assert str(failed.value) == "The backup could not be written: No such file or directory"


def test_a_file_system_that_cannot_keep_it_is_a_refusal(
    full: Workledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_fsync", full_disk)
    with pytest.raises(BackupFailed, match="No space left on device"):
        full.backup(tmp_path / "copy.db")
    assert not [one for one in tmp_path.iterdir() if "copy" in one.name]


def test_postgresql_is_dumped_where_pg_dump_is(
    postgres_server: GivenServer, postgres_store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workledger.open(postgres_store_url) as ledger:
        ledger.create(Task.create(title="Kept"))
        monkeypatch.setattr(shutil, "which", lambda program: None)
        with pytest.raises(BackupFailed, match="run pg_dump --format=custom") as failed:
            ledger.backup(tmp_path / "work.dump")
        assert "secret" not in str(failed.value)
        script = tmp_path / "pg_dump"
        script.write_text('#!/bin/sh\nfor one; do case $one in --file=*) echo "$@" > "${one#--file=}";; esac; done\n')
        script.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda program: os.fspath(script))
        assert ledger.backup(tmp_path / "work.dump") == 1
        assert "--format=custom --no-password" in (tmp_path / "work.dump").read_text()
        script.write_text("#!/bin/sh\necho 'pg_dump: error: no such server' >&2\nexit 1\n")
        with pytest.raises(BackupFailed, match="no such server"):
            ledger.backup(tmp_path / "again.dump")
        assert sorted(one.name for one in tmp_path.iterdir()) == ["pg_dump", "work.dump"]
