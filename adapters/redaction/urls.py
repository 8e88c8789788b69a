"""Credentials in URLs: before the host, also with `/` and `@` in the password, and in the query."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction import names, values
from workledger.adapters.redaction.spans import Span, words

LARGEST = 1000
"""Characters of a URL that are looked at."""

_REST = re.compile(rf"[^\s\"'<>`\\|]{{1,{LARGEST}}}+")
_USER = re.compile(r"[^:/@?#]{0,200}+:")
_PORT = re.compile(r"\d{1,5}(?:[/?#]|\Z)")
_HOST = re.compile(
    r"(?:[A-Za-z0-9_](?:[\w.-]*+)|\[[0-9A-Fa-f:.]+\]|\{[\w.]+\}|\$\{?\w+\}?)(?::[\d$]|[/?#,:;.)\]}&]|\Z)"
)
_WEB = ("http", "https", "ws", "wss", "file")
_LONE = re.compile(r"[\w%.~+=-]{16,}+\Z")
_PARAMETER = re.compile(rf"[?&;](?P<name>[\w.-]{{2,60}}+)=(?P<value>[^\s&#\"'<>`\\)\]}}|;,]{{4,{LARGEST}}}+)")
_SIGNATURES = words(
    "key sig signature sas code hmac hash auth x-amz-signature x-amz-security-token x-amz-credential x-goog-signature"
    " sid session sessionid session_id pw pass apikey appid app_key state_token client_secret private_token"
)


def urls(text: str) -> Iterator[Span]:
    """Where credentials are."""
    at = text.find("://")
    while at >= 0:
        rest = _REST.match(text, at + 3)
        if rest and (span := _userinfo(text, at, rest[0])):
            yield span
        at = text.find("://", at + 3)
    if "=" in text:
        for match in _PARAMETER.finditer(text):
            if _secret(match["name"], match["value"]):
                yield match.span("value")


def _userinfo(text: str, at: int, rest: str) -> Span | None:
    """Before the last `@` that a host follows, unless another URL begins before."""
    start = at + 3
    rest = rest[: again if (again := rest.find("://")) >= 0 else None]
    end = rest.rfind("@")
    while end > 0 and not _HOST.match(rest, end + 1):
        end = rest.rfind("@", 0, end)
    if end <= 0:
        return None
    user = _USER.match(rest, 0, end)
    if user is None:
        return (start, start + end) if _LONE.match(rest[:end]) and any(map(str.isdigit, rest[:end])) else None
    password = rest[user.end() : end]
    scheme = text[max(0, at - 8) : at].lower()
    if not password or (scheme.endswith(_WEB) and _PORT.match(password)):
        return None
    if values.placeholder(password) or password.lower() in {
        "password",
        "pass",
        "pw",
        "pwd",
        "secret",
        "passwd",
        "token",
    }:
        return None
    return start, start + end


def _secret(name: str, value: str) -> bool:
    if values.placeholder(value) or values.harmless(value, name):
        return False
    if names.strength(name) == names.PASSWORD:
        return True
    if names.strength(name) or name.lower() in _SIGNATURES:
        return values.looks_random(value) or (len(value) >= 8 and any(map(str.isdigit, value)) and "%" in value)
    return False
