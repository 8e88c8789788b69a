"""Errands: small changes that people ask of an agent beside the plan, each on a branch of its own."""

from workledger.adapters.simulation.chance import settled
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import SHORT
from workledger.adapters.simulation.texts.talk import ERRANDS, FEEDBACK_ON_ERRANDS, HINTS
from workledger.adapters.simulation.world import Part, World
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.errand import OPEN, READY, Errand

AT_ONCE = 2
"""Errands of a project that are under way together."""


def errands(world: World, crew: Crew) -> Part:
    """Looks now and then at what is under way, and asks for something new when there is little."""
    while True:
        yield world.chance.of(world.tempo.errand)
        for one in world.those(Errand, project_id=crew.project_id, status=(*OPEN, "abandoned")):
            yield world.chance.of(SHORT)
            _go_on(world, crew, one)
        under_way = world.those(Errand, project_id=crew.project_id, status=OPEN)
        if len(under_way) < AT_ONCE and world.chance.happens(0.7):
            _open(world, crew)


def _open(world: World, crew: Crew) -> None:
    chance, id = world.chance, world.chance.id("err")
    topic = settled(crew.place.parts, id)
    errand = Errand.create(
        id=id,
        description=settled(ERRANDS, id).format(part=topic.name, source=topic.source),
        branch=f"errand/{topic.noun}-{id[-4:]}",
        project_id=crew.project_id,
    )
    world.begin(chance.pick(crew.people), errand)


def _go_on(world: World, crew: Crew, errand: Errand) -> None:
    person = world.chance.pick(crew.people)
    match errand.status:
        case "active" if errand.agent_id is None:
            agent_id = world.chance.pick([*crew.agents])
            world.edit(person, Errand, errand.id, lambda it: it.assign_agent(agent_id=agent_id))
        case "active":
            _work_on(world, errand, person)
        case "pending_review":
            _review(world, crew, errand, person)
        case "conflict":
            sha = world.chance.hex(40)
            world.edit(person, Errand, errand.id, lambda it: it.merge(merge_sha=sha))
        case "abandoned" if world.chance.happens(0.7):
            world.edit(person, Errand, errand.id, lambda it: it.delete())


def _work_on(world: World, errand: Errand, person: str) -> None:
    """The agent is told something more, is needed elsewhere, or is done."""
    chance = world.chance
    if chance.happens(0.4) and _hears(world, errand):
        hint = chance.pick(HINTS)
        world.edit(person, Errand, errand.id, lambda it: it.send_message(content=hint))
    elif chance.happens(0.15):
        world.edit(person, Errand, errand.id, lambda it: it.unassign_agent(reason="needed elsewhere"))
    else:
        world.edit(f"agent:{errand.agent_id}", Errand, errand.id, lambda it: it.submit_for_review())


def _hears(world: World, errand: Errand) -> bool:
    """Whether its agent is running or idle."""
    agent = world.find(Agent, errand.agent_id or "")
    run = world.find(AgentRun, agent.latest_run_id) if agent and agent.latest_run_id else None
    return run is not None and run.status in READY


def _review(world: World, crew: Crew, errand: Errand, person: str) -> None:
    chance = world.chance
    files = (settled(crew.place.parts, errand.id).source,)
    sha = chance.hex(40)
    if chance.happens(0.15):
        world.edit(person, Errand, errand.id, lambda it: it.request_changes(feedback=FEEDBACK_ON_ERRANDS))
    elif chance.happens(0.12):
        world.edit(person, Errand, errand.id, lambda it: it.report_conflict(files=files))
    elif chance.happens(0.12):
        world.edit(person, Errand, errand.id, lambda it: it.abandon(reason="Somebody has done it on main."))
    else:
        world.edit(person, Errand, errand.id, lambda it: it.merge(merge_sha=sha))
