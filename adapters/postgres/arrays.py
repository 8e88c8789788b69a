"""Values and arrays as PostgreSQL's binary protocol has them, for calls too frequent for a general adapter."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from struct import Struct, pack, unpack

INT4, INT8, TEXT = 23, 20, 25
_NULL = b"\xff\xff\xff\xff"
_length = Struct(">i").pack


def ints(values: Sequence[int | None]) -> bytes:
    """An int4[]."""
    if None in values:
        return _head(INT4, len(values)) + b"".join(
            _NULL if value is None else pack(">ii", 4, value) for value in values
        )
    sized: list[int | None] = [4] * (2 * len(values))
    sized[1::2] = values
    return _head(INT4, len(values)) + pack(f">{len(sized)}i", *sized)


def int8(value: int) -> bytes:
    """A bigint."""
    return pack(">q", value)


def texts(values: Sequence[str | None]) -> bytes:
    """A text[]."""
    head = _head(TEXT, len(values))
    if len(values) == 1:
        return head + _text(values[0])
    if values.count(None) == len(values):
        return head + _NULL * len(values)
    if None in values:
        return head + b"".join(map(_text, values))
    encoded = [value.encode() for value in values if value is not None]
    return head + b"".join(chain.from_iterable(zip(map(_length, map(len, encoded)), encoded, strict=True)))


def bigints(array: bytes) -> list[int]:
    """The values of an int8[] without nulls."""
    if len(array) <= 12:
        return []
    count = int.from_bytes(array[12:16], "big")
    return list(unpack(">" + "4xq" * count, array[20:]))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = value.encode()
    return _length(len(encoded)) + encoded


@lru_cache(maxsize=512)
def _head(kind: int, count: int) -> bytes:
    return pack(">iiiii", 1, 1, kind, count, 1) if count else pack(">iii", 0, 0, kind)
