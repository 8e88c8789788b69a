"""References to secrets: where one is kept, never what it is (domain.md D9)."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST = 500

FORM = r"^[a-z][a-z0-9+.-]{1,30}:/{0,2}[A-Za-z0-9_.~#@%+-][A-Za-z0-9_.~/#@%+:-]*$"
"""A scheme and a place, as in `vault:claude/ann#token`, `env:CLAUDE_TOKEN` or `arn:aws:secretsmanager:…`. A bare
token, a password or a file of settings has no such form."""

_LOGIN = re.compile(r"//[^/]*:[^/]*@")
"""A password in an address."""

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-|sk_|pk_live|rk_live|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|ya29\.|eyJ|AKIA|ASIA|AIza"
    r"|npm_|pypi-|hf_|SG\.|dop_v1_)[A-Za-z0-9_.-]{6}"
)
"""How tokens of providers begin."""

_RANDOM = re.compile(r"(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}")
"""Capitals, small letters and digits mixed. Ids, UUIDs and digests have letters of one case."""

_FINGERPRINT = r"^sha256:[0-9a-f]{8,64}$"


def is_secret_ref(text: str) -> bool:
    """Whether the text says where a secret is kept, and does not look like one itself."""
    if len(text) > LONGEST or not re.fullmatch(FORM, text):
        return False
    return not any(pattern.search(text) for pattern in (_LOGIN, _TOKEN, _RANDOM))


def _reference(text: str) -> str:
    if not is_secret_ref(text):
        raise PydanticCustomError(
            "secret_ref", "expected where the secret is kept, such as vault:claude/ann#token, and never the secret"
        )
    return text


SecretRef = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"pattern": FORM}), AfterValidator(_reference)]
"""Where a secret is kept: a scheme and a place. What looks like a secret itself is refused."""

Fingerprint = Annotated[str, Field(pattern=_FINGERPRINT)]
"""A digest of a secret, by which one notices that it has changed: `sha256:` and 8 to 64 hex digits."""
