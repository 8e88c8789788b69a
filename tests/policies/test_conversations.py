"""What follows when an agent is asked: it wakes up once, unless it is at work or a person holds it back."""

from collections.abc import Callable
from typing import Any

import pytest

from support.policy_desk import Desk, crash
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed, AgentRunStarted
from workledger.domain.conversation import Conversation
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Event
from workledger.domain.policies import CONVERSATION_WAKE_UP, POLICIES
from workledger.domain.services.runs import start_run
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS

Command = Callable[[Any], object]


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    """Bob asks, ann is asked."""
    desk = Desk(memory_ledger, CONVERSATION_WAKE_UP, limit=2)
    desk.hire("bob")
    return desk


def run(desk: Desk, *commands: Command, id: str = "r", agent_id: str = "ann", **about: Any) -> None:
    with desk.ledger.unit() as unit:
        start_run(unit, id=id, agent_id=agent_id, **about)
        for command in commands:
            command(unit.edit(AgentRun, id))


def ask(desk: Desk, question: str = "Which port?", **about: Any) -> str:
    return desk.ledger.create(
        Conversation.create(**{"from_agent_id": "bob", "to_agent_id": "ann", "question": question, **about})
    ).id


def follows(desk: Desk) -> list[Event]:
    """What follows, but for what goes with every start of a run."""
    beside = ("agent.session_started", "tool_calls.opened")
    return [event for event in desk.follows() if event.TOPIC not in beside]


def spawned(run: Any) -> None:
    run.report_process(provider_session_id="claude-1")
    run.report_output()


def waits(run: Any) -> None:
    run.ask_user(questions=["Tabs?"])


def gone(run: Any) -> None:
    run.report_exit(exit_code=0)


def test_one_that_waits_for_input_is_resumed_with_the_question(desk: Desk) -> None:
    run(desk, spawned, waits)
    ask(desk)
    assert follows(desk) == [AgentRunResumed(session_number=1, feedback="Which port?")]


def test_one_whose_process_is_gone_is_resumed_in_another(desk: Desk) -> None:
    run(desk, spawned, waits, gone)
    ask(desk)
    assert follows(desk) == [AgentRunResumed(session_number=2, feedback="Which port?")]
    assert desk.ledger.get(Agent, "ann").session_count == 2


def test_one_that_is_idle_goes_on_in_its_next_session(desk: Desk) -> None:
    """Codewalkers' idle: the run is completed, and its process can be resumed by the provider's session. The task is
    finished; all else is as it was."""
    desk.card("t")
    desk.ledger.create(Initiative.create(id="i", name="Parser"))
    about = {"initiative_id": "i", "mode": "plan", "model": "opus", "worktree_path": "/w", "worktree_id": "wtr_1"}
    run(desk, spawned, lambda run: run.complete(), task_id="t", **about)
    ask(desk)
    [started] = follows(desk)
    assert isinstance(started, AgentRunStarted)
    told = started.payload()
    assert told.items() >= {**about, "agent_id": "ann", "session_number": 2, "prompt": "Which port?"}.items()
    assert (told["task_id"], told["project_id"]) == (None, "p")


def test_it_goes_on_without_an_initiative_that_is_gone(desk: Desk) -> None:
    desk.ledger.create(Initiative.create(id="i", name="Parser"))
    run(desk, spawned, lambda run: run.complete(), initiative_id="i")
    with desk.ledger.edit(Initiative, "i") as initiative:
        initiative.delete()
    ask(desk)
    assert [event.TOPIC for event in follows(desk)] == ["agent_run.started"]


def test_it_wakes_once_for_several_questions(desk: Desk) -> None:
    run(desk, spawned, waits)
    ask(desk)
    ask(desk, "And which host?")
    assert [event.TOPIC for event in follows(desk)] == ["agent_run.resumed"]
    assert follows(desk) == []


LEFT: dict[str, tuple[Command, ...]] = {
    "that has just started": (),
    "that runs": (spawned,),
    "that a person has paused": (spawned, lambda run: run.pause()),
    "that waits for an approval": (spawned, lambda run: run.pause(reason="approval_required")),
    "that was stopped": (spawned, lambda run: run.stop()),
    "that has crashed": (spawned, crash),
    "that cannot be resumed": (lambda run: run.complete(),),
}


@pytest.mark.parametrize("which", LEFT)
def test_one_is_left(desk: Desk, which: str) -> None:
    run(desk, *LEFT[which])
    ask(desk)
    assert follows(desk) == []


def test_one_that_has_never_run_is_left(desk: Desk) -> None:
    ask(desk)
    assert follows(desk) == []


def test_its_latest_run_counts(desk: Desk) -> None:
    run(desk, spawned, lambda run: run.complete())
    run(desk, spawned, id="r2")
    ask(desk)
    assert follows(desk) == []


def test_a_question_that_is_answered_or_gone_wakes_nobody(desk: Desk) -> None:
    run(desk, spawned, waits)
    with desk.ledger.edit(Conversation, ask(desk)) as conversation:
        conversation.answer(answer="8080")
    with desk.ledger.edit(Conversation, ask(desk)) as conversation:
        conversation.delete()
    assert follows(desk) == []


def test_an_agent_that_is_gone_stays_so(desk: Desk) -> None:
    run(desk, spawned, lambda run: run.complete())
    ask(desk)
    with desk.ledger.edit(Agent, "ann") as agent:
        agent.delete()
    assert follows(desk) == []


def test_one_for_which_there_is_no_place_wakes_when_there_is(desk: Desk) -> None:
    run(desk, spawned, lambda run: run.complete())
    for number in range(2):
        desk.hire(f"busy{number}")
        run(desk, id=f"busy{number}", agent_id=f"busy{number}")
    ask(desk)
    assert follows(desk) == []
    assert desk.reactor.checkpoints()[CONVERSATION_WAKE_UP].dead_letters == 1
    desk.run("busy0", lambda run: run.stop())
    assert desk.reactor.retry(CONVERSATION_WAKE_UP).left == 0
    assert desk.ledger.get(Agent, "ann").session_count == 2


def test_one_for_which_no_account_is_left_wakes_when_there_is_one(desk: Desk) -> None:
    desk.ledger.create(Account.create(id="acc", email="a@example.org"))
    run(desk, spawned, lambda run: run.complete())
    with desk.ledger.edit(Account, "acc") as account:
        account.mark_exhausted()
    ask(desk)
    assert follows(desk) == []
    with desk.ledger.edit(Account, "acc") as account:
        account.clear_exhaustion()
    assert desk.reactor.retry(CONVERSATION_WAKE_UP).left == 0
    assert desk.ledger.get(Agent, "ann").session_count == 2


def test_a_rebuild_wakes_nobody(desk: Desk) -> None:
    """It would find the agent waiting again, and the question unanswered."""
    run(desk, spawned, waits)
    ask(desk)
    desk.follows()
    desk.run("r", waits)
    head = desk.ledger.head()
    for group in GROUPS:
        Rebuild(desk.ledger.store, desk.ledger.tables, group).run()
    assert follows(desk) == []
    assert desk.ledger.head() == head


def test_it_is_one_of_the_policies_that_run_unless_told_otherwise() -> None:
    assert CONVERSATION_WAKE_UP in POLICIES
