"""Stored: the JSON text of an event, put into an answer as it is."""

import json
from typing import Any

import orjson


def as_stored(text: str) -> Any:
    """The text, to be put into JSON unchanged; as a string when it is none, as others may have written to the store."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            json.loads(text)  # which is not so strict about halves of characters
        except ValueError:
            return text
    return orjson.Fragment(text)
