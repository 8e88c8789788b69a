"""Moments: times as requests give them, of which the databases keep those that have a year in UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _dated(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("a date and a time, such as 2026-11-21T06:00:00Z")
    return value


def in_utc(moment: datetime) -> datetime:
    """
    Raises:
        ValueError: in UTC it is before the year 1 or after the year 9999.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time between the years 1 and 9999 in UTC") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_dated), AfterValidator(in_utc)]
"""A time as RFC 3339 has it; numbers are none."""
