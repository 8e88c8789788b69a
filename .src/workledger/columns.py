"""What read tables are declared with: rows, the rules by which events set their columns, references, and types."""

from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import (
    ABSENT,
    Becomes,
    Count,
    From,
    Logged,
    Position,
    References,
    Stream,
    Sum,
    Tag,
    Version,
    When,
)
from workledger.projections.engine.table import Change
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Dollars

__all__ = [
    "ABSENT",
    "Becomes",
    "Change",
    "Count",
    "Dollars",
    "From",
    "Logged",
    "Position",
    "ReadTables",
    "References",
    "Stamped",
    "Stream",
    "Sum",
    "TableRow",
    "Tag",
    "Version",
    "When",
]
