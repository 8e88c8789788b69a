"""Values of names: in code, settings, JSON, YAML, XML and command lines."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction import names, values
from workledger.adapters.redaction.spans import Span

REACH = 64
"""Characters of a name on either side of a stem, at most."""
LARGEST = 2000
"""Characters of a value, at most."""

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_RIGHT = re.compile(r"[\w-]*+(?:\.[\w-]++)*+")

_STRING = rf"""(?:[bBrRfFuU]{{1,2}}(?=["']))?+
    (?P<quote>["'`]{{3}}|["'`]) (?P<quoted>(?:(?!(?P=quote))[^\n]){{1,{LARGEST}}}+)"""
_BARE = rf"""(?P<bare>[^\s"'`,;()\[\]{{}}<>&|\\]{{1,{LARGEST}}}+)"""
_INSIDE = r"""["'](?:value|val|data|secret|raw|plain|text|current)["'][ ]?+:[ ]?+"""
_ASSIGNED = re.compile(
    rf"""["'`]?+ \]?+ [ \t]*+
        (?: : [ \t]*+ [\w.|\[\] ]{{1,40}}+ = (?![=>]) | => | := | \?= | \|\|= | \?\?= | (?P<sign>[=:]) (?![=:]) )
        (?P<gap>[ \t]*+) (?P<lines>(?:(?:[|>][+-]?+[ \t]*+)?+ (?:\r?\n[ \t]*+){{1,2}}+)?+)
        (?: [\[({{]{{1,2}}+ \s*+ (?=["'`]) (?: {_INSIDE} (?=["'`]) )?+ )?+
        (?: {_STRING} | {_BARE} )""",
    re.VERBOSE,
)
_PAIR = re.compile(
    rf"""["'`]?+ \s*+ (?: , | /?> \s*+ < \w{{1,20}}+ | < / \w{{1,20}}+ > \s*+ < \w{{0,20}}? )?+ \s*+ (?:-[ ])?+ ["'`]?+
        (?:secret)?(?:value|val|content|default) ["'`]?+ \s*+ (?:=>|[:=>]) \s*+ (?: {_STRING} | {_BARE} )""",
    re.VERBOSE | re.IGNORECASE,
)
_ELEMENT = re.compile(
    rf"""["']?+ [^<>\n]{{0,200}}+ > \s*+ (?:<!\[CDATA\[)?+ (?P<quoted>[^<>]{{1,{LARGEST}}}+) (?:>)?+ </""", re.VERBOSE
)
_FLAG = re.compile(rf"""["']?+ (?: [ \t]++ | = | ,[ \t]*+ (?=["']) ) (?!-) (?: {_STRING} | {_BARE} )""", re.VERBOSE)
_OPENING = re.compile(r"<(?:[\w.-]{1,40}:)?\Z|<[\w:.-]{1,40} [^<>]{0,100}?(?:name|key|id|property)=[\"']\Z")
_ENDS = re.compile(r"""[ \t]*+ (?: \Z | [\r\n"'`|&#\\;\]}] | </ ) | [ \t]""", re.VERBOSE)
_ARGUMENT_ENDS = re.compile(r"""[ \t]*+(?:\Z|[\r\n\\"'`|&;<>]|-)""")
"""Behind an argument that is a mere word: what is no prose."""
_LINE_ENDS = re.compile(r"[ \t]*+(?:\Z|\r?\n|#|</)")
_MEMBER = re.compile(r"[ \t]*+:")
_VARIABLE = re.compile(rf"=(?P<bare>[^\s\"'`$<\[{{][^\s]{{3,{LARGEST}}}+)[ \t]*+(?:\Z|\r?\n)")
_LINE_START = re.compile(r"(?:\A|\n)[ \t]*+(?:-[ ])?+[\"']?\Z")


def named(text: str, plain: str, low: str) -> Iterator[Span]:
    """Where values of secret names are; `plain` is as long as the text and ASCII, `low` the same in lower case."""
    done = 0
    for start, end in _names(plain, low):
        if start < done:
            continue
        name = plain[start:end]
        kind = names.strength(name)
        if kind == names.NONE:
            continue
        if span := _value(text, plain, start, end, name, kind):
            yield span
            done = span[1]


def _names(plain: str, low: str) -> list[Span]:
    """The words around the stems, in order."""
    found: dict[int, int] = {}
    for stem in names.STEMS:
        at = low.find(stem)
        while at >= 0:
            window = plain[max(0, at - REACH) : at]
            start = at - len(window) + len(window.rstrip(_LETTERS))
            right = _RIGHT.match(plain, at, at + REACH)
            end = right.end() if right else at
            found[start] = max(found.get(start, 0), end)
            at = low.find(stem, max(end, at + 1))
    return sorted(found.items())


def _value(text: str, plain: str, start: int, end: int, name: str, kind: int) -> Span | None:
    before = plain[max(0, start - 160) : start]
    if name.startswith("-"):
        match = _FLAG.match(text, end)
        if match and not ((match["bare"] or "").isalpha() and not _ARGUMENT_ENDS.match(plain, match.end())):
            return _settled(match, plain, name, kind, close=True)
        if match or name.startswith("--"):
            return None
    if before.endswith(("<", '"', "'", ":")) and _OPENING.search(before):
        match = _ELEMENT.match(text, end) or _PAIR.match(text, end)
        if match and match["quoted"] and values.quoted(match["quoted"].strip(), name, kind, True):
            return match.span("quoted")
        return None
    match = _VARIABLE.match(text, end) if name.isupper() else None
    if match and not match["bare"].endswith((",", "(", "\\")) and values.bare(match["bare"], name, kind, True, True):
        return match.span("bare")
    if match := _ASSIGNED.match(text, end):
        if match["lines"] and not _LINE_ENDS.match(plain, match.end() + len(match["quote"] or "")):
            return None
        if (
            match["quoted"]
            and "{" in match[0][: match.start("quoted") - start]
            and _MEMBER.match(text, match.end() + 1)
        ):
            return None
        close = match["sign"] == "=" and not match["gap"]
        if span := _settled(match, plain, name, kind, close=close):
            return span
        if match["sign"] == ":" and kind == names.PASSWORD and _only_word(match, before, plain, name):
            return match.span("bare")
        return None
    match = _PAIR.match(text, end)
    return _settled(match, plain, name, kind, close=True) if match else None


def _settled(match: re.Match[str], plain: str, name: str, kind: int, *, close: bool) -> Span | None:
    """Where the value is that was matched, if it is one."""
    if name.lower().endswith("auth") and len(match["quoted"] or match["bare"]) < 16:
        return None
    if match["quoted"] is not None:
        as_json = (
            match.string[match.start() : match.start() + 1] in ('"', "'")
            and ":" in match.string[match.start() : match.start("quoted")]
        )
        return match.span("quoted") if values.quoted(match["quoted"], name, kind, as_json) else None
    value, end = match["bare"], match.end("bare")
    trimmed = value.rstrip(".:")
    ends, called = _ENDS.match(plain, end) is not None, plain[end : end + 1] in ("(", "[")
    if not values.bare(trimmed, name, kind, close, ends, called):
        return None
    return match.start("bare"), match.start("bare") + len(trimmed)


def _only_word(match: re.Match[str], before: str, plain: str, name: str) -> bool:
    """`password: letmein` alone on a line, as in YAML."""
    value = match["bare"]
    return (
        value is not None
        and len(value) >= 6
        and value.isalpha()
        and value.islower()
        and not values.harmless(value, name)
        and _LINE_START.search(before) is not None
        and _LINE_ENDS.match(plain, match.end("bare")) is not None
    )
