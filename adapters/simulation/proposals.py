"""Proposals: an agent says what phases an initiative should have, and what tasks a phase, and a person decides."""

from collections.abc import Callable

from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import CATEGORIES, SHORT, describe
from workledger.adapters.simulation.texts.document import document
from workledger.adapters.simulation.texts.goals import Goal, way
from workledger.adapters.simulation.texts.jobs import LABELS, new_job
from workledger.adapters.simulation.world import Part, World
from workledger.domain.change_set import Change, ChangeSet
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.services.changes import make
from workledger.domain.services.targets import TARGETS, Values
from workledger.domain.task.card import Priority

DISMISSED = 0.12
URGENT: tuple[Priority, ...] = ("medium", "high", "high")
"""The priorities of a phase's tasks: most come before what is beside the plan."""
REASONS = ("Not now.", "Too much for this phase.", "That is a goal of its own.")
TWICE = "Somebody does it already."


def propose_phases(world: World, crew: Crew, initiative: Initiative, goal: Goal) -> Part:
    """All phases at once, each with those that come before it, and a page that says how they were found."""
    agent_id = world.chance.pick([*crew.agents])
    steps = way(world.chance)

    def step(unit: Unit) -> None:
        for order, one in enumerate(steps):
            unit.create(
                Proposal.create(
                    id=world.chance.id(Proposal.PREFIX),
                    agent_id=agent_id,
                    initiative_id=initiative.id,
                    target_type="phase",
                    title=one.name,
                    summary=one.about,
                    content=one.about,
                    metadata={"after": [*one.after]},
                    sort_order=order,
                )
            )
        unit.create(
            Proposal.create(
                id=world.chance.id(Proposal.PREFIX),
                agent_id=agent_id,
                initiative_id=initiative.id,
                target_type="page",
                title=f"Why {len(steps)} phases",
                content=f"{steps[0].about} Then {', '.join(one.name.lower() for one in steps[1:])}.",
                sort_order=len(steps),
            )
        )

    yield world.chance.of(SHORT)
    world.perform(f"agent:{agent_id}", step)


def propose_tasks(world: World, crew: Crew, phase: Phase, goal: Goal) -> Part:
    """The tasks of a phase, when it is about to begin."""
    chance = world.chance
    agent_id, count = chance.pick([*crew.agents]), chance.between(2, 3)
    taken = set(world.titles(crew.project_id))

    def step(unit: Unit) -> None:
        for order in range(count):
            job = new_job(chance, goal.within(crew.place), taken)
            taken.add(job.title)
            unit.create(
                Proposal.create(
                    id=chance.id(Proposal.PREFIX),
                    agent_id=agent_id,
                    initiative_id=phase.initiative_id,
                    target_type="task",
                    title=job.title,
                    summary=phase.name,
                    content=describe(job),
                    metadata={**job.metadata, "phase_id": phase.id},
                    sort_order=order,
                )
            )

    yield chance.of(SHORT)
    world.perform(f"agent:{agent_id}", step)


def decide(world: World, crew: Crew, initiative: Initiative) -> Part:
    """A person goes through what is proposed: phases are taken as they are, and most of the rest."""
    chance, person = world.chance, world.chance.pick(crew.people)
    for proposal in world.those(Proposal, initiative_id=initiative.id, status="pending"):
        if proposal.target_id is not None:
            continue  # a change of something: the people's own affair
        yield chance.of(SHORT) / 2
        if proposal.target_type == "task" and proposal.title in world.titles(crew.project_id):
            world.edit(person, Proposal, proposal.id, _dismissal(person.partition(":")[2], TWICE))
        elif proposal.target_type != "phase" and chance.happens(DISMISSED):
            world.edit(person, Proposal, proposal.id, _dismissal(person.partition(":")[2], chance.pick(REASONS)))
        else:
            _accept(world, crew, proposal, person)


def _dismissal(by: str, reason: str) -> Callable[[Proposal], object]:
    return lambda it: it.dismiss(by=by, reason=reason)


def _accept(world: World, crew: Crew, proposal: Proposal, person: str) -> None:
    """What is proposed is made in the same append, and recorded as a change set of the agent."""
    kind, chance = TARGETS[proposal.target_type].kind, world.chance
    id, change_set_id = chance.id(kind.PREFIX), chance.id(ChangeSet.PREFIX)
    values = {"page": _page, "phase": _phase, "task": _task}[proposal.target_type](world, crew, proposal)
    change = Change(action="create", target_type=proposal.target_type, target_id=id, values=values)

    def decision(unit: Unit) -> None:
        make(
            unit,
            [change],
            id=change_set_id,
            initiative_id=proposal.initiative_id,
            agent_id=proposal.agent_id,
            summary=proposal.title,
        )
        by = person.partition(":")[2]
        unit.edit(Proposal, proposal.id).accept(by=by, created_id=id, change_set_id=change_set_id)

    world.perform(person, lambda unit: unit.decide(lambda: decision(unit)))


def _page(world: World, crew: Crew, proposal: Proposal) -> Values:
    pages = world.those(Page, initiative_id=proposal.initiative_id)
    root = next((one.id for one in pages if one.parent_page_id is None), None)
    return {
        "title": proposal.title,
        "content": proposal.content,
        "parent_page_id": root,
        "sort_order": len(pages),
    }


def _phase(world: World, crew: Crew, proposal: Proposal) -> Values:
    known = {one.name: one.id for one in world.those(Phase, initiative_id=proposal.initiative_id)}
    after = (proposal.metadata or {}).get("after", ())
    return {
        "name": proposal.title,
        "content": document(proposal.content or proposal.title),
        "depends_on": [known[name] for name in after if name in known],
    }


def _task(world: World, crew: Crew, proposal: Proposal) -> Values:
    """A task of the phase that is named; it may have to wait for the one that was made before it."""
    metadata = dict(proposal.metadata or {})
    phase_id, kind = metadata.pop("phase_id", None), metadata.get("kind")
    before = [one.id for one in world.cards(crew.project_id) if phase_id and one.phase_id == phase_id]
    return {
        "title": proposal.title,
        "description": proposal.content,
        "project_id": crew.project_id,
        "phase_id": phase_id,
        "plan_order": proposal.sort_order,
        "category": CATEGORIES.get(str(kind), "execute"),
        "priority": world.chance.pick(URGENT),
        "labels": [LABELS[one] for one in LABELS if one == kind],
        "metadata": metadata,
        "rank": world.rank,
        "depends_on": before[-1:] if world.chance.happens(0.3) else [],
    }
