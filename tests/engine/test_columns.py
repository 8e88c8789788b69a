"""The columns of a table, as the TypedDict of its rows declares them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
import sqlalchemy as sa

from workledger.domain.task.card_events import TaskCreated
from workledger.domain.task.events import TaskCompleted
from workledger.projections.engine.columns import Stamped, TableRow, columns_of, is_stamped
from workledger.projections.engine.rules import From, Logged, References, Stream, Sum
from workledger.projections.engine.types import Dollars, DollarsType, JsonType, LoggedType, MomentType


class CardRow(Stamped):
    id: Annotated[str, Stream()]
    column: Annotated[Literal["backlog", "verified"] | None, From(TaskCreated, field="board_column")]
    labels: Annotated[list[str], From(TaskCreated)]
    metadata: Annotated[dict[str, Any] | None, From(TaskCreated)]
    cost_usd: Annotated[Dollars, Sum("cost_usd", TaskCompleted)]
    paid_usd: Annotated[Dollars | None, From(TaskCompleted)]
    due: Annotated[datetime, From(TaskCreated), References("dues", "null")]
    size: Annotated[int, sa.SmallInteger(), From(TaskCreated)]


class TaleRow(TableRow):
    id: Annotated[str, Stream()]
    opening: Annotated[str | None, Logged(TaskCreated, field="description")]
    ending: Annotated[str | None, Logged(TaskCompleted, field="summary")]


def test_a_column_has_the_type_of_its_values() -> None:
    columns = columns_of(CardRow, ["task.created"])
    assert {name: (type(one.type), one.nullable) for name, one in columns.items()} == {
        "id": (sa.Text, False),
        "column": (sa.Text, True),
        "labels": (JsonType, False),
        "metadata": (JsonType, True),
        "cost_usd": (DollarsType, False),
        "paid_usd": (DollarsType, True),
        "due": (MomentType, False),
        "size": (sa.SmallInteger, False),
        "created_at": (MomentType, False),
        "updated_at": (MomentType, False),
        "version": (sa.BigInteger, False),
        "last_position": (sa.BigInteger, False),
    }
    assert columns["due"].references == References("dues", "null")


def test_stamps_come_last_whatever_is_declared_first() -> None:
    """Python puts what a class inherits first; the columns of databases that are there already have it last."""
    assert list(columns_of(CardRow, []))[-4:] == ["created_at", "updated_at", "version", "last_position"]
    assert [is_stamped(CardRow), is_stamped(TaleRow)] == [True, False]


def test_a_logged_column_is_a_position_that_is_there_when_a_row_begins_with_it() -> None:
    """Readers may get None for both, when the event was erased; the position stays."""
    columns = columns_of(TaleRow, ["task.created"])
    assert {name: (type(one.type), one.nullable) for name, one in columns.items()} == {
        "id": (sa.Text, False),
        "opening": (LoggedType, False),
        "ending": (LoggedType, True),
    }
    assert columns["opening"].type.fields == {"task.created": "description"}
    assert columns_of(TaleRow, [])["opening"].nullable, "no event begins a row"
    assert columns_of(TaleRow, ["task.created", "task.imported"])["opening"].nullable, "a row may begin without it"


@pytest.mark.parametrize("hint", [Decimal, str | int, Literal["a", 1]])
def test_a_type_without_a_column_type_is_refused(hint: Any) -> None:
    class Row(TableRow):
        price: hint

    with pytest.raises(TypeError, match="no column type is known for price"):
        columns_of(Row, [])
