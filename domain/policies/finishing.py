"""The policy that finishes the task of a run that ends (Codewalkers, domain.md 1.2 and 3.8)."""

import json
from typing import Any, Literal

from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunCompleted, AgentRunStopped
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.policy import Policy, Reaction, aggregate_ids_started_by
from workledger.domain.kernel.unit import Unit
from workledger.domain.policies.run_ends import left_behind
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import WorktreeCreated

UNFINISHED = ("user_requested", "error", "waiting_for_input")
"""Stop reasons that mean that the work is not done. The first is Codewalkers'; the others are ours."""

CHANGES_CODE = ("execute",)
"""Task categories whose result is a diff; that of the others is a finding, a plan, a verdict or a merge."""

COUNTS = ("files_changed", "lines_added", "lines_removed")
LONGEST = 50_000
"""Characters of a summary; longer ones are truncated, so that any text fits into an event."""


def complete_on_stop(approval: Literal["required", "none"] = "required") -> Policy:
    """A policy that finishes the task of a run that completed, or stopped for a reason not among UNFINISHED.

    The task's summary is the run's result. Its diff is taken from the result (`diff_summary`, `files_changed`,
    `lines_added`, `lines_removed`), or else from its worktree.

    Args:
        approval: `required`: a diff waits for a reviewer; a task without one stays in progress if it was to change
            code (TASK_NO_DIFF), and is done otherwise. `none`: every task is done.
    """

    def finish(reaction: Reaction) -> None:
        def decision(unit: Unit) -> None:
            if (task := left_behind(reaction, unit)) is None:
                return
            result = getattr(reaction.event, "result", None)
            diff = _diff(result) or _worktree(reaction, unit, task.id)
            review = approval == "required" and bool(diff or task.category in CHANGES_CODE)
            task.finish_work(
                turn_count=unit.state(AgentRun, reaction.id).turn_count or 1,
                summary=_summary(result),
                approval="required" if review else "none",
                **diff,
            )

        reaction.decide(decision)

    return Policy("complete_on_stop", (AgentRunCompleted, AgentRunStopped), finish, when=_finished)


def _finished(past: Recorded) -> bool:
    return not isinstance(past.event, AgentRunStopped) or past.event.reason not in UNFINISHED


def _summary(result: Any) -> str | None:
    if isinstance(result, dict):
        result = next((result[name] for name in ("summary", "result", "message") if result.get(name)), result)
    if not result:
        return None
    return (result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))[:LONGEST]


def _diff(result: Any) -> dict[str, Any]:
    """The fields of a diff in a run's result, those that have the right type."""
    if not isinstance(result, dict):
        return {}
    diff = {name: result[name] for name in COUNTS if type(result.get(name)) is int and result[name] >= 0}
    if isinstance(result.get("diff_summary"), str) and result["diff_summary"]:
        diff["diff_summary"] = result["diff_summary"][:LONGEST]
    return diff if diff.get("diff_summary") or diff.get("files_changed") else {}


def _worktree(reaction: Reaction, unit: Unit, task_id: str) -> dict[str, Any]:
    """The fields of a diff from the task's worktrees, the latest first."""
    for id in reversed([*aggregate_ids_started_by(reaction.ledger, WorktreeCreated, ("task", task_id))]):
        worktree = unit.find(Worktree, id)
        if worktree is not None and worktree.files:
            return {"files_changed": len(worktree.files)}
        if worktree is not None and worktree.sha:
            return {"diff_summary": f"{worktree.branch} at {worktree.sha}"[:LONGEST]}
    return {}


COMPLETE_ON_STOP = complete_on_stop()
