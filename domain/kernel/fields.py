"""Fields: the types that arguments of commands have in common, and UNSET for those that are not given."""

from typing import Annotated, Any, Final, final

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


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

Name = Annotated[str, Field(min_length=1, max_length=200)]
ShortName = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=100_000)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Path = Annotated[str, Field(min_length=1, max_length=4096)]
Ref = Annotated[str, Field(min_length=1, max_length=200)]
"""A branch, tag or commit of git."""
Count = Annotated[int, Field(ge=0)]
Cost = Annotated[float, Field(ge=0)]
"""US dollars."""
