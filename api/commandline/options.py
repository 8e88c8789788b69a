"""The options that commands share. Nothing heavy is imported here: `--help` needs them too."""

from typing import Annotated

import typer

DEFAULT = "sqlite:///workledger.db"
VARIABLE = "WORKLEDGER_DB"
APP_VARIABLE = "WORKLEDGER_APP"
APP_HELP = f"module:object, a workledger.App. Default: ${APP_VARIABLE}, or else those of installed packages."
HELP = f"sqlite:///file.db or postgresql://user@host/name. Default: ${VARIABLE}, or else {DEFAULT}."


def database_url(context: typer.Context, value: str | None) -> str | None:
    """What --db says after the command, or else before it."""
    before: str | None = context.find_root().params.get("db")
    return value or before


DatabaseBefore = Annotated[str | None, typer.Option("--db", metavar="URL", envvar=VARIABLE, help=HELP)]
"""The option before the command."""

Database = Annotated[str | None, typer.Option("--db", metavar="URL", callback=database_url, help=HELP)]
"""The option after the command, which overrides the one before it."""


def app_name(context: typer.Context, value: str | None) -> str | None:
    """What --app says after the command, or else before it."""
    before: str | None = context.find_root().params.get("app")
    return value or before


AppBefore = Annotated[str | None, typer.Option("--app", metavar="APP", envvar=APP_VARIABLE, help=APP_HELP)]
"""The option before the command."""

AppName = Annotated[str | None, typer.Option("--app", metavar="APP", callback=app_name, help=APP_HELP)]
"""The option after the command, which overrides the one before it."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
