"""Commands that read write nothing, and what cannot be written is read by all of them."""

import os
from pathlib import Path
from typing import Any

import pytest

import workledger
from commandline.typed import Run, parsed
from workledger.domain.task import Task


@pytest.fixture
def unwritable(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger that is one event ahead of its tables, in a file that cannot be written."""
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="Unfolded"))
    (tmp_path / "work.db").chmod(0o400)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **how: mode != os.W_OK and access(path, mode, **how))
    return url


@pytest.mark.parametrize("command", ["status", "events", "verify"])
def test_what_cannot_be_written_is_read(run: Run, unwritable: str, tmp_path: Path, command: str) -> None:
    before = (tmp_path / "work.db").read_bytes()
    read = run(command, "--db", unwritable)
    assert read.exit_code == 0, read.stderr
    assert (tmp_path / "work.db").read_bytes() == before
    assert parsed(run("status", "--db", unwritable, "--json"))["head"] == 6


@pytest.mark.parametrize("command", [("rebuild",), ("project", "--once")])
def test_what_would_write_says_that_it_cannot(run: Run, unwritable: str, command: Any) -> None:
    refused = run(*command, "--db", unwritable)
    assert refused.exit_code == 1
    assert "DATABASE_READ_ONLY" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_tables_of_an_earlier_release_are_upgraded_to_be_read(run: Run, url: str) -> None:
    with workledger.open(url) as ledger, ledger.tables.writing() as connection:
        connection.exec_driver_sql("update workledger set value = '2' where key = 'version'")
    assert parsed(run("status", "--db", url, "--json"))["head"] == 5
    workledger.open(url, read_only=True).close()
