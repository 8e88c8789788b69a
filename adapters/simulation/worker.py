"""An agent at work: it takes a task, runs turn by turn, and finishes, asks, gets stuck or crashes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from workledger.adapters.simulation.accounts import exhaust, next_account, use
from workledger.adapters.simulation.crew import Crew
from workledger.adapters.simulation.reviewer import close
from workledger.adapters.simulation.running import Running
from workledger.adapters.simulation.texts.jobs import Job, job_of
from workledger.adapters.simulation.texts.turns import CRASHES, OBSTACLES, QUESTIONS
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import Cause
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.session import Session
from workledger.domain.task import Task

DISPATCHER = "automation:dispatcher"
PRIORITY = {"high": 0, "medium": 1, "low": 2}
QUIET = timedelta(minutes=20)
"""After which a run that nobody has heard of is taken for lost."""
LOOK = 3.0
"""Seconds between looks at a run that somebody else has paused."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a run, and after how many turns."""

    turns: int
    end: str
    asks_at: int


class Worker:
    """One agent of a crew."""

    def __init__(self, world: World, crew: Crew, agent_id: str) -> None:
        self.world, self.crew, self.id = world, crew, agent_id
        self.name = crew.agents[agent_id]

    def part(self) -> Part:
        """Go on with the run that there is, then take task after task."""
        if live := self.world.live_run(self.id):
            run_id, quiet = live
            yield from self._take_up(run_id, lost=quiet > QUIET)
        while True:
            yield self.world.chance.of(self.world.tempo.idle)
            card = self._choice()
            if card is not None:
                yield from self._work(self._begin(card))

    def _choice(self) -> Card | None:
        """What it was sent back, else what is queued, the most urgent first."""
        cards = self.world.cards(self.crew.project_id)
        for card in cards:
            if card.state == "working" and card.agent_id == self.id:
                return card
        queued = [card for card in cards if card.state == "queued" and not card.waits]
        return min(queued, key=lambda card: PRIORITY.get(card.priority, 1), default=None)

    def _begin(self, card: Card) -> str:
        chance, run_id = self.world.chance, self.world.chance.id(AgentRun.PREFIX)
        task = self.world.find(Task, card.id)
        assert task is not None
        open_session = self.world.find(Session, task.session_id) if task.session_id else None
        known = open_session is not None and open_session.status == "active"
        session_id = task.session_id if known and task.session_id else chance.id(Session.PREFIX)
        branch, account = f"agent/{task.id[-8:]}", next_account(self.world)

        def step(unit: Unit) -> None:
            if not known:
                title = f"{self.name}: {task.title}"[:200]
                opening = Session.create(
                    id=session_id, project_id=self.crew.project_id, task_id=card.id, agent_id=self.id, title=title
                )
                unit.create(opening)
                unit.edit(Session, session_id).activate()
            if card.state != "working":
                unit.edit(Task, card.id).assign(
                    agent_id=self.id,
                    agent_name=self.name,
                    agent_run_id=run_id,
                    session_id=session_id,
                    branch=branch,
                    rank=self.world.rank,
                )
            use(self.world, unit, account, run_id)
            start_run(
                unit,
                agent_id=self.id,
                id=run_id,
                task_id=card.id,
                initiative_id=task.initiative_id,
                account_id=account.id if account else None,
                session_id=session_id,
                worktree_path=f".worktrees/{task.id[-8:]}",
                prompt=f"{task.title}\n\n{task.description or ''}".strip(),
            )

        self.world.perform(DISPATCHER, step)
        return run_id

    def _take_up(self, run_id: str, *, lost: bool) -> Part:
        """Go on with a run whose process is still there, or was lost with the machine."""
        run = self.world.find(AgentRun, run_id)
        if lost and run is not None and run.status in ("starting", "running"):
            self._fail(run, "lost", "its process is gone, and nobody has heard of it since", None, None)
            run = self._after_failure(run_id, again=True)
        if run is not None and run.live:
            yield from self._work(run_id)

    def _work(self, run_id: str) -> Part:
        run = self.world.find(AgentRun, run_id)
        assert run is not None
        task = self.world.find(Task, run.task_id) if run.task_id else None
        if task is None:
            self._stop(run, "task_gone")
            return
        job = job_of(self.crew.place, task.title, task.description, task.metadata, self.world.chance)
        running = Running(self.world, self.crew, run, self.name, task, job)
        fate = self._fate(run.turn_count)
        if run.exited is None:
            yield from running.begin()
        while (at := self._standing(run_id)) is not None and (at.turn_count < fate.turns or at.status != "running"):
            if at.status == "running" and at.turn_count == fate.asks_at and not running.asked:
                self._ask(running, run_id)
            elif at.status in ("starting", "running"):
                yield from running.turn(at.turn_count + 1, (at.turn_count + 1) / fate.turns)
                self._reach_limit(run_id)
            else:
                yield from self._until_resumed(at)
        if at is not None:
            self._end(running, at, fate, job)

    def _fate(self, turns_so_far: int) -> Fate:
        chance = self.world.chance
        turns = turns_so_far + chance.count(self.world.tempo.turns)
        end = "crash" if chance.happens(0.1) else "obstacle" if chance.happens(0.04) else "done"
        return Fate(turns, end, chance.between(turns_so_far + 1, turns) if chance.happens(0.12) else 0)

    def _standing(self, run_id: str) -> AgentRun | None:
        """The run, unless it is over or its task has been taken away."""
        run = self.world.find(AgentRun, run_id)
        if run is None or not run.live:
            return None
        task = self.world.find(Task, run.task_id) if run.task_id else None
        if task is None or task.state != "working" or task.agent_id != self.id:
            self._stop(run, "task_taken_away")
            return None
        return run

    def _reach_limit(self, run_id: str) -> None:
        """Now and then the account of a run is exhausted."""
        run = self.world.find(AgentRun, run_id)
        if run is not None and run.status == "running" and self.world.chance.happens(self.world.tempo.exhausts):
            exhaust(self.world, run)

    def _ask(self, running: Running, run_id: str) -> None:
        question, options = self.world.chance.pick(QUESTIONS)
        asked: dict[str, JsonValue] = {"question": question, "options": list(options)}
        self.world.perform(running.actor, lambda unit: unit.edit(AgentRun, run_id).ask_user(questions=(asked,)))
        running.asked = asked

    def _until_resumed(self, run: AgentRun) -> Part:
        """A person answers a question or grants more turns; who paused a run resumes it."""
        person = self.world.chance.pick(self.crew.people)
        if run.status == "waiting_for_input":
            yield self.world.chance.of(self.world.tempo.answer)
            answers = [
                self.world.chance.pick(one["options"]) for one in run.pending_questions or () if one.get("options")
            ]
            self._resume(run.id, "waiting_for_input", person, answers=answers or ["Do as you think best."])
        elif run.turn_count >= run.max_turns:
            yield self.world.chance.of(self.world.tempo.answer)
            self._resume(run.id, "paused", person, extra_turns=20)
        else:
            yield LOOK

    def _resume(self, run_id: str, status: str, person: str, **details: Any) -> None:
        run = self.world.find(AgentRun, run_id)
        if run is not None and run.status == status:
            self.world.perform(person, lambda unit: resume_run(unit, run_id, new_process=False, **details))

    def _end(self, running: Running, run: AgentRun, fate: Fate, job: Job) -> None:
        if fate.end == "crash":
            error, exit_code, error_type = self.world.chance.pick(CRASHES)
            self._fail(run, "crash", error, exit_code, error_type)
            self._after_failure(run.id, again=False)
        elif fate.end == "obstacle":
            reason, detail = self.world.chance.pick(OBSTACLES)
            running.give_up(reason, detail.format(source=job.part.source))
        else:
            running.finish()

    def _fail(self, run: AgentRun, cause: Cause, error: str, exit_code: int | None, error_type: str | None) -> None:
        def step(unit: Unit) -> None:
            failing = unit.edit(AgentRun, run.id)
            failing.fail(cause=cause, error=error, error_type=error_type, exit_code=exit_code)
            failing.report_exit(exit_code=exit_code)

        self.world.perform("system", step)

    def _after_failure(self, run_id: str, *, again: bool) -> AgentRun | None:
        """The run goes on in a new process, or its task is queued once more for whoever is free."""
        run = self.world.find(AgentRun, run_id)
        assert run is not None
        if again and run.provider_session_id:
            self.world.perform("system", lambda unit: resume_run(unit, run_id, new_process=True))
            return self.world.find(AgentRun, run_id)

        def step(unit: Unit) -> None:
            task = unit.edit(Task, run.task_id or "")
            session_id = task.session_id
            if task.schedule_retry(run_id=run_id, rank=self.world.rank):
                close(self.world, unit, session_id)

        self.world.perform("system", step)
        return None

    def _stop(self, run: AgentRun, reason: str) -> None:
        def step(unit: Unit) -> None:
            unit.edit(AgentRun, run.id).stop(reason=reason, by="dispatcher")
            close(self.world, unit, run.session_id)

        self.world.perform(DISPATCHER, step)
