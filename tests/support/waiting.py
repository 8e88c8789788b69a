"""One of everything that waits for a person, made through the doors of a service."""

from collections.abc import Callable
from typing import Any

Do = Callable[..., Any]
"""(path, **body): POST, and what it answers."""


def reviewed(do: Do, project_id: str, id: str, title: str, **given: Any) -> str:
    """A task whose work waits for approval."""
    do("tasks", id=id, project_id=project_id, title=title, **given)
    do("agents", id=f"agt_{id}", project_id=project_id, name=f"Agent of {title}")
    do(f"tasks/{id}/assign", agent_id=f"agt_{id}", agent_name=f"Agent of {title}")
    do(f"tasks/{id}/finish-work", files_changed=2, lines_added=31, lines_removed=4, summary="Done, with tests.")
    return id


def asking(do: Do, project_id: str, agent_id: str, run_id: str, *questions: Any) -> str:
    """A run of an agent that waits for answers."""
    do("agent-runs", id=run_id, agent_id=agent_id)
    do(f"agent-runs/{run_id}/report-process", pid=1, provider_session_id=f"s-{run_id}")
    do(f"agent-runs/{run_id}/report-output")
    do(f"agent-runs/{run_id}/ask-user", questions=questions)
    return run_id


def errand(do: Do, project_id: str, id: str, description: str, *, files: tuple[str, ...] = ()) -> str:
    """An errand in review, or in conflict."""
    do("errands", id=id, description=description, branch=f"errand/{id}", project_id=project_id)
    do(f"errands/{id}/submit-for-review")
    if files:
        do(f"errands/{id}/report-conflict", files=files)
    return id


def phase(do: Do, initiative_id: str, id: str, name: str) -> str:
    """A phase in review, as all of its no tasks are done."""
    do("phases", id=id, initiative_id=initiative_id, name=name)
    for command in ("approve", "start", "request-review"):
        do(f"phases/{id}/{command}")
    return id


def initiative(do: Do, project_id: str, id: str, name: str) -> str:
    """An initiative in review."""
    do("initiatives", id=id, name=name, project_ids=[project_id])
    do(f"initiatives/{id}/request-review")
    return id


def one_of_each(do: Do, project_id: str, mark: str = "") -> dict[str, str]:
    """Something of each kind, kind by kind; `mark` tells its ids from those of another project."""

    def named(name: str) -> str:
        return f"{name}{mark}"

    ada, plan = named("agt_ada"), named("ini_plan")
    do("agents", id=ada, project_id=project_id, name="Ada")
    do("initiatives", id=plan, name="Sign in with a passkey", project_ids=[project_id])
    message = {"sender_type": "agent", "sender_id": ada, "recipient_type": "user", "requires_response": True}
    do("messages", id=named("msg_1"), content="Which region holds the backups?", **message)
    do("accounts", id=named("acc_1"), email="ops@example.org", provider="openai")
    do(f"accounts/{named('acc_1')}/mark-exhausted")
    proposal = {"agent_id": ada, "initiative_id": plan, "target_type": "task", "title": "Rotate the signing keys"}
    do("proposals", id=named("pro_1"), summary="They are a year old.", content="Each key, one by one.", **proposal)
    question = {"id": "keep", "question": "Keep the old endpoint?", "options": [{"label": "Keep it"}, "Drop it"]}
    return {
        "question": asking(do, project_id, ada, named("run_1"), question),
        "message": named("msg_1"),
        "errand_conflict": errand(do, project_id, named("err_1"), "Bump the parser", files=("parser.py",)),
        "account": named("acc_1"),
        "approval": reviewed(do, project_id, named("tsk_1"), "Write the lexer", priority="high"),
        "phase": phase(do, plan, named("pha_1"), "Data model"),
        "errand": errand(do, project_id, named("err_2"), "Fix the typo in the banner"),
        "initiative": initiative(do, project_id, named("ini_1"), "Faster start"),
        "proposal": named("pro_1"),
    }
