"""Ids as requests name things that are there: also those that came from elsewhere, which new ids may not look like."""

import re
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, StringConstraints

LONGEST = 500

UNSTORED = re.compile("[\x00\ud800-\udfff]")
"""What no text in a database has: NUL, and halves of characters."""


def stored(text: str) -> str:
    """
    Raises:
        ValueError: no database can hold that text.
    """
    if UNSTORED.search(text):
        raise ValueError("a text without NUL and without halves of characters")
    return text


AnyId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(stored)]
TheId = Annotated[AnyId, Path()]
