"""The progress of rebuilds, saved in the database so that other processes can see it, and cancel them."""

import time
from dataclasses import dataclass, field

import sqlalchemy as sa

from workledger.projections.engine.state.bookkeeping import METADATA
from workledger.projections.engine.types import KEY

REBUILDS = sa.Table(
    "rebuilds",
    METADATA,
    sa.Column("name", KEY, primary_key=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("target", sa.BigInteger, nullable=False),
    sa.Column("rate", sa.Double, nullable=False),
    sa.Column("seconds_left", sa.Double, nullable=False),
)


CANCELLED = "cancelled"
"""The phase of a cancelled rebuild, which no loop starts again automatically."""


@dataclass(slots=True)
class Progress:
    """How far a rebuild has come.

    Attributes:
        group: the names of its groups.
        position: of the last event written.
        target: the position to reach.
        origin: the position at which this run started: not 0 when it resumed an interrupted one.
        phase: `reading`, then `indexing`, then `following` (catching up with events appended meanwhile).
        started: when this run started, in seconds of the monotonic clock.
    """

    group: str
    position: int = 0
    target: int = 0
    origin: int = 0
    phase: str = "reading"
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Events a second, since this run started."""
        return (self.position - self.origin) / max(time.monotonic() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float:
        return (self.target - self.position) / max(self.rate, 1e-9)


def save(connection: sa.Connection, name: str, progress: Progress) -> None:
    """Store the progress of a group's rebuild, replacing what was stored before."""
    delete(connection, name)
    connection.execute(
        REBUILDS.insert().values(
            name=name,
            phase=progress.phase,
            position=progress.position,
            target=progress.target,
            rate=progress.rate,
            seconds_left=progress.seconds_left,
        )
    )


def load(connection: sa.Connection, name: str) -> dict[str, object] | None:
    """{phase, position, target, rate, seconds_left} of a group's rebuild, as last saved; None when there is none."""
    row = connection.execute(REBUILDS.select().where(REBUILDS.c.name == name)).mappings().first()
    return None if row is None else {key: value for key, value in row.items() if key != "name"}


def mark_cancelled(connection: sa.Connection, name: str) -> None:
    """Keep loops from starting a group's rebuild again, until somebody runs one."""
    save(connection, name, Progress(name, phase=CANCELLED))


def is_cancelled(connection: sa.Connection, name: str) -> bool:
    """Whether a group's rebuild was cancelled, and none has run since."""
    return connection.scalar(sa.select(REBUILDS.c.phase).where(REBUILDS.c.name == name)) == CANCELLED


def delete_unless_cancelled(connection: sa.Connection, name: str) -> None:
    """Delete the progress of a group's rebuild, but keep the mark that it was cancelled."""
    connection.execute(REBUILDS.delete().where(REBUILDS.c.name == name, REBUILDS.c.phase != CANCELLED))


def delete(connection: sa.Connection, name: str) -> None:
    """Delete the progress of a group's rebuild, and the mark that it was cancelled."""
    connection.execute(REBUILDS.delete().where(REBUILDS.c.name == name))
