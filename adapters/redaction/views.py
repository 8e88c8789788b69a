"""A text as others would read it: without terminal colours, without escapes, without wrapped lines.

Rules are written for plain text. What they find in a view is mapped back to the text that is stored.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from workledger.adapters.redaction.spans import Span

DEPTH = 3
"""Levels of escapes: text in JSON in JSON is usual in transcripts."""

_ESCAPE = re.compile(
    r"""\x1b \[ [0-9;:?]*+ [ -/]*+ [@-~]    # colours and other control sequences
      | \x1b \] [^\x07\x1b]{0,500}+ (?:\x07|\x1b\\)
      | \\ (?: u00 (?P<latin> [0-9a-fA-F]{2}) | u [0-9a-fA-F]{4} | (?P<wrap> \r?\n [ \t]*+) | (?P<other> [^\n]) )
    """,
    re.VERBOSE,
)
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


class View:
    """A text without its outer escapes, and where each part of it came from."""

    def __init__(self, text: str) -> None:
        parts: list[str] = []
        here, there = [0], [0]
        at = done = 0
        for escape in _ESCAPE.finditer(text):
            start, end = escape.span()
            instead = _instead(escape)
            parts += (text[done:start], instead)
            at += start - done
            here += (at, at + len(instead))
            there += (start, end)
            at += len(instead)
            done = end
        parts.append(text[done:])
        self.text = "".join(parts)
        self._here, self._there = here, there

    def origin(self, span: Span) -> Span:
        """That span of the view in the text that it is of."""
        first, last = bisect_right(self._here, span[0]) - 1, bisect_left(self._here, span[1])
        if last == len(self._here) or self._here[last] > span[1]:
            last -= 1
        return (
            self._there[first] + span[0] - self._here[first],
            self._there[last] + span[1] - self._here[last],
        )


def _instead(escape: re.Match[str]) -> str:
    if escape["latin"]:
        return chr(int(escape["latin"], 16))
    if escape["wrap"] is not None:
        return ""
    if other := escape["other"]:
        return _CHARACTERS.get(other, other)
    return "" if escape[0].startswith("\x1b") else "\ufffd"


def views(text: str) -> Iterator[tuple[str, list[View]]]:
    """The text itself, then its views, each with the views that lead back from it, the innermost first."""
    path: list[View] = []
    yield text, path
    while len(path) < DEPTH and ("\\" in text or "\x1b" in text):
        view = View(text)
        if view.text == text:
            return
        path = [view, *path]
        text = view.text
        yield text, path
