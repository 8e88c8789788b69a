"""A group of commands: each is imported when it is run, and its errors are one line on stderr."""

import gc
import os
import sys
from collections import UserDict
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup

from workledger.api.commandline.console import INTERRUPTED, TRACEBACK, note, print_error


class Entry(NamedTuple):
    """A command as the list of commands shows it: that needs none of what the command imports.

    Attributes:
        path: the function of a command, or the typer.Typer of a group of them, as `module:name` in this package.
        help: the first sentence of its help.
    """

    path: str
    help: str

    def load(self, name: str) -> Any:
        """Import the command."""
        module, _, attribute = self.path.partition(":")
        found = getattr(import_module(f"{__package__}.{module}"), attribute)
        parent = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
        else:
            parent.command(name)(found)
        if not gc.isenabled():  # main() has disabled it
            gc.freeze()
            gc.enable()
        return typer.main.get_group(parent).commands[name]


class LazyCommands(UserDict[str, Any]):
    """The commands by name, each imported when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        if isinstance(self.data[name], Entry):
            self.data[name] = self.data[name].load(name)
        return self.data[name]


class CommandGroup(TyperGroup):
    """A group of the commands in ENTRIES.

    Exit codes: 0 success, 1 refused or different, 2 usage, 130 interrupted. Ctrl-C is how a command succeeds that runs
    until it is stopped.
    """

    ENTRIES: ClassVar[dict[str, Entry]]

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands(self.ENTRIES)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.ENTRIES)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.ENTRIES.items()])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            note("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # the reader of stdout has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except typer.TyperException as error:
            command = getattr(getattr(error, "ctx", None), "command_path", "workledger")
            message = error.format_message().rstrip(".")
            print_error(f"{message}{'' if message.endswith('?') else '.'} See {command} --help.", "USAGE")
            code = error.exit_code
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            from workledger.api.commandline.errors import message_and_code  # it knows the databases' errors

            print_error(*message_and_code(error))
            code = 1
        sys.exit(code if isinstance(code, int) else 0)
