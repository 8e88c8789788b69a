"""Whether what stands behind a secret's name is its value, or only code, a type or an example of its form."""

import re
from functools import lru_cache

from workledger.adapters.redaction.names import PASSWORD, STEMS
from workledger.adapters.redaction.spans import words

_PLACEHOLDER = re.compile(
    r"""\[redacted | [<{*.…%]|\$[A-Za-z_{(] | \#\{ | (?:x{3,}|X{3,}|\W)*+\Z | your[-_ ] | \.\.\. | env[:(.]
      | \#[0-9A-Fa-f]{6}\Z | process\.env | os\.environ | arn: | (?:data|file|vault|secretmanager|https?|op)://? """,
    re.VERBOSE,
)
_HARMLESS = words(
    "include omit same-origin true false yes no none null nil undefined required optional string str text number int"
    " integer bool boolean any bytes object array unknown never void password passwd secret token user username email"
    " login hidden bearer basic digest oauth oauth2 jwt header cookie query body session disabled enabled default"
    " keyword keywords identifier name type key value auto redacted removed masked hidden changeme self this static"
    " public private readonly str) invalid expired missing valid wrong csrf xsrf"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CODE = re.compile(
    r"(?:self|this|process|os|config|settings|options|props|state|args|req|request|params|data|env|ctx)\."
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*+(?:\.[A-Za-z_$][\w$]*+)*+\Z")
_OUTSIDE = re.compile(r"[\s,;)+.]")
"""Begins what follows a string, not what is in it."""
_WORDS = re.compile(r"[A-Za-z]*\d{0,2}(?:[-_.:*/][A-Za-z]*\d{0,2})*\Z")
_TOKEN = re.compile(r"[\w!@#%^&*~+/=.:|$?-]{6,}\Z")
_PATH = re.compile(r"(?:[.~]{0,2}/|[A-Za-z]:\\)[\w./@ -]*\Z|[\w-]++(?:/[\w.-]++)*+\.(?:\w{1,5})\Z")


@lru_cache(4096)
def quoted(value: str, name: str, kind: int, as_json: bool) -> bool:
    """Whether a quoted value is one.

    Args:
        as_json: the name has quotes, too, as in JSON, where a value is no name of something else.
    """
    if harmless(value, name) or (not as_json and _OUTSIDE.match(value)):
        return False
    if kind == PASSWORD:
        return len(value) >= 3 and not _sentence(value) and not (_PATH.match(value) and "/" in value)
    if any(letter.isspace() for letter in value):
        return False
    if as_json and len(value) >= 4:
        return not (_PATH.match(value) or ("." in value and _NAME.match(value)))
    return looks_random(value)


@lru_cache(4096)
def bare(value: str, name: str, kind: int, close: bool, ends: bool, called: bool = False) -> bool:
    """Whether a value without quotes is one.

    Args:
        close: it follows the `=` at once, as in a shell or a file of settings.
        ends: nothing follows it that makes it part of an expression.
        called: what follows it says that it is the name of a function or a list.
    """
    if len(value) < 4 or harmless(value, name) or _CODE.match(value):
        return False
    if len(value) >= 12 and "." not in value and not called and looks_random(value):
        return True
    if _NAME.match(value):  # it could be a variable, too
        if "." in value:
            return False
        mixed = any(one.isdigit() for one in value)
        if close and ends:
            return kind == PASSWORD or mixed or len(value) >= 20
        return ends and mixed and (kind == PASSWORD or looks_random(value))
    if value.isdigit():
        return kind == PASSWORD and close and ends
    return (looks_random(value) if kind != PASSWORD else not _PATH.match(value)) and ends


def looks_random(value: str) -> bool:
    """Letters and digits mixed, and no path, name or sentence."""
    if not _TOKEN.match(value) or _PATH.match(value):
        return False
    letters = sum(one.isalpha() for one in value)
    digits = sum(one.isdigit() for one in value)
    if not digits:
        return len(value) >= 24 and value != value.lower() and not re.search(r"[-_. ]", value)
    if len(value) < 16:
        return letters > 0 and not _WORDS.match(value)
    longest = max((len(part) for part in re.split(r"[^A-Za-z0-9]+", value)), default=0)
    return letters > 0 and (longest >= 12 or digits >= 4)


def placeholder(value: str) -> bool:
    """It stands for a value: `$TOKEN`, `<token>`, `{token}`, `***`."""
    return _PLACEHOLDER.match(value) is not None


def harmless(value: str, name: str) -> bool:
    """A placeholder, a word that is no secret, or words of the name itself, as in `apiKey = "apiKey"`."""
    low = value.lower()
    if placeholder(value) or low in _HARMLESS:
        return True
    parts = [word.lower() for word in _WORD.findall(value)]
    if not parts or any(one.isdigit() for one in value):
        return False
    own = {word.lower() for word in _WORD.findall(name)}
    return all(word in own or word in _HARMLESS or word in STEMS for word in parts)


def _sentence(value: str) -> bool:
    """Such as an error message about a password."""
    parts = value.split()
    return len(parts) > 1 and (any(stem in value.lower() for stem in ("pass", "secret", "token")) or len(parts) > 6)
