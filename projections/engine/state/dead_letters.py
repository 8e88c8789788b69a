"""Dead letters: events that a group could not fold, set aside with the later events of their streams, in order.

The events themselves stay in the log. Everything else goes on; after the cause is mended they are folded as they would
have been, each stream in its order (see replay.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

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

LONGEST = 2000
"""Characters kept of an error."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event set aside by the group (or policy) `name`; without an error, it waits behind another of its stream."""

    name: str
    position: int
    stream_id: str
    topic: str
    error: str | None
    attempts: int

    @classmethod
    def of(cls, name: str, row: Scanned, error: Exception | None) -> "DeadLetter":
        tried = error is not None
        return cls(name, row.position, row.stream_id, row.topic, said(error) if error else None, int(tried))


def said(error: Exception) -> str:
    """What an error says, in characters that every database keeps."""
    text = f"{type(error).__name__}: {error}".strip()[:LONGEST]
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def add(connection: sa.Connection, letters: Iterable[DeadLetter]) -> None:
    rows = [{name: getattr(letter, name) for name in DEAD_LETTERS.c.keys()} for letter in letters]  # noqa: SIM118
    if rows:
        connection.execute(DEAD_LETTERS.insert(), rows)


def listed(connection: sa.Connection, name: str | None = None, stream_id: str | None = None) -> list[DeadLetter]:
    """Those of a group or policy, or of a stream, or all; in the order of the log."""
    chosen = DEAD_LETTERS.select().order_by(DEAD_LETTERS.c.name, DEAD_LETTERS.c.position)
    if name is not None:
        chosen = chosen.where(DEAD_LETTERS.c.name == name)
    if stream_id is not None:
        chosen = chosen.where(DEAD_LETTERS.c.stream_id == stream_id)
    return [DeadLetter(*row) for row in connection.execute(chosen)]


def streams(connection: sa.Connection, name: str) -> frozenset[str]:
    """The streams that are held up."""
    chosen = sa.select(DEAD_LETTERS.c.stream_id).where(DEAD_LETTERS.c.name == name).distinct()
    return frozenset(connection.scalars(chosen))


def failed_again(connection: sa.Connection, letter: DeadLetter, error: Exception) -> None:
    again = DeadLetter.of(
        letter.name, Scanned(letter.position, letter.stream_id, 0, letter.topic, 0, "", "", ""), error
    )
    connection.execute(
        DEAD_LETTERS.update().where(*_this(letter)).values(error=again.error, attempts=letter.attempts + 1)
    )


def remove(connection: sa.Connection, letter: DeadLetter) -> None:
    connection.execute(DEAD_LETTERS.delete().where(*_this(letter)))


def rename(connection: sa.Connection, name: str, to: str) -> None:
    connection.execute(DEAD_LETTERS.update().where(DEAD_LETTERS.c.name == name).values(name=to))


def forget(connection: sa.Connection, name: str) -> None:
    connection.execute(DEAD_LETTERS.delete().where(DEAD_LETTERS.c.name == name))


def _this(letter: DeadLetter) -> tuple[sa.ColumnElement[bool], ...]:
    return DEAD_LETTERS.c.name == letter.name, DEAD_LETTERS.c.position == letter.position
