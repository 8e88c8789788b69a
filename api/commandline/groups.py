"""Groups of read tables, as the commands name them."""

from typing import Annotated

import typer

from workledger import Workledger
from workledger.projections.engine.fold.group import Group

Groups = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[GROUP]...", help="Groups of read tables, as `workledger status` names them. Default: all."
    ),
]


def named(ledger: Workledger, names: list[str] | None) -> list[Group]:
    """The groups of that name, all unless some are named.

    Raises:
        typer.BadParameter: there is no group of that name.
    """
    groups = ledger.groups
    known = [group.name for group in groups]
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"Unknown group {name}; the groups are {', '.join(known)}", param_hint="GROUP")
    return [group for group in groups if not names or group.name in names]
