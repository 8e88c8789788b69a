"""Ranks: text keys that order the cards of a column, so that moving one card writes one event (domain.md D5).

A rank is digits of base 62, read as a fraction after a leading point; between any two there is another.
The rank of the end of a column is the current time, which is above every rank made earlier.
"""

from datetime import UTC, datetime

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST = 64
"""Characters; before a rank grows longer, the column is given new, evenly spaced ranks."""


def end(at: datetime | None = None) -> str:
    """The rank for the end of a column at a time (now, unless given); all times before 1970 are one."""
    micros = min(max(0, int((at or datetime.now(UTC)).timestamp() * 1_000_000)), len(DIGITS) ** 9 - 1)
    return "z" + _base62(micros).rjust(9, "0") + "V"


def between(low: str | None, high: str | None) -> str:
    """A rank after `low` and before `high`; None means the start or the end of the column.

    Raises:
        ValueError: low is not before high.
    """
    if high is None:
        now = end()
        return now if low is None or low < now else low + "V"
    if low is not None and low >= high:
        raise ValueError(f"{low} is not before {high}")
    low = low or ""
    width = max(len(low), len(high))
    while True:
        floor, ceiling = _number(low, width), _number(high, width)
        if ceiling - floor > 1:
            return _base62((floor + ceiling) // 2).rjust(width, "0").rstrip("0")
        width += 1


def spread(count: int) -> list[str]:
    """`count` ranks in order, short and evenly spaced."""
    width = max(2, len(_base62(count * 2)))
    step = len(DIGITS) ** width // (count + 1)
    return [_base62(step * n).rjust(width, "0").rstrip("0") or "V" for n in range(1, count + 1)]


def _number(rank: str, width: int) -> int:
    number = 0
    for digit in rank.ljust(width, "0"):
        number = number * len(DIGITS) + DIGITS.index(digit)
    return number


def _base62(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text
