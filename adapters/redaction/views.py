"""A text as others would read it: without terminal colours, without escapes, without wrapped lines.

Rules are written for plain text. What they find in a view is mapped back to the text that is stored.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from workledger.adapters.redaction.spans import Span

DEPTH = 5
"""Levels of escapes: text in JSON in JSON is usual in transcripts."""

_ESCAPE = re.compile(
    r"""\x1b \[ [0-9;:?]*+ [ -/]*+ [@-~]    # colours and other control sequences
      | \x1b \] [^\x07\x1b]{0,500}+ (?:\x07|\x1b\\)
      | & (?P<entity> quot|apos|amp|lt|gt|\#39|\#x27|\#34|\#x22 ) ;
      | \\ (?: (?: u00 | x) (?P<latin> [0-9a-fA-F]{2}) | u [0-9a-fA-F]{4} | (?P<escape> 033 | e(?=\[))
          | (?P<wrap> \r?\n [ \t]*+) | (?P<other> [^\n]) )
    """,
    re.VERBOSE,
)
_MARGIN = re.compile(
    r"""(?m)^(?: [ \t]{0,8}+ \d{1,6}+ (?:→|\t|[ ]?[|│:]) [ ]?+      # numbers of lines
        | [\w./-]{1,200}+ [:-] \d{1,6}+ [:-]                        # what grep says
        | [-+](?!(?:\+\+|--)[ ]) | [ \t]*+ (?:>[ ]?)++ | [ \t]*+ (?:\#|//|\*|;)[ ] )""",
    re.VERBOSE,
)
"""What stands before a line in a listing, a difference, a quotation, a comment."""
_ENTITIES = {
    "quot": '"',
    "apos": "'",
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "#39": "'",
    "#x27": "'",
    "#34": '"',
    "#x22": '"',
}
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


class View:
    """A text with other characters in place of what a pattern finds, and where each part of it came from."""

    def __init__(self, text: str, pattern: re.Pattern[str] = _ESCAPE) -> None:
        parts: list[str] = []
        here, there = [0], [0]
        at = done = 0
        for escape in pattern.finditer(text):
            start, end = escape.span()
            instead = _instead(escape) if pattern is _ESCAPE else ""
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
    if escape["entity"]:
        return _ENTITIES[escape["entity"]]
    if escape["escape"]:
        return "\x1b"
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
    yield from _without_margin(text, path)
    while len(path) < DEPTH and ("\\" in text or "\x1b" in text or "&" in text):
        view = View(text)
        if view.text == text:
            return
        path = [view, *path]
        text = view.text
        yield text, path
        yield from _without_margin(text, path)


def _without_margin(text: str, path: list[View]) -> Iterator[tuple[str, list[View]]]:
    """The lines without what stands before them, where it stands before more than one in three."""
    if "\n" in text and len(_MARGIN.findall(text)) * 3 > text.count("\n"):
        view = View(text, _MARGIN)
        yield view.text, [view, *path]
