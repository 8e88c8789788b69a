"""Which names stand before a secret: `DB_PASSWORD` and `apiKey` do, `max_tokens` and `token_type` do not."""

import re
from functools import lru_cache

from workledger.adapters.redaction.spans import words

NONE, TOKEN, PASSWORD = 0, 1, 2
"""What a value is: nothing secret; something that looks like a token; anything, as a password may be any word."""

STEMS = ("pass", "pwd", "secret", "token", "credential", "auth", "key", "cookie", "jwt", "bearer", "mnemonic", "creds")
"""Each name that counts has one of them, in lower case."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PASSWORDS = frozenset({"password", "passwd", "passphrase", "passcode", "passwort", "pass", "pwd", "passwords"})
_TOKENS = frozenset(
    {"secret", "secrets", "token", "credential", "credentials", "creds", "bearer", "jwt", "cookie", "cookies"}
)
_KEYS = words(
    "access account admin api app application auth client consumer crypto customer deploy deployment encrypt encryption"
    " decrypt decryption functions hmac host ingest integration jwt license live master private project"
    " push read secret security server service session shared signing sign ssh storage subscription vault webhook write"
)
_GLUED = tuple(
    f"{one}key" for one in sorted(_KEYS - {"app", "read", "host", "live", "push", "write", "sign", "project"})
)
_NEUTRAL = words(
    "value val text plain raw string str env var b base base64 encoded dev development prod production test testing"
    " staging stage live new old current previous confirm confirmation again repeat verify default main primary"
    " secondary backup root admin user db database v b64 hex data literal override"
)
"""Words that may stand behind the one that says what it is."""
_NO_PASS = ("bypass", "compass", "trespass", "encompass", "surpass", "overpass", "multipass", "onepass")


@lru_cache(8192)
def strength(name: str) -> int:
    """NONE, TOKEN or PASSWORD."""
    parts = [word.lower() for word in _WORDS.findall(name)]
    while len(parts) > 1 and parts[-1] in _NEUTRAL:
        parts.pop()
    if not parts:
        return NONE
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last in _PASSWORDS or (
        last.endswith(("password", "passwd", "passphrase", "pass", "pwd")) and not last.endswith(_NO_PASS)
    ):
        return NONE if last == "pass" and before in {"first", "second", "by", "one", "single", "multi"} else PASSWORD
    if last in _TOKENS or last.endswith(("secret", "token")) or (last in {"authorization", "mnemonic"}):
        return TOKEN
    if last == "key":
        return TOKEN if before in _KEYS or _constant(name) else NONE
    if last.endswith(_GLUED):
        return TOKEN
    if last == "auth":
        return TOKEN if len(parts) == 1 or before in {"basic", "http", "proxy", "registry"} else NONE
    return NONE


def _constant(name: str) -> bool:
    """Such as `STRIPE_KEY`, in an environment."""
    return (
        name.isupper()
        and "_" in name.strip("_")
        and not name.startswith(("PRIMARY", "FOREIGN", "PUBLIC", "SORT", "CACHE"))
    )
