"""Chats about a phase: a person asks, the assistant changes the phase and says so, and the change may be taken back."""

from workledger.adapters.simulation.chance import settled
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import SHORT
from workledger.adapters.simulation.texts.document import longer, shorter
from workledger.adapters.simulation.texts.talk import BRIEFING, CHATS
from workledger.adapters.simulation.world import Part, World
from workledger.domain.change_set import Change, ChangeSet
from workledger.domain.chat_session import MESSAGE_PREFIX, ChatSession
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.services.changes import make

TALKED_ABOUT, TAKEN_BACK, HANDED_OVER = 0.04, 0.4, 0.3


def chat(world: World, crew: Crew, phase: Phase) -> Part:
    """What comes next in the chat about a phase that is being planned or worked on."""
    chats = world.those(ChatSession, target_id=phase.id)
    active = next((one for one in chats if one.status == "active"), None)
    if active is not None:
        yield world.chance.of(SHORT)
        if len(active.messages) < 3 and active.agent_id:
            _answer(world, active, phase)
        else:
            _end(world, crew, active, phase)
    elif not chats and world.chance.happens(TALKED_ABOUT):
        _ask(world, crew, phase)


def _ask(world: World, crew: Crew, phase: Phase) -> None:
    chance, id = world.chance, world.chance.id(ChatSession.PREFIX)
    agent_id = chance.pick([*crew.agents])
    asked = settled(CHATS, id)[0].format(name=phase.name)
    briefing, question = chance.id(MESSAGE_PREFIX), chance.id(MESSAGE_PREFIX)

    def step(unit: Unit) -> None:
        unit.create(
            ChatSession.create(
                id=id, target_type="phase", target_id=phase.id, initiative_id=phase.initiative_id, agent_id=agent_id
            )
        )
        talk = unit.edit(ChatSession, id)
        talk.post_message(role="system", content=BRIEFING, message_id=briefing)
        talk.post_message(role="user", content=asked, message_id=question)

    world.perform(chance.pick(crew.people), step)


def _answer(world: World, chat: ChatSession, phase: Phase) -> None:
    """The change and the message that tells of it are one append."""
    chance, agent_id = world.chance, chat.agent_id
    _, said, added = settled(CHATS, chat.id)
    id, message_id = chance.id(ChangeSet.PREFIX), chance.id(MESSAGE_PREFIX)

    change = Change(
        action="update",
        target_type="phase",
        target_id=phase.id,
        values={"content": longer(phase.content, added)},
    )
    said = said.format(name=phase.name)

    def decision(unit: Unit) -> None:
        make(unit, [change], id=id, initiative_id=phase.initiative_id, agent_id=agent_id, summary=said)
        talk = unit.edit(ChatSession, chat.id)
        talk.post_message(role="assistant", content=said, message_id=message_id)
        talk.link_change_set(message_id=message_id, change_set_id=id)

    world.perform(f"agent:{agent_id}", lambda unit: unit.decide(lambda: decision(unit)))


def _end(world: World, crew: Crew, chat: ChatSession, phase: Phase) -> None:
    """The person keeps the change, or takes it back while nobody has changed the phase since; the chat is closed."""
    chance, person = world.chance, world.chance.pick(crew.people)
    changes = (world.find(ChangeSet, id) for id in chat.messages.values() if id)
    fresh = [
        one
        for one in changes
        if one is not None and one.status == "applied" and one.entries[0].version_after == phase.version
    ]
    back = bool(fresh) and chance.happens(TAKEN_BACK)
    other = chance.pick([*crew.agents]) if chance.happens(HANDED_OVER) else chat.agent_id

    def step(unit: Unit) -> None:
        if back:
            unit.edit(Phase, phase.id).change_content(content=shorter(phase.content))
            made = fresh[-1].entries[0]
            entry = made.model_copy(
                update={"version_before": made.version_after, "version_after": made.version_after + 1}
            )
            unit.edit(ChangeSet, fresh[-1].id).revert(entries=(entry,), by=person.partition(":")[2])
        talk = unit.edit(ChatSession, chat.id)
        if other != chat.agent_id:
            talk.link_agent(agent_id=other)
        talk.close()

    world.perform(person, step)
