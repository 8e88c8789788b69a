"""What the columns of read tables are declared with: the rules by which events set them, references, and types."""

from workledger.projections.engine.table import (
    ABSENT,
    Becomes,
    Change,
    Constant,
    Count,
    From,
    Position,
    References,
    Stream,
    Sum,
    Tag,
    Version,
    When,
)
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Dollars, Logged

__all__ = [
    "ABSENT",
    "Becomes",
    "Change",
    "Constant",
    "Count",
    "Dollars",
    "From",
    "Logged",
    "Position",
    "ReadTables",
    "References",
    "Stream",
    "Sum",
    "Tag",
    "Version",
    "When",
]
