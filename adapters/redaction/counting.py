"""How many texts a redaction took something from."""

from workledger.adapters.redaction.spans import GONE
from workledger.adapters.redaction.structures import JSON, Redact


class Counted:
    """A `Redact` that counts.

    Attributes:
        count: texts in which something was replaced by the mark `[redacted]`, names of fields among them, and numbers
            that were. Home folders shown as `~` do not count, nor does what was marked before.
    """

    def __init__(self, redact: Redact) -> None:
        self._redact, self.count = redact, 0

    def __call__(self, value: JSON) -> JSON:
        clean = self._redact(value)
        self.count += marked(value, clean)
        return clean


def counted(redact: Redact) -> Counted:
    """The same redaction, which counts."""
    return Counted(redact)


def marked(value: JSON, clean: JSON) -> int:
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
