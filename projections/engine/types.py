"""The types of read columns, which mean the same on every database."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class Dollars(float):
    """US dollars, kept and added up as whole millionths, so that sums do not depend on their order."""


class MomentType(TypeDecorator[datetime]):
    """A moment in UTC, to the millisecond; RFC 3339 text where the database has no such type."""

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
    """A JSON value, kept as the text it is in the log."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        postgres = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.JSON() if postgres else sa.Text())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return orjson.loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value


class Logged:
    """A value that stays in the log: the column has the position of the event that says it (see logged.py)."""


class LoggedType(TypeDecorator[int]):
    """A position in the log.

    Args:
        fields: which field of the payload is meant, by topic.
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
    """Millionths of a dollar in the database, a float of dollars outside."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else millionths(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> float | None:
        return None if value is None else value / 1_000_000


def millionths(dollars: float) -> int:
    return round(dollars * 1_000_000)


KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
"""Ids, ranks and enums: compared byte by byte everywhere."""

COLUMN_TYPES: dict[Any, Any] = {
    str: KEY,
    int: sa.BigInteger(),
    float: sa.Double(),
    bool: sa.Boolean(),
    datetime: MomentType(),
    dict: JsonType(),
    list: JsonType(),
    Any: JsonType(),
    Dollars: DollarsType(),
}
