"""Redaction: secrets and home folders leave what is stored before it is, for events are for ever.

Providers' tokens are found by a scanner (scanner.py) and by their public prefixes, all else by what stands around it.
It errs on the side of taking too much. What it cannot see, such as a secret in an image or one without any shape, the
caller's own `Redact` may take.
"""

from workledger.adapters.redaction.counting import Counted, counted
from workledger.adapters.redaction.joints import Consecutive, consecutive, unsplit
from workledger.adapters.redaction.scanner import ScannerMissing
from workledger.adapters.redaction.spans import GONE
from workledger.adapters.redaction.structures import JSON, Redact, cleaned
from workledger.adapters.redaction.texts import redact_secrets_in_text, redact_text

__all__ = [
    "GONE",
    "JSON",
    "Consecutive",
    "Counted",
    "Redact",
    "ScannerMissing",
    "consecutive",
    "counted",
    "redact",
    "redact_secrets",
    "redact_text",
]


def redact(value: JSON) -> JSON:
    """The default of imports: without secrets, and with `~` for home folders."""
    return redact_text(value) if isinstance(value, str) else cleaned(unsplit(value), redact_text)


def redact_secrets(value: JSON) -> JSON:
    """Without secrets; folders stay as they are."""
    return redact_secrets_in_text(value) if isinstance(value, str) else cleaned(unsplit(value), redact_secrets_in_text)
