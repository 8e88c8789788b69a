"""Values as the database has them, made fit for an event: texts, numbers, times, JSON in text."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from workledger.adapters.codewalkers.columns import Column
from workledger.adapters.importing import EARLIEST, LATEST
from workledger.domain.kernel.fields import WIDEST, storable

SECONDS = 10**11
"""Larger numbers are milliseconds: seconds would be after the year 5138, and smaller milliseconds before 1973."""

FALSE, TRUE = ("0", "false", "f", "no", ""), ("1", "true", "t", "yes")
DEEPEST = 100
"""Levels of JSON that every database and client takes."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

Tell = Callable[[str], None]
"""Told what of a value could not be kept as it is."""


class _Inexact(ValueError):
    """JSON that would come back as something else."""


def value_of(column: Column, raw: Any, tell: Tell) -> Any:
    """The value of a column; where it has none that counts, its default."""
    if raw is None:
        return column.default
    if column.kind == "text" and type(raw) is str and not column.values and storable(raw):
        return raw  # most values, by far
    found = READERS[column.kind](raw, tell)
    if found is None:
        return column.default
    if column.values and found not in column.values:
        tell(f"values that are not known: {str(found)[:40]!r}")
        return column.default
    return found


def text(raw: Any, tell: Tell) -> str:
    """Text, with a mark in place of what no database stores: NUL, and halves of surrogates."""
    told = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    if storable(told):
        return told
    tell("characters that no database holds")
    return told.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def integer(raw: Any, tell: Tell) -> int | None:
    """A whole number that every JSON parser reads exactly."""
    try:
        number = Decimal(str(raw).strip())
        whole = int(number) if number == number.to_integral_value() and abs(number) <= WIDEST else None
    except (ArithmeticError, ValueError):
        whole = None
    if whole is None:
        tell("numbers that are none")
    return whole


def boolean(raw: Any, tell: Tell) -> bool | None:
    told = str(raw).strip().lower()
    if told in FALSE or told in TRUE:
        return told in TRUE
    tell("booleans that are none")
    return None


def time(raw: Any, tell: Tell) -> datetime | None:
    """A time in seconds or milliseconds since 1970, or written as SQLite does (`CURRENT_TIMESTAMP`), in UTC."""
    try:
        at = _written(raw) if isinstance(raw, str) and _ISO.match(raw.strip()) else _counted(Decimal(str(raw)))
    except (ArithmeticError, ValueError, OverflowError):
        tell("times outside the calendar")
        return None
    if not EARLIEST <= at <= LATEST:
        tell("times outside the calendar")
        return None
    return at


def parsed(raw: Any, tell: Tell) -> Any:
    """JSON as what it says; under `raw` as it is written, where it is none or would come back as something else."""
    written = text(raw, tell)
    try:
        value = json.loads(
            written, parse_int=_int, parse_float=_float, parse_constant=_none, object_pairs_hook=_unambiguous
        )
        if not _holds(value):
            raise _Inexact
    except (ValueError, RecursionError):
        return {"raw": written}
    return value


def parsed_object(raw: Any, tell: Tell) -> Any:
    """As `parsed`; JSON that is no object is under `raw`."""
    value = parsed(raw, tell)
    return value if isinstance(value, dict) else {"raw": text(raw, tell)}


def fingerprint(raw: Any, tell: Tell) -> str:
    """A digest of a secret: the secret itself is not kept."""
    whole = raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(whole).hexdigest()[:32]}"


READERS: dict[str, Callable[[Any, Tell], Any]] = {
    "text": text,
    "integer": integer,
    "boolean": boolean,
    "time": time,
    "json": parsed,
    "object": parsed_object,
    "secret": fingerprint,
}


def _written(raw: str) -> datetime:
    at = datetime.fromisoformat(raw.strip().replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _counted(number: Decimal) -> datetime:
    milliseconds = number if abs(number) >= SECONDS else number * 1000
    return EPOCH + timedelta(milliseconds=int(milliseconds))


def _int(written: str) -> int:
    if len(written) > 20 or abs(int(written)) > WIDEST or written == "-0":
        raise _Inexact
    return int(written)


def _float(written: str) -> float:
    if len(written) > 40 or Decimal(written) != Decimal(repr(float(written))):
        raise _Inexact
    return float(written)


def _none(written: str) -> Any:
    raise _Inexact


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Inexact
    return made


def _holds(value: Any) -> bool:
    """Whether every database holds its texts, and its depth."""
    ahead, depth = [value], 0
    while ahead:
        depth += 1
        deeper: list[Any] = []
        for one in ahead:
            if isinstance(one, str) and not storable(one):
                return False
            if isinstance(one, dict):
                deeper += [*one, *one.values()]
            elif isinstance(one, list):
                deeper += one
        ahead = deeper
    return depth <= DEEPEST
