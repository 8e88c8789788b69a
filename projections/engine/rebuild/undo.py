"""Undo: the tables as they were before the last rebuild, at once; and letting go of them."""

from collections.abc import Sequence
from contextlib import suppress

from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.tables import ReadersStay, ReadTables

ASIDE = "__aside"


class NothingToUndo(Refused):
    """There are no tables of {group} from before a rebuild."""

    code = "REBUILD_NOTHING_TO_UNDO"


def undo(tables: ReadTables, groups: Sequence[Group]) -> int:
    """Swap the tables that the last rebuild replaced back in, and keep those it made; the position they stand at.

    They are brought up to the log by the projector, or rebuilt again where they are declared differently by now.

    Raises:
        NothingToUndo: REBUILD_NOTHING_TO_UNDO, one of the groups has no old tables.
    """
    while True:
        with suppress(ReadersStay):
            return _undone(tables, groups)


def _undone(tables: ReadTables, groups: Sequence[Group]) -> int:
    with tables.writing() as connection:
        for group in groups:
            checkpoints.find(connection, group.name, hold=True)
            if checkpoints.find(connection, group.name + shadow.OLD, hold=True) is None:
                raise NothingToUndo(group=group.name)
        shadow.swap_back(connection, tables.bulk, groups)
        for group in groups:
            checkpoints.rename(connection, group.name, group.name + ASIDE)
            checkpoints.rename(connection, group.name + shadow.OLD, group.name)
            checkpoints.rename(connection, group.name + ASIDE, group.name + shadow.OLD)
        standing = [checkpoints.find(connection, group.name) for group in groups]
    return min(at.position for at in standing if at is not None)


def undoable(tables: ReadTables, groups: Sequence[Group]) -> list[Group]:
    """Those of the groups whose tables from before a rebuild are there."""
    with tables.engine.connect() as connection:
        return [group for group in groups if checkpoints.find(connection, group.name + shadow.OLD)]


def drop_old(tables: ReadTables, groups: Sequence[Group]) -> None:
    """Let go of the tables that the last rebuild replaced."""
    with tables.writing() as connection:
        for group in groups:
            shadow.drop(connection, group, shadow.OLD)
            checkpoints.forget(connection, group.name + shadow.OLD)
