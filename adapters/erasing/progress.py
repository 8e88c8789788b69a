"""How far a redaction has come: a row beside the log, which moves in the transactions that erase."""

from dataclasses import asdict, dataclass

import orjson
import sqlalchemy as sa

from workledger.adapters.schema import META
from workledger.domain.kernel.ids import new_id
from workledger.projections.engine.tables import ReadTables

KEY = "redacting"


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one redaction.

    Attributes:
        position: of the last event that was looked at.
        upto: of the last event that will be.
        events, texts: what was erased from until now.
    """

    id: str
    position: int
    upto: int
    events: int = 0
    texts: int = 0

    def stored(self) -> str:
        return orjson.dumps(asdict(self)).decode()


def begun(tables: ReadTables, upto: int) -> Progress:
    """Of the redaction that was interrupted, or of a new one up to that position."""
    with tables.writing() as connection:
        found = connection.scalar(sa.select(META.c.value).where(META.c.key == KEY))
        if found is not None:
            return Progress(**orjson.loads(found))
        new = Progress(new_id("red"), 0, upto)
        connection.execute(META.insert().values(key=KEY, value=new.stored()))
        return new


def move(connection: sa.Connection, before: Progress, after: Progress) -> bool:
    """Move it, with this transaction; False when it is no longer where it was."""
    moved = META.update().where(META.c.key == KEY, META.c.value == before.stored()).values(value=after.stored())
    return connection.execute(moved).rowcount == 1


def end(tables: ReadTables, progress: Progress) -> None:
    """The redaction is over."""
    with tables.writing() as connection:
        connection.execute(META.delete().where(META.c.key == KEY, META.c.value == progress.stored()))
