"""A run as its process reports it: prompt, turns with their tool calls, log and feed, and its end."""

from typing import Any

from workledger.adapters.simulation.chance import Spread
from workledger.adapters.simulation.crew import MODELS, Crew
from workledger.adapters.simulation.reviewer import close
from workledger.adapters.simulation.texts.jobs import Job
from workledger.adapters.simulation.texts.transcript import Transcript
from workledger.adapters.simulation.texts.turns import Call, Turn, new_turn
from workledger.adapters.simulation.world import Part, World
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.unit import Unit
from workledger.domain.session_feed import Channel, publish
from workledger.domain.task import Task
from workledger.domain.task.dispatch import BlockReason
from workledger.domain.tool_calls import ToolCalls

TOKENS_IN = Spread(2_500, 14_000)
TOKENS_OUT = Spread(350, 1_800)
CACHED = Spread(18_000, 90_000)
DOLLARS_IN, DOLLARS_OUT = 3e-6, 15e-6
"""For each token."""


class Running:
    """The process side of one run."""

    def __init__(self, world: World, crew: Crew, run: AgentRun, name: str, task: Task, job: Job) -> None:
        self.world, self.crew, self.task, self.job, self.name = world, crew, task, job, name
        self.id, self.agent_id, self.session_id = run.id, run.agent_id, run.session_id
        self.actor = f"agent:{run.agent_id}"
        self.asked: dict[str, Any] | None = None
        self._first = run.provider_session_id is None
        self._provider_session = run.provider_session_id or world.chance.hex(32)
        self._transcript = Transcript(self._provider_session, task.branch or "main", MODELS[0])
        self._failed_before = False

    def begin(self) -> Part:
        """A process is spawned, and the first one is given the prompt."""
        yield self.world.chance.of(self.world.tempo.call)
        pid = self.world.chance.between(2_000, 60_000)
        prompt = f"{self.task.title}\n\n{self.task.description or ''}".strip()

        def step(unit: Unit) -> None:
            unit.edit(AgentRun, self.id).report_process(pid=pid, provider_session_id=self._provider_session)
            if self._first:
                self._log(unit, self._transcript.prompt(prompt, self.world.now))
            self._publish(unit, "agentState", "agent:started", {"text": f"{self.name} starts on {self.task.title}"})

        self.world.perform(self.actor, step)

    def turn(self, number: int, progress: float) -> Part:
        """The agent says something and calls tools; then the turn is counted."""
        chance, tempo = self.world.chance, self.world.tempo
        turn = new_turn(chance, tempo, self.crew.place, self.job, progress, self._failed_before)
        yield chance.of(tempo.turn)
        tokens_in, tokens_out = chance.count(TOKENS_IN), chance.count(TOKENS_OUT)
        self.world.perform(self.actor, lambda unit: self._say(unit, turn, tokens_in, tokens_out))
        for call in turn.calls:
            yield from self._call(call, number)
        self._failed_before = any(call.failed for call in turn.calls)
        cached = chance.count(CACHED)
        cost = round(tokens_in * DOLLARS_IN + tokens_out * DOLLARS_OUT + cached * DOLLARS_IN / 10, 6)
        self.world.perform(
            self.actor,
            lambda unit: unit.edit(AgentRun, self.id).report_turn(
                turn=number,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                cache_tokens=cached,
                cost_usd=cost,
                tool_call_count=len(turn.calls),
            ),
        )

    def finish(self) -> None:
        """The work is done: the run completes, and its diff waits for a reviewer."""
        run = self.world.find(AgentRun, self.id)
        assert run is not None
        research, chance = self.job.kind == "research", self.world.chance
        added, removed = chance.count(Spread(24, 180)), chance.count(Spread(8, 90))
        files = chance.between(1, 5)
        summary = _summary(self.job)

        def step(unit: Unit) -> None:
            ending = unit.edit(AgentRun, self.id)
            self._log(unit, self._transcript.ended(summary, run.turn_count, run.cost_usd or 0, self.world.now))
            ending.complete(result={"summary": summary})
            ending.report_exit(exit_code=0)
            task = unit.edit(Task, self.task.id)
            if research:
                session_id = task.session_id
                task.finish_work(turn_count=run.turn_count, summary=summary, approval="none", rank=self.world.rank)
                close(self.world, unit, session_id)
            else:
                task.finish_work(
                    turn_count=run.turn_count,
                    summary=summary,
                    diff_summary=f"{self.job.part.source} and {files} more: +{added} -{removed}",
                    files_changed=files + 1,
                    lines_added=added,
                    lines_removed=removed,
                    rank=self.world.rank,
                )
                self._publish(unit, "workflow", "approval:requested", {"text": summary})

        self.world.perform(self.actor, step)

    def give_up(self, reason: BlockReason, detail: str) -> None:
        """Block the task for a reason that only a user can clear."""

        def step(unit: Unit) -> None:
            unit.edit(AgentRun, self.id).stop(reason="blocked", by=self.agent_id)
            unit.edit(Task, self.task.id).block(reason=reason, detail=detail)
            self._publish(unit, "workflow", "task:blocked", {"text": detail})

        self.world.perform(self.actor, step)

    def _say(self, unit: Unit, turn: Turn, tokens_in: int, tokens_out: int) -> None:
        self._log(unit, self._transcript.said(turn, tokens_in, tokens_out, self.world.now))
        self._publish(unit, "chunks", "text", {"text": turn.says})

    def _call(self, call: Call, number: int) -> Part:
        def start(unit: Unit) -> None:
            unit.edit(ToolCalls, self.id).start(
                tool=call.tool, turn_number=number, input=call.input, tool_call_id=call.id
            )
            self._publish(unit, "toolCalls", "tool:start", {"tool": call.tool, "input": call.input})

        self.world.perform(self.actor, start)
        calls = self.world.find(ToolCalls, self.id)
        if calls is None or not calls.allows(call.tool):
            return
        seconds = self.world.chance.of(self.world.tempo.call)
        yield seconds

        def answer(unit: Unit) -> None:
            editing = unit.edit(ToolCalls, self.id)
            if call.failed:
                editing.fail(tool_call_id=call.id, error=call.output, duration_ms=int(seconds * 1000))
            else:
                editing.complete(tool_call_id=call.id, output=call.output, duration_ms=int(seconds * 1000))
            self._log(unit, self._transcript.answered(call, self.world.now))

        self.world.perform(self.actor, answer)

    def _log(self, unit: Unit, content: str) -> None:
        run = unit.state(AgentRun, self.id)
        append_chunk(
            unit,
            agent_id=self.agent_id,
            agent_name=self.name,
            session_number=run.session_number,
            content=content,
            project_id=self.crew.project_id,
            run_id=self.id,
            task_id=self.task.id,
            session_id=self.session_id,
        )

    def _publish(self, unit: Unit, channel: Channel, type: str, data: dict[str, Any]) -> None:
        if self.session_id:
            publish(
                unit,
                session_id=self.session_id,
                channel=channel,
                type=type,
                data=data,
                project_id=self.crew.project_id,
                agent_id=self.agent_id,
                run_id=self.id,
                task_id=self.task.id,
            )


def _summary(job: Job) -> str:
    part, source = job.part.name, job.part.source
    match job.kind:
        case "fix":
            return f"Found the cause in `{source}` and fixed it; a new test fails without the change."
        case "feature":
            return f"Added it in `{source}`, off by default for callers that pass nothing. Tests cover both."
        case "test":
            return f"{part.capitalize()} is covered now; one of the new tests found a real mistake, fixed as well."
        case "refactor":
            return f"`{source}` is shorter by a third and behaves as before; no test had to change."
        case "speed":
            return f"p95 of {part} is below the goal in the local benchmark."
        case "docs":
            return f"A page about {part}, with an example that is run in the tests."
    return f"Findings about {part}: the cause is known, and there are two ways to go on."
