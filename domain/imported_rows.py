"""Imported rows: what an importer has brought in of the tables of another database, and how each row was then.

They are recorded in the same append as the events of the rows, so that an interrupted import neither repeats nor skips
any, and the next one tells what has changed since.
"""

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import NotFound
from workledger.domain.kernel.unit import Unit


class RowsImported(Event, topic="imported_rows.imported"):
    """Rows of a table were brought in.

    Attributes:
        source: what kind of database has them, such as codewalkers.
        place: a digest of where the database was.
        columns: whose values are marked.
        rows: by key, a mark of WIDTH characters for each of those columns, a digest of its value.
    """

    source: str
    place: str = ""
    table: str
    columns: tuple[str, ...]
    rows: dict[str, str]


WIDTH = 4


class ImportedRowsNotFound(NotFound):
    """Nothing was imported from that table."""

    code = "IMPORTED_ROWS_NOT_FOUND"


class ImportedRows(Aggregate, category="imported_rows", prefix="imr", not_found=ImportedRowsNotFound):
    """The name of a table's stream; it has no state and no commands."""

    @staticmethod
    def id_of(source: str, table: str) -> str:
        return f"{source}:{table}"


def record_rows(unit: Unit, event: RowsImported) -> None:
    """Record which rows were brought in, in the append of what was made of them."""
    unit.log(ImportedRows.stream(ImportedRows.id_of(event.source, event.table)), [event], tags={})
