"""How the command line says no: one sentence on stderr, a code behind it, and never a traceback."""

import logging
import os
import sys
from typing import Any

import sqlalchemy as sa
import typer
from typer.core import TyperGroup

from workledger.adapters.failures import refusal_of
from workledger.domain.kernel.refusals import Refused

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""

TRACEBACK = "WORKLEDGER_TRACEBACK"
"""The environment variable that lets errors nobody has thought of through as they are."""


class Sentences(TyperGroup):
    """The group of all commands. Exit codes: 0 fine, 1 refused or different, 2 wrong usage, 130 interrupted."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # whoever read stdout has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except typer.TyperException as error:
            command = getattr(getattr(error, "ctx", None), "command_path", "workledger")
            wrong(f"{error.format_message().rstrip('.')}. See {command} --help.", "USAGE")
            code = error.exit_code
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            wrong(*sentence(error))
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


def sentence(error: Exception) -> tuple[str, str]:
    """What an error comes to for the one who typed the command, and its code."""
    if (refusal := refusal_of(error)) is not None:
        return str(refusal), refusal.code
    match error:
        case Refused():
            return str(error), error.code
        case ModuleNotFoundError():
            return f"{error.name} is not installed: pip install 'workledger[all]'.", "NOT_INSTALLED"
        case sa.exc.DBAPIError():
            return f"The database failed: {first_line(error.orig)}.", "DATABASE_FAILED"
        case sa.exc.SQLAlchemyError():
            return f"The database URL does not serve: {first_line(error)}.", "DATABASE_URL_INVALID"
        case OSError(filename=str() as name):
            return f"{name}: {error.strerror}.", "FILE_UNREADABLE"
        case OSError(strerror=str()):
            return f"What was asked for could not be written: {error.strerror}.", "OUTPUT_FAILED"
    why = f"{type(error).__name__}: {first_line(error)}"
    return f"That should not happen ({why}); set {TRACEBACK}=1 to see where.", "UNEXPECTED"


class OneLine(logging.Formatter):
    """What the library logs, each on one line, with the error that caused it."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        why = f" ({type(error).__name__}: {first_line(error)})" if error else ""
        return f"workledger: {record.getMessage()}{why}"


def log_in_lines() -> None:
    """Let what the library logs be seen."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logger = logging.getLogger("workledger")
    logger.handlers, logger.propagate = [handler], False
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of is an error of ours as well


def first_line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def wrong(message: str, code: str) -> None:
    say(f"workledger: {' '.join(message.split())} [{code}]")


def say(line: str) -> None:
    """A line for the one at the terminal; stdout is for what was asked for."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
