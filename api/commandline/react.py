"""`workledger react`: the policies, which answer events with commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from workledger import Workledger
from workledger.api.commandline.console import note
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.options import AppName, Database
from workledger.api.commandline.project import Once
from workledger.domain.policies import DISPATCHING, Policy
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.reactor_loop import ReactorLoop

Dispatch = Annotated[
    bool,
    typer.Option(
        "--dispatch", help="Also start queued phases, queue their tasks, and assign queued tasks to idle agents."
    ),
]


def react(db: Database = None, app: AppName = None, dispatch: Dispatch = False, once: Once = False) -> None:
    """Run the policies, until Ctrl-C.

    They retry crashed runs, unblock tasks whose dependencies are done and queue them again, complete tasks whose run
    has ended and phases whose tasks are done, make tasks of the changes that reviews ask for, and delete what belongs
    to a deleted project.
    """
    with open_ledger(db, app) as ledger, interruptible(RESUME, endless=not once):
        if once:
            position = reactor_of(ledger, dispatch=dispatch).catch_up()
            note(f"The policies are at position {position:,}.")
            return
        with reacting(ledger, dispatch=dispatch) as loop:
            note("Running the policies; press Ctrl-C to stop.")
            loop.join()
    note(f"The policies failed. {RESUME}")
    raise typer.Exit(1)


def reactor_of(ledger: Workledger, *, dispatch: bool) -> Reactor:
    return Reactor(ledger, ledger.tables, policies(ledger, dispatch=dispatch))


def policies(ledger: Workledger, *, dispatch: bool) -> tuple[Policy, ...]:
    """The policies of the ledger; those that start work only when they are asked for."""
    return tuple(dict.fromkeys((*ledger.policies, *DISPATCHING))) if dispatch else ledger.policies


@contextmanager
def reacting(ledger: Workledger, *, dispatch: bool) -> Iterator[ReactorLoop]:
    """Run the policies in a thread during the block."""
    loop = ReactorLoop(reactor_of(ledger, dispatch=dispatch))
    loop.hear(ledger.listen)
    loop.start()
    try:
        yield loop
    finally:
        loop.stop()
