"""The queue: what comes back into it, and what is taken out of it for agents that are free."""

import pytest

from support.policy_desk import Desk, assign, crash, depend_on, finish, queue
from workledger import Refused, Workledger
from workledger.domain.agent import Agent, AgentNoAvailableTask
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunStarted
from workledger.domain.policies import DISPATCH_NEXT, POLICIES, QUEUE_AGAIN, UNBLOCK_DEPENDENTS
from workledger.domain.project import Project
from workledger.domain.services import queue as queues
from workledger.domain.task import Task
from workledger.domain.task.events import QUEUE_CAPACITY, TaskAssigned, TaskQueued, TaskUnblocked


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    return Desk(memory_ledger, DISPATCH_NEXT, limit=2)


def given(desk: Desk) -> list[tuple[str, str]]:
    """What is given to whom, in order: (task, agent)."""
    before = desk.ledger.head()
    desk.follows()
    started = [past.event for past in desk.log(before, AgentRunStarted.TOPIC)]
    return [(event.task_id or "", event.agent_id) for event in started if isinstance(event, AgentRunStarted)]


# Coming back


@pytest.fixture
def waiting(memory_ledger: Workledger) -> Desk:
    """A task was queued, and then found to wait for another."""
    desk = Desk(memory_ledger, UNBLOCK_DEPENDENTS, QUEUE_AGAIN)
    desk.card("lex")
    desk.card("parse", queue, depend_on("lex"), lambda task: task.block(reason="dependency"))
    return desk


def test_what_was_queued_is_queued_again_when_it_is_free(waiting: Desk) -> None:
    waiting.task("lex", assign("ann"), finish)
    assert waiting.follows() == [
        TaskUnblocked(cause="dependency", status="pending"),
        TaskQueued(priority="medium", depends_on=("lex",)),
    ]


def test_what_was_not_queued_is_not(waiting: Desk) -> None:
    waiting.task("parse", lambda task: task.unblock(), lambda task: task.block(reason="dependency"))
    waiting.task("parse", lambda task: task.remove_dependency(depends_on_task_id="lex"))
    assert waiting.follows() == [TaskUnblocked(cause="dependency", status="pending")]


def test_what_somebody_took_out_since_stays_out(waiting: Desk) -> None:
    waiting.task("lex", assign("ann"), finish)
    waiting.task("parse", lambda task: task.unblock(), queue, lambda task: task.dequeue())
    assert waiting.follows() == []


def test_a_queue_that_is_full_is_waited_for(waiting: Desk) -> None:
    waiting.cards(*(f"other_{number}" for number in range(QUEUE_CAPACITY)))
    waiting.task("lex", assign("ann"), finish)
    assert waiting.follows() == [TaskUnblocked(cause="dependency", status="pending")]
    waiting.task("other_1", lambda task: task.dequeue())
    assert waiting.reactor.retry(QUEUE_AGAIN).folded == 1
    assert waiting.state("parse") == "queued"


# Being taken


def test_a_task_that_is_queued_is_given_to_an_agent_that_is_free(desk: Desk) -> None:
    desk.card("t", queue)
    before = desk.ledger.head()
    desk.reactor.catch_up()
    [assigned, *_] = [past.event for past in desk.log(before)]
    [run_id] = [past.stream_id.partition("-")[2] for past in desk.log(before, AgentRunStarted.TOPIC)]
    assert assigned == TaskAssigned(agent_id="ann", agent_name="ann", agent_run_id=run_id)
    assert desk.ledger.get(AgentRun, run_id).task_id == "t"
    assert desk.state("t") == "working"


def test_the_most_urgent_first_then_as_they_were_queued(desk: Desk) -> None:
    desk.card("a", queue, priority="low")
    desk.card("b", queue)
    desk.card("c", queue, priority="high")
    desk.card("d", queue)
    assert given(desk) == [("c", "ann")]
    for task, next in (("c", "b"), ("b", "d"), ("d", "a")):
        desk.run(desk.ledger.get(Task, task).agent_run_id or "", lambda run: run.stop())
        assert given(desk) == [(next, "ann")]


def test_no_more_run_than_may(desk: Desk) -> None:
    desk.hire("bob")
    desk.hire("eve")
    desk.cards("a", "b", "c", "d")
    assert given(desk) == [("a", "ann"), ("b", "bob")]
    desk.project(lambda project: project.change_concurrency_limit(limit=3))
    assert given(desk) == [("c", "eve")]


def test_a_new_agent_is_given_what_waits(desk: Desk) -> None:
    desk.cards("a", "b")
    assert given(desk) == [("a", "ann")]
    desk.hire("bob")
    assert given(desk) == [("b", "bob")]


