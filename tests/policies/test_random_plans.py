"""Whatever is done to a plan, the policies leave nothing behind that waits for nobody."""

from contextlib import suppress
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workledger
from support.plan_desk import Plan, begin, queue
from support.policy_desk import finish
from workledger import Refused
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import open_phase, open_tasks_of, review_task_of
from workledger.domain.policies import DISPATCH_NEXT, DISPATCHING, POLICIES
from workledger.domain.services.queue import PLANNING, unmet
from workledger.domain.task import Task
from workledger.domain.task.events import TaskReopened

ALL = (*POLICIES, *(policy for policy in DISPATCHING if policy is not DISPATCH_NEXT))

OF_PHASES = {"approve", "queue", "start", "unblock", "request_review", "request_changes", "approve_review", "merge"}
"""What is asked of phases as their state allows. Not `reopen`: a phase that a user opens again waits for the user."""


class Days(Plan):
    """What people do to a plan, day by day."""

    def __init__(self, ledger: workledger.Workledger, random: Random, mode: str) -> None:
        super().__init__(ledger, *ALL, mode=mode)
        self.random, self.numbers = random, count()
        self.phase("a", begin)
        self.phase("b", queue, after=("a",))
        self.phase("c", queue, after=("a", "b"))
        for phase_id in "aab":
            self.add(phase_id, "execute")

    def add(self, phase_id: str, category: str) -> None:
        self.planned(f"t{next(self.numbers)}", phase_id, category=category)

    def phases(self) -> list[Phase]:
        streams = dict.fromkeys(past.stream_id for past in self.log(0, "phase.created"))
        return [one for stream in streams if (one := self.ledger.find(Phase, stream.removeprefix("phase-")))]

    def go_on(self) -> None:
        """Somebody does something, which may be refused."""
        phases = self.phases()
        if not phases:
            return
        phase = self.random.choice(phases)
        with suppress(Refused):
            match self.random.randrange(8):
                case 0:
                    self.add(phase.id, self.random.choice(["execute", "execute", "review", "plan"]))
                case 1 | 2:
                    self.lead(phase)
                case 3:
                    self.ask(phase)
                case _:
                    for task in self.random.sample(self.tasks(phase.id), k=min(1, len(self.tasks(phase.id)))):
                        self.treat(task, self.random.choice(phases).id)

    def lead(self, phase: Phase) -> None:
        commands = sorted(OF_PHASES & {*Phase.allowed(phase.state)})
        if not commands or not self.random.randrange(4):
            waits = any(self.ledger.holders(open_phase(one)) for one in phase.depends_on)
            self.phase(phase.id, lambda one: one.block(reason="dependency" if waits else "No access."))
        else:
            self.phase(phase.id, lambda one: getattr(one, self.random.choice(commands))())

    def ask(self, phase: Phase) -> None:
        if not self.random.randrange(4):
            self.phase(phase.id, lambda one: one.delete())
        self.initiative(
            lambda initiative: initiative.request_review(),
            lambda initiative: initiative.request_changes(summary="More."),
        )

    def treat(self, task: Task, phase_id: str) -> None:
        match self.random.choice("ffffdmrx"):
            case "f":
                self.task(task.id, lambda one: one.assign(agent_id="ann"), finish)
            case "d":
                self.task(task.id, lambda one: one.cancel(to="dropped"))
            case "m":
                self.task(task.id, lambda one: one.move_to_phase(phase_id=phase_id))
            case "r":
                self.task(task.id, lambda one: one.reopen(reason="More."))
            case _:
                self.task(task.id, lambda one: one.delete())

    def check(self) -> None:
        assert self.follows() == [], "what follows ends"
        assert not any(at.dead_letters for at in self.reactor.checkpoints().values())
        for phase in self.phases():
            self.check_phase(phase, self.tasks(phase.id))

    def check_phase(self, phase: Phase, mine: list[Task]) -> None:
        holders = self.ledger.holders
        waits = any(holders(open_phase(one)) for one in phase.depends_on)
        assert phase.state != "queued" or waits, "a queued phase waits for another"
        assert phase.blocked_reason != "dependency" or waits, "and so does one that is blocked for it"
        is_open = [task.id for task in mine if task.state not in ("done", "dropped")]
        assert sorted(is_open) == sorted(stream.removeprefix("task-") for stream in holders(open_tasks_of(phase.id)))
        assert len(holders(review_task_of(phase.id))) <= 1
        if phase.state == "in_progress":
            assert is_open or not any(task.state == "done" for task in mine), "a phase that is done is taken on"
            for task in mine:
                startable = task.state == "ready" and task.category not in PLANNING and not unmet(self.ledger, task)
                assert not startable or self.is_left_to_its_user(task), "a task that can start is queued"

    def is_left_to_its_user(self, task: Task) -> bool:
        return any(isinstance(past.event, TaskReopened) for past in self.ledger.history(Task, task.id))


@pytest.mark.parametrize("mode", ["yolo", "review_per_phase"])
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_nothing_waits_for_nobody(mode: str, seed: int) -> None:
    """The policies are late now and then."""
    random = Random(seed)
    with workledger.open("memory:") as ledger:
        days = Days(ledger, random, mode)
        for _ in range(25):
            days.go_on()
            if random.randrange(2):
                days.follows()
                days.check()
        days.follows()
        days.check()
