"""Ranks: text keys that order the cards of a column, so that moving one card writes one event (domain.md D5).

A rank is digits of base 62, read as a fraction after a leading point; between any two there is another.
The end of a column is the present moment, which lies after every rank given out before.
"""

from datetime import UTC, datetime

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST = 64
"""Characters; a longer rank asks for the column to be spread out again."""


def end(at: datetime | None = None) -> str:
    """The rank of what is put at the end of a column at that moment (now, unless given)."""
    micros = int((at or datetime.now(UTC)).timestamp() * 1_000_000)
    return "z" + _base62(micros).rjust(9, "0") + "V"


def between(low: str | None, high: str | None) -> str:
    """A rank after `low` and before `high`; None stands for the start and the end of the column.

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
    """So many ranks in order, short and evenly apart."""
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
