"""Talk that races: what may happen once happens once, whoever comes first, and whoever is late is told why."""

import pytest

from support.racing import at_once
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Reaction
from workledger.domain.message import Message, MessageSent
from workledger.domain.policies import CONVERSATION_WAKE_UP
from workledger.domain.services.messages import respond
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is made again for as long as others are first, on a slow machine too."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 60.0)


def test_racing_chats_about_one_task_leave_one_active(ledger: Workledger) -> None:
    """domain.md 3.3, X15; once it is closed, one of those who race again is next."""
    ledger.create(Task.create(id="t", title="Refine me"))

    def start(number: int) -> None:
        ledger.create(ChatSession.create(target_type="task", target_id="t"))

    for _ in range(2):
        assert at_once(8, start) == {"done": 1, "CHAT_SESSION_ALREADY_ACTIVE": 7}
        [holder] = ledger.holders("chat_active:task:t")
        with ledger.edit(ChatSession, holder.partition("-")[2]) as chat:
            chat.close()


def test_no_message_of_racing_writers_of_a_chat_is_lost(ledger: Workledger) -> None:
    ledger.create(Task.create(id="t", title="Refine me"))
    ledger.create(ChatSession.create(id="c", target_type="task", target_id="t"))

    def post(writer: int) -> None:
        for number in range(3):
            with ledger.edit(ChatSession, "c") as chat:
                chat.post_message(message_id=f"{writer}:{number}", role="user", content="Hi.")

    assert at_once(6, post) == {"done": 6}
    assert sorted(ledger.get(ChatSession, "c").messages) == [f"{one}:{two}" for one in range(6) for two in range(3)]


def test_of_those_who_post_one_message_id_one_succeeds(ledger: Workledger) -> None:
    ledger.create(Task.create(id="t", title="Refine me"))
    ledger.create(ChatSession.create(id="c", target_type="task", target_id="t"))

    def post(number: int) -> None:
        with ledger.edit(ChatSession, "c") as chat:
            chat.post_message(message_id="m", role="user", content=f"I am {number}.")

    assert at_once(6, post) == {"done": 1, "CHAT_MESSAGE_EXISTS": 5}


def test_a_question_is_answered_once(ledger: Workledger) -> None:
    for id in ("ann", "bob"):
        ledger.create(Agent.create(id=id, name=id))
    ledger.create(Conversation.create(id="c", from_agent_id="ann", to_agent_id="bob", question="Which port?"))

    def answer(number: int) -> None:
        with ledger.edit(Conversation, "c") as conversation:
            conversation.answer(answer=f"808{number}")

    assert at_once(8, answer) == {"done": 1, "CONVERSATION_ALREADY_ANSWERED": 7}
    assert len(ledger.history(Conversation, "c")) == 2


def test_a_message_is_responded_to_once(ledger: Workledger) -> None:
    """The responses of those who are late are not sent."""
    ledger.create(Message.create(id="m", sender_type="user", recipient_type="user", content="Ship it?"))

    def send(number: int) -> None:
        with ledger.unit() as unit:
            respond(unit, "m", content=f"{number}")

    assert at_once(8, send) == {"done": 1, "MESSAGE_INVALID_TRANSITION": 7}
    assert len(ledger.read(topics=[MessageSent.TOPIC])) == 2


def test_an_errand_id_is_used_once(ledger: Workledger) -> None:
    """C21."""

    def open_one(number: int) -> None:
        ledger.create(Errand.create(id="e", description=f"Fix {number}", branch="b"))

    assert at_once(8, open_one) == {"done": 1, "CONCURRENCY_CONFLICT": 7}
    assert len(ledger.history(Errand, "e")) == 1


def test_two_questions_at_once_wake_an_agent_once(ledger: Workledger) -> None:
    """Each is reacted to on its own: as by two processes, of which one was given up for dead and is not."""
    for id in ("ann", "bob"):
        ledger.create(Agent.create(id=id, name=id))
    with ledger.unit() as unit:
        start_run(unit, id="r", agent_id="ann")
        unit.edit(AgentRun, "r").report_process(provider_session_id="claude-1")
        unit.edit(AgentRun, "r").complete()
    for question in ("Which port?", "Which host?"):
        ledger.create(Conversation.create(from_agent_id="bob", to_agent_id="ann", question=question))
    asked = [decode(row) for row in ledger.read(topics=["conversation.asked"])]

    def react(number: int) -> None:
        past: Recorded = asked[number % 2]
        CONVERSATION_WAKE_UP.react(Reaction(ledger, CONVERSATION_WAKE_UP, past))

    assert at_once(4, react) == {"done": 4}
    assert ledger.get(Agent, "ann").session_count == 2
