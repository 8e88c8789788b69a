"""Writers that race for what only one may have: names, addresses and natural keys (domain.md 3.3)."""

from collections.abc import Callable
from typing import Any

import pytest

from support.racing import at_once
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.commit import CommitRecord
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.domain.worktree import Worktree

STORES = ("memory", "sqlite", "postgres")

CALLERS = 8

Begin = Callable[[int], Any]


def project(**details: Any) -> Begin:
    return lambda number: Project.create(**{"name": f"Bakery {number}", **details})


CLAIMS: dict[str, tuple[Begin, str]] = {
    "X1: the name of a project": (project(name="Bakery"), "NAME_TAKEN"),
    "X1: its address": (project(url="https://example.com/till"), "NAME_TAKEN"),
    "X1: its path": (project(path="/src/till"), "PROJECT_PATH_EXISTS"),
    "X2: the name of an agent of a project": (lambda _: Agent.create(name="Ann", project_id="p"), "NAME_TAKEN"),
    "X2: that of an agent of none": (lambda _: Agent.create(name="Ann"), "NAME_TAKEN"),
    "X5: the address of a session": (lambda _: Session.create(project_id="p", url="/sessions/till"), "NAME_TAKEN"),
    "X10: a commit": (
        lambda _: CommitRecord.record(project_id="p", commit_sha="c0ffee", commit_url="u", message="Mend the till"),
        "CONCURRENCY_CONFLICT",
    ),
    "X11: the branch of a worktree": (
        lambda number: Worktree.create(project_id="p", branch="till", path=f"/work/{number}"),
        "WORKTREE_BRANCH_EXISTS",
    ),
    "X11: its path": (
        lambda number: Worktree.create(project_id="p", branch=f"till-{number}", path="/work/till"),
        "NAME_TAKEN",
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_of_those_who_race_for_it_one_has_it(ledger: Workledger, claim: str) -> None:
    """X1, X2, X5, X10, X11."""
    begin, refused = CLAIMS[claim]
    ledger.create(Project.create(id="p", name="The shop"))
    head = ledger.head()
    assert at_once(CALLERS, lambda number: ledger.create(begin(number))) == {"done": 1, refused: CALLERS - 1}
    begun = {row.stream_id for row in ledger.read(head)}
    assert len(begun) == 1, "who was refused has recorded nothing"


def test_a_name_that_is_given_up_is_taken_by_one(ledger: Workledger) -> None:
    """X2: one lets go of it while others ask for it; at no time do two have it."""
    ledger.create(Agent.create(id="ann", name="Ann"))

    def act(number: int) -> None:
        if number:
            ledger.create(Agent.create(id=f"agent_{number}", name="Ann"))
        else:
            with ledger.edit(Agent, "ann") as agent:
                agent.rename(name="Eve")

    outcomes = at_once(CALLERS, act)
    assert outcomes["done"] in (1, 2)
    assert outcomes["done"] + outcomes["NAME_TAKEN"] == CALLERS
    holders = ledger.holders("agent_name::Ann")
    assert len(holders) == outcomes["done"] - 1


def test_racing_runs_of_one_task_leave_one(ledger: Workledger) -> None:
    """X12: each is started by another agent."""
    task = ledger.create(Task.create(title="Mend the till"))
    agents = [ledger.create(Agent.create(name=f"Agent {number}")) for number in range(CALLERS)]

    def start(number: int) -> None:
        with ledger.unit() as unit:
            start_run(unit, agent_id=agents[number].id, task_id=task.id)

    outcomes = at_once(CALLERS, start)
    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "TASK_ALREADY_ASSIGNED", "TASK_INVALID_TRANSITION"}
    assert len(ledger.read(topics=["agent_run.started"])) == 1
