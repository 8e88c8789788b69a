"""Values of a Codewalkers database: times in whichever unit, JSON that comes back as it was, or as text."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.adapters.codewalkers.columns import Column
from workledger.adapters.codewalkers.values import boolean, integer, parsed, time, value_of

NOON = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
SECONDS = int(NOON.timestamp())

TIMES: dict[str, tuple[Any, datetime | None]] = {
    "seconds": (SECONDS, NOON),
    "milliseconds": (SECONDS * 1000, NOON),
    "milliseconds that count": (SECONDS * 1000 + 123, NOON.replace(microsecond=123_000)),
    "seconds with a fraction": (SECONDS + 0.5, NOON.replace(microsecond=500_000)),
    "seconds in text": (str(SECONDS), NOON),
    "as SQLite writes CURRENT_TIMESTAMP": ("2026-02-01 12:00:00", NOON),
    "as JavaScript writes it": ("2026-02-01T12:00:00.000Z", NOON),
    "with another zone": ("2026-02-01T13:00:00+01:00", NOON),
    "the beginning": (0, datetime(1970, 1, 1, tzinfo=UTC)),
    "before it": (-86_400, datetime(1969, 12, 31, tzinfo=UTC)),
    "the last second that is none of milliseconds": (10**11 - 1, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
    "the first millisecond": (10**11, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
    "no time": ("soon", None),
    "after the calendar": (10**18, None),
    "no number": (float("inf"), None),
}


@pytest.mark.parametrize("name", TIMES)
def test_a_time_is_read_in_whichever_unit_it_is(name: str) -> None:
    raw, wanted = TIMES[name]
    faults: list[str] = []
    assert time(raw, faults.append) == wanted
    assert bool(faults) == (wanted is None)


@pytest.mark.parametrize(("raw", "wanted"), [(1, True), (0, False), ("true", True), ("0", False), ("maybe", None)])
def test_a_boolean_is_a_number_or_a_word(raw: Any, wanted: bool | None) -> None:
    assert boolean(raw, lambda fault: None) is wanted


@pytest.mark.parametrize(("raw", "wanted"), [(7, 7), ("7", 7), (7.0, 7), (7.5, None), (2**60, None), (b"x", None)])
def test_a_number_is_one_that_every_client_reads(raw: Any, wanted: int | None) -> None:
    assert integer(raw, lambda fault: None) == wanted


def test_a_value_that_is_not_known_becomes_the_default() -> None:
    faults: list[str] = []
    column = Column(values=("low", "high"), default="low")
    assert value_of(column, "urgent", faults.append) == "low"
    assert faults == ["values that are not known: 'urgent'"]
    assert value_of(column, None, faults.append) == "low"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_json_comes_back_as_it_was_or_as_the_text_that_it_was(value: Any, ascii: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii)
    found = parsed(written, lambda fault: None)
    if isinstance(found, dict) and found.keys() == {"raw"} and isinstance(found["raw"], str) and found != value:
        assert found["raw"] == written or "\ufffd" in found["raw"]
    else:
        assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    "written",
    [
        *('{"a": 1, "a": 2}', "[1e400]", "[NaN]", "[12345678901234567890]", "[0.1234567890123456789]", "[-0]"),
        *('["\\u0000"]', "[" * 200 + "]" * 200, "words", "", "{"),
    ],
)
def test_json_that_would_come_back_as_something_else_stays_text(written: str) -> None:
    assert parsed(written, lambda fault: None) == {"raw": written}
