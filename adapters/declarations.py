"""Declarations: the read tables and policies that a ledger is opened with, checked before anything is made of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workledger.adapters.schema import METADATA
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild.shadow import OLD, SCRATCH, SHADOW
from workledger.projections.engine.state import bookkeeping
from workledger.projections.engine.table import Table

if TYPE_CHECKING:
    from workledger.domain.kernel.policy import Policy


class DeclarationInvalid(Refused):
    """The ledger cannot be opened with these declarations: {reason}."""

    code = "DECLARATION_INVALID"


def check(groups: Sequence[Group], policies: "Sequence[Policy]") -> None:
    """
    Raises:
        DeclarationInvalid: two groups, read tables or policies have one name; a read table has the name of a table
            of the event store, which it would replace; or it references a table outside its group, where nothing
            cascades to it.
    """
    tables = [table for group in groups for table in group.tables]
    _unique("groups", (group.name for group in groups))
    _unique("read tables", (table.NAME for table in tables))
    _unique("policies", (policy.name for policy in policies))
    for table in tables:
        _free(table)
    for group in groups:
        _together(group)


def _unique(what: str, names: Iterable[str]) -> None:
    counted = Counter(name.lower() for name in names)  # SQLite tells no capitals apart
    for name, count in counted.items():
        if count > 1:
            raise DeclarationInvalid(reason=f"two {what} are called {name}")


def _free(table: type[Table]) -> None:
    reserved = {*METADATA.tables, *bookkeeping.METADATA.tables}
    name = table.NAME.lower()
    if name in reserved or name.endswith((SHADOW, SCRATCH, OLD)):
        raise DeclarationInvalid(reason=f"the name of the read table {table.NAME} is reserved for workledger itself")


def _together(group: Group) -> None:
    names = {table.NAME for table in group.tables}
    for table in group.tables:
        for column in table.COLUMNS.values():
            if column.references and column.references.table not in names:
                raise DeclarationInvalid(
                    reason=f"{table.NAME}.{column.name} references {column.references.table}, which is no table of "
                    f"the group {group.name}"
                )
