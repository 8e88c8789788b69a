"""Moves: the rank that puts a card where it is dropped, between two others (domain.md D5)."""

from typing import Annotated, Any

from pydantic import Field

from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.deps import BIGGEST
from workledger.api.web.ids import AnyId
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task, ranks
from workledger.domain.task.card_events import TaskMoved
from workledger.domain.task.refusals import TaskPositionConflict
from workledger.projections import task_places
from workledger.projections.engine.tables import ReadTables

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
        self.others = (moving.project_id, name, moving.id)

    def rank(self, unit: Unit, before: str | None = None, after: str | None = None, position: int | None = None) -> str:
        """The rank of that place; the whole column is spread out again when there is no room left in between."""
        place = self._place(before, after, position)
        low, high = task_places.neighbours(self.tables, *self.others, place)
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
        return min(position or 0, task_places.count(self.tables, *self.others))

    def _before(self, id: str) -> int:
        """How many of the others come before that one of them."""
        place = task_places.before(self.tables, *self.others, id)
        if place is None:
            raise TaskPositionConflict(task_id=id)
        return place

    def _spread(self, unit: Unit, place: int) -> str:
        """Give the others new ranks, in the order they have, and leave room at that place: all in one append."""
        others = task_places.others(self.tables, *self.others)
        spread = ranks.spread(len(others) + 1)
        mine = spread.pop(place)
        for other, rank in zip(others, spread, strict=True):
            unit.edit(Task, other["id"], expected_version=other["version"])
            moved = TaskMoved(from_column=self.name, board_column=self.name, rank=rank, previous_rank=other["rank"])
            unit.record(Task, other["id"], [moved])
        return mine
