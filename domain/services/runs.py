"""Runs of agents: decisions that span the agent, its run and the run's tool calls."""

from collections.abc import Mapping
from typing import Any

from workledger.domain.agent import Agent, AgentToolNotAllowed
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import New
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.accounts import account_for_run, replace_exhausted
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls


def start_run(
    unit: Unit,
    *,
    agent_id: str,
    id: str | None = None,
    project_id: str | None = None,
    task_id: str | None = None,
    initiative_id: str | None = None,
    session_id: str | None = None,
    account_id: str | None = None,
    mode: str = "execute",
    model: str | None = None,
    max_turns: int | None = None,
    allowed_tools: tuple[str, ...] | None = None,
    worktree_path: str | None = None,
    worktree_id: str | None = None,
    prompt: str | None = None,
    prompt_ref: str | None = None,
) -> AgentRun:
    """Start a run with the agent's config: count its session, and open its tool calls.

    Args:
        project_id: the agent's own or the task's, unless given.
        account_id: the next one of the agent's provider, when it has any, unless given.
        task_id: a task in the backlog is assigned to the agent; the agent's own stuck task is unblocked.
        max_turns, model, allowed_tools: instead of those of the agent's config, for this run.

    Raises:
        NotFound: there is no such agent, project, task, initiative or account.
        AccountAllExhausted: all accounts of the agent's provider are exhausted.
        AccountOfAnotherProvider, AccountUnavailable: the account is of another provider, or exhausted.
        AgentAlreadyRunning, TaskAlreadyAssigned: agent or task has a live run, or another agent has the task.
        TaskBlockedByDependency: the task waits for another.
        TaskInvalidTransition: the task is in review, done or dropped.
        TaskOfAnotherProject: the run is not in the task's project.
        ConcurrencyLimitExceeded: the project's concurrency limit is reached.
        InvalidInput: an argument is invalid.
    """
    run_id = id or new_id(AgentRun.PREFIX)
    options: Mapping[str, Any] = {"mode": mode, "allowed_tools": allowed_tools}

    def decision() -> AgentRun:
        agent = unit.edit(Agent, agent_id)
        session_number = agent.session_count + 1
        task = None if task_id is None else unit.edit(Task, task_id)
        if task is not None:
            _take_up(task, agent, agent_run_id=run_id, session_id=session_id, worktree_id=worktree_id)
        new = AgentRun.start(
            id=run_id,
            agent_id=agent_id,
            agent_name=agent.name,
            project_id=project_id or agent.project_id or (task.project_id if task else None),
            task_id=task_id,
            initiative_id=initiative_id,
            session_id=session_id,
            session_number=session_number,
            provider=agent.provider,
            account_id=account_id or account_for_run(unit, agent.provider, run_id),
            config=agent.config,
            model=model,
            max_turns=max_turns,
            worktree_path=worktree_path,
            worktree_id=worktree_id,
            prompt=prompt,
            prompt_ref=prompt_ref,
            **options,
        )
        agent.start_session(session_number=session_number, agent_run_id=run_id)
        run = unit.create(new)
        unit.create(_opened(run_id, new.events[0]))
        return run

    return unit.decide(decision)


def _take_up(task: Task, agent: Agent, **about: str | None) -> None:
    """Assign a task in the backlog, and go on with the agent's own that is stuck: a run works on nothing else."""
    if task.state in ("ready", "queued", "waiting"):
        task.assign(agent_id=agent.id, agent_name=agent.name, **about)
    elif task.state == "stuck" and task.agent_id == agent.id:
        task.unblock(cause="run")


def _opened(run_id: str, started: Any) -> New[ToolCalls]:
    return ToolCalls.open(
        agent_run_id=run_id,
        agent_id=started.agent_id,
        agent_name=started.agent_name,
        project_id=started.project_id,
        task_id=started.task_id,
        session_id=started.session_id,
        allowed_tools=started.allowed_tools,
    )


def resume_run(
    unit: Unit,
    run_id: str,
    *,
    new_process: bool,
    feedback: str | None = None,
    answers: Any = None,
    extra_turns: int | None = None,
) -> AgentRun:
    """Resume a run in its present process, or in a new one, which is the agent's next session.

    A task that was given back to the backlog in between is assigned to the agent again. A run whose account is
    exhausted goes on with the next one.

    Raises:
        NotFound: there is no such run, or its agent is deleted.
        AgentNotRunning, AgentNotResumable, AgentTurnLimitExceeded: it cannot be resumed (see AgentRun.resume).
        AgentAlreadyRunning, TaskAlreadyAssigned, ConcurrencyLimitExceeded: it had failed, and another took its place.
        TaskInvalidTransition: its task is in review, done or dropped.
        TaskBlockedByDependency: its task was given back, and waits for another.
        AccountAllExhausted: its account is exhausted, and so are all others.
    """
    options: Mapping[str, Any] = {"feedback": feedback, "answers": answers, "extra_turns": extra_turns}

    def decision() -> AgentRun:
        run = unit.edit(AgentRun, run_id)
        if run.task_id and run.status == "failed" and run.recoverable:
            about = {"agent_run_id": run_id, "session_id": run.session_id}
            _take_up(unit.edit(Task, run.task_id), unit.edit(Agent, run.agent_id), **about)
        if new_process:
            agent = unit.edit(Agent, run.agent_id)
            session_number = agent.session_count + 1
            run.resume(session_number=session_number, **options)
            agent.start_session(session_number=session_number, agent_run_id=run_id)
        else:
            run.resume(**options)
        replace_exhausted(unit, run_id)
        return run

    return unit.decide(decision)


def start_tool_call(
    ledger: Ledger,
    run_id: str,
    *,
    tool: str,
    turn_number: int,
    input: Any = None,
    tool_call_id: str | None = None,
    command_id: str | None = None,
) -> str:
    """Record that a run calls a tool, and return the id of the call. A denial is recorded before it is raised (A19).

    Raises:
        AgentToolNotAllowed: the run may not use the tool.
        AgentRunNotFound: there is no such run.
    """
    # A repeat names the same call.
    id = tool_call_id or (f"call_{digest(command_id)}" if command_id else new_id("call"))
    with ledger.edit(ToolCalls, run_id, command_id=command_id) as calls:
        calls.start(tool=tool, turn_number=turn_number, input=input, tool_call_id=id)
    if not calls.allows(tool):
        raise AgentToolNotAllowed(tool=tool)
    return id
