"""A reaction as an app would run it, in a process of its own: it reads the log, acts, and then writes down how far."""

import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

import workledger
from workledger import Workledger
from workledger.domain.kernel.envelope import Row
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

POLICY = "review"
STEPS = ("seen", "acted", "noted")
"""What it has done with an event: read it, followed it with a command, written down that it is past it."""


def place_of(file: Path) -> int:
    """How far it has written down to be."""
    return int(file.read_text()) if file.exists() else 0


def note(file: Path, position: int) -> None:
    """Write down the place in one go: whoever reads it finds the old one or the new one."""
    written = file.with_name(f"{file.name}.{os.getpid()}")
    written.write_text(str(position))
    written.replace(file)


def act(ledger: Workledger, row: Row) -> bool:
    """Every task to be carried out gets a task to review it; whether that had been done before."""
    task = orjson.loads(row.data)
    if task["category"] != "execute":
        return False
    with (
        ledger.acting_as("automation", causation_id=row.event_id),
        ledger.unit(command_id=f"{POLICY}:{row.event_id}") as unit,
    ):
        unit.create(Task.create(title=f"Review {task['title']}", category="review"))
    assert unit.receipt is not None
    return unit.receipt.repeated


def react(ledger: Workledger, file: Path, at: Callable[[str, int, bool], None]) -> None:
    """Follow every event that is there, beginning where it was written down to be.

    Args:
        at: called after each step with its name, the event's position, and whether it acted in vain.
    """
    while rows := ledger.read(place_of(file), topics=[TaskCreated.TOPIC]):
        for row in rows:
            at("seen", row.position, False)
            at("acted", row.position, act(ledger, row))
            note(file, row.position)
            at("noted", row.position, False)


def react_step_by_step(pipe: Connection, url: str, file: Path) -> None:
    """React; at each step say so, and go on when told to."""

    def at(step: str, position: int, repeated: bool) -> None:
        pipe.send((step, position, repeated))
        pipe.recv()

    with workledger.open(url) as ledger:
        react(ledger, file, at)


def react_and_exit(pipe: Connection, url: str, file: Path, last: str, count: int) -> None:
    """React, and be gone without a word after so many steps of that name."""
    left = count

    def at(step: str, position: int, repeated: bool) -> None:
        nonlocal left
        left -= step == last
        if not left:
            os._exit(7)

    with workledger.open(url) as ledger:
        react(ledger, file, at)


def react_together(pipe: Connection, url: str, file: Path) -> None:
    """React when told to, along with others who have places of their own; say how often it acted in vain."""
    repeats = []
    with workledger.open(url) as ledger:
        pipe.send("ready")
        pipe.recv()
        react(ledger, file, lambda step, position, repeated: repeats.append(repeated))
    pipe.send(sum(repeats))
