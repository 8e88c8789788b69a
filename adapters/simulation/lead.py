"""The lead takes initiatives from a goal to done: pages, phases one after the other, and a review of the whole."""

from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.phases import look_after_phase
from workledger.adapters.simulation.planner import SHORT
from workledger.adapters.simulation.proposals import decide, propose_phases
from workledger.adapters.simulation.texts import goals
from workledger.adapters.simulation.texts.document import document, longer
from workledger.adapters.simulation.texts.goals import Goal, goal_of, new_goal
from workledger.adapters.simulation.texts.talk import FINAL_CHANGES
from workledger.adapters.simulation.world import Part, World
from workledger.domain.initiative import ExecutionMode, Initiative, Strategy
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.task import Task

MODES: tuple[ExecutionMode, ...] = ("review_per_phase", "review_per_phase", "review_per_phase", "yolo")
STRATEGIES: tuple[Strategy, ...] = ("push_branch", "merge_and_push")
SENT_BACK, WRITTEN_ON, RETHOUGHT = 0.35, 0.15, 0.06
MORE, LESS = ", and its tests", ", the first half"
"""What a phase turns out to be about as well, and how an initiative gets smaller."""
FINALIZATION = "Finalization"


def lead(world: World, crew: Crew) -> Part:
    """Looks now and then at the initiative of the project, and begins another when there is none."""
    while True:
        yield world.chance.of(world.tempo.lead)
        found = world.initiatives(crew.project_id, "active", "pending_review")
        if not found:
            yield from _begin(world, crew)
        for initiative in found:
            yield from _look_after(world, crew, initiative)


def _begin(world: World, crew: Crew) -> Part:
    """Write down a goal, with pages about it. What is done is put away."""
    chance, person = world.chance, world.chance.pick(crew.people)
    goal = new_goal(chance, crew.place, world.titles(crew.project_id))
    id, root = chance.id(Initiative.PREFIX), chance.id(Page.PREFIX)
    done = world.initiatives(crew.project_id, "completed")
    mode = chance.pick(MODES)

    def step(unit: Unit) -> None:
        for one in done:
            unit.edit(Initiative, one.id).archive()
        unit.create(Initiative.create(id=id, name=goal.name, execution_mode=mode, project_ids=(crew.project_id,)))
        unit.create(Page.create(id=root, initiative_id=id, title=goal.name, content=document(goal.why)))

    world.perform(person, step)
    for order, (title, text) in enumerate(goals.pages(goal)):
        yield chance.of(SHORT)
        page = Page.create(
            id=chance.id(Page.PREFIX),
            initiative_id=id,
            parent_page_id=root,
            title=title,
            content=document(text),
            sort_order=order,
        )
        world.begin(person, page)
    world.edit(person, Initiative, id, lambda it: it.set_branch(branch=goal.branch))


def _look_after(world: World, crew: Crew, initiative: Initiative) -> Part:
    """Whatever comes next."""
    goal = goal_of(crew.place, initiative.name)
    if initiative.status == "pending_review":
        _review(world, crew, initiative)
        return
    if world.chance.happens(WRITTEN_ON):
        _write_on(world, crew, initiative, goal)
    if world.chance.happens(RETHOUGHT):
        _rethink(world, crew, initiative)
    yield from decide(world, crew, initiative)
    phases = world.those(Phase, initiative_id=initiative.id)
    if not phases:
        yield from propose_phases(world, crew, initiative, goal)
    for phase in phases:
        yield from look_after_phase(world, crew, initiative, phase, goal)
    phases = world.those(Phase, initiative_id=initiative.id)
    if phases and all(one.status == "completed" for one in phases):
        yield world.chance.of(SHORT)
        world.edit(world.chance.pick(crew.people), Initiative, initiative.id, lambda it: it.request_review())


def _review(world: World, crew: Crew, initiative: Initiative) -> None:
    """The whole is approved, or sent back once for what is left to do."""
    chance, person = world.chance, world.chance.pick(crew.people)
    names = {phase.name for phase in world.those(Phase, initiative_id=initiative.id)}
    if FINALIZATION not in names and chance.happens(SENT_BACK):
        phase, task = chance.id(Phase.PREFIX), chance.id(Task.PREFIX)

        def send_back(unit: Unit) -> None:
            unit.create(Phase.create(id=phase, initiative_id=initiative.id, name=FINALIZATION))
            unit.create(
                Task.create(
                    id=task,
                    title=f"Finish: {initiative.name}"[:200],
                    description=FINAL_CHANGES,
                    project_id=crew.project_id,
                    phase_id=phase,
                    category="review",
                    priority="high",
                    rank=world.rank,
                )
            )
            unit.edit(Initiative, initiative.id).request_changes(summary=FINAL_CHANGES, phase_id=phase, task_id=task)
            unit.edit(Phase, phase).approve()

        world.perform(person, send_back)
    else:
        strategy: Strategy = chance.pick(STRATEGIES)
        world.edit(person, Initiative, initiative.id, lambda it: it.approve(strategy=strategy))


def _write_on(world: World, crew: Crew, initiative: Initiative, goal: Goal) -> None:
    """A page gets another paragraph, a better title, another place, or is not needed any more."""
    chance, person = world.chance, world.chance.pick(crew.people)
    below = [one for one in world.those(Page, initiative_id=initiative.id) if one.parent_page_id is not None]
    if not below:
        return
    page = chance.pick(below)
    content = longer(page.content, goals.said(chance.pick(goals.LATER), goal))
    if chance.happens(0.6):
        world.edit(person, Page, page.id, lambda it: it.change_content(content=content))
    elif chance.happens(0.4):
        title = page.title if page.title.endswith(" (old)") else f"{page.title} (old)"
        world.edit(person, Page, page.id, lambda it: it.rename(title=title))
    elif chance.happens(0.6):
        world.edit(person, Page, page.id, lambda it: it.move(sort_order=len(below)))
    elif len(below) > 2:
        world.edit(person, Page, page.id, lambda it: it.delete())


def _rethink(world: World, crew: Crew, initiative: Initiative) -> None:
    """A phase that has not begun gets another name, or need not wait for another one; or the goal gets smaller."""
    chance, person = world.chance, world.chance.pick(crew.people)
    pending = world.those(Phase, initiative_id=initiative.id, status="pending")
    waiting = [one for one in pending if len(one.depends_on) > 1]
    if waiting and chance.happens(0.5):
        phase = chance.pick(waiting)
        before = phase.depends_on[0]
        world.edit(person, Phase, phase.id, lambda it: it.remove_dependency(depends_on_phase_id=before))
    elif pending and chance.happens(0.7):
        phase = chance.pick(pending)
        if MORE not in phase.name:
            world.edit(person, Phase, phase.id, lambda it: it.rename(name=phase.name + MORE))
    elif LESS not in initiative.name:
        world.edit(person, Initiative, initiative.id, lambda it: it.rename(name=initiative.name + LESS))
