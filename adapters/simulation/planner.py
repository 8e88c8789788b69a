"""The planner keeps tasks in stock: it writes them down, orders them, and queues them for the agents."""

from workledger.adapters.simulation.chance import Spread
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.texts.jobs import LABELS, Job, new_job
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.task import Task
from workledger.domain.task.card import Category, Priority

PRIORITIES: tuple[Priority, ...] = ("low", "medium", "medium", "medium", "high")
CATEGORIES: dict[str, Category] = {"research": "research", "test": "verify", "refactor": "refine"}
EXTRA_LABELS = ("customer", "security", "quick win", "tech debt", "q4")
SHORT = Spread(20, 90)
"""Seconds between two things that somebody does in one go."""


def planner(world: World, crew: Crew) -> Part:
    """Looks now and then whether there is enough to do, and writes down more."""
    while True:
        stock = [card for card in world.cards(crew.project_id) if card.state in ("ready", "queued") and not card.waits]
        missing = world.tempo.backlog * len(crew.agents) - len(stock)
        for _ in range(max(0, missing) + world.chance.between(0, 2)):
            _write(world, crew)
            yield world.chance.of(SHORT) / 4
        yield from _order(world, crew)
        yield world.chance.of(world.tempo.plan)


def _write(world: World, crew: Crew) -> None:
    chance, id = world.chance, world.chance.id(Task.PREFIX)
    job = new_job(chance, crew.place, world.titles(crew.project_id))
    task = Task.create(
        id=id,
        title=job.title,
        description=describe(job),
        project_id=crew.project_id,
        category=CATEGORIES.get(job.kind, "execute"),
        priority=chance.pick(PRIORITIES),
        labels=(LABELS[job.kind], *chance.some(EXTRA_LABELS, chance.pick((0, 0, 0, 1)))),
        metadata=job.metadata,
        rank=world.rank,
    )
    person = chance.pick(crew.people)
    world.perform(person, lambda unit: unit.create(task))
    unfinished = [card for card in world.cards(crew.project_id) if card.id != id and card.state != "dropped"]
    if unfinished and chance.happens(0.12):
        on = chance.pick(unfinished).id
        world.perform(person, lambda unit: unit.edit(Task, id).add_dependency(depends_on_task_id=on))


def _order(world: World, crew: Crew) -> Part:
    """Queue what is next, and now and then think better of something. Tasks of phases are the lead's."""
    cards = world.cards(crew.project_id)
    ready = [card for card in cards if card.state == "ready" and not card.waits and card.phase_id is None]
    queued = sum(card.state == "queued" for card in cards)
    for card in ready[: max(0, 2 * len(crew.agents) - queued)]:
        _queue(world, crew, card.id)
        yield world.chance.of(SHORT) / 4
    if len(ready) > 3 and world.chance.happens(0.3):
        _rethink(world, crew, ready[-1])


def _queue(world: World, crew: Crew, task_id: str) -> None:
    world.perform(world.chance.pick(crew.people), lambda unit: unit.edit(Task, task_id).queue())


def _rethink(world: World, crew: Crew, card: Card) -> None:
    person = world.chance.pick(crew.people)
    if world.chance.happens(0.25):
        why = world.chance.pick(("Done elsewhere already.", "Nobody needs it any more.", "Too big; split it first."))
        world.perform(person, lambda unit: unit.edit(Task, card.id).cancel(to="dropped", reason=why, rank=world.rank))
    else:
        priority: Priority = "high" if card.priority != "high" else "medium"
        world.perform(person, lambda unit: unit.edit(Task, card.id).change_details(priority=priority))


def describe(job: Job) -> str:
    return f"{job.why}\n\nStart in `{job.part.source}`; its tests are in `{job.part.test}`."
