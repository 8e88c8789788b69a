"""All the commands, put together."""

import typer

from workledger.api.commandline import bench, dead_letters, demo, events, imports, policies, serve, status, tables
from workledger.api.commandline.console import print_line
from workledger.api.commandline.database import AppEverywhere, Everywhere
from workledger.api.commandline.sentences import Sentences

app = typer.Typer(
    name="workledger",
    cls=Sentences,
    help="The event-sourced record of what AI coding agents do.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.add_typer(imports.app, name="import")
app.command("status")(status.status)
app.command("events")(events.events)
app.command("rebuild")(tables.rebuild)
app.command("verify")(tables.verify)
app.command("project")(tables.project)
app.command("react")(policies.react)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(bench.app, name="bench")


@app.callback(invoke_without_command=True)
def everywhere(context: typer.Context, db: Everywhere = None, app: AppEverywhere = None) -> None:
    """The options that go before every command, and what is said where there is none."""
    if context.invoked_subcommand is None:
        print_line(context.get_help())
