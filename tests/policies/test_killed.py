"""X5: policies that are killed before or after any of their steps, and started again, have each effect exactly once.

Here a kill is an exception that nothing catches, so that every step of every policy can be tried;
tests/engine/test_reactor_killed.py kills processes.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

import workledger
from support.plan_desk import Plan, begin, queue
from workledger import Workledger
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.mapping import decode
from workledger.domain.phase import Phase
from workledger.domain.policies import DISPATCH_NEXT, DISPATCHING, POLICIES
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.subscription import PolicySubscription
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS

ALL = (*POLICIES, *(policy for policy in DISPATCHING if policy is not DISPATCH_NEXT))

EFFECTS = Counter(
    {
        "phase.completed": 1,
        "phase.unblocked": 1,
        "phase.started": 3,  # what was queued, what was unblocked, and the last phase of the initiative
        "phase.created": 1,
        "phase.approved": 1,
        "task.created": 2,
        "task.queued": 4,
    }
)


Opened = Callable[[], AbstractContextManager[Workledger]]


class Killed(BaseException):
    """No handler of errors is run, as when the process is gone."""


def happen(ledger: Workledger) -> None:
    """One thing for each of the policies of a plan to react to."""
    plan = Plan(ledger)
    ledger.create(Initiative.create(id="y", name="Spike", execution_mode="yolo", project_ids=("p",)))
    ledger.create(Phase.create(id="first", initiative_id="y", name="first"))
    for id in ("queued", "blocked"):
        ledger.create(Phase.create(id=id, initiative_id="y", name=id))
        plan.phase(id, queue, after=("first",))
        plan.planned(f"task of {id}", id)
    plan.phase("blocked", lambda phase: phase.block(reason="dependency"))
    plan.phase("first", begin)
    plan.planned("spike", "first")
    plan.done("spike")
    plan.phase("api", begin, lambda phase: phase.request_review())
    plan.comment("c1", "api", "Hash it.")
    plan.phase("done", begin, lambda phase: phase.request_review(), lambda phase: phase.approve_review())
    plan.phase("api", lambda phase: phase.approve_review())
    plan.initiative(
        lambda initiative: initiative.request_review(),
        lambda initiative: initiative.request_changes(summary="Say goodbye too."),
    )
    plan.phase("page", begin, lambda phase: phase.request_review())
    plan.comment("c2", "page", "Centre it.")
    plan.phase("page", lambda phase: phase.request_changes())


def react(ledger: Workledger, step: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """React to all there is; each step is told before and after it is taken."""

    def told(function: Callable[..., Any], what: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step(f"about to {what(*args, **kwargs)}")
            done = function(*args, **kwargs)
            step(f"did {what(*args, **kwargs)}")
            return done

        return call

    with monkeypatch.context() as patched:
        store: Any = ledger.store
        append = told(store.insert_events, lambda events, conditions: f"append {conditions.command_id}")
        patched.setattr(store, "insert_events", append)
        move = told(PolicySubscription._advance, lambda one, at, position, *letters: f"move {at.name} to {position}")
        patched.setattr(PolicySubscription, "_advance", move)
        Reactor(ledger, ledger.tables, ALL, from_start=True).catch_up()


def effects(ledger: Workledger) -> Counter[str]:
    rows = map(decode, ledger.read(limit=10_000))
    return Counter(row.event.TOPIC for row in rows if row.actor == "automation")


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens the ledger with nothing kept in memory: anew, or where that takes long, all is forgotten."""
    url: str = request.getfixturevalue(f"{request.param}_store_url")
    if request.param == "sqlite":
        yield lambda: workledger.open(url)
        return
    with workledger.open(url) as ledger:

        def again() -> AbstractContextManager[Workledger]:
            ledger.forget()
            return nullcontext(ledger)

        yield again


def test_killed_at_every_step_each_effect_is_there_once(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as ledger:
        happen(ledger)
    taken: list[str] = []

    def step(name: str) -> None:
        if name not in taken:
            taken.append(name)
            raise Killed

    for _ in range(1000):
        try:
            with opened() as ledger:
                react(ledger, step, monkeypatch)
        except Killed:
            continue
        break
    with opened() as ledger:
        assert effects(ledger) == EFFECTS
        react(ledger, lambda name: None, monkeypatch)
        assert effects(ledger) == EFFECTS
    appends = [name for name in taken if "append" in name]
    assert len(appends) > 2 * len(EFFECTS)
    assert any("move" in name for name in taken)


def test_no_rebuild_runs_them(sqlite_store_url: str) -> None:
    """They follow the log with checkpoints of their own, however often read tables are made anew."""
    with workledger.open(sqlite_store_url) as ledger:
        happen(ledger)
        happened = ledger.head()
        Rebuild(ledger.store, ledger.tables, GROUPS).run()
        assert ledger.head() == happened
        Reactor(ledger, ledger.tables, ALL, from_start=True).catch_up()
        assert effects(ledger) == EFFECTS
        happened = ledger.head()
        Rebuild(ledger.store, ledger.tables, GROUPS).run()
        Reactor(ledger, ledger.tables, ALL).catch_up()
        assert ledger.head() == happened
