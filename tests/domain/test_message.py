"""Messages: sent, read, responded to; threads; they outlive the agents that wrote them."""

from collections.abc import Callable
from typing import Any

import pytest

from support.message_states import LIVES, read, sent
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.message import (
    Message,
    MessageDeleted,
    MessageInvalidTransition,
    MessageNotFound,
    MessageResponded,
    MessageSent,
    NoResponse,
)
from workledger.domain.services.messages import respond
from workledger.testing import given

FROM_ANN: dict[str, Any] = {"sender_type": "agent", "sender_id": "ann", "recipient_type": "user", "content": "?"}


def test_what_codewalkers_leaves_out_has_its_defaults() -> None:
    new = Message.create(sender_type="user", recipient_type="agent", recipient_id="ann", content="Stop.")
    assert new.id.startswith("msg_")
    assert new.events == [
        MessageSent(
            sender_type="user",
            sender_id=None,
            recipient_type="agent",
            recipient_id="ann",
            type="info",
            content="Stop.",
            requires_response=False,
            parent_message_id=None,
            status="pending",
        )
    ]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("type", ["question", "info", "error", "response"]),
        ("sender_type", ["agent", "user"]),
        ("recipient_type", ["agent", "user"]),
    ],
)
def test_every_value_of_codewalkers_is_accepted_and_no_other(field: str, values: list[str]) -> None:
    arguments = {"sender_type": "agent", "recipient_type": "user", "content": "?"}
    for value in values:
        assert given(Message).when(Message.create, **arguments | {field: value}).events
    given(Message).when(Message.create, **arguments | {field: "else"}).refused(InvalidInput)


@pytest.mark.parametrize("side", ["sender", "recipient"])
def test_only_agents_have_an_id(side: str) -> None:
    arguments = {"sender_type": "agent", "recipient_type": "agent", "content": "?"} | {f"{side}_type": "user"}
    given(Message).when(Message.create, **arguments, **{f"{side}_id": "ann"}).refused(InvalidInput)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "read": (Message.read, {}),
    "respond": (Message.respond, {"response_message_id": "msg_2"}),
    "again": (Message.respond, {"response_message_id": "msg_3"}),
}
TABLE = """
         pending    read       responded
read     read       =          =
respond  responded  responded  =
again    responded  responded  -
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.12: = changes nothing, - is refused."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(Message, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(MessageInvalidTransition, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_every_state(state: str) -> None:
    given(Message, *LIVES[state]).when(Message.delete).then(MessageDeleted())


def test_who_read_it_is_recorded() -> None:
    given(Message, sent).when(Message.read, by="user:bob").then(read)


# Across messages and agents


@pytest.fixture
def ann(ledger: Workledger) -> str:
    return ledger.create(Agent.create(id="ann", name="Ann")).id


def test_a_response_is_a_message_in_the_same_append(ledger: Workledger, ann: str) -> None:
    """domain.md 2.12: back to who sent it, below it."""
    ledger.create(Message.create(id="m", **FROM_ANN, type="question", requires_response=True))
    with ledger.unit() as unit:
        response = respond(unit, "m", content="Yes.")
    assert [past.event for past in unit.recorded] == [
        MessageSent(
            sender_type="user",
            recipient_type="agent",
            recipient_id="ann",
            type="response",
            content="Yes.",
            parent_message_id="m",
        ),
        MessageResponded(response_message_id=response.id),
    ]
    assert ledger.get(Message, "m").response_message_id == response.id


def test_a_second_response_is_refused_and_leaves_nothing(ledger: Workledger, ann: str) -> None:
    ledger.create(Message.create(id="m", **FROM_ANN))
    with ledger.unit() as unit:
        respond(unit, "m", content="Yes.")
    head = ledger.head()
    with pytest.raises(MessageInvalidTransition), ledger.unit() as unit:
        respond(unit, "m", content="No.")
    assert ledger.head() == head


def test_only_a_response_to_it_is_one(ledger: Workledger, ann: str) -> None:
    for id in ("m", "other"):
        ledger.create(Message.create(id=id, **FROM_ANN))
    ledger.create(Message.create(id="reply", **FROM_ANN, parent_message_id="m"))
    ledger.create(Message.create(id="elsewhere", **FROM_ANN, type="response", parent_message_id="other"))
    for id in ("other", "reply", "elsewhere"):
        with pytest.raises(NoResponse), ledger.edit(Message, "m") as message:
            message.respond(response_message_id=id)
    with pytest.raises(MessageNotFound), ledger.edit(Message, "m") as message:
        message.respond(response_message_id="nothing")


def test_it_needs_its_agents_and_its_parent_when_it_is_sent(ledger: Workledger, ann: str) -> None:
    with pytest.raises(AgentNotFound):
        ledger.create(Message.create(**FROM_ANN | {"sender_id": "nobody"}))
    with pytest.raises(AgentNotFound):
        ledger.create(Message.create(sender_type="user", recipient_type="agent", recipient_id="nobody", content="!"))
    with pytest.raises(MessageNotFound):
        ledger.create(Message.create(**FROM_ANN, parent_message_id="nothing"))


def test_it_outlives_its_agent_and_is_responded_to(ledger: Workledger, ann: str) -> None:
    """Codewalkers: sender and recipient are set null, messages persist."""
    ledger.create(Message.create(id="m", **FROM_ANN))
    with ledger.edit(Agent, ann) as agent:
        agent.delete()
    with ledger.unit() as unit:
        response = respond(unit, "m", content="Too late.")
    assert (response.recipient_type, response.recipient_id) == ("agent", None)


def test_an_imported_message_was_responded_to_nobody_knows_how(ledger: Workledger, ann: str) -> None:
    """Codewalkers' rows have the status alone."""
    with ledger.unit() as unit:
        unit.record(Message, "m", [MessageSent(**FROM_ANN), MessageResponded()])
    assert ledger.get(Message, "m").status == "responded"
    with pytest.raises(MessageInvalidTransition), ledger.unit() as unit:
        respond(unit, "m", content="Yes.")


def test_a_deleted_message_is_not_found(ledger: Ledger) -> None:
    ledger.create(Message.create(id="m", sender_type="user", recipient_type="user", content="!"))
    with ledger.edit(Message, "m") as message:
        message.delete()
    with pytest.raises(MessageNotFound), ledger.edit(Message, "m") as message:
        message.read()
