"""Progress: how far a rebuild has come, kept where other processes can see it."""

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
"""The phase of a rebuild that no loop begins again by itself."""


@dataclass(slots=True)
class Progress:
    """How far a long run has come.

    Attributes:
        group: what it is about: names of groups.
        phase: `reading`, then `indexing`, then `following` what was appended meanwhile.
    """

    group: str
    position: int = 0
    target: int = 0
    origin: int = 0
    phase: str = "reading"
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Events a second, since this run began."""
        return (self.position - self.origin) / max(time.monotonic() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float:
        return (self.target - self.position) / max(self.rate, 1e-9)


def keep(connection: sa.Connection, name: str, progress: Progress) -> None:
    """Let others see it."""
    forget(connection, name)
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


def kept(connection: sa.Connection, name: str) -> dict[str, object] | None:
    """{phase, position, target, rate, seconds_left} of the rebuild of that name, as it was last told.

    Its phase is `cancelled` when no loop begins it again by itself.
    """
    row = connection.execute(REBUILDS.select().where(REBUILDS.c.name == name)).mappings().first()
    return None if row is None else {key: value for key, value in row.items() if key != "name"}


def cancel(connection: sa.Connection, name: str) -> None:
    """Note that it was cancelled, until somebody rebuilds after all."""
    keep(connection, name, Progress(name, phase=CANCELLED))


def cancelled(connection: sa.Connection, name: str) -> bool:
    """Whether the rebuild of that name was cancelled, and nobody has rebuilt since."""
    return connection.scalar(sa.select(REBUILDS.c.phase).where(REBUILDS.c.name == name)) == CANCELLED


def withdraw(connection: sa.Connection, name: str) -> None:
    """Forget how far it was, but not that it was cancelled."""
    connection.execute(REBUILDS.delete().where(REBUILDS.c.name == name, REBUILDS.c.phase != CANCELLED))


def forget(connection: sa.Connection, name: str) -> None:
    connection.execute(REBUILDS.delete().where(REBUILDS.c.name == name))
