"""Credentials in HTTP headers: whatever the scheme, to the end of the value."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction import values
from workledger.adapters.redaction.spans import Span, words

_SEPARATOR = r"""(?: ["'`] [ \t]*+ , | ["'`]?+ [ \t]*+ (?:=>|[:=]) )
    [ \t]*+ [\[({]{0,2}+ (?:[bBrRfFuU]{1,2}(?=["'`]))?+ ["'`]?+ [ \t]*+"""

_AUTHORIZATION = re.compile(
    rf"""authorization {_SEPARATOR}
        (?P<value> (?: (?P<scheme>[A-Za-z][\w-]{{1,30}}) [ ]{{1,3}} )?+
            [^\s"'`<>{{}}$|;]{{4,4000}}+ (?: [ ]?+ ,[ ] [\w-]{{1,60}}+ = "?+ [^\s"]{{1,500}}+ "?+ )*+ )""",
    re.IGNORECASE | re.VERBOSE,
)
_SCHEMES = words(
    "basic bearer token apikey api-key key digest negotiate ntlm hawk dpop ssws geniekey splunk aws4-hmac-sha256 jwt"
    " oauth discogs bot private-token accesskey sharedkey sharedaccesssignature signature hmac vapid klaviyo-api-key"
    " zoho-oauthtoken cloudant mac nostr pat"
)
_BEARER = re.compile(
    r"""(?<![\w-])(?:bearer|basic|apikey|token)[ ]{1,3}(?:\\?["'])?(?P<value>[\w.~+/-]{8,4000}+={0,2}+)(?![\w(\[=])""",
    re.IGNORECASE | re.VERBOSE,
)
_COOKIE = re.compile(
    rf"""(?<![\w.])(?:set-)?cookie {_SEPARATOR}
        (?P<value> [\w!#$%&*+.^|~-]{{1,100}}+ = (?!\s|=) [^\s"'`<>{{}}\[;]{{1,4000}}+
            (?:;[ \t]?(?![ \t\r\n])[^\r\n"'`;]{{1,4000}}+)*+ )""",
    re.IGNORECASE | re.VERBOSE,
)
_CUSTOM = re.compile(
    rf"""(?<![\w-])(?:x-)?(?:[a-z]{{1,20}}-){{0,3}}
        (?:api-?key|token|secret|password|auth|session|csrf|signature) {_SEPARATOR}
        (?P<value>[\w!@#%^~+/=.:-]{{6,4000}}+)""",
    re.IGNORECASE | re.VERBOSE,
)


def headers(text: str, low: str) -> Iterator[Span]:
    """Where credentials are; `low` is the text in lower case and ASCII, as long as the text."""
    if "authorization" in low:
        for match in _AUTHORIZATION.finditer(text):
            if span := _credentials(match):
                yield span
    if "cookie" in low:
        for match in _COOKIE.finditer(text):
            if _session(match["value"]):
                yield match.span("value")
    if "bearer " in low or "basic " in low or "apikey " in low or "token " in low:
        for match in _BEARER.finditer(text):
            if _random(match["value"]):
                yield match.span("value")
    if "x-" in low or "-token" in low or "-key" in low:
        for match in _CUSTOM.finditer(text):
            if "-" in match[0][: match.start("value") - match.start()] and values.looks_random(match["value"]):
                yield match.span("value")


def _credentials(match: re.Match[str]) -> Span | None:
    """Without the scheme, which may be any word where what follows looks like a token."""
    scheme = match["scheme"] or ""
    value = match["value"][len(scheme) :].strip()
    if values.placeholder(value) or values.harmless(value, "authorization"):
        return None
    if (scheme.lower() in _SCHEMES and not (value.isalpha() and value.islower())) or values.looks_random(value):
        return match.end("value") - len(value), match.end("value")
    return None


def _session(value: str) -> bool:
    """One of the cookies is more than a setting."""
    for cookie in value.split(";"):
        name, _, content = cookie.partition("=")
        telling = any(map(str.isdigit, content)) or any(one in name.lower() for one in ("ses", "sid", "auth", "tok"))
        if telling and len(content) >= 6 and not values.placeholder(content):
            return True
    return False


def _random(value: str) -> bool:
    return not values.placeholder(value) and values.looks_random(value)
