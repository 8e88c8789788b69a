"""Rows as answers show them: with the state of the thing, and the commands that it takes in that state."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.command import ANY


def with_state(kind: type[Aggregate], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its `state` and its `commands`, when the thing has a machine.

    Read tables are written batch by batch, and a batch may end inside an append: a row that only some of its events
    have reached may be in no state. Its `state` is null then, and it takes no commands.
    """
    if not has_machine(kind):
        return dict(row)
    try:
        state: str | None = kind.state_of(row)
    except ValueError:
        state = None
    return {**row, "state": state, "commands": () if state is None else taken_in(kind, state)}


@cache
def has_machine(kind: type[Aggregate]) -> bool:
    """Whether a state allows some commands and not others."""
    return any(command.when != ANY or command.unless for command in kind.machine().values())


@cache
def taken_in(kind: type[Aggregate], state: str) -> tuple[str, ...]:
    """The commands that may change something in a state, each as its endpoint is called."""
    return tuple(endpoint(name) for name in kind.allowed(state))


def endpoint(command: str) -> str:
    """The last part of a command's path: `finish_work` is asked for with POST on `…/finish-work`."""
    return command.replace("_", "-")
