"""`workledger verify`: every row of the read tables, compared with what the log adds up to."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import typer

from workledger.api.commandline.console import print_json, print_line, print_table
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import interruptible
from workledger.api.commandline.groups import Groups, named
from workledger.api.commandline.options import AppName, Database, Json
from workledger.api.commandline.progress import bars
from workledger.projections.engine.rebuild.verify import Difference, Verdict
from workledger.projections.engine.rebuild.verify import verify as verify_group

SHOWN = 10
"""Differences that are printed for each group."""


def verify(groups: Groups = None, db: Database = None, app: AppName = None, json: Json = False) -> None:
    """Check every row of the read tables against the log.

    The exit code is 1 if a row differs.
    """
    with (
        open_ledger(db, app) as opened,
        interruptible("Nothing was changed."),
        bars() as progress,
        opened.writable() as ledger,
    ):
        verdicts = [
            verify_group(ledger.store, ledger.tables, group, progress.rebuilding) for group in named(ledger, groups)
        ]
    if json:
        print_json({"groups": [_as_json(verdict) for verdict in verdicts]})
    else:
        _print(verdicts)
    if any(verdict.differences for verdict in verdicts):
        raise typer.Exit(1)


def _as_json(verdict: Verdict) -> dict[str, Any]:
    """How many rows differ, and the first of them."""
    return {
        "name": verdict.name,
        "position": verdict.position,
        "rows": verdict.rows,
        "differences": len(verdict.differences),
        "examples": [asdict(one) for one in verdict.differences[:SHOWN]],
    }


def _print(verdicts: Iterable[Verdict]) -> None:
    print_table(
        {"group": "left", "position": "right", "rows": "right", "differences": "right"},
        [(one.name, one.position, one.rows, len(one.differences)) for one in verdicts],
    )
    for verdict in verdicts:
        for one in verdict.differences[:SHOWN]:
            print_line(f"{one.table} {', '.join(map(str, one.key))}: {_described(one)}")


def _described(difference: Difference) -> str:
    expected, found = difference.expected, difference.found
    if expected is None:
        return "unexpected row"
    if found is None:
        return "missing row"
    columns = [name for name in expected if expected[name] != found.get(name)]
    return "; ".join(f"{name} is {found.get(name)!r}, expected {expected[name]!r}" for name in columns)
