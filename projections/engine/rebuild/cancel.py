"""Cancel: rebuilds are stopped wherever they run, and nothing is left of them."""

from collections.abc import Sequence

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import Rebuild, lease_of
from workledger.projections.engine.state import checkpoints, leases, progress
from workledger.projections.engine.tables import ReadTables


def cancel(store: EventStore, tables: ReadTables, groups: Sequence[Group]) -> bool:
    """Stop the rebuilds of groups wherever they run, and throw away what they have built; whether there were any.

    One that a loop has begun, as this release declares the tables differently, is not begun again before somebody
    runs one.
    """
    found = False
    for group in groups:
        with tables.writing() as connection:
            running = leases.revoke(connection, lease_of(group, shadow.SHADOW))
            built = checkpoints.find(connection, group.name + shadow.SHADOW)
            live = checkpoints.find(connection, group.name)
            if not (running or built):
                continue
            wanted = {group.fingerprint, built.fingerprint if built else group.fingerprint}
            if live is not None and wanted != {live.fingerprint}:
                progress.cancel(connection, group.name)
        found = True
        Rebuild(store, tables, group).discard()
    return found
