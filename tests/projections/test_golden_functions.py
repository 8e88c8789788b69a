"""No rows of two rules: golden_functions.jsonl holds a digest of the functions of each table, by the table's revision.

A table whose functions changed would go on serving rows that the old ones made, beside rows of the new ones. So who
changes one raises `revision` in the table's declaration, and each database rebuilds the table once. Only when it makes
the same rows of every event, as before, is its line deleted instead. To add the lines that are missing:

    WORKLEDGER_GOLDEN=write .venv/bin/python -m pytest tests/projections/test_golden_functions.py
"""

import json
import os
from pathlib import Path

import pytest

from workledger.domain.kernel import code_digest
from workledger.projections.engine.table import Table
from workledger.projections.groups import GROUPS

FILE = Path(__file__).with_name("golden_functions.jsonl")
TABLES = {table.NAME: table for group in GROUPS for table in group.tables if table.functions_digest()}


def held() -> dict[tuple[str, int], str]:
    """The digests of the file, by table and revision."""
    lines = [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []
    return {(line["table"], line["revision"]): line["digest"] for line in lines}


def revision_of(table: type[Table]) -> int:
    assert table.REVISION is not None, f"{table.NAME} is made with functions: declare it with revision=1"
    return table.REVISION


@pytest.mark.skipif(os.environ.get("WORKLEDGER_GOLDEN") != "write", reason="set WORKLEDGER_GOLDEN=write to add lines")
def test_lines_of_new_revisions_are_added() -> None:
    made = {(name, revision_of(table)): table.functions_digest() for name, table in TABLES.items()} | held()
    lines = [{"table": name, "revision": revision, "digest": made[name, revision]} for name, revision in sorted(made)]
    FILE.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_whose_functions_changed_has_another_revision(name: str) -> None:
    table, golden = TABLES[name], held()
    revision, digest = revision_of(table), table.functions_digest()
    assert (name, revision) in golden, "a new revision: add its line as the docstring above says"
    assert golden[name, revision] == digest, (
        f"the functions of {name} have changed: raise its revision to {revision + 1}, unless they make the same rows "
        "of every event, and add its line as the docstring above says"
    )


def test_what_has_no_functions_has_no_revision() -> None:
    """There is nothing to raise it for: the fingerprint knows all the rest."""
    tables = [table for group in GROUPS for table in group.tables if table.NAME not in TABLES]
    assert [table.NAME for table in tables if table.REVISION is not None] == []


def test_the_digests_are_of_source_and_so_the_same_on_every_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_digest, "_bytecode", None)
    assert {name: table.functions_digest() for name, table in TABLES.items()}


def test_starting_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the fingerprints of our own groups cost next to nothing: it fails when one lacks its revision."""
    monkeypatch.setattr("workledger.projections.engine.table.digest", None)
    assert {table.fingerprint() for group in GROUPS for table in group.tables}
