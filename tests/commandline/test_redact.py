"""`workledger redact`: secrets that were stored before are shown by their places, and erased."""

import json
import signal
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import workledger
from commandline.typed import Run, Started, parsed, refusal
from workledger.adapters.redaction import scanner
from workledger.domain.kernel.envelope import Row
from workledger.domain.task import Task

TOKEN = "ghp" + "_" + "aB3dE5fG7h" * 4


def plant(url: str) -> None:
    with workledger.open(url) as ledger, ledger.unit() as unit:
        unit.edit(Task, "one").change_details(description=f"it is {TOKEN}")


def stored(url: str) -> list[Row]:
    with workledger.open(url) as ledger:
        return list(ledger.read())


def test_a_dry_run_names_places_and_shows_no_secret(run: Run, url: str) -> None:
    plant(url)
    before = stored(url)
    done = run("redact", "--db", url, "--dry-run")
    assert done.exit_code == 0
    assert "task.details_changed  description" in done.stdout
    assert "1 text in 1 event would be redacted, up to position 6" in done.stdout
    assert TOKEN not in done.output
    assert stored(url) == before


def test_they_are_erased_and_the_tables_agree(run: Run, url: str) -> None:
    plant(url)
    said = parsed(run("redact", "--db", url, "--json"))
    places = [{"position": 6, "topic": "task.details_changed", "fields": ["description"]}]
    assert said == {"dry_run": False, "position": 6, "events": 1, "texts": 1, "places": places}
    assert TOKEN not in str(stored(url))
    assert run("verify", "--db", url).exit_code == 0
    assert run("rebuild", "--db", url, "--undo").exit_code == 1, "the tables from before are gone"
    assert "0 texts in 0 events redacted" in run("redact", "--db", url).stdout


@pytest.mark.parametrize("asked", [(), ("--no-redact",)], ids=["by default", "no"])
def test_a_server_takes_them_from_what_it_records_unless_told_not_to(
    start: Callable[..., Started], url: str, asked: tuple[str, ...]
) -> None:
    serving = start("serve", "--db", url, "--port", "0", *asked)
    address = serving.line("Serving ").split()[1]
    body = json.dumps({"project_id": "prj", "title": "Rotate", "description": f"it is {TOKEN}"}).encode()
    given = urllib.request.Request(f"{address}/api/tasks", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(given, timeout=60) as answer:
        assert answer.status == 201
    serving.end(signal.SIGINT)
    assert (TOKEN in str(stored(url))) == bool(asked)


def test_a_ledger_that_is_not_there_is_refused(run: Run) -> None:
    assert run("redact", "--db", "sqlite:///none.db").exit_code == 1


def test_without_the_scanner_a_server_does_not_start_and_an_import_brings_in_nothing(
    run: Run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "MODULE", "no_such_scanner")
    refusal(run("serve", "--db", url, "--port", "0"), "NOT_INSTALLED")
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    scanner.scanner.cache_clear()
    (tmp_path / "issues.jsonl").write_text('{"id": "app-1", "title": "A title that nobody has redacted yet"}\n')
    try:
        refusal(run("import", "beads", str(tmp_path / "issues.jsonl"), "--db", url), "NOT_INSTALLED")
    finally:
        scanner.scanner.cache_clear()
    assert len(stored(url)) == 5
