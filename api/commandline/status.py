"""`workledger status`: the head of the log, and how far each group of read tables follows it."""

from typing import Any

import sqlalchemy as sa
import typer

from workledger import Workledger
from workledger.api.commandline.console import note, plural, print_json, print_line, print_table
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.options import AppName, Database, Json
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild.exclusive import lease_of
from workledger.projections.engine.rebuild.shadow import SHADOW
from workledger.projections.engine.state import checkpoints, leases, progress


def status(db: Database = None, app: AppName = None, json: Json = False) -> None:
    """Show the head of the log and the state of the read tables.

    The exit code is 1 if the tables of a group are missing.
    """
    with open_ledger(db, app, read_only=True) as ledger:
        found = status_of(ledger)
    if json:
        print_json(found)
    else:
        _print(found)
    if not found["healthy"]:
        raise typer.Exit(1)


def status_of(ledger: Workledger) -> dict[str, Any]:
    """The head of the log, the state of each group, and whether every group can be read."""
    head = ledger.head()
    with ledger.tables.engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        groups = [_group(connection, tables, group, head) for group in ledger.groups]
    return {"head": head, "healthy": all(group["state"] != "missing" for group in groups), "groups": groups}


def _group(connection: sa.Connection, tables: set[str], group: Group, head: int) -> dict[str, Any]:
    checkpoint = checkpoints.find(connection, group.name)
    position = checkpoint.position if checkpoint else 0
    state = _state(connection, tables, group, checkpoint)
    rebuild = progress.load(connection, group.name)
    if rebuild and state != "rebuilding":  # it was interrupted: the last rate is not the rate of now
        rebuild |= {"rate": 0.0, "seconds_left": None}
    return {
        "name": group.name,
        "position": position,
        "lag": max(head - position, 0),
        "state": state,
        "dead_letters": checkpoint.dead_letters if checkpoint else 0,
        "rebuild": rebuild,
    }


def _state(connection: sa.Connection, tables: set[str], group: Group, checkpoint: Checkpoint | None) -> str:
    if checkpoint is None or not tables.issuperset(table.NAME for table in group.tables):
        return "missing"
    if checkpoints.find(connection, group.name + SHADOW):
        return "rebuilding" if leases.find(connection, lease_of(group, SHADOW)) else "interrupted"
    return "live" if checkpoint.fingerprint == group.fingerprint else "outdated"


def _print(found: dict[str, Any]) -> None:
    print_line(f"{'healthy' if found['healthy'] else 'not healthy'}, {plural(found['head'], 'event')}")
    print_table(
        {"group": "left", "position": "right", "lag": "right", "state": "left", "dead letters": "right"},
        [tuple(group.values())[:5] for group in found["groups"]],
    )
    for group in found["groups"]:
        name, phase = group["name"], (group["rebuild"] or {}).get("phase")
        if group["state"] == "missing":
            note(f"The tables of {name} are missing; make them with `workledger rebuild {name}`.")
        elif group["state"] == "interrupted":
            note(f"The rebuild of {name} was interrupted; resume it with `workledger rebuild {name}`.")
        elif group["state"] == "outdated" and phase == progress.CANCELLED:
            note(
                f"The rebuild of {name} was cancelled and its tables are outdated; "
                f"rebuild them with `workledger rebuild {name}`."
            )
