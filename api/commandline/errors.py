"""What the command line says about an exception: one sentence that says what to do, and a code."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import typer

from workledger.adapters.database import DatabaseUnreachable
from workledger.adapters.failures import refusal_of
from workledger.api.commandline.console import INTERRUPTED, TRACEBACK, first_line, note
from workledger.domain.kernel.refusals import Refused

RESUME = "Run the command again to resume."


def message_and_code(error: Exception) -> tuple[str, str]:
    """The sentence and the code for an exception that ended a command."""
    if (refusal := refusal_of(error)) is not None:
        return str(refusal), refusal.code
    match error:
        case Refused():
            return str(error), error.code
        case ModuleNotFoundError():
            return f"{error.name} is not installed: run pip install 'workledger[all]'.", "NOT_INSTALLED"
        case sa.exc.DBAPIError():
            return f"The database reported an error: {first_line(error.orig)}.", "DATABASE_FAILED"
        case sa.exc.SQLAlchemyError():
            return f"The database URL is invalid: {first_line(error)}.", "DATABASE_URL_INVALID"
        case OSError(filename=str() as name):
            return f"{name}: {error.strerror}.", "FILE_UNREADABLE"
        case FileNotFoundError() if not _folder_is_there():
            return "The current folder was deleted; change to another one.", "FOLDER_DELETED"
        case OSError(strerror=str()):
            return f"The output could not be written: {error.strerror}.", "OUTPUT_FAILED"
    reason = f"{type(error).__name__}: {first_line(error)}"
    return f"Unexpected error ({reason}); set {TRACEBACK}=1 and run again to see the traceback.", "UNEXPECTED"


def _folder_is_there() -> bool:
    try:
        return bool(os.getcwd())
    except FileNotFoundError:
        return False


@contextmanager
def interruptible(advice: str, *, endless: bool = False) -> Iterator[None]:
    """End the block with one line when Ctrl-C is pressed; the advice is also given when the connection is lost.

    Args:
        endless: the block has no end of its own, so that Ctrl-C is how it succeeds.

    Raises:
        DatabaseUnreachable: the connection to the database was lost.
        typer.Exit: Ctrl-C was pressed.
    """
    try:
        yield
    except KeyboardInterrupt:
        note(f"{'Stopped' if endless else 'Interrupted'}. {advice}")
        raise typer.Exit(0 if endless else INTERRUPTED) from None
    except Exception as error:
        refusal = error if isinstance(error, Refused) else refusal_of(error)
        if not isinstance(refusal, DatabaseUnreachable):
            raise
        raise DatabaseUnreachable(reason=f"{first_line(refusal.details['reason'])}. {advice}") from error
