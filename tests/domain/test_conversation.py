"""Conversations: one agent asks, another answers, once."""

from collections.abc import Callable
from typing import Any

import pytest

from support.conversation_states import LIVES, answered, asked
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.conversation import (
    Conversation,
    ConversationAlreadyAnswered,
    ConversationAsked,
    ConversationDeleted,
    ConversationNotFound,
    ConversationWithItself,
)
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.kernel.refusals import InvalidInput, NotFound
from workledger.domain.phase import Phase
from workledger.domain.phase.refusals import PhaseNotFound
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskNotFound
from workledger.testing import given

ANN_ASKS_BOB: dict[str, Any] = {"from_agent_id": "ann", "to_agent_id": "bob", "question": "Which port?"}


def test_a_question_waits_for_its_answer() -> None:
    new = Conversation.create(**ANN_ASKS_BOB)
    assert new.id.startswith("cnv_")
    assert new.events == [asked]
    assert asked == ConversationAsked(**ANN_ASKS_BOB, initiative_id=None, phase_id=None, task_id=None, status="pending")


def test_an_agent_does_not_ask_itself() -> None:
    given(Conversation).when(Conversation.create, **ANN_ASKS_BOB | {"to_agent_id": "ann"}).refused(
        ConversationWithItself, agent_id="ann"
    )


@pytest.mark.parametrize("question", ["", "?" * 100_001])
def test_a_question_has_words(question: str) -> None:
    given(Conversation).when(Conversation.create, **ANN_ASKS_BOB | {"question": question}).refused(InvalidInput)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "answer": (Conversation.answer, {"answer": "8080"}),
    "else": (Conversation.answer, {"answer": "9090"}),
}
TABLE = """
        pending   answered
answer  answered  =
else    answered  -
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.12: = changes nothing, - is refused."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(Conversation, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(ConversationAlreadyAnswered, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


def test_its_answer_is_recorded_once() -> None:
    given(Conversation, asked).when(Conversation.answer, answer="8080").then(answered)
    assert ConversationAlreadyAnswered.code == "CONVERSATION_ALREADY_ANSWERED"


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_every_state(state: str) -> None:
    given(Conversation, *LIVES[state]).when(Conversation.delete).then(ConversationDeleted())


# Across conversations and agents


@pytest.fixture
def ledger(ledger: Workledger) -> Workledger:
    """Two agents, and a phase with a task."""
    for id in ("ann", "bob"):
        ledger.create(Agent.create(id=id, name=id))
    ledger.create(Initiative.create(id="i", name="Parser"))
    ledger.create(Phase.create(id="p", name="Lexer", initiative_id="i"))
    ledger.create(Task.create(id="t", title="Lex", phase_id="p"))
    return ledger


@pytest.mark.parametrize("side", ["from_agent_id", "to_agent_id"])
def test_it_needs_both_agents_as_long_as_it_is(ledger: Workledger, side: str) -> None:
    with pytest.raises(AgentNotFound):
        ledger.create(Conversation.create(**ANN_ASKS_BOB | {side: "nobody"}))
    ledger.create(Conversation.create(id="c", **ANN_ASKS_BOB))
    with ledger.edit(Agent, ANN_ASKS_BOB[side]) as agent:
        agent.delete()
    with pytest.raises(AgentNotFound), ledger.edit(Conversation, "c") as conversation:
        conversation.answer(answer="8080")


ABOUT: dict[str, tuple[str, type[NotFound]]] = {
    "initiative_id": ("i", InitiativeNotFound),
    "phase_id": ("p", PhaseNotFound),
    "task_id": ("t", TaskNotFound),
}


@pytest.mark.parametrize("name", ABOUT)
def test_what_it_is_about_is_needed_when_it_begins_only(ledger: Workledger, name: str) -> None:
    id, refused = ABOUT[name]
    with pytest.raises(refused):
        ledger.create(Conversation.create(**ANN_ASKS_BOB, **{name: "nothing"}))
    ledger.create(Conversation.create(id="c", **ANN_ASKS_BOB, **{name: id}))
    with ledger.edit({"i": Initiative, "p": Phase, "t": Task}[id], id) as one:
        one.delete()
    with ledger.edit(Conversation, "c") as conversation:
        conversation.answer(answer="8080")


def test_a_deleted_conversation_is_not_found(ledger: Workledger) -> None:
    ledger.create(Conversation.create(id="c", **ANN_ASKS_BOB))
    with ledger.edit(Conversation, "c") as conversation:
        conversation.delete()
    with pytest.raises(ConversationNotFound), ledger.edit(Conversation, "c") as conversation:
        conversation.answer(answer="8080")
