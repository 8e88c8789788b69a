"""Cancels rebuilds, in whatever process they run, and drops what they have built."""

from collections.abc import Sequence

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.exclusive import lease_of
from workledger.projections.engine.state import checkpoints, leases, progress
from workledger.projections.engine.tables import ReadTables


def cancel(tables: ReadTables, groups: Sequence[Group]) -> bool:
    """Cancel the rebuilds of groups, running or interrupted; whether there were any.

    When a loop started one because this release declares the tables differently, no loop starts it again before
    somebody runs a rebuild.
    """
    found = False
    for group in groups:
        with tables.writing() as connection:
            running = leases.revoke(connection, lease_of(group, shadow.SHADOW))
            built = checkpoints.find(connection, group.name + shadow.SHADOW)
            live = checkpoints.find(connection, group.name)
            if not (running or built):
                continue
            # Of this release, and of the one that was building: either may find the live tables outdated.
            wanted = {group.fingerprint, built.fingerprint if built else group.fingerprint}
            if live is not None and wanted != {live.fingerprint}:
                progress.mark_cancelled(connection, group.name)
        found = True
        shadow.discard(tables, [group], shadow.SHADOW)
    return found
