"""Where secrets are in a text: half-open ranges of characters, and the text without them."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

GONE = "[redacted]"

Span: TypeAlias = tuple[int, int]


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, and those that overlap or touch as one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return whole


def without(text: str, spans: Iterable[Span]) -> str:
    """The text with the mark in place of each span; the text itself when there is none."""
    done, parts = 0, []
    for start, end in merged(spans):
        parts += [text[done:start], GONE]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def shifted(spans: Iterable[Span], by: int) -> Iterator[Span]:
    """The same spans, that many characters on."""
    return ((start + by, end + by) for start, end in spans)
