"""All the commands, put together."""

from typing import ClassVar

import typer

from workledger.api.commandline.group import CommandGroup, Entry
from workledger.api.commandline.options import AppBefore, DatabaseBefore


class Commands(CommandGroup):
    """The commands of `workledger`, in the order of the list."""

    ENTRIES: ClassVar[dict[str, Entry]] = {
        "demo": Entry("demo:demo", "Fill a demo board from git and from sessions of Claude Code, and serve it."),
        "serve": Entry("serve:serve", "Serve the HTTP API and the board on this machine, until Ctrl-C."),
        "import": Entry("imports:app", "Import history; what was imported before is skipped."),
        "status": Entry("status:status", "Show the head of the log and the state of the read tables."),
        "events": Entry("events:events", "Print events as JSON lines."),
        "rebuild": Entry("rebuild:rebuild", "Rebuild read tables from the log."),
        "verify": Entry("verify:verify", "Check every row of the read tables against the log."),
        "backup": Entry("backup:backup", "Copy the ledger to a file, while others read and write it."),
        "redact": Entry("redact:redact", "Erase secrets that were stored before from the log."),
        "project": Entry("project:project", "Keep the read tables up to date with the log, until Ctrl-C."),
        "react": Entry("react:react", "Run the policies, until Ctrl-C."),
        "dead-letters": Entry("dead_letters:app", "Show, retry or drop the events that could not be processed."),
        "trim-commands": Entry("trim_commands:trim_commands", "Forget old command ids."),
        "bench": Entry("bench:app", "Benchmark workledger beside other event stores."),
    }


app = typer.Typer(
    name="workledger",
    cls=Commands,
    help="The event-sourced record of what AI coding agents do.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def before(context: typer.Context, db: DatabaseBefore = None, app: AppBefore = None) -> None:
    """The options that may stand before every command; without a command, the help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
