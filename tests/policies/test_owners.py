"""Whatever is asked of tasks and runs, in whatever order: no task is at work for ever without a run
(domain.md 2.1 and 2.2)."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import workledger
from support.examples import examples
from support.policy_desk import Desk, crash
from workledger import Refused
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed, AgentRunStarted
from workledger.domain.policies import POLICIES
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.task import Task
from workledger.domain.task.events import TaskAssigned, run_of_task

AGENTS, TASKS = ("ann", "bob"), ("t0", "t1")
RUN_COMMANDS: dict[str, Callable[[Any], object]] = {
    "crash": lambda run: (run.report_process(provider_session_id="c"), crash(run)),
    "lost": lambda run: (run.report_process(provider_session_id="c"), run.fail(cause="lost", error="Gone.")),
    "broken": lambda run: run.fail(cause="execution_error", error="No."),
    "not spawned": lambda run: run.fail(cause="spawn_error", error="No program."),
    "pause": lambda run: (run.report_output(), run.pause()),
    "complete": lambda run: run.complete(result={"files_changed": 1}),
    "stop": lambda run: run.stop(),
}
TASK_COMMANDS: dict[str, Callable[[Any], object]] = {
    "queue": lambda task: task.queue(),
    "assign ann": lambda task: task.assign(agent_id="ann"),
    "assign bob": lambda task: task.assign(agent_id="bob"),
    "cancel": lambda task: task.cancel(),
    "submit": lambda task: task.finish_work(files_changed=1),
    "reject": lambda task: task.reject(reason="More."),
    "approve": lambda task: task.approve(),
    "block": lambda task: task.block(reason="manual"),
    "unblock": lambda task: task.unblock(),
    "retry": lambda task: task.retry(),
    "reopen": lambda task: task.reopen(reason="Again."),
}


class Office(RuleBasedStateMachine):
    """Two agents and two tasks; the policies react now and then."""

    @initialize()
    def open(self) -> None:
        self.opened = workledger.open("memory:")
        self.ledger = self.opened.__enter__()
        self.desk = Desk(self.ledger, *POLICIES)
        self.desk.hire("bob")
        self.desk.card("t0")
        self.desk.card("t1")
        self.runs: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)

    @rule(agent=st.sampled_from(AGENTS), task=st.sampled_from(TASKS))
    def start(self, agent: str, task: str) -> None:
        id = f"r{len(self.runs)}"
        try:
            with self.ledger.unit() as unit:
                start_run(unit, id=id, agent_id=agent, task_id=task)
        except Refused:
            return
        self.runs.append(id)
        self.it_works_on_its_own(id)

    @rule(which=st.integers(0, 9), new_process=st.booleans())
    def resume(self, which: int, new_process: bool) -> None:
        if not self.runs:
            return
        id = self.runs[which % len(self.runs)]
        before = self.ledger.get(AgentRun, id).version
        try:
            with self.ledger.unit() as unit:
                resume_run(unit, id, new_process=new_process)
        except Refused:
            return
        if self.ledger.get(AgentRun, id).version > before:
            self.it_works_on_its_own(id)

    @rule(which=st.integers(0, 9), command=st.sampled_from([*RUN_COMMANDS]))
    def tell_a_run(self, which: int, command: str) -> None:
        if self.runs:
            self.attempt(AgentRun, self.runs[-1 - which % len(self.runs)], RUN_COMMANDS[command])

    @rule(task=st.sampled_from(TASKS), command=st.sampled_from([*TASK_COMMANDS]))
    def tell_a_task(self, task: str, command: str) -> None:
        self.attempt(Task, task, TASK_COMMANDS[command])

    @rule()
    def react(self) -> None:
        """Once the policies have reacted, no task is at work whose last run has failed."""
        self.desk.follows()
        for id in TASKS:
            task = self.ledger.get(Task, id)
            last = self.last_run(id)
            if task.state == "working" and last is not None:
                assert last.status != "failed", (id, last)
        assert not any(at.dead_letters for at in self.desk.reactor.checkpoints().values())

    @invariant()
    def a_task_has_an_owner_while_it_is_at_work(self) -> None:
        for id in TASKS if hasattr(self, "ledger") else ():
            task = self.ledger.get(Task, id)
            assert (task.agent_id is None) == (task.state in ("ready", "queued", "waiting", "dropped")), task
            assert len(self.ledger.holders(run_of_task(id))) <= 1

    def attempt(self, kind: Any, id: str, command: Callable[[Any], object]) -> None:
        try:
            with self.ledger.edit(kind, id) as one:
                command(one)
        except Refused:
            return

    def it_works_on_its_own(self, run_id: str) -> None:
        run = self.ledger.get(AgentRun, run_id)
        task = self.ledger.get(Task, run.task_id or "")
        assert (task.state, task.agent_id, task.project_id) == ("working", run.agent_id, run.project_id)

    def last_run(self, task_id: str) -> AgentRun | None:
        """The run that was started or resumed last on the task, since it was assigned."""
        assigned = [
            past.position for past in self.ledger.history(Task, task_id) if isinstance(past.event, TaskAssigned)
        ]
        begun = [
            (past.position, id)
            for id in self.runs
            if self.ledger.get(AgentRun, id).task_id == task_id
            for past in self.ledger.history(AgentRun, id)
            if isinstance(past.event, AgentRunStarted | AgentRunResumed) and past.position > max(assigned, default=0)
        ]
        return self.ledger.get(AgentRun, max(begun)[1]) if begun else None


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=examples(10), suppress_health_check=list(HealthCheck))
