"""Home folders, which name people: they are shown as `~`."""

import re

_NAME = r"[^\s/\\:;,'\"`<>()\[\]{}|*?$&%#]{1,100}+"
_VERB = r"(?<!GET )(?<!PUT )(?<!POST )(?<!HEAD )(?<!PATCH )(?<!DELETE )"

_HOMES = tuple(
    (literals, re.compile(pattern), instead)
    for literals, pattern, instead in (
        # Searching for the literal alone is many times faster than searching for the pattern. A look-behind after the
        # first character lets the search run for the literal.
        (("/home/",), rf"/(?<![\w.~-]/)home/{_NAME}|/var/home/{_NAME}", "~"),
        (
            ("/Users/",),
            rf"{_VERB}/(?<![\w.~:-]/)Users/(?!\d+\b){_NAME}|(?<![\w:/.-])(?:/mnt)?/[a-z]/Users/{_NAME}|\b[A-Za-z]:/Users/{_NAME}"
            rf"|(?<=file://)/Users/{_NAME}",
            "~",
        ),
        (("Users\\",), rf"[A-Za-z]:(\\{{1,8}})Users\1{_NAME}", "~"),
        (("/-home-", "/-Users-"), r"/-(?:home|Users)-[^-/\s]{1,100}+(?=[-/])", "/-~"),
    )
)


def without_homes(text: str) -> str:
    """The text with `~` for home folders."""
    for literals, pattern, instead in _HOMES:
        if any(literal in text for literal in literals):
            text = pattern.sub(instead, text)
    return text
