"""Redaction: secrets and home folders leave what is imported before anything is stored, for events are for ever.

It errs on the side of taking too much. What it cannot see, such as a secret in an image or one without any shape,
the caller's own `Redact` may take.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeAlias, Union

JSON: TypeAlias = Union[bool, int, float, str, list["JSON"], dict[str, "JSON"], None]  # noqa: UP007, it is recursive
Redact: TypeAlias = Callable[[JSON], JSON]
"""Returns a value of a source without what must not be stored."""

GONE = "[redacted]"
SHORT = 200
"""Characters; strings up to this length recur (folders, versions), so their redacted forms are cached."""

_NAME = r"[^\s/\\:;,'\"`<>()\[\]{}|*?$&%#]+"

_SHAPES = tuple(
    (marks, re.compile(pattern), instead)
    for marks, pattern, instead in (
        # Searching for the mark alone is many times faster than searching for the pattern. Where a look-behind
        # follows a literal it stands for \b, so that the search can still run for the literal.
        (("sk-",), r"sk-(?<!\wsk-)(?=[a-zA-Z_-]*\d)[\w-]{16,}", GONE),
        (("k_live_", "k_test_"), r"[srp]k_(?:live|test)_\w{10,}", GONE),
        (("ghp_", "gho_", "ghs_", "ghu_", "ghr_"), r"gh[opsur]_\w{20,}", GONE),
        (("github_pat_",), r"github_pat_\w{20,}", GONE),
        (("glpat-",), r"glpat-[\w-]{16,}", GONE),
        (("npm_",), r"npm_[A-Za-z0-9]{30,}", GONE),
        (("pypi-",), r"pypi-\w[\w-]{40,}", GONE),
        (("hf_",), r"hf_(?<!\whf_)[A-Za-z0-9]{24,}", GONE),
        (("AKIA", "ASIA"), r"A[KS]IA(?<!\w....)[A-Z0-9]{16}(?!\w)", GONE),
        (("AIza",), r"AIza[\w-]{30,}", GONE),
        (("xox", "xapp-"), r"x(?:ox[a-z]|app)-[\w-]{8,}", GONE),
        (("eyJ",), r"eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*", GONE),
        (("PRIVATE KEY",), r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[\s\S]*?(?:-----END [A-Z0-9 ]*KEY[A-Z ]*-----|\Z)", GONE),
        (("://",), r"://(?:[^\s/:@'\"<>]*:[^\s/@'\"<>]+|\w{20,})@", f"://{GONE}@"),
        (("/home/",), rf"/(?<![\w.~-]/)home/{_NAME}|/var/home/{_NAME}", "~"),
        (("/Users/",), rf"/(?<![\w.~:-]/)Users/{_NAME}|(?:/mnt)?/[a-z]/Users/{_NAME}|[A-Za-z]:/Users/{_NAME}", "~"),
        (("Users\\",), rf"[A-Za-z]:(\\+)Users\1{_NAME}", "~"),
        (("/-home-", "/-Users-"), r"/-(?:home|Users)-[^-/\s]+(?=[-/])", "/-~"),
    )
)
_STEMS = ("pass", "secret", "token", "credential", "authorization", "bearer", "key")
_WORD = r"(?:pass(?:word|wd|phrase)|secret|token|credential|authorization|(?:api|access|private)[_-]?key)"
_VALUE = re.compile(
    rf"""(?: {_WORD} \w* (?:\\?["'])? [ \t]* (?:=>|:=|[=:](?!=)) [ \t]* (?:(?:basic|bearer|token)[ ]+)? | bearer [ ]+ )
        (?: \\?["'] (?P<quoted> (?![\s$<*{{]|\[redacted) [^"'\\\s]{{4,}})
          | (?! (?:true|false|null|none|nil|undefined|string|str|int|number|bool|boolean|any|bytes|\d+)\b
              | (?:self|this|process|os|config|settings)\. )
            (?= [^\s"'`,;()\[\]{{}}<>&|]*[\d!@#%^~] | (?<==)\w)    # a mere word is one only when it follows = at once
            (?P<bare> [\w!@#%^~+/=.-]{{4,}}) (?![\w(\[.]) )""",
    re.IGNORECASE | re.VERBOSE,
)
_LEAD = re.compile(r"(?:api|access|private)[_-]?\Z")
_SECRET_NAME = re.compile(rf"{_WORD}$", re.IGNORECASE)


def redact(value: JSON) -> JSON:
    """The default: without API keys, tokens, passwords and private keys, and with `~` for home folders."""
    if isinstance(value, str):
        return _short(value) if len(value) <= SHORT else redact_text(value)
    if isinstance(value, dict):
        return {
            _short(name): GONE if one and isinstance(one, str) and _secret(name) else redact(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [redact(one) for one in value]
    return value


class Counted:
    """A `Redact` that knows how many texts it took something from.

    Attributes:
        count: texts in which something was replaced by the mark `[redacted]`, names of fields among them, and numbers
            that were. Home folders shown as `~` do not count, nor does what was marked before.
    """

    def __init__(self, redact: Redact) -> None:
        self._redact, self.count = redact, 0

    def __call__(self, value: JSON) -> JSON:
        clean = self._redact(value)
        self.count += _marked(value, clean)
        return clean


def counted(redact: Redact) -> Counted:
    """The same redaction, which counts."""
    return Counted(redact)


def _marked(value: JSON, clean: JSON) -> int:
    """How many texts of `clean` have more marks than those of `value` that they came from."""
    count, pairs = 0, [(value, clean)]
    while pairs:
        value, clean = pairs.pop()
        if value is clean:
            continue
        if isinstance(value, dict) and isinstance(clean, dict) and len(value) == len(clean):
            pairs += zip(value, clean, strict=True)
            pairs += zip(value.values(), clean.values(), strict=True)
        elif isinstance(value, list) and isinstance(clean, list) and len(value) == len(clean):
            pairs += zip(value, clean, strict=True)
        else:
            count += _marks(clean) > _marks(value)
    return count


def _marks(value: JSON) -> int:
    return value.count(GONE) if isinstance(value, str) else 0


def redact_text(text: str) -> str:
    """The same for plain text."""
    plain = _plain(text)
    for marks, pattern, instead in _SHAPES:
        for mark in marks:
            if mark in plain:
                text = pattern.sub(instead, text)
                plain = _plain(text)
                break
    low = plain.lower()
    done, parts = 0, []
    for start in sorted(start for stem in _STEMS if stem in low for start in _starts(stem, low)):
        match = _VALUE.match(text, start) if start >= done else None
        if match and match.lastgroup:
            parts += [text[done : match.start(match.lastgroup)], GONE]
            done = match.end(match.lastgroup)
    return "".join([*parts, text[done:]]) if parts else text


_short = lru_cache(8192)(redact_text)


def _plain(text: str) -> str:
    """As long as the text, and ASCII: several times faster to search."""
    return text if text.isascii() else text.encode("ascii", "replace").decode("ascii")


def _starts(stem: str, low: str) -> Iterator[int]:
    """Where a word with that stem begins."""
    at = low.find(stem)
    while at >= 0:
        if stem != "key":
            yield at
        elif lead := _LEAD.search(low, max(0, at - 8), at):
            yield lead.start()
        at = low.find(stem, at + len(stem))


@lru_cache(2048)
def _secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None
