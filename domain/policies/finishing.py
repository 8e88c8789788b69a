"""The policy that an agent which stops has finished its task (Codewalkers, DOMAIN.md 1.2 and 3.8)."""

import json
from typing import Any, Literal

from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunCompleted, AgentRunStopped
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.policy import Policy, Reaction, begun
from workledger.domain.kernel.unit import Unit
from workledger.domain.policies.run_ends import left_behind
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import WorktreeCreated

UNFINISHED = ("user_requested", "error", "waiting_for_input")
"""Reasons to stop that say that the work is not done. Codewalkers names the first; the others speak for themselves."""

CHANGES_CODE = ("execute",)
"""Categories whose work is a diff; that of the others may be a finding, a plan, a verdict or a merge."""

COUNTS = ("files_changed", "lines_added", "lines_removed")
LONGEST = 50_000
"""Characters of a summary: whatever they are, an event takes them."""


def complete_on_stop(approval: Literal["required", "none"] = "required") -> Policy:
    """The task of a run that completed, or stopped for a reason that is not among UNFINISHED, is finished.

    Its summary is the run's result. Its diff is what the result says (`diff_summary`, `files_changed`, `lines_added`,
    `lines_removed`), or else what is known of its worktree.

    Args:
        approval: required: a diff waits for a reviewer. Where there is none, a task that was to change code stays
            in progress, as TASK_NO_DIFF has it, and any other is done. none: every task is done.
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
    """What a result says of its diff, as far as it fits."""
    if not isinstance(result, dict):
        return {}
    diff = {name: result[name] for name in COUNTS if type(result.get(name)) is int and result[name] >= 0}
    if isinstance(result.get("diff_summary"), str) and result["diff_summary"]:
        diff["diff_summary"] = result["diff_summary"][:LONGEST]
    return diff if diff.get("diff_summary") or diff.get("files_changed") else {}


def _worktree(reaction: Reaction, unit: Unit, task_id: str) -> dict[str, Any]:
    """What is known of a diff from the worktrees of the task, the latest first."""
    for id in reversed([*begun(reaction.ledger, WorktreeCreated, ("task", task_id))]):
        worktree = unit.find(Worktree, id)
        if worktree is not None and worktree.files:
            return {"files_changed": len(worktree.files)}
        if worktree is not None and worktree.sha:
            return {"diff_summary": f"{worktree.branch} at {worktree.sha}"[:LONGEST]}
    return {}


COMPLETE_ON_STOP = complete_on_stop()
