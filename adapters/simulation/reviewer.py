"""The reviewer reads what agents have done, approves it or sends it back, and helps out what is stuck."""

from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.texts.turns import PRAISE, REJECTIONS
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.commit import CommitRecord, CommitRecorded
from workledger.domain.kernel.unit import Unit
from workledger.domain.session import Session
from workledger.domain.task import Task

REJECTED = 0.17
GIVEN_UP = 0.02


def reviewer(world: World, crew: Crew) -> Part:
    """Looks at the task that waits longest, those that hold up a phase first, and at what is stuck."""
    while True:
        yield world.chance.of(world.tempo.review)
        cards = world.cards(crew.project_id)
        waiting = sorted((card for card in cards if card.state == "in_review"), key=lambda card: card.phase_id is None)
        for card in waiting[: 1 + len(waiting) // 4]:
            _review(world, crew, card)
        stuck = [card for card in cards if card.state == "stuck"]
        if stuck and world.chance.happens(0.5):
            _help_out(world, crew, stuck[0].id)


def _help_out(world: World, crew: Crew, task_id: str) -> None:
    world.perform(world.chance.pick(crew.people), lambda unit: unit.edit(Task, task_id).retry(rank=world.rank))


def _review(world: World, crew: Crew, card: Card) -> None:
    chance, person = world.chance, world.chance.pick(crew.people)
    if chance.happens(REJECTED):
        reason, feedback = chance.pick(REJECTIONS)
        world.perform(
            person, lambda unit: unit.edit(Task, card.id).reject(reason=reason, feedback=feedback, rank=world.rank)
        )
    elif chance.happens(GIVEN_UP):
        world.perform(person, lambda unit: _cancelled(world, unit, card.id))
    else:
        _approve(world, crew, card.id, person)


def _approve(world: World, crew: Crew, task_id: str, person: str) -> None:
    task = world.find(Task, task_id)
    if task is None:
        return
    chance, sha = world.chance, world.chance.hex(40)
    commit = CommitRecorded(
        commit_id=chance.id(CommitRecord.PREFIX),
        project_id=crew.project_id,
        commit_sha=sha,
        commit_url=f"https://git.example.com/{crew.place.name}/commit/{sha}",
        message=f"{task.title}\n\n{task.summary or ''}".strip(),
        files_changed=tuple(
            name
            for part in crew.place.parts
            if part.noun == task.metadata.get("part")
            for name in (part.source, part.test)
        ),
        triggered_by="review",
        author_name=crew.agents.get(task.agent_id or "", "an agent"),
    )
    feedback = chance.pick(PRAISE)

    def step(unit: Unit) -> None:
        unit.edit(Task, task_id).approve(
            approved_by=person.partition(":")[2], feedback=feedback, merge_sha=sha, rank=world.rank
        )
        unit.record(CommitRecord, CommitRecord.id_of(crew.project_id, sha), [commit])
        close(world, unit, task.session_id)

    world.perform(person, step)


def _cancelled(world: World, unit: Unit, task_id: str) -> None:
    task = unit.edit(Task, task_id)
    session_id = task.session_id
    task.cancel(to="dropped", reason="It is not worth it.", rank=world.rank)
    close(world, unit, session_id)


def close(world: World, unit: Unit, session_id: str | None) -> None:
    """Close the session that a task was worked on in, if it is open."""
    session = world.find(Session, session_id) if session_id else None
    if session is not None and session.status not in ("closed", "initializing"):
        unit.edit(Session, session.id).close(reason="task_over")
