"""Proposals: an agent says what the phases of an initiative and the tasks of a phase should be, and a person decides."""

from collections.abc import Callable

from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import CATEGORIES, SHORT, describe
from workledger.adapters.simulation.texts.document import document, packed
from workledger.adapters.simulation.texts.goals import Goal, way
from workledger.adapters.simulation.texts.jobs import LABELS, new_job
from workledger.adapters.simulation.world import Part, World
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.task import Task
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
    """A person goes through what is proposed: most is taken as it is."""
    chance, person = world.chance, world.chance.pick(crew.people)
    for proposal in world.those(Proposal, initiative_id=initiative.id, status="pending"):
        if proposal.target_id is not None:
            continue  # a change of something: the people's own affair
        yield chance.of(SHORT) / 2
        if proposal.target_type == "task" and proposal.title in world.titles(crew.project_id):
            world.edit(person, Proposal, proposal.id, _dismissal(person.partition(":")[2], TWICE))
        elif chance.happens(DISMISSED) and proposal.sort_order:
            world.edit(person, Proposal, proposal.id, _dismissal(person.partition(":")[2], chance.pick(REASONS)))
        else:
            _accept(world, crew, proposal, person)


def _dismissal(by: str, reason: str) -> Callable[[Proposal], object]:
    return lambda it: it.dismiss(by=by, reason=reason)


def _accept(world: World, crew: Crew, proposal: Proposal, person: str) -> None:
    """It is made in the same append."""
    make = {"page": _make_page, "phase": _make_phase, "task": _make_task}[proposal.target_type]

    def step(unit: Unit) -> None:
        created_id = make(world, crew, unit, proposal)
        unit.edit(Proposal, proposal.id).accept(by=person.partition(":")[2], created_id=created_id)

    world.perform(person, step)


def _make_page(world: World, crew: Crew, unit: Unit, proposal: Proposal) -> str:
    pages = world.those(Page, initiative_id=proposal.initiative_id)
    root = next((one.id for one in pages if one.parent_page_id is None), None)
    page = Page.create(
        id=world.chance.id(Page.PREFIX),
        initiative_id=proposal.initiative_id,
        parent_page_id=root,
        title=proposal.title,
        content=proposal.content,
        sort_order=len(pages),
    )
    return unit.create(page).id


def _make_phase(world: World, crew: Crew, unit: Unit, proposal: Proposal) -> str:
    known = {one.name: one.id for one in world.those(Phase, initiative_id=proposal.initiative_id)}
    id = world.chance.id(Phase.PREFIX)
    content = packed(document(proposal.content or proposal.title))
    unit.create(Phase.create(id=id, initiative_id=proposal.initiative_id, name=proposal.title, content=content))
    for name in (proposal.metadata or {}).get("after", ()):
        if name in known:
            unit.edit(Phase, id).add_dependency(depends_on_phase_id=known[name])
    return id


def _make_task(world: World, crew: Crew, unit: Unit, proposal: Proposal) -> str:
    metadata = dict(proposal.metadata or {})
    phase_id, kind = metadata.pop("phase_id", None), metadata.get("kind")
    task = Task.create(
        id=world.chance.id(Task.PREFIX),
        title=proposal.title,
        description=proposal.content,
        project_id=crew.project_id,
        initiative_id=proposal.initiative_id,
        phase_id=phase_id,
        plan_order=proposal.sort_order,
        category=CATEGORIES.get(str(kind), "execute"),
        priority=world.chance.pick(URGENT),
        labels=tuple(LABELS[one] for one in LABELS if one == kind),
        metadata=metadata,
        rank=world.rank,
    )
    made = unit.create(task)
    before = [one.id for one in world.cards(crew.project_id) if phase_id and one.phase_id == phase_id]
    if before and world.chance.happens(0.3):
        unit.edit(Task, made.id).add_dependency(depends_on_task_id=before[-1])
    return made.id
