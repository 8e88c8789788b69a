"""Letters: agents ask each other and the people, and let them know; everything that waits is answered."""

from workledger.adapters.simulation.chance import settled
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import SHORT
from workledger.adapters.simulation.texts.places import Part as Topic
from workledger.adapters.simulation.texts.talk import ASKED, LATER, NEWS, QUESTIONS, TO_AGENTS
from workledger.adapters.simulation.world import Part, World
from workledger.domain.conversation import Conversation
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message, MessageType

WAITING = ("pending", "read")


def letters(world: World, crew: Crew) -> Part:
    """Looks now and then at what has come, and writes something new."""
    while True:
        yield world.chance.of(world.tempo.talk)
        yield from _answer_agents(world, crew)
        yield from _answer_people(world, crew)
        yield world.chance.of(SHORT)
        world.chance.pick((_ask_agent, _ask_agent, _ask_people, _ask_people, _let_know, _tell_agent))(world, crew)


def _topic(crew: Crew, id: str) -> Topic:
    return settled(crew.place.parts, id)


def _said(text: str, topic: Topic) -> str:
    return text.format(part=topic.name, source=topic.source)


def _ask_agent(world: World, crew: Crew) -> None:
    """Who works on a task asks somebody else about it."""
    chance, id = world.chance, world.chance.id(Conversation.PREFIX)
    working = [one for one in world.cards(crew.project_id) if one.state == "working" and one.agent_id in crew.agents]
    if not working:
        return
    card = chance.pick(working)
    others = [one for one in crew.agents if one != card.agent_id]
    if card.agent_id is None or not others:
        return
    question = Conversation.create(
        id=id,
        from_agent_id=card.agent_id,
        to_agent_id=chance.pick(others),
        phase_id=card.phase_id,
        task_id=card.id,
        question=_said(settled(ASKED, id)[0], _topic(crew, id)),
    )
    world.begin(f"agent:{card.agent_id}", question)


def _answer_agents(world: World, crew: Crew) -> Part:
    for one in world.those(Conversation, to_agent_id=tuple(crew.agents), status="pending"):
        yield world.chance.of(SHORT)
        answer = _said(settled(ASKED, one.id)[1], _topic(crew, one.id))
        _answer(world, one, answer)


def _answer(world: World, one: Conversation, answer: str) -> None:
    world.edit(f"agent:{one.to_agent_id}", Conversation, one.id, lambda it: it.answer(answer=answer))


def _write(world: World, crew: Crew, id: str, text: str, type: MessageType) -> None:
    """An agent writes to the people."""
    agent_id = world.chance.pick([*crew.agents])
    message = Message.create(
        id=id,
        sender_type="agent",
        sender_id=agent_id,
        recipient_type="user",
        type=type,
        content=_said(text, _topic(crew, id)),
        requires_response=type == "question",
    )
    world.begin(f"agent:{agent_id}", message)


def _ask_people(world: World, crew: Crew) -> None:
    id = world.chance.id(Message.PREFIX)
    _write(world, crew, id, settled(QUESTIONS, id)[0], "question")


def _let_know(world: World, crew: Crew) -> None:
    id = world.chance.id(Message.PREFIX)
    type, text = settled(NEWS, id)
    _write(world, crew, id, text, type)


def _tell_agent(world: World, crew: Crew) -> None:
    """A person writes to an agent."""
    id = world.chance.id(Message.PREFIX)
    message = Message.create(
        id=id,
        sender_type="user",
        recipient_type="agent",
        recipient_id=world.chance.pick([*crew.agents]),
        content=_said(settled(TO_AGENTS, id), _topic(crew, id)),
    )
    world.begin(world.chance.pick(crew.people), message)


def _answer_people(world: World, crew: Crew) -> Part:
    """People answer what agents ask, and agents what people ask; everything else is read."""
    agents = tuple(crew.agents)
    for one in world.those(Message, sender_id=agents, recipient_type="user", status=WAITING):
        yield from _see_to(world, world.chance.pick(crew.people), one, settled(QUESTIONS, one.id)[1], crew)
    for one in world.those(Message, recipient_id=agents, status=WAITING):
        yield from _see_to(world, f"agent:{one.recipient_id}", one, LATER, crew)


def _see_to(world: World, actor: str, one: Message, answer: str, crew: Crew) -> Part:
    """A question is answered, perhaps some time after it was read. What is no question is read, and may be deleted."""
    if one.type == "question" and (one.status == "read" or world.chance.happens(0.7)):
        yield world.chance.of(SHORT) / 2
        _respond(world, actor, one, _said(answer, _topic(crew, one.id)))
    elif one.status == "pending":
        yield world.chance.of(SHORT) / 2
        thrown_away = one.type != "question" and world.chance.happens(0.1)
        world.edit(actor, Message, one.id, lambda it: _read(it, actor, thrown_away))


def _read(message: Message, actor: str, thrown_away: bool) -> None:
    message.read(by=actor.partition(":")[2])
    if thrown_away:
        message.delete()


def _respond(world: World, actor: str, one: Message, answer: str) -> None:
    """The response and what it does to the question are one append."""
    response = Message.create(
        id=world.chance.id(Message.PREFIX),
        sender_type=one.recipient_type,
        sender_id=one.recipient_id,
        recipient_type=one.sender_type,
        recipient_id=one.sender_id,
        type="response",
        content=answer,
        parent_message_id=one.id,
    )

    def step(unit: Unit) -> None:
        unit.create(response)
        unit.edit(Message, one.id).respond(response_message_id=response.id)

    world.perform(actor, step)
