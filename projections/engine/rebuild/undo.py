"""Undoes the last rebuild: swaps the old tables back in, or drops them."""

from collections.abc import Sequence
from contextlib import suppress

from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.tables import ReadersStay, ReadTables

ASIDE = "__aside"
"""The suffix of a checkpoint while two exchange their names."""


class NothingToUndo(Refused):
    """There are no tables of {group} from before a rebuild."""

    code = "REBUILD_NOTHING_TO_UNDO"


def undo(tables: ReadTables, groups: Sequence[Group]) -> int:
    """Swap the old tables of groups back in, and keep the new ones as old; the position of those that are live now.

    The projector brings them up to the log, or rebuilds them when this release declares them differently.

    Raises:
        NothingToUndo: REBUILD_NOTHING_TO_UNDO, one of the groups has no old tables.
    """
    while True:
        with suppress(ReadersStay):
            return _swap_back(tables, groups)


def _swap_back(tables: ReadTables, groups: Sequence[Group]) -> int:
    with tables.writing() as connection:
        for group in groups:
            checkpoints.find(connection, group.name, lock=True)
            if checkpoints.find(connection, group.name + shadow.OLD, lock=True) is None:
                raise NothingToUndo(group=group.name)
        shadow.swap_back(connection, tables.bulk, groups)
        for group in groups:
            checkpoints.rename(connection, group.name, group.name + ASIDE)
            checkpoints.rename(connection, group.name + shadow.OLD, group.name)
            checkpoints.rename(connection, group.name + ASIDE, group.name + shadow.OLD)
        live = [checkpoints.find(connection, group.name) for group in groups]
    return min(at.position for at in live if at is not None)


def undoable(tables: ReadTables, groups: Sequence[Group]) -> list[Group]:
    """The groups that have old tables."""
    with tables.engine.connect() as connection:
        return [group for group in groups if checkpoints.find(connection, group.name + shadow.OLD)]


def drop_old(tables: ReadTables, groups: Sequence[Group]) -> None:
    """Drop the old tables of groups."""
    with tables.writing() as connection:
        for group in groups:
            shadow.drop(connection, group, shadow.OLD)
            checkpoints.delete(connection, group.name + shadow.OLD)
