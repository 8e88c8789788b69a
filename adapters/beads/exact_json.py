"""JSON whose numbers never change: one that no database and no browser holds exactly is kept as text."""

import json
from decimal import Decimal
from typing import Any

from workledger.adapters.redaction import JSON

DEEPEST = 40
"""Levels of nesting that are kept; what lies deeper becomes a mark."""

TOO_DEEP = "… [nested too deep]"

DIGITS = 40
"""Characters of a number; a longer one is kept as text without being read."""

EXACT = 2**53


class Exact(str):
    """A number as it is written."""


class ExactObject:
    """The object on a line, and how it differs from what is written there.

    Attributes:
        value: None when there is no object.
        numbers_as_text: numbers that were kept as text.
        cut: values that were nested too deep.
    """

    def __init__(self, line: bytes) -> None:
        self.numbers_as_text = self.cut = 0
        value = _loaded(line)
        self.value = {_stored(name): self._tidy(one, 1) for name, one in value.items()} if value is not None else None

    def _tidy(self, value: Any, depth: int) -> JSON:
        if isinstance(value, Exact):
            self.numbers_as_text += 1
            return str(value)
        if isinstance(value, str):
            return _stored(value)
        if not isinstance(value, dict | list):
            return value  # type: ignore[no-any-return]
        if depth >= DEEPEST:
            self.cut += 1
            return TOO_DEEP
        if isinstance(value, list):
            return [self._tidy(one, depth + 1) for one in value]
        return {_stored(name): self._tidy(one, depth + 1) for name, one in value.items()}


def _loaded(line: bytes) -> dict[str, Any] | None:
    text = line.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_int=_int, parse_float=_float, parse_constant=Exact, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _int(text: str) -> int | str:
    return int(text) if len(text) <= DIGITS and abs(int(text)) <= EXACT else Exact(text)


def _float(text: str) -> float | str:
    exact = len(text) <= DIGITS and Decimal(text) == Decimal(repr(float(text)))
    return float(text) if exact else Exact(text)


def _stored(text: str) -> str:
    """With a mark in place of what no database stores: NUL, and halves of surrogates."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
