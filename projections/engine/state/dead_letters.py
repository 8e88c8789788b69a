"""Dead letters: events that a group could not fold, set aside together with the later events of their streams.

The events themselves stay in the log. Other streams go on; once the cause is mended, dead letters are folded in the
order of their stream (see follow/replay.py).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.state.bookkeeping import METADATA
from workledger.projections.engine.types import KEY

DEAD_LETTERS = sa.Table(
    "dead_letters",
    METADATA,
    sa.Column("name", KEY, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stream_id", KEY, nullable=False),
    sa.Column("topic", KEY, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Index("dead_letters_stream", "name", "stream_id", "position"),
)

LONGEST_ERROR = 2000
"""Characters of an error that are stored."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event set aside by the group or policy `name`.

    Attributes:
        error: why it failed; None when it was not tried, because an earlier event of its stream is a dead letter.
        attempts: how often it was tried: 0 without an error.
    """

    name: str
    position: int
    stream_id: str
    topic: str
    error: str | None
    attempts: int

    @classmethod
    def failed(cls, name: str, event: Scanned, error: Exception) -> "DeadLetter":
        """A poison event."""
        return cls(name, event.position, event.stream_id, event.topic, error_text(error), 1)

    @classmethod
    def deferred(cls, name: str, event: Scanned) -> "DeadLetter":
        """An event that waits behind a dead letter of its stream."""
        return cls(name, event.position, event.stream_id, event.topic, None, 0)


def error_text(error: Exception) -> str:
    """An error's class and message, cut to LONGEST_ERROR, in characters that every database stores."""
    text = f"{type(error).__name__}: {error}".strip()[:LONGEST_ERROR]
    # PostgreSQL stores no NUL, and no database stores a lone surrogate.
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def add(connection: sa.Connection, letters: Iterable[DeadLetter]) -> None:
    """Store dead letters."""
    rows = [asdict(letter) for letter in letters]
    if rows:
        connection.execute(DEAD_LETTERS.insert(), rows)


def find(connection: sa.Connection, name: str | None = None, stream_id: str | None = None) -> list[DeadLetter]:
    """The dead letters of a group or policy, of a stream, or all, in the order of the log."""
    query = DEAD_LETTERS.select().order_by(DEAD_LETTERS.c.name, DEAD_LETTERS.c.position)
    if name is not None:
        query = query.where(DEAD_LETTERS.c.name == name)
    if stream_id is not None:
        query = query.where(DEAD_LETTERS.c.stream_id == stream_id)
    return [DeadLetter(*row) for row in connection.execute(query)]


def blocked_streams(connection: sa.Connection, name: str) -> frozenset[str]:
    """The streams of a group or policy that have dead letters."""
    query = sa.select(DEAD_LETTERS.c.stream_id).where(DEAD_LETTERS.c.name == name).distinct()
    return frozenset(connection.scalars(query))


def record_failure(connection: sa.Connection, letter: DeadLetter, error: Exception) -> None:
    """Store the error of one more attempt that failed."""
    failed = {"error": error_text(error), "attempts": letter.attempts + 1}
    connection.execute(DEAD_LETTERS.update().where(*_is(letter)).values(failed))


def delete(connection: sa.Connection, letter: DeadLetter) -> None:
    """Delete one."""
    connection.execute(DEAD_LETTERS.delete().where(*_is(letter)))


def rename(connection: sa.Connection, name: str, to: str) -> None:
    """Hand the dead letters of one group over to another name."""
    connection.execute(DEAD_LETTERS.update().where(DEAD_LETTERS.c.name == name).values(name=to))


def delete_all(connection: sa.Connection, name: str) -> None:
    """Delete those of a group or policy."""
    connection.execute(DEAD_LETTERS.delete().where(DEAD_LETTERS.c.name == name))


def _is(letter: DeadLetter) -> tuple[sa.ColumnElement[bool], ...]:
    return DEAD_LETTERS.c.name == letter.name, DEAD_LETTERS.c.position == letter.position
