"""Chats about phases and tasks: at most one is active for each; messages, and the change sets that come of them."""

from collections.abc import Callable
from typing import Any

import pytest

from support.chat_session_states import LIVES, posted, started
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.change_set import ChangeSet, ChangeSetNotFound
from workledger.domain.chat_session import (
    ChatMessageChangeSetLinked,
    ChatMessageExists,
    ChatMessageNotFound,
    ChatMessagePosted,
    ChatSession,
    ChatSessionAgentLinked,
    ChatSessionAlreadyActive,
    ChatSessionDeleted,
    ChatSessionIsClosed,
    ChatSessionNotFound,
    ChatSessionStarted,
    ChatTargetElsewhere,
)
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.phase import Phase
from workledger.domain.phase.refusals import PhaseNotFound
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskNotFound
from workledger.testing import given


def test_it_begins_active() -> None:
    """C1."""
    new = ChatSession.create(target_type="phase", target_id="pha_1")
    assert new.id.startswith("cht_")
    assert new.events == [
        ChatSessionStarted(target_type="phase", target_id="pha_1", initiative_id=None, agent_id=None, status="active")
    ]


@pytest.mark.parametrize(
    ("command", "arguments", "field", "values"),
    [
        (ChatSession.create, {"target_id": "pha_1"}, "target_type", ["phase", "task"]),
        (ChatSession.post_message, {"content": "Hi."}, "role", ["user", "assistant", "system"]),
    ],
)
def test_every_value_of_codewalkers_is_accepted_and_no_other(
    command: Callable[..., Any], arguments: dict[str, Any], field: str, values: list[str]
) -> None:
    past = () if command == ChatSession.create else (started,)
    for value in values:
        assert given(ChatSession, *past).when(command, **arguments, **{field: value}).events
    given(ChatSession, *past).when(command, **arguments, **{field: "else"}).refused(InvalidInput)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "agent": (ChatSession.link_agent, {"agent_id": "bob"}),
    "post": (ChatSession.post_message, {"role": "user", "content": "Hi."}),
    "link": (ChatSession.link_change_set, {"message_id": "m1", "change_set_id": "chs_1"}),
    "close": (ChatSession.close, {}),
}
TABLE = """
       active  closed
agent  active  -
post   active  -
link   active  closed
close  closed  =
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.12: = changes nothing, - is refused as CHAT_SESSION_CLOSED."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(ChatSession, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(ChatSessionIsClosed, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_every_state(state: str) -> None:
    given(ChatSession, *LIVES[state]).when(ChatSession.delete).then(ChatSessionDeleted())


def test_an_agent_comes_and_goes() -> None:
    given(ChatSession, started).when(ChatSession.link_agent, agent_id="ann").then()
    given(ChatSession, started).when(ChatSession.link_agent, agent_id=None).then(ChatSessionAgentLinked(agent_id=None))


def test_a_message_has_an_id_of_its_own() -> None:
    [new] = given(ChatSession, started).when(ChatSession.post_message, role="user", content="Hi.").events
    assert isinstance(new, ChatMessagePosted)
    assert new.message_id.startswith("chm_")
    posting = given(ChatSession, started, posted).when(
        ChatSession.post_message, message_id="m1", role="user", content="Again."
    )
    posting.refused(ChatMessageExists, message_id="m1")


def test_a_message_is_linked_to_what_came_of_it_later() -> None:
    """C19."""
    linked = ChatMessageChangeSetLinked(message_id="m1", change_set_id="chs_1")
    about = {"message_id": "m1", "change_set_id": "chs_1"}
    given(ChatSession, started, posted).when(ChatSession.link_change_set, **about).then(linked)
    given(ChatSession, started, posted, linked).when(ChatSession.link_change_set, **about).then()
    given(ChatSession, started).when(ChatSession.link_change_set, **about).refused(ChatMessageNotFound)


def test_what_was_said_is_not_held_in_memory() -> None:
    """A chat has up to 200 messages of up to 100,000 characters; only their ids are loaded with it."""
    chat = ChatSession.fold(
        "c", [started, *(ChatMessagePosted(message_id=str(n), role="user", content="x" * 10**5) for n in range(200))]
    )
    assert chat is not None
    assert list(chat.messages) == [str(n) for n in range(200)]
    assert len(chat.model_dump_json()) < 5_000


# Across chats and what they are about


@pytest.fixture
def ledger(ledger: Workledger) -> Workledger:
    """A phase with a task in one initiative, another initiative, a task of none, an agent and a change set."""
    for id in ("i", "j"):
        ledger.create(Initiative.create(id=id, name=id))
    ledger.create(Phase.create(id="p", name="Lexer", initiative_id="i"))
    ledger.create(Task.create(id="t", title="Lex", phase_id="p"))
    ledger.create(Task.create(id="free", title="Rest"))
    ledger.create(Agent.create(id="ann", name="Ann"))
    return ledger


def chat(ledger: Workledger, target_type: str = "phase", target_id: str = "p", **about: Any) -> ChatSession:
    return ledger.create(ChatSession.create(target_type=target_type, target_id=target_id, **about))  # type: ignore[arg-type]


@pytest.mark.parametrize(("target_type", "target_id"), [("phase", "p"), ("task", "t")])
def test_its_initiative_is_that_of_its_target(ledger: Workledger, target_type: str, target_id: str) -> None:
    assert chat(ledger, target_type, target_id).initiative_id == "i"


def test_a_task_of_no_initiative_has_a_chat_of_none(ledger: Workledger) -> None:
    assert chat(ledger, "task", "free").initiative_id is None


@pytest.mark.parametrize(("target_type", "target_id"), [("phase", "p"), ("task", "t"), ("task", "free")])
def test_another_initiative_is_refused(ledger: Workledger, target_type: str, target_id: str) -> None:
    """Its target would outlive it, and never have another chat."""
    with pytest.raises(ChatTargetElsewhere) as refused:
        chat(ledger, target_type, target_id, initiative_id="j")
    assert refused.value.code == "CHAT_TARGET_OF_ANOTHER_INITIATIVE"


def test_a_target_has_one_active_chat(ledger: Workledger) -> None:
    """domain.md 3.3, X15: phases and tasks are told apart by their type, not by their ids."""
    ledger.create(Task.create(id="p", title="Called like the phase", phase_id="p"))
    first = chat(ledger)
    with pytest.raises(ChatSessionAlreadyActive) as refused:
        chat(ledger)
    assert refused.value.code == "CHAT_SESSION_ALREADY_ACTIVE"
    assert refused.value.details["holder"] == ChatSession.stream(first.id)
    chat(ledger, "task", "p")
    chat(ledger, "task", "t")


@pytest.mark.parametrize("end", ["close", "delete"])
def test_the_end_of_a_chat_lets_another_begin(ledger: Workledger, end: str) -> None:
    first = chat(ledger)
    with ledger.edit(ChatSession, first.id) as edited:
        getattr(edited, end)()
    second = chat(ledger)
    if end == "close":
        with ledger.edit(ChatSession, first.id) as edited:
            edited.delete()
        with pytest.raises(ChatSessionAlreadyActive):
            chat(ledger)
    assert ledger.store.holders("chat_active:phase:p") == [ChatSession.stream(second.id)]


def test_it_needs_what_it_is_about_while_it_is_active(ledger: Workledger) -> None:
    for target_type, refused in (("phase", PhaseNotFound), ("task", TaskNotFound)):
        with pytest.raises(refused):
            chat(ledger, target_type, "nothing")
    with pytest.raises((InitiativeNotFound, ChatTargetElsewhere)):
        chat(ledger, initiative_id="nothing")
    with pytest.raises(AgentNotFound):
        chat(ledger, agent_id="nobody")
    about_task = chat(ledger, "task", "t").id
    with ledger.edit(Phase, "p") as phase:
        phase.delete()
    with pytest.raises(TaskNotFound), ledger.edit(ChatSession, about_task) as edited:
        edited.post_message(role="user", content="Anybody?")
    with ledger.edit(ChatSession, about_task) as edited:
        edited.close()


def test_it_is_over_when_its_initiative_is(ledger: Workledger) -> None:
    id = chat(ledger).id
    with ledger.edit(Initiative, "i") as initiative:
        initiative.delete()
    with pytest.raises((PhaseNotFound, InitiativeNotFound)), ledger.edit(ChatSession, id) as edited:
        edited.post_message(role="user", content="Anybody?")


def test_a_message_names_a_change_set_that_there_is(ledger: Workledger) -> None:
    id = chat(ledger).id
    with pytest.raises(ChangeSetNotFound), ledger.edit(ChatSession, id) as edited:
        edited.post_message(role="assistant", content="Done.", change_set_id="nothing")
    entry = {
        "action": "update",
        "target_type": "phase",
        "target_id": "p",
        "title": "Lexer",
        "version_before": 1,
        "version_after": 1,
    }
    ledger.create(ChangeSet.create(id="s", initiative_id="i", entries=(entry,)))  # type: ignore[arg-type]
    with ledger.edit(ChatSession, id) as edited:
        edited.post_message(message_id="m", role="assistant", content="Done.")
        edited.close()
    with ledger.edit(ChatSession, id) as edited:
        edited.link_change_set(message_id="m", change_set_id="s")
    assert ledger.get(ChatSession, id).messages == {"m": "s"}
    with pytest.raises(ChangeSetNotFound), ledger.edit(ChatSession, id) as edited:
        edited.link_change_set(message_id="m", change_set_id="nothing")


def test_a_deleted_chat_is_not_found(ledger: Workledger) -> None:
    id = chat(ledger).id
    with ledger.edit(ChatSession, id) as edited:
        edited.delete()
    with pytest.raises(ChatSessionNotFound), ledger.edit(ChatSession, id) as edited:
        edited.close()


def test_a_chat_of_two_hundred_messages_loads_no_message_twice(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further message costs the same: the chat is kept, and continued from a snapshot elsewhere."""
    id = chat(ledger).id
    read = ledger.store.read_stream
    rows: list[int] = []

    def counted(*asked: Any, **how: Any) -> Any:
        found = list(read(*asked, **how))
        rows.append(len(found))
        return found

    monkeypatch.setattr(ledger.store, "read_stream", counted)
    for number in range(200):
        with ledger.edit(ChatSession, id) as edited:
            edited.post_message(role=("user", "assistant")[number % 2], content="x" * 1000)
    assert sum(rows) < 50
    assert ledger.get(ChatSession, id).version == 201
