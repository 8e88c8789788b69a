"""Ids as requests name things that are there: also those that came from elsewhere, which new ids may not look like."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, StringConstraints

from workledger.domain.kernel.fields import storable

LONGEST = 500


def stored(text: str) -> str:
    """
    Raises:
        ValueError: no database can hold that text.
    """
    if not storable(text):
        raise ValueError("a text without NUL and without halves of characters")
    return text


AnyId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(stored)]
TheId = Annotated[AnyId, Path()]
