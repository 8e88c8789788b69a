"""Places: where the cards of a column of the board stand, and between which of them another one is put (D5)."""

import sqlalchemy as sa

from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.narrowing import nullable
from workledger.projections.engine.statement import Query, Statement
from workledger.projections.engine.tables import ReadTables
from workledger.projections.tasks import SHOWN, TaskRow, Tasks


class PlaceRow(TableRow):
    """A card, and the rank that says where in its column it stands."""

    id: str
    rank: str
    version: int


OF_PROJECT = nullable(Tasks.c.project_id)
OTHERS = sa.and_(SHOWN, Tasks.c.board_column == sa.bindparam("column"), Tasks.c.id != sa.bindparam("moving"))
ORDER = (Tasks.c.rank, Tasks.c.id)
RANK, ID = (sa.bindparam(column.key, type_=column.type) for column in ORDER)
COUNTED: Query = sa.select(sa.func.count().label("count")).where(OTHERS)

COUNT = Statement(COUNTED, None, OF_PROJECT)
BEFORE = Statement(COUNTED.where(sa.tuple_(*ORDER) < sa.tuple_(RANK, ID)), None, OF_PROJECT)
EACH = Statement(
    sa.select(Tasks.c.id, Tasks.c.rank, Tasks.c.version).where(OTHERS).order_by(*ORDER), PlaceRow, OF_PROJECT
)
ONE = Statement(sa.select(Tasks.c.rank).where(OTHERS, Tasks.c.id == ID), None, OF_PROJECT)
RANKS = Statement(
    sa.select(Tasks.c.rank).where(OTHERS).order_by(*ORDER).offset(sa.bindparam("offset")).limit(sa.bindparam("limit")),
    None,
    OF_PROJECT,
)


def position(tables: ReadTables, task: TaskRow) -> int:
    """The place of a card in its column, counted from 0."""
    column = {"project_id": task["project_id"], "column": task["board_column"], "moving": task["id"]}
    [counted] = tables.run(BEFORE, **column, rank=task["rank"], id=task["id"])
    return int(counted["count"])


def others(tables: ReadTables, project_id: str | None, name: str, moving: str) -> list[PlaceRow]:
    """The other cards of a column, in order: of a project, or of those of no project."""
    return tables.run(EACH, project_id=project_id, column=name, moving=moving)


def count(tables: ReadTables, project_id: str | None, name: str, moving: str) -> int:
    """How many other cards a column has."""
    [counted] = tables.run(COUNT, project_id=project_id, column=name, moving=moving)
    return int(counted["count"])


def before(tables: ReadTables, project_id: str | None, name: str, moving: str, id: str) -> int | None:
    """How many of the others come before that one of them; None when it is none of them."""
    column = {"project_id": project_id, "column": name, "moving": moving}
    found = tables.run_first(ONE, **column, id=id)
    if found is None:
        return None
    [counted] = tables.run(BEFORE, **column, rank=found["rank"], id=id)
    return int(counted["count"])


def neighbours(
    tables: ReadTables, project_id: str | None, name: str, moving: str, position: int
) -> tuple[str | None, str | None]:
    """The ranks between which a card would stand at that place of a column, itself left out; None at either end."""
    place = {"offset": max(position - 1, 0), "limit": 2 if position else 1}
    found = tables.run(RANKS, project_id=project_id, column=name, moving=moving, **place)
    ranks = [row["rank"] for row in found]
    around = [*ranks, None, None] if position else [None, *ranks, None]
    return around[0], around[1]
