"""R5: a policy that is killed between its steps and started again has its effect exactly once.

It needs no transaction that spans the ledger and the place where it writes down how far it is: its command's id is made
from its own name and the event's id, so what it had done before it was killed is not done again.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import workledger
from support import reaction_process, writers
from workledger import Workledger
from workledger.domain.kernel.mapping import decode
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

COUNT = 4


@pytest.fixture(params=["sqlite_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def ledger(url: str) -> Iterator[Workledger]:
    """A ledger with tasks that ask for a review, and one that does not."""
    with workledger.open(url) as ledger:
        for number in range(COUNT):
            ledger.create(Task.create(title=f"Task {number}"))
        ledger.create(Task.create(title="Plan", category="plan"))
        yield ledger


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "place"


def effects(ledger: Workledger) -> Counter[str]:
    """How often each review was begun; each says which event it was begun for."""
    created = [decode(row) for row in ledger.read(topics=[TaskCreated.TOPIC])]
    causes = {past.event_id: past.event for past in created}
    found: Counter[str] = Counter()
    for past in created:
        assert isinstance(past.event, TaskCreated)
        if past.event.category == "review":
            assert past.causation_id is not None
            cause = causes[past.causation_id]
            assert isinstance(cause, TaskCreated)
            assert past.event.title == f"Review {cause.title}"
            assert (past.actor, past.command_id) == ("automation", f"{reaction_process.POLICY}:{past.causation_id}")
            found[cause.title] += 1
    return found


ONCE = Counter({f"Task {number}": 1 for number in range(COUNT)})


@pytest.mark.parametrize(
    "deadly", [*((step,) for step in reaction_process.STEPS), reaction_process.STEPS], ids="-".join
)
def test_killed_at_a_step_of_every_event_it_acts_exactly_once(
    ledger: Workledger, url: str, place: Path, deadly: tuple[str, ...]
) -> None:
    """R5: kill -9 the first time that it comes to such a step of each event."""
    killed: set[tuple[str, int]] = set()
    in_vain = 0
    for _ in range(100):
        with writers.running(reaction_process.react_step_by_step, url, place) as (process, pipe):
            try:
                while True:
                    step, position, repeated = pipe.recv()
                    in_vain += repeated
                    if step in deadly and (step, position) not in killed:
                        killed.add((step, position))
                        writers.kill(process)
                        break
                    pipe.send("go on")
            except EOFError:
                writers.finish(process)
                break
    assert len(killed) == len(deadly) * (2 * COUNT + 1), "at every event, and those that it brought about"
    assert in_vain == (COUNT if "acted" in deadly else 0), "what it had done, it was about to do again"
    assert effects(ledger) == ONCE
    assert reaction_process.place_of(place) == ledger.head()


@pytest.mark.parametrize("last", reaction_process.STEPS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_gone_again_and_again_it_acts_exactly_once(
    ledger: Workledger, url: str, place: Path, last: str, count: int
) -> None:
    """R5: without a goodbye, after each few steps; a place that was not written is that of an earlier event."""
    before = -1
    for _ in range(3):
        with writers.running(reaction_process.react_and_exit, url, place, last, count) as (process, _):
            process.join(60)
        assert process.exitcode == 7
        assert reaction_process.place_of(place) >= before
        before = reaction_process.place_of(place)
    with workledger.open(url) as again:
        reaction_process.react(again, place, lambda step, position, repeated: None)
    assert effects(ledger) == ONCE


def test_two_that_run_at_once_act_exactly_once(ledger: Workledger, url: str, tmp_path: Path) -> None:
    """R5: one that was given up for dead, and is not."""
    for number in range(COUNT, 10 * COUNT):
        ledger.create(Task.create(title=f"Task {number}"))
    with (
        writers.running(reaction_process.react_together, url, tmp_path / "one") as (one, to_one),
        writers.running(reaction_process.react_together, url, tmp_path / "two") as (two, to_two),
    ):
        for pipe in (to_one, to_two):
            assert pipe.recv() == "ready"
        for pipe in (to_one, to_two):
            pipe.send("go")
        in_vain = to_one.recv() + to_two.recv()
        writers.finish(one)
        writers.finish(two)
    assert effects(ledger) == {f"Task {number}": 1 for number in range(10 * COUNT)}
    assert in_vain == 10 * COUNT


def test_a_place_that_is_lost_costs_time_and_nothing_else(ledger: Workledger, place: Path) -> None:
    """R5: from the beginning of the log again."""
    in_vain: list[bool] = []
    for _ in range(2):
        in_vain.clear()
        reaction_process.react(ledger, place, lambda step, position, repeated: in_vain.append(repeated))
        place.unlink()
    assert sum(in_vain) == COUNT
    assert effects(ledger) == ONCE
