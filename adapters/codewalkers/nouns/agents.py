"""Agents: each is a worker here, and the run of it that its row tells of (domain.md D2)."""

from typing import Any

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.nouns.projects import distinct
from workledger.adapters.codewalkers.rows import Row
from workledger.adapters.codewalkers.values import time
from workledger.domain.agent import Agent, AgentCreated, AgentDismissed, AgentRenamed, AgentSessionStarted
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.account import AgentRunAccountSwitched
from workledger.domain.agent_run.events import (
    AgentProcessExited,
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunPaused,
    AgentRunResumed,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.task import Task
from workledger.domain.task.events import TaskAssigned

PROCESS = {"pid": "pid", "session_id": "provider_session_id", "output_file_path": "output_file_path"}
WORDS = {
    "starting": "running",
    "running": "running",
    "waiting_for_input": "waiting_for_input",
    "paused": "waiting_for_input",
    "failed": "crashed",
    "completed": "idle",
    "stopped": "stopped",
}
"""Codewalkers' word for an agent, by the status of its run (domain.md 2.2)."""
CRASH = "It crashed in Codewalkers."


class Agents(Noun):
    """An agent; its run has the same id. Those that work come last: others of their tasks have ended by then."""

    table, kind, what = "agents", Agent, "agents"
    follows = frozenset(
        (*PROCESS, "name", "account_id", "status", "exit_code", "result", "pending_questions", "user_dismissed_at")
    )
    lookups = ("sessions", "task_updated_at")
    order = "{t.agents.status} in ('running', 'waiting_for_input')"
    in_two_steps = True

    def created(self, row: Row) -> Event:
        return AgentCreated(name=row["name"], provider=row["provider"])

    def follow(self, step: Step) -> None:
        row = step.row
        if step.differs("name"):
            step.happen(AgentRenamed(name=row["name"]))
        run = step.life.state(AgentRun, step.id)
        if run is None:
            self._begin(step)
        else:
            self._go_on(step, run)
        if row.has_changed("user_dismissed_at") and row["user_dismissed_at"]:
            step.happen(AgentDismissed(), at=row["user_dismissed_at"])
        if row.has_changed("status", "result", "pending_questions") or step.life.last_at != row.updated_at:
            self._stand(step)
        resumed = step.life.has(AgentRunResumed) and row["exit_code"] is not None  # which leaves its row without one
        if resumed or step.life.state(AgentRun, step.id).exit_code != row["exit_code"]:
            self._happen(step, AgentProcessExited(exit_code=row["exit_code"]))

    def status(self, step: Step) -> str:
        return WORDS[step.life.state(AgentRun, step.id).status]

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if str(refused.details.get("key")).startswith("agent_name:"):
            other = distinct(row["name"], row.key)
            return row.amended("agents.name: names that another agent has (the id's end is added)", name=other)
        if refused.code in ("TASK_ALREADY_ASSIGNED", "TASK_BLOCKED_BY_DEPENDENCY") and row["task_id"]:
            return row.amended("agents.taskId: tasks that another agent works on (left out)", task_id=None)
        return super().amended(row, refused, ledger)

    def _begin(self, step: Step) -> None:
        row, number = step.row, _session_number(step.row)
        self._assign(step)
        step.happen(AgentSessionStarted(session_number=number, agent_run_id=step.id), at=row.created_at)
        started = AgentRunStarted(
            agent_id=step.id,
            agent_name=row["name"],
            task_id=row["task_id"],
            initiative_id=row["initiative_id"],
            session_number=number,
            provider=row["provider"],
            account_id=row["account_id"],
            mode=row["mode"],
            worktree_path=row["worktree_id"],
            prompt=row["prompt"],
        )
        self._happen(step, started, *self._process(step), at_creation=True)
        if row["result"] is not None and row["status"] != "idle":
            self._happen(step, self._completed(step), AgentRunResumed(session_number=number))
        if row["pending_questions"] is not None and row["status"] != "waiting_for_input":
            self._happen(step, self._asked(row))

    def _assign(self, step: Step) -> None:
        """Give it the task that it works on, as far as nobody else has that."""
        row = step.row
        at = time(row["task_updated_at"], lambda fault: None) if row["task_updated_at"] is not None else None
        if not row["task_id"] or row["status"] not in ("running", "waiting_for_input") or at is None:
            return
        task = step.life.state(Task, row["task_id"])
        if task is not None and not task.deleted and task.status == "in_progress" and not task.agent_id:
            assigned = TaskAssigned(agent_id=step.id, agent_name=row["name"], agent_run_id=step.id)
            step.life.happen(Task, task.id, at, assigned)

    def _go_on(self, step: Step, run: Any) -> None:
        row, number = step.row, _session_number(step.row)
        if number > run.session_number:
            step.happen(AgentSessionStarted(session_number=number, agent_run_id=step.id))
            self._happen(step, AgentRunResumed(session_number=number))
        if row.has_changed("account_id") and row["account_id"] not in (None, run.account_id):
            switched = AgentRunAccountSwitched(previous=run.account_id, account_id=row["account_id"], reason="import")
            self._happen(step, switched)
        if row.has_changed(*PROCESS) and any(row[name] != getattr(run, of) for name, of in PROCESS.items()):
            self._happen(step, *self._process(step))
        if row.has_changed("result") and row["result"] is not None and row["status"] != "idle":
            self._happen(step, self._completed(step), AgentRunResumed(session_number=number))
        if row.has_changed("pending_questions") and row["status"] != "waiting_for_input":
            asked = row["pending_questions"] is not None
            self._happen(step, self._asked(row) if asked else AgentRunResumed(session_number=number))

    def _stand(self, step: Step) -> None:
        """How it stands: the last event, at the time of the row's last change."""
        row, run = step.row, step.life.state(AgentRun, step.id)
        match row["status"]:
            case "idle":
                self._happen(step, self._completed(step))
            case "stopped":
                self._happen(step, AgentRunStopped())
            case "crashed":
                self._happen(step, AgentRunFailed(cause="crash", error=CRASH, recoverable=True))
            case "running":
                works = run.status in ("starting", "running")
                begun = step.row.changed is None or works
                self._happen(step, AgentRunBegan() if begun else AgentRunResumed(session_number=run.session_number))
            case "waiting_for_input":
                if not run.live:
                    self._happen(step, AgentRunResumed(session_number=run.session_number))
                waits = row["pending_questions"] is not None
                self._happen(step, self._asked(row) if waits else AgentRunPaused(reason="user_input"))

    def _asked(self, row: Row) -> AgentRunWaitingForInput:
        """Questions are a list here; what is none is the only one in it."""
        told = row["pending_questions"]
        return AgentRunWaitingForInput(pending_questions=tuple(told) if isinstance(told, list) else (told,))

    def _process(self, step: Step) -> list[Event]:
        told = {of: step.row[name] for name, of in PROCESS.items() if step.row[name] is not None}
        return [AgentProcessSpawned(session_number=_session_number(step.row), **told)] if told else []

    def _completed(self, step: Step) -> AgentRunCompleted:
        run = step.life.state(AgentRun, step.id)
        return AgentRunCompleted(
            result=step.row["result"],
            turn_count=run.turn_count,
            token_input_count=run.token_input_count,
            token_output_count=run.token_output_count,
            cost_usd=run.cost_usd,
        )

    def _happen(self, step: Step, *events: Event, at_creation: bool = False) -> None:
        at = step.row.created_at if at_creation else step.row.updated_at
        step.life.happen(AgentRun, step.id, at, *events)


def _session_number(row: Row) -> int:
    return row["sessions"] if isinstance(row["sessions"], int) and row["sessions"] > 0 else 1
