"""Moves: the rank that puts a card where it is dropped, between two others (domain.md D5)."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.deps import BIGGEST
from workledger.api.web.ids import AnyId
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task, ranks
from workledger.domain.task.card_events import TaskMoved
from workledger.domain.task.refusals import TaskPositionConflict
from workledger.projections import tasks
from workledger.projections.engine.tables import ReadTables
from workledger.projections.tasks import Tasks

PLACE = ("before", "after", "position")

MOVE = model(
    "TaskMove",
    Task.move,
    extra={
        "before": (Annotated[AnyId | None, Field(description="the card that it is put above")], None),
        "after": (Annotated[AnyId | None, Field(description="the card that it is put below")], None),
        "position": (Annotated[int, Field(ge=0, le=BIGGEST, description="dense, from 0")] | None, None),
    },
)


def step(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Move a card to another place or column, as a drag does: to the end of that column unless a place is given.

    Raises:
        TaskPositionConflict: TASK_POSITION_CONFLICT, its neighbours do not stand (any more) as the caller thinks.
    """
    place = {name: value for name in PLACE if (value := given.pop(name, None)) is not None}

    def decision() -> None:
        task = unit.edit(Task, id)
        if place:
            caller.ledger.catch_up()
            rank = _Column(caller.ledger.tables, task, given["board_column"]).rank(unit, **place)
            task.move(**given, rank=rank)
        else:
            task.move(**given)

    unit.decide(decision)


class _Column:
    """A column of the board, as a card that is put into it sees it."""

    def __init__(self, tables: ReadTables, moving: Task, name: str) -> None:
        self.tables, self.moving, self.name = tables, moving, name
        self.others = sa.and_(
            tasks.shown(moving.project_id),
            Tasks.c.board_column == name,
            Tasks.c.id != moving.id,
        )

    def rank(self, unit: Unit, before: str | None = None, after: str | None = None, position: int | None = None) -> str:
        """The rank of that place; the whole column is spread out again when there is no room left in between."""
        place = self._place(before, after, position)
        low, high = tasks.neighbours(self.tables, self.moving.project_id, self.name, place, self.moving.id)
        if self.moving.board_column == self.name and (low or "") < self.moving.rank < (high or "~"):
            return self.moving.rank
        if high is None or (low or "") < high:
            rank = ranks.between(low, high)
            if len(rank) <= ranks.LONGEST:
                return rank
        return self._spread(unit, place)

    def _place(self, before: str | None, after: str | None, position: int | None) -> int:
        """How many of the others come before it."""
        if before is not None:
            place = self._before(before)
            if after is not None and self._before(after) >= place:
                raise TaskPositionConflict(before=before, after=after)
            return place
        if after is not None:
            return self._before(after) + 1
        count = self.tables.scalar(sa.select(sa.func.count()).where(self.others))
        return min(position or 0, int(count))

    def _before(self, id: str) -> int:
        """How many of the others come before that one of them."""
        row = self.tables.first(sa.select(Tasks.c.rank, Tasks.c.id).where(self.others, Tasks.c.id == id))
        if row is None:
            raise TaskPositionConflict(task_id=id)
        ahead = sa.tuple_(Tasks.c.rank, Tasks.c.id) < sa.tuple_(sa.literal(row["rank"]), sa.literal(row["id"]))
        return int(self.tables.scalar(sa.select(sa.func.count()).where(self.others, ahead)))

    def _spread(self, unit: Unit, place: int) -> str:
        """Give the others new ranks, in the order they have, and leave room at that place: all in one append."""
        chosen = sa.select(Tasks.c.id, Tasks.c.rank, Tasks.c.version).where(self.others)
        others = self.tables.all(chosen.order_by(Tasks.c.rank, Tasks.c.id))
        spread = ranks.spread(len(others) + 1)
        mine = spread.pop(place)
        for other, rank in zip(others, spread, strict=True):
            unit.edit(Task, other["id"], expected_version=other["version"])
            moved = TaskMoved(from_column=self.name, board_column=self.name, rank=rank, previous_rank=other["rank"])
            unit.record(Task, other["id"], [moved])
        return mine
