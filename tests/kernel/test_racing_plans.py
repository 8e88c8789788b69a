"""Writers that race for a place in a plan: in each store one of them wins, and no rule that spans aggregates breaks."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from workledger import Refused, Workledger
from workledger.domain.initiative import Initiative
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.task import Task

STORES = ("memory", "sqlite", "postgres")
WRITERS = 6


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is made again for as long as others are first, on a slow machine too."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 60.0)


@pytest.fixture
def plan(ledger: Workledger) -> Workledger:
    """An initiative with phases in progress, `0` to `5`."""
    with ledger.unit() as unit:
        unit.create(Initiative.create(id="i", name="Sign in", execution_mode="yolo"))
        for number in range(WRITERS):
            unit.create(Phase.create(id=str(number), initiative_id="i", name=str(number)))
            unit.edit(Phase, str(number)).approve()
            unit.edit(Phase, str(number)).start()
    return ledger


def at_once(*works: Callable[[], object]) -> Counter[str]:
    """How often each outcome came of it: `done`, or the code of a refusal."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> str:
        ready.wait()
        try:
            work()
        except Refused as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(works)) as threads:
        return Counter(threads.map(run, works))


def telling(ledger: Workledger, kind: Any, id: str, name: str, **arguments: Any) -> Callable[[], object]:
    def tell() -> None:
        with ledger.edit(kind, id) as one:
            getattr(one, name)(**arguments)

    return tell


def test_racing_dependencies_of_phases_never_make_a_cycle(plan: Workledger) -> None:
    """X14: each alone would be fine; all together would wait for ever."""
    outcomes = at_once(
        *(
            telling(plan, Phase, str(one), "add_dependency", depends_on_phase_id=str((one + 1) % WRITERS))
            for one in range(WRITERS)
        )
    )
    assert outcomes == {"done": WRITERS - 1, "DEPENDENCY_CYCLE": 1}


def test_of_racing_review_tasks_of_a_phase_one_begins(plan: Workledger) -> None:
    """X16."""
    new = [lambda: plan.create(Task.create(title="Mend it", phase_id="0", category="review"))] * WRITERS
    assert at_once(*new) == {"done": 1, "REVIEW_TASK_OPEN": WRITERS - 1}
    assert len(plan.holders("tasks_of_phase:0")) == 1


def test_racing_links_leave_each_project_linked_once(ledger: Workledger) -> None:
    """C8, X3: whoever comes last says which projects they are."""
    for id in ("p", "q"):
        ledger.create(Project.create(id=id, name=id))
    ledger.create(Initiative.create(id="i", name="Sign in"))
    both = telling(ledger, Initiative, "i", "set_projects", project_ids=("p", "q"))
    assert at_once(*[both] * WRITERS) == {"done": WRITERS}
    assert [past.event.TOPIC for past in ledger.history(Initiative, "i")][1:] == ["initiative.project_linked"] * 2


def test_a_phase_is_not_completed_beside_a_task_that_comes(plan: Workledger) -> None:
    """Either the phase is completed first, or it waits for the task."""
    for id in map(str, range(WRITERS)):
        late = Task.create(title="Late", phase_id=id)
        outcomes = at_once(telling(plan, Phase, id, "merge"), lambda late=late: plan.create(late))
        assert outcomes in ({"done": 2}, {"done": 1, "PHASE_TASKS_OPEN": 1})
        assert (plan.get(Phase, id).status == "completed") == (outcomes == {"done": 2})


def test_an_initiative_is_not_completed_beside_a_phase_that_comes(ledger: Workledger) -> None:
    for number in range(WRITERS):
        id = str(number)
        ledger.create(Initiative.create(id=id, name=id))
        new = Phase.create(initiative_id=id, name="Late")
        outcomes = at_once(telling(ledger, Initiative, id, "complete"), lambda new=new: ledger.create(new))
        assert outcomes in ({"done": 2}, {"done": 1, "INITIATIVE_PHASES_OPEN": 1})
        assert (ledger.get(Initiative, id).status == "completed") == (outcomes == {"done": 2})


@pytest.mark.parametrize(("kind", "refused"), [(Phase, "PHASE_NOT_FOUND"), (Initiative, "INITIATIVE_NOT_FOUND")])
def test_no_task_outlives_the_plan_that_it_comes_into(ledger: Workledger, kind: Any, refused: str) -> None:
    """Either the deletion takes it along, or it finds nothing to come into."""
    for number in range(WRITERS):
        id = str(number)
        ledger.create(Initiative.create(id=id, name=id))
        ledger.create(Phase.create(id=id, initiative_id=id, name=id))
        place = {"phase_id": id} if kind is Phase else {"initiative_id": id}
        new = Task.create(title="Late", **place)
        outcomes = at_once(telling(ledger, kind, id, "delete"), lambda new=new: ledger.create(new))
        assert outcomes in ({"done": 2}, {"done": 1, refused: 1})
        assert ledger.find(Task, new.id) is None
        assert ledger.holders(f"tasks_of_initiative:{id}") == []
