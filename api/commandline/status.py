"""`workledger status`: how far the log goes, and how the read tables follow."""

from typing import Annotated, Any

import sqlalchemy as sa
import typer

from workledger import Workledger
from workledger.api.commandline.console import print_json, print_line, print_table
from workledger.api.commandline.database import AppName, Database, opened
from workledger.api.commandline.sentences import say
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild.exclusive import lease_of
from workledger.projections.engine.rebuild.shadow import SHADOW
from workledger.projections.engine.state import checkpoints, leases, progress


def status(
    db: Database = None,
    app: AppName = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show the head of the log, and how far each group of read tables follows it."""
    with opened(db, app) as ledger:
        found = status_of(ledger)
    if json:
        print_json(found)
    else:
        print_line(f"{'healthy' if found['healthy'] else 'not healthy'}, {found['head']:,} events")
        columns = {"group": "left", "position": "right", "lag": "right", "state": "left", "dead letters": "right"}
        print_table(columns, [tuple(group.values())[:5] for group in found["groups"]])
        for group in found["groups"]:
            if group["state"] == "interrupted":
                say(f"The rebuild of {group['name']} was interrupted: run `workledger rebuild` and it goes on.")
            elif group["state"] == "outdated" and (group["rebuild"] or {}).get("phase") == progress.CANCELLED:
                say(f"The rebuild of {group['name']} was cancelled, and its tables are outdated: workledger rebuild")
    if not found["healthy"]:
        raise typer.Exit(1)


def status_of(ledger: Workledger) -> dict[str, Any]:
    """The head of the log, each group's place in it, and whether all is well: every group can be read."""
    head = ledger.head()
    with ledger.tables.engine.connect() as connection:
        groups = [_group(connection, group, head) for group in ledger.groups]
    return {"head": head, "healthy": all(group["state"] != "missing" for group in groups), "groups": groups}


def _group(connection: sa.Connection, group: Group, head: int) -> dict[str, Any]:
    at = checkpoints.find(connection, group.name)
    position = at.position if at else 0
    state = _state(connection, group, at)
    rebuild = progress.load(connection, group.name)
    if rebuild and state != "rebuilding":  # nobody is at it
        rebuild |= {"rate": 0.0, "seconds_left": None}
    return {
        "name": group.name,
        "position": position,
        "lag": max(head - position, 0),
        "state": state,
        "dead_letters": at.dead_letters if at else 0,
        "rebuild": rebuild,
    }


def _state(connection: sa.Connection, group: Group, at: Checkpoint | None) -> str:
    inspector = sa.inspect(connection)
    if at is None or not all(inspector.has_table(table.NAME) for table in group.tables):
        return "missing"
    if checkpoints.find(connection, group.name + SHADOW):
        return "rebuilding" if leases.find(connection, lease_of(group, SHADOW)) else "interrupted"
    return "live" if at.fingerprint == group.fingerprint else "outdated"
