"""`workledger react`: policies, which answer events with commands, run until Ctrl-C or to the end of the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from workledger import Workledger
from workledger.api.commandline.console import interruptible
from workledger.api.commandline.database import Database, opened
from workledger.api.commandline.sentences import say
from workledger.domain.policies import DISPATCH_NEXT, POLICIES, Policy
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.reactor_loop import ReactorLoop

Dispatch = Annotated[bool, typer.Option("--dispatch", help="Also assign queued tasks to idle agents.")]


def react(
    db: Database = None,
    dispatch: Dispatch = False,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end of the log.")] = False,
) -> None:
    """Let things follow by themselves: retry after a crash, unblock dependents, queue, complete; until Ctrl-C."""
    with opened(db) as ledger, interruptible("Stopped; run it again and it goes on where it was."):
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
    return Reactor(ledger, ledger.tables, chosen(dispatch=dispatch))


def chosen(*, dispatch: bool) -> tuple[Policy, ...]:
    """The policies that come with workledger; the one that begins work by itself is asked for."""
    return (*POLICIES, DISPATCH_NEXT) if dispatch else POLICIES


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
