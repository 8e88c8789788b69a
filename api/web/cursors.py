"""Cursors: opaque marks of a row in a list, from which the list goes on in either direction (domain.md 4.1).

A cursor says between which rows it stands, not how many come before it, so rows that come and go shift nothing. It
carries the sort and a hash of the filters: a list that is asked for differently is refused, not answered wrongly.
"""

import base64
from typing import Annotated, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workledger.domain.kernel.refusals import Refused

VERSION = 1

PATTERN = "^[A-Za-z0-9_-]*$"
"""Of the text of a cursor (base64url)."""

Order = Literal["asc", "desc"]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Value = Text | Annotated[int, Field(ge=-(2**63), lt=2**63)]


class InvalidCursor(Refused):
    """This cursor does not fit the list that is asked for ({reason}); begin at the first page."""

    code = "INVALID_CURSOR"
    status = 400


class Cursor(BaseModel):
    """A place beside one row.

    Attributes:
        sort_value: what the row is sorted by, as JSON has it.
        back: the rows before it are meant, not those after it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: int = VERSION
    sort: str
    order: Order
    filters: str
    sort_value: tuple[Value, ...]
    id: Text
    back: bool = False

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Raises:
            InvalidCursor: DECODE_FAILED or VERSION_MISMATCH.
        """
        try:
            body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            version = orjson.loads(body)["version"]
        except (ValueError, KeyError, TypeError):
            raise InvalidCursor(reason="DECODE_FAILED") from None
        if version != VERSION:
            raise InvalidCursor(reason="VERSION_MISMATCH")
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            raise InvalidCursor(reason="DECODE_FAILED") from None

    def check(self, sort: str | None, order: str | None, filters: str) -> None:
        """That it belongs to that list; a sort or order that is not asked for is the cursor's.

        Raises:
            InvalidCursor: SORT_MISMATCH or FILTER_MISMATCH.
        """
        if sort not in (None, self.sort) or order not in (None, self.order):
            raise InvalidCursor(reason="SORT_MISMATCH")
        if filters != self.filters:
            raise InvalidCursor(reason="FILTER_MISMATCH")
