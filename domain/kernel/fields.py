"""Fields: the types that arguments of commands have in common, and UNSET for those that are not given.

Whatever these types take can be stored, and be shown by read tables in every database, sums and indexes included.
"""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, final

from pydantic import AfterValidator, AwareDatetime, Field, GetCoreSchemaHandler, JsonValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@final
class Unset:
    """The type of UNSET."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(cls)


def storable(text: str) -> bool:
    """Whether every database can hold that text: it has no NUL, and no half of a surrogate pair."""
    return UNSTORABLE.isdisjoint(text)


UNSTORABLE = frozenset("\0") | {chr(code) for code in range(0xD800, 0xE000)}

UNSET: Final = Unset()
"""An argument that was not given: its field does not change. None clears a field."""

LARGEST_COUNT = 10**12
"""Sums of some millions of such counts still fit into 64 bits."""

DEAREST = 1_000_000.0
"""US dollars: as many millionths as the largest count."""

WIDEST = 2**53 - 1
"""The largest integer that every JSON parser reads exactly."""

INDEXED = 2000
"""Bytes of text that databases take into an index."""


def _indexable(text: str) -> str:
    if len(text.encode()) > INDEXED:
        raise PydanticCustomError("too_long", "at most {limit} bytes", {"limit": INDEXED})
    return text


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN: they would be stored as null."""
    ahead: list[Any] = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, float) and not math.isfinite(one):
            raise PydanticCustomError("finite_number", "a number in it is infinite or NaN, which JSON cannot hold")
        inner: Iterable[Any] = one.values() if isinstance(one, dict) else one if isinstance(one, list | tuple) else ()
        ahead.extend(inner)
    return value


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime", "the time is outside of the calendar in UTC") from None


Name = Annotated[str, Field(min_length=1, max_length=200)]
ShortName = Annotated[str, Field(min_length=1, max_length=100)]
Word = Annotated[str, Field(max_length=200)]
"""What a program calls something, such as a provider; it may be empty."""
Text = Annotated[str, Field(max_length=100_000)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(min_length=1, max_length=INDEXED), AfterValidator(_indexable)]
Path = Annotated[str, Field(min_length=1, max_length=INDEXED), AfterValidator(_indexable)]
Ref = Annotated[str, Field(min_length=1, max_length=200)]
"""A branch, tag or commit of git."""
Sha = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s:]+$")]
"""The name of a commit. It has no colon, so the id of its record (`{project}:{sha}`) has one meaning."""
Integer = Annotated[int, Field(ge=-WIDEST, le=WIDEST)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Number = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
"""Counted from 1."""
Cost = Annotated[float, Field(ge=0, le=DEAREST)]
"""US dollars."""
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone, in UTC."""
Json = Annotated[JsonValue, AfterValidator(_finite)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_finite)]
Document = JsonObject | Text
"""What a person writes: the JSON of an editor such as Tiptap, or text such as Markdown."""