def test_agents_of_other_kinds_and_those_out_of_sight_are_given_nothing(desk: Desk) -> None:
    desk.hire("talker", type="conversational")
    with desk.ledger.edit(Agent, "ann") as agent:
        agent.dismiss()
    desk.cards("a")
    assert given(desk) == []


def test_planning_is_not_given_by_itself(desk: Desk) -> None:
    """Codewalkers, domain.md 1.2."""
    for category in ("research", "discuss", "plan", "detail", "refine"):
        desk.card(category, queue, category=category)
    assert given(desk) == []


def test_what_waits_for_another_is_passed_over_until_that_is_done(desk: Desk) -> None:
    """Also when the other one is done in another project."""
    desk.ledger.create(Project.create(id="q", name="Mill"))
    desk.hire("eve", project_id="q")
    desk.card("lex", project_id="q")
    desk.card("parse", depend_on("lex"), lambda task: task.queue(anyway=True), priority="high")
    desk.card("print", queue, priority="low")
    desk.hire("bob")
    assert given(desk) == [("print", "ann")]
    desk.task("lex", assign("eve"), finish)
    assert given(desk) == [("parse", "bob")]


def test_in_a_paused_project_nothing_begins(desk: Desk) -> None:
    desk.project(lambda project: project.change_status(status="paused"))
    desk.card("t", queue)
    assert given(desk) == []
    desk.project(lambda project: project.change_status(status="active"))
    assert given(desk) == [("t", "ann")]


def test_a_task_that_a_resumed_run_is_at_is_passed_over(desk: Desk) -> None:
    desk.card("t")
    desk.at_work("t", "r1")
    desk.task("t", lambda task: task.cancel(), queue)
    desk.hire("bob")
    desk.card("u", queue, priority="low")
    assert given(desk) == [("u", "bob")]


def test_of_many_events_at_once_the_last_is_reacted_to(desk: Desk) -> None:
    """Coalesced (domain.md 3.8): what follows is the same."""
    desk.cards(*(f"t{number}" for number in range(9)))
    assert given(desk) == [("t0", "ann")]
    queued = desk.log(0, TaskQueued.TOPIC)
    tried = [past for past in queued if desk.ledger.store.done(f"dispatch_next:{past.event_id}:p:1") is not None]
    assert tried == [queued[-1]]


def test_a_crash_is_followed_by_another_try_and_an_end(memory_ledger: Workledger) -> None:
    """A chain of reactions to reactions: it ends when the task is left to somebody."""
    desk = Desk(memory_ledger, *POLICIES, DISPATCH_NEXT)
    desk.card("t", queue)
    runs = []
    while desk.follows():
        if run_id := desk.ledger.get(Task, "t").agent_run_id:
            if run_id in runs:
                break
            runs.append(run_id)
            desk.run(run_id, crash)
    assert len(runs) == 4
    assert desk.state("t") == "stuck"
    assert desk.follows() == []


# By hand


def test_an_agent_may_ask_for_the_next_one(desk: Desk) -> None:
    with pytest.raises(AgentNoAvailableTask), desk.ledger.unit() as unit:
        queues.take_next(unit, desk.ledger, "ann")
    desk.cards("a")
    with desk.ledger.unit() as unit:
        queues.take_next(unit, desk.ledger, "ann")
    assert desk.ledger.get(Task, "a").agent_id == "ann"


def test_a_task_is_queued_while_as_many_run_as_may(desk: Desk) -> None:
    """domain.md 2.1: CONCURRENCY_LIMIT_EXCEEDED, then the task is queued."""
    for id in ("bob", "eve"):
        desk.hire(id)
        desk.card(f"of_{id}")
        desk.at_work(f"of_{id}", f"r_{id}", id)
    desk.card("t")
    for _ in range(2):
        queued = queues.assign_or_queue(desk.ledger, "t", agent_id="ann", command_id="once")
        assert (queued.state, queued.agent_id) == ("queued", None)
    desk.run("r_bob", lambda run: run.stop())
    assert queues.assign_or_queue(desk.ledger, "t", agent_id="ann", command_id="once").state == "queued"
    assert queues.assign_or_queue(desk.ledger, "t", agent_id="ann", branch="b").state == "working"


def test_other_refusals_of_an_assignment_stay_refusals(desk: Desk) -> None:
    desk.card("t", assign("ann"))
    desk.hire("bob")
    with pytest.raises(Refused):
        queues.assign_or_queue(desk.ledger, "t", agent_id="bob")
