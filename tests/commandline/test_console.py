"""Tables of results, as wide as what they show, or as a terminal."""

import pytest

from workledger.api.commandline.console import Columns, plural, table_lines

COLUMNS: Columns = {"group": "left", "position": "right", "error": "left"}
ROWS = [("board", 4711, "no such table"), ("tool_calls", 2, "a title is missing, and so is a status")]


def test_columns_are_justified_and_numbers_have_separators() -> None:
    assert table_lines(COLUMNS, ROWS, None) == [
        "group       position  error",
        "board          4,711  no such table",
        "tool_calls         2  a title is missing, and so is a status",
    ]


def test_on_a_terminal_the_last_column_is_wrapped_under_itself() -> None:
    assert table_lines(COLUMNS, ROWS, 55)[2:] == [
        "tool_calls         2  a title is missing, and so is a",
        "                      status",
    ]


@pytest.mark.parametrize("width", [1, 20, 40])
def test_however_narrow_it_is_the_other_columns_are_shown_in_full(width: int) -> None:
    lines = table_lines(COLUMNS, ROWS, width)
    assert [line[:20] for line in lines if line[0] != " "] == [
        "group       position",
        "board          4,711",
        "tool_calls         2",
    ]


def test_characters_that_are_twice_as_wide_count_twice() -> None:
    lines = table_lines({"name": "left", "rows": "right"}, [("文法", 1), ("board", 10)], None)
    assert lines == ["name   rows", "文法      1", "board    10"]


def test_a_table_may_have_no_rows() -> None:
    assert table_lines(COLUMNS, [], 80) == ["group  position  error"]


def test_one_is_singular() -> None:
    assert [plural(count, "event") for count in (0, 1, 2000)] == ["0 events", "1 event", "2,000 events"]
