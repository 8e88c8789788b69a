"""Values and arrays as PostgreSQL's binary protocol has them, for calls too frequent for a general adapter."""

import struct
from collections.abc import Sequence

INT4, INT8, TEXT = 23, 20, 25
_NULL = b"\xff\xff\xff\xff"


def ints(values: Sequence[int | None]) -> bytes:
    """An int4[]."""
    parts = [_head(INT4, len(values))]
    parts += [_NULL if value is None else struct.pack(">ii", 4, value) for value in values]
    return b"".join(parts)


def int8(value: int) -> bytes:
    """A bigint."""
    return struct.pack(">q", value)


def texts(values: Sequence[str | None]) -> bytes:
    """A text[]."""
    parts = [_head(TEXT, len(values))]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            encoded = value.encode()
            parts += (len(encoded).to_bytes(4, "big"), encoded)
    return b"".join(parts)


def bigints(array: bytes) -> list[int]:
    """The values of an int8[] without nulls."""
    if len(array) <= 12:
        return []
    count = int.from_bytes(array[12:16], "big")
    return list(struct.unpack(">" + "4xq" * count, array[20:]))


def _head(kind: int, count: int) -> bytes:
    return struct.pack(">iiiii", 1, 1, kind, count, 1) if count else struct.pack(">iii", 0, 0, kind)
