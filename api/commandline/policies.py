"""`workledger react`: policies, which answer events with commands, run until Ctrl-C or to the end of the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from workledger import Workledger
from workledger.api.commandline.console import interruptible
from workledger.api.commandline.database import AppName, Database, opened
from workledger.api.commandline.sentences import say
from workledger.domain.policies import DISPATCH_NEXT, Policy
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.reactor_loop import ReactorLoop

Dispatch = Annotated[bool, typer.Option("--dispatch", help="Also assign queued tasks to idle agents.")]


def react(
    db: Database = None,
    app: AppName = None,
    dispatch: Dispatch = False,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end of the log.")] = False,
) -> None:
    """Run the policies: retry after a crash, unblock dependents, queue, complete; until Ctrl-C."""
    with opened(db, app) as ledger, interruptible("Stopped; run it again and it goes on where it was."):
        if once:
            position = reactor_of(ledger, dispatch=dispatch).catch_up()
            say(f"The policies stand at {position:,}.")
            return
        with reacting(ledger, dispatch=dispatch) as loop:
            say("Reacting to the log; Ctrl-C stops.")
            loop.join()
    say("The loop of the policies has died; run it again, and it goes on where it was.")
    raise typer.Exit(1)


def reactor_of(ledger: Workledger, *, dispatch: bool) -> Reactor:
    return Reactor(ledger, ledger.tables, chosen(ledger, dispatch=dispatch))


def chosen(ledger: Workledger, *, dispatch: bool) -> tuple[Policy, ...]:
    """The policies of the ledger; the one of ours that begins work by itself is asked for."""
    return tuple(dict.fromkeys((*ledger.policies, DISPATCH_NEXT))) if dispatch else ledger.policies


@contextmanager
def reacting(ledger: Workledger, *, dispatch: bool) -> Iterator[ReactorLoop]:
    """A loop that runs the policies during the block."""
    loop = ReactorLoop(reactor_of(ledger, dispatch=dispatch))
    deaf = ledger.listen(loop.wake)
    loop.start()
    try:
        yield loop
    finally:
        deaf()
        loop.stop()
