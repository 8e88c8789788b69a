"""Phases: detailed into tasks, started in the order of their dependencies, reviewed, and merged."""

from workledger.adapters.simulation.chats import chat
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.planner import SHORT
from workledger.adapters.simulation.proposals import propose_tasks
from workledger.adapters.simulation.texts.goals import Goal
from workledger.adapters.simulation.texts.talk import CHANGES, COMMENTS, SECOND_THOUGHTS
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.review_comment import LineType, ReviewComment
from workledger.domain.task import Task

LINES: tuple[LineType, ...] = ("added", "added", "added", "removed", "context")
LEAD = "automation:lead"
COMMENTED, SENT_BACK, BLOCKED = 0.6, 0.4, 0.015
OBSTACLES = ("Waits for an answer of the payment provider.", "Nobody may deploy until Monday.")


def look_after_phase(world: World, crew: Crew, initiative: Initiative, phase: Phase, goal: Goal) -> Part:
    """Whatever comes next for it."""
    if phase.state in ("pending", "in_progress") and _may_begin(world, phase):
        yield from chat(world, crew, phase)
    match phase.state:
        case "pending" if _may_begin(world, phase):
            yield from _detail(world, crew, phase, goal)
        case "approved" | "queued":
            yield from _start(world, crew, phase)
        case "in_progress":
            yield from _go_on(world, crew, initiative, phase)
        case "blocked" if world.chance.happens(0.6):
            world.edit(world.chance.pick(crew.people), Phase, phase.id, lambda it: it.unblock())
        case "pending_review":
            yield from _review(world, crew, initiative, phase)


def _may_begin(world: World, phase: Phase) -> bool:
    """Whether all that it depends on is completed."""
    before = (world.find(Phase, id) for id in phase.depends_on)
    return all(one is None or one.status == "completed" for one in before)


def _cards(world: World, crew: Crew, phase: Phase) -> list[Card]:
    """Its tasks that are not done."""
    return [one for one in world.cards(crew.project_id) if one.phase_id == phase.id]


def _detail(world: World, crew: Crew, phase: Phase, goal: Goal) -> Part:
    """An agent proposes its tasks; once there are some, its plan is approved."""
    if not _cards(world, crew, phase):
        yield from propose_tasks(world, crew, phase, goal)
        return
    yield world.chance.of(SHORT)
    world.edit(world.chance.pick(crew.people), Phase, phase.id, lambda it: it.approve())
    yield from _start(world, crew, phase)


def _start(world: World, crew: Crew, phase: Phase) -> Part:
    """It is queued, and started when it may."""
    if phase.state != "queued":
        world.edit(world.chance.pick(crew.people), Phase, phase.id, lambda it: it.queue())
        yield world.chance.of(SHORT)
    if _may_begin(world, phase):
        world.edit(LEAD, Phase, phase.id, lambda it: it.start())
        _queue(world, _cards(world, crew, phase))


def _queue(world: World, cards: list[Card]) -> None:
    """Tasks of a phase that has begun do not wait for the planner."""
    for card in cards:
        if card.state == "ready" and not card.waits:
            world.edit(LEAD, Task, card.id, lambda it: it.queue(anyway=True))


def _go_on(world: World, crew: Crew, initiative: Initiative, phase: Phase) -> Part:
    """Once its tasks are done it is put up for review, or merged at once where nobody asks for one."""
    chance = world.chance
    if cards := _cards(world, crew, phase):
        _queue(world, cards)
        if chance.happens(BLOCKED):
            reason = chance.pick(OBSTACLES)
            world.edit(chance.pick(crew.people), Phase, phase.id, lambda it: it.block(reason=reason))
        return
    yield chance.of(SHORT)
    if initiative.execution_mode == "yolo":
        world.edit(LEAD, Phase, phase.id, lambda it: it.merge(**_merged(world)))
    else:
        world.edit(LEAD, Phase, phase.id, lambda it: it.request_review())


def _merged(world: World) -> dict[str, str]:
    return {"merge_base": world.chance.hex(40), "merge_sha": world.chance.hex(40), "strategy": "squash"}


def _review(world: World, crew: Crew, initiative: Initiative, phase: Phase) -> Part:
    """A person comments on lines of the diff once, sends it back if need be, and approves it in the end."""
    chance, person = world.chance, world.chance.pick(crew.people)
    comments = world.those(ReviewComment, phase_id=phase.id)
    if not comments and chance.happens(COMMENTED):
        for _ in range(chance.between(1, 3)):
            yield chance.of(SHORT)
            _comment(world, crew, phase, person)
        if chance.happens(SENT_BACK):
            yield chance.of(SHORT)
            _send_back(world, crew, initiative, phase, person)
        return
    for one in comments:
        if not one.resolved:
            yield chance.of(SHORT)
            _settle(world, person, one)
    world.edit(person, Phase, phase.id, lambda it: it.approve_review(**_merged(world)))


def _comment(world: World, crew: Crew, phase: Phase, person: str) -> None:
    chance = world.chance
    comment = ReviewComment.create(
        id=chance.id(ReviewComment.PREFIX),
        phase_id=phase.id,
        file_path=chance.pick(crew.place.parts).source,
        line_number=chance.between(3, 240),
        line_type=chance.pick(LINES),
        body=(body := chance.pick(COMMENTS)),
        author=person.partition(":")[2],
    )
    world.begin(person, comment)
    if chance.happens(0.25):
        world.edit(person, ReviewComment, comment.id, lambda it: it.edit(body=body + SECOND_THOUGHTS))


def _send_back(world: World, crew: Crew, initiative: Initiative, phase: Phase, person: str) -> None:
    """What is to be changed is one task, and the phase waits for it."""
    comments = tuple(one.id for one in world.those(ReviewComment, phase_id=phase.id))
    task = Task.create(
        id=world.chance.id(Task.PREFIX),
        title=f"Review of {phase.name}: {initiative.name}"[:200],
        description=CHANGES,
        project_id=crew.project_id,
        initiative_id=initiative.id,
        phase_id=phase.id,
        category="review",
        priority="high",
        rank=world.rank,
    )

    def step(unit: Unit) -> None:
        unit.create(task)
        unit.edit(Task, task.id).queue(anyway=True)
        unit.edit(Phase, phase.id).request_changes(comment_ids=comments, task_id=task.id)

    world.perform(person, step)


def _settle(world: World, person: str, comment: ReviewComment) -> None:
    """It was seen to; or it was not, as a second look shows; or it is not worth keeping."""
    by = person.partition(":")[2]
    world.edit(person, ReviewComment, comment.id, lambda it: it.resolve(by=by))
    if world.chance.happens(0.2):
        world.edit(person, ReviewComment, comment.id, lambda it: it.unresolve(by=by))
        world.edit(person, ReviewComment, comment.id, lambda it: it.resolve(by=by))
    elif world.chance.happens(0.2):
        world.edit(person, ReviewComment, comment.id, lambda it: it.delete())
