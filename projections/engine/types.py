"""The types of read columns, which mean the same on every database."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class MomentType(TypeDecorator[datetime]):
    """A time in UTC, to the millisecond; RFC 3339 text where the database has no such type."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        postgres = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.TIMESTAMP(timezone=True) if postgres else sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql" or value is None or isinstance(value, str):
            return value
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class JsonType(TypeDecorator[Any]):
    """A JSON value, stored as the text that it is in the log."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        postgres = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.JSON() if postgres else sa.Text())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return orjson.loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value


class LoggedType(TypeDecorator[int]):
    """The position of the event that has the value (see logged.py).

    Args:
        fields: (topic, field of its payload that is meant).
    """

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._fields = tuple(sorted(fields))

    @property
    def fields(self) -> dict[str, str]:
        return dict(self._fields)


class DollarsType(TypeDecorator[float]):
    """US dollars: a float for readers, whole millionths in the database, so that sums do not depend on their order."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else millionths(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> float | None:
        return None if value is None else value / 1_000_000


LARGEST_AMOUNT = 10**15
"""What one event adds to a sum at most: commands accept a thousandth of it, older events may say anything. Thousands of
such amounts fit into 64 bits."""


def bounded(amount: int | None) -> int:
    """What an event adds to a sum."""
    return max(-LARGEST_AMOUNT, min(LARGEST_AMOUNT, amount)) if amount else 0


def millionths(dollars: float) -> int:
    """An amount as DollarsType stores it."""
    return bounded(round(max(-1e12, min(1e12, dollars)) * 1_000_000))


Dollars = Annotated[float, DollarsType()]
"""The type of columns of US dollars."""

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
"""Ids, ranks and enums: compared byte by byte on every database."""

COLUMN_TYPES: dict[Any, Any] = {
    str: KEY,
    int: sa.BigInteger(),
    float: sa.Double(),
    bool: sa.Boolean(),
    datetime: MomentType(),
    dict: JsonType(),
    list: JsonType(),
    Any: JsonType(),
}
"""The column type of each type of a row."""
