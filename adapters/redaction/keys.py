"""Private keys: PEM with and without its first and last line, PuTTY's, and base64 of a text with secrets."""

import base64
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from workledger.adapters.redaction.spans import Span

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(
    r"""(?: [ \t]*+ \r?\n? [ \t]*+ [>|"'+,*#]{0,4}+ [ \t]*+
            (?: (?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n]{0,200}+ | [A-Za-z0-9+/=_-]{20,}+ (?![^\s"',+\\)]) )
            ["',+\\]{0,4}+ )*+
        (?: [ \t]*+ \r?\n? [ \t]*+ [>|"'+,*#]{0,4}+ [ \t]*+
            (?=[A-Za-z+/]{0,80}[0-9A-Z+/=]) [A-Za-z0-9+/=]{2,80}+ (?=["',+\\]{0,4}+(?:\s|\Z)) )?+""",
    re.VERBOSE,
)
_KEYISH = re.compile(r"(?:[\w+/=\s\"'\\,.:;>|+*#$-])*+\Z")
_LARGEST = 20_000

_LINE = re.compile(r"(?m)(?<![A-Za-z0-9+/=])(?P<body>[A-Za-z0-9+/]{60,80})=?=?[\"',+\\ \t]*+\r?$")
_DER = re.compile(
    r"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{2}[AQgw]IBA[AD]|MI[GH][A-Za-z0-9+/]AgE[AB]|MC4CAQAwBQYDK2V|MHcCAQEE|b3BlbnNzaC1rZXktdjE|MIIF[A-Za-z0-9+/]{2}BAME)[A-Za-z0-9+/]{8,}+={0,2}"
)
_PUTTY = re.compile(
    r"Private-Lines:[ \t]*+\d{1,4}+(?P<body>(?:[ \t]*+\r?\n[ \t]*+[A-Za-z0-9+/=]{1,80}+(?=[ \t]*+\r?(?:\n|\Z)))++)"
)
_MAC = re.compile(r"Private-MAC:[ \t]*+(?P<body>[0-9a-f]{20,}+)")

_BLOB = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{20,}+={0,2}(?![A-Za-z0-9+/=_-])")
_TEXT = 6000
"""Characters of base64 that are decoded, of one run."""


def private_keys(text: str) -> Iterator[Span]:
    """Where a private key is."""
    if "PRIVATE KEY" in text:
        yield from _pem(text)
    if "Private-" in text:
        for pattern in (_PUTTY, _MAC):
            yield from (match.span("body") for match in pattern.finditer(text))
    yield from _bodies(text)


def _pem(text: str) -> Iterator[Span]:
    ends = [match.span() for match in _END.finditer(text)]
    begins = [match.span() for match in _BEGIN.finditer(text)]
    for number, (start, after) in enumerate(begins):
        limit = begins[number + 1][0] if number + 1 < len(begins) else len(text)
        next_end = bisect_left(ends, (after, 0))
        if next_end < len(ends) and ends[next_end][0] < limit and ends[next_end][0] - after < _LARGEST:
            body = text[after : ends[next_end][0]]
            if any(map(str.isalnum, body)) and _KEYISH.match(body):
                yield start, ends[next_end][1]
                continue
        body_match = _BODY.match(text, after)
        if body_match and any(map(str.isalnum, body_match[0])):
            yield start, body_match.end()


def _bodies(text: str) -> Iterator[Span]:
    """Parts of a key without its first line: by how its data begins, or three lines of base64 of one length."""
    yield from (match.span() for match in _DER.finditer(text))
    run: list[re.Match[str]] = []
    lines: list[re.Match[str] | None] = [*_LINE.finditer(text), None]
    for match in lines:
        if match and (not run or _next_to(text, run, match)):
            run.append(match)
            continue
        yield from _run(text, run)
        run = [match] if match else []


def _next_to(text: str, run: list[re.Match[str]], match: re.Match[str]) -> bool:
    """Whether it is the next line, and as long as those before."""
    between = text[run[-1].end() : match.start()]
    return len(match["body"]) == len(run[0]["body"]) and len(between) < 40 and not between.strip(" \t\r\n>|\"'+#,\\")


_LAST = re.compile(r"\r?\n[ \t>|\"'+#]*+[A-Za-z0-9+/]{4,80}={0,2}(?=[\"',+\\ \t]*+\r?(?:\n|\Z))")


def _run(text: str, run: list[re.Match[str]]) -> Iterator[Span]:
    if len(run) < 3 and not (run and _DER.match(run[0]["body"])):
        return
    first = run[0]["body"]
    if len(first) not in (64, 70) or not _mixed(first) or _public(text, run[0].start()):
        return
    last = _LAST.match(text, run[-1].end())
    yield run[0].start("body"), last.end() if last else run[-1].end("body")


def _mixed(line: str) -> bool:
    return any(map(str.isdigit, line)) and any(map(str.isupper, line)) and any(map(str.islower, line))


def _public(text: str, start: int) -> bool:
    """What stands before it says that it is no private key."""
    before = text[max(0, start - 100) : start]
    return "BEGIN CERTIFICATE" in before or "PUBLIC KEY" in before or "base64," in before or "Public-Lines" in before


def encoded(text: str, find: Callable[[str], Iterable[Span]]) -> Iterator[Span]:
    """Base64 of a text in which `find` finds a secret, such as a file of settings."""
    for match in _BLOB.finditer(text):
        blob = match[0][:_TEXT]
        if (plain := _decoded(blob[:24])) and _printable(plain):
            whole = _decoded(blob)
            if whole and _printable(whole) and any(True for _ in find(whole)):
                yield match.span()


def _decoded(blob: str) -> str | None:
    try:
        return base64.b64decode(blob[: len(blob) // 4 * 4]).decode("utf-8", "ignore")
    except ValueError:
        return None


def _printable(plain: str) -> bool:
    return len(plain) > 8 and plain.isascii() and all(one.isprintable() or one in "\r\n\t" for one in plain)
