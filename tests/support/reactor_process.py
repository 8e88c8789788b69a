"""A reactor in a process of its own, which says each step that it takes, and takes it when told to."""

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import workledger
from workledger.domain.policies import CONVERSATION_WAKE_UP, RETRY_ON_CRASH, UNBLOCK_DEPENDENTS
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.subscription import PolicySubscription
from workledger.projections.engine.state import checkpoints

POLICIES = (UNBLOCK_DEPENDENTS, RETRY_ON_CRASH, CONVERSATION_WAKE_UP)


def react_step_by_step(pipe: Connection, url: str) -> None:
    """React to all there is. Steps lie before and after every append, and in and after every move of a checkpoint."""

    def step(name: str) -> None:
        pipe.send(name)
        pipe.recv()

    def announced(function: Callable[..., Any], before: bool, what: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if before:
                step(f"about to {what(*args, **kwargs)}")
            done = function(*args, **kwargs)
            step(f"did {what(*args, **kwargs)}")
            return done

        return call

    with workledger.open(url) as ledger:
        store: Any = ledger.store
        store.insert_events = announced(
            store.insert_events, True, lambda events, conditions: f"append {conditions.command_id}"
        )
        advance: Any = checkpoints.advance
        checkpoints.advance = announced(advance, False, lambda connection, at, to: f"write {at.name} at {to.position}")  # type: ignore[assignment]
        move: Any = PolicySubscription._advance
        PolicySubscription._advance = announced(  # type: ignore[method-assign]
            move, False, lambda subscription, at, position, *letters: f"move {at.name} to {position}"
        )
        Reactor(ledger, ledger.tables, POLICIES, from_start=True).catch_up()


def react_together(pipe: Connection, url: str) -> None:
    """React when told to, along with others."""
    with workledger.open(url) as ledger:
        reactor = Reactor(ledger, ledger.tables, POLICIES, from_start=True, batch=3)
        reactor.prepare()
        pipe.send("ready")
        pipe.recv()
        reactor.catch_up()
