"""Values and arrays in PostgreSQL's binary protocol, for calls too frequent for a general adapter."""

from collections.abc import Sequence
from functools import lru_cache
from struct import pack, unpack
from typing import Any

import orjson
from psycopg.types.json import Json, Jsonb

INT4, TEXT = 23, 25
"""Object ids of the element types."""
_NULL = b"\xff\xff\xff\xff"


def ints(values: Sequence[int | None]) -> bytes:
    """An int4[]."""
    return _head(INT4, len(values)) + b"".join([_NULL if value is None else pack(">ii", 4, value) for value in values])


def int4(value: int) -> bytes:
    """An integer."""
    return pack(">i", value)


def int8(value: int) -> bytes:
    """A bigint."""
    return pack(">q", value)


def texts(values: Sequence[str | None]) -> bytes:
    """A text[]."""
    return _head(TEXT, len(values)) + b"".join(map(_text, values))


def bigints(array: bytes) -> list[int]:
    """The values of an int8[] without nulls."""
    if len(array) <= 12:
        return []
    count = int.from_bytes(array[12:16], "big")
    return list(unpack(">" + "4xq" * count, array[20:]))


def literal(value: Any) -> bytes | None:
    """A parameter as the text that PostgreSQL reads it from."""
    match value:
        case None:
            return None
        case bytes():
            return b"\\x" + value.hex().encode()
        case Json() | Jsonb():
            return orjson.dumps(value.obj)
        case list():
            return f"{{{','.join(map(str, value))}}}".encode()
        case _:
            return str(value).encode()


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = value.encode()
    return len(encoded).to_bytes(4, "big") + encoded


@lru_cache(maxsize=512)
def _head(kind: int, count: int) -> bytes:
    return pack(">iiiii", 1, 1, kind, count, 1) if count else pack(">iii", 0, 0, kind)
