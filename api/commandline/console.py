"""What the commands print: results on stdout, notes, errors and logged messages as lines on stderr."""

import codecs
import logging
import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""

TRACEBACK = "WORKLEDGER_TRACEBACK"
"""The environment variable that lets unexpected exceptions through with their traceback."""

Columns = dict[str, Literal["left", "right"]]
"""The headings of a table, and how each column is justified."""

NARROWEST = 30
"""Characters that the last column of a table has at least, however narrow the terminal."""

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, among them those that begin a terminal's escape sequences, and those that turn text around."""


def printable(line: str) -> str:
    """The line with JSON's escapes for what would control the terminal: names and data may hold anything."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def open_streams() -> None:
    """Have stdout and stderr take every character: one that their encoding lacks is written as JSON escapes it."""
    codecs.register_error("json", _escaped)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller has closed it: nobody reads it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="json")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


def note(line: str) -> None:
    """A line for the person at the terminal."""
    print(printable(line), file=sys.stderr, flush=True)  # noqa: T201


def print_error(message: str, code: str) -> None:
    note(f"workledger: {' '.join(message.split())} [{code}]")


def first_line(error: object) -> str:
    """The first line of a message, without its full stop."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def plural(count: int, noun: str) -> str:
    """1 event, 2,000 events."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def print_line(line: str, *, flush: bool = True) -> None:
    """A line of the result."""
    sys.stdout.write(printable(line) + "\n")
    if flush:
        sys.stdout.flush()


def print_json(value: Any) -> None:
    """The result as one line of JSON."""
    import orjson  # not needed by --help

    print_line(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode())


def print_table(columns: Columns, rows: Sequence[Sequence[object]]) -> None:
    """The result as rows under headings, as wide as the terminal where there is one."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table_lines(columns, rows, width):
        print_line(line, flush=False)
    sys.stdout.flush()


def table_lines(columns: Columns, rows: Sequence[Sequence[object]], width: int | None) -> list[str]:
    """The lines of a table; given a width, its last column is wrapped to fit. All other columns are shown in full."""
    cells = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(cell) for cell in column) for column in zip(*cells, strict=True)]
    indent = sum(widths[:-1]) + 2 * (len(widths) - 1)
    if width is not None:
        widths[-1] = min(widths[-1], max(width - indent, NARROWEST))
    lines = []
    for *others, last in cells:
        first, *more = textwrap.wrap(last, widths[-1]) or [""]
        justified = zip([*others, first], widths, columns.values(), strict=True)
        lines.append("  ".join(_justified(*one) for one in justified).rstrip())
        lines += [" " * indent + one for one in more]
    return lines


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else printable(" ".join(str(value).split()))


def _justified(cell: str, width: int, side: Literal["left", "right"]) -> str:
    space = " " * (width - _width(cell))
    return cell + space if side == "left" else space + cell


def _width(cell: str) -> int:
    """The columns of a terminal that it takes: East Asian characters take two."""
    return len(cell) + sum(unicodedata.east_asian_width(one) in "WF" for one in cell if not one.isascii())


class OneLine(logging.Formatter):
    """A logged message on one line, with the error that caused it."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        why = f" ({type(error).__name__}: {first_line(error)})" if error else ""
        return printable(f"workledger: {record.getMessage()}{why}")


def show_logged_messages() -> None:
    """Print what the library logs."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logger = logging.getLogger("workledger")
    logger.handlers, logger.propagate = [handler], False
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of also reaches us as an error
