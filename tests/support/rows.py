"""What must hold of rows, whatever happened."""

from typing import Any

from workledger import Workledger
from workledger.projections.engine.table import Table
from workledger.projections.groups import GROUPS


def rows_of(ledger: Workledger, name: str) -> list[dict[str, Any]]:
    return ledger.tables.all(Table.METADATA.tables[name].select())


def references_point_to_rows(ledger: Workledger) -> None:
    """No row of the board points to one that is gone."""
    for table in GROUPS[0].tables:
        for column in table.COLUMNS.values():
            if column.references:
                there = {row["id"] for row in rows_of(ledger, column.references.table)} | {None}
                assert {row[column.name] for row in rows_of(ledger, table.NAME)} <= there, (table.NAME, column.name)
