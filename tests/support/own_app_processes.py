"""What an app does in processes of its own that are killed: in the middle of its transactions, or between two steps."""

import contextlib
import os
import random
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import psycopg

import workledger
from support.own_app import App, connected
from workledger.adapters.outbox import Outbox
from workledger.adapters.own_transaction.refusals import TransactionDeadlock
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import NameTaken
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.task import Task

NAMES = 40
"""Names of projects that all processes want."""

PATIENT: dict[str, dict[str, Any]] = {"sqlite3": {"timeout": 60}, "psycopg": {}}
"""What is said to a driver so that it waits for others."""


def kind_of(url: str) -> str:
    return "sqlite3" if url.startswith("sqlite") else "psycopg"


def trade(pipe: Connection, url: str, who: str, talk: bool) -> None:
    """One order after another, each with a task and counted in one more, until a sign; say each that was committed.

    Every third is rolled back, and so is one of two that wait for each other. A name that is taken is no reason to give
    an order up.
    """
    chance = random.Random(who)
    with workledger.open(url) as ledger, connected(kind_of(url), url, **PATIENT[kind_of(url)]) as app:
        own = ledger.on(app.connection)
        pipe.send("ready")
        while not pipe.poll():
            order = f"{who}-{chance.getrandbits(64):x}"
            app.order(order, who)
            try:
                with contextlib.suppress(NameTaken):
                    own.create(Project.create(name=f"name-{chance.randrange(NAMES)}", path=f"/src/{order}"))
                with own.unit() as unit:
                    unit.decide(partial(count, unit, order))
            except TransactionDeadlock:  # the locks of two units are not taken in one order
                app.rollback()
                continue
            if chance.randrange(3):
                app.commit()
                if talk:
                    pipe.send(order)
            else:
                app.rollback()


def count(unit: Unit, id: str) -> None:
    """Record an order, and one more than there were."""
    unit.create(Task.create(title="Pack", id=id))
    counter = unit.edit(Task, "counter")
    counter.change_details(title=str(int(counter.title) + 1))


def die_in_an_order(pipe: Connection, url: str, step: int) -> None:
    """Make one order in its own transaction, and be killed at that step of it; say so if there is no such step."""
    steps = iter(range(1000))

    def next_step() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with workledger.open(url) as ledger, connected(kind_of(url), url) as app:
        own = ledger.on(app.connection)
        watch(own, app, next_step)
        with own.unit() as unit:
            app.order("one")
            unit.create(Task.create(title="Pack", id="one"))
            next_step()
            unit.create(Project.create(name="shop", path="/src/shop"))
        next_step()
        app.commit()
        pipe.send("committed")
        next_step()
        pipe.send("survived")


def watch(own: Any, app: App, step: Callable[[], None]) -> None:
    """Take a step before every statement in the database, and on PostgreSQL after it too."""
    if app.kind == "sqlite3":
        app.connection.set_trace_callback(lambda statement: step())
        return
    for owner, name in ((own._transaction._calls, "call"), (own._transaction._calls, "script"), (app, "execute")):
        setattr(owner, name, partial(stepping, step, getattr(owner, name)))


def stepping(step: Callable[[], None], call: Callable[..., Any], *given: Any, **options: Any) -> Any:
    step()
    done = call(*given, **options)
    step()
    return done


def agree(ledger: Ledger, orders: list[str]) -> list[str]:
    """The tasks that were recorded are the orders that were written, and so many were counted."""
    tasks = [row.stream_id.removeprefix("task-") for row in ledger.read(0, 100_000, topics=["task.created"])]
    recorded = sorted(id for id in tasks if id != "counter")
    assert recorded == sorted(orders)
    assert ledger.get(Task, "counter").title == str(len(orders))
    return recorded


def pack(unit: Unit, *, title: str) -> None:
    unit.create(Task.create(title=title))


def rename(unit: Unit, *, id: str, title: str) -> None:
    unit.edit(Task, id).change_details(title=title)


HANDLERS = {"pack": pack, "rename": rename}


def die_at_the_outbox(pipe: Connection, app_url: str, url: str, step: int) -> None:
    """Make one order and relay it to a ledger elsewhere, and be killed at that step; say so if there is none."""
    steps = iter(range(1000))

    def next_step() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect() -> Any:
        app = App(kind_of(app_url), app_url)
        if app.kind == "sqlite3":
            app.connection.set_trace_callback(lambda statement: next_step())
        else:
            app.connection.cursor_factory = cursor_with(next_step)
            app.connection.commit = partial(stepping, next_step, app.connection.commit)
        return app.connection

    outbox = Outbox()
    with workledger.open(url) as ledger:
        ledger.store.insert_events = partial(stepping, next_step, ledger.store.insert_events)  # type: ignore[method-assign]
        connection = connect()
        connection.execute(f"insert into orders values ('order-{step}', 'ann')")
        outbox.put(connection, "pack", title=f"order-{step}")
        connection.commit()
        pipe.send("committed")
        connection.close()
        outbox.relay(connect, ledger, HANDLERS)
        pipe.send("survived")


def cursor_with(step: Callable[[], None]) -> type[psycopg.Cursor[Any]]:
    """Cursors that take a step before and after each statement."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *given: Any, **options: Any) -> Any:
            return stepping(step, partial(super().execute, **options), *given)

    return Cursor
