"""The board: its four columns, and the state machine behind a task's status and column (domain.md 2.1)."""

from typing import Any, Literal

Status = Literal["pending", "in_progress", "blocked", "completed", "cancelled"]
Column = Literal["backlog", "in_progress", "waiting_approval", "verified"]
State = Literal["ready", "queued", "waiting", "working", "stuck", "in_review", "done", "dropped"]

COLUMNS: tuple[Column, ...] = ("backlog", "in_progress", "waiting_approval", "verified")

LEGAL_PAIRS: dict[tuple[str, str], State] = {
    ("pending", "backlog"): "ready",
    ("blocked", "backlog"): "waiting",
    ("in_progress", "in_progress"): "working",
    ("blocked", "in_progress"): "stuck",
    ("in_progress", "waiting_approval"): "in_review",
    ("completed", "verified"): "done",
    ("cancelled", "backlog"): "dropped",
}
"""The state of each pair of status and column; no command leads to any other pair."""

UNFINISHED: tuple[State, ...] = ("ready", "queued", "waiting", "working", "stuck", "in_review")
"""The states of a task that is neither done nor dropped."""

DRAGS: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("backlog", "in_progress"): ("assign", {}),
    ("in_progress", "waiting_approval"): ("finish_work", {"approval": "required"}),
    ("waiting_approval", "verified"): ("approve", {}),
    ("waiting_approval", "in_progress"): ("reject", {}),
    ("in_progress", "backlog"): ("cancel", {"to": "backlog"}),
    ("waiting_approval", "backlog"): ("cancel", {"to": "backlog"}),
}
"""The command for each drag between columns, and the arguments that follow from it. There is no other drag."""


def state_of(status: str, board_column: str, queued: bool = False) -> State:
    """The state of a task with that status and column, queued or not.

    Raises:
        ValueError: the pair is none of LEGAL_PAIRS, or it is queued but not ready.
    """
    state = LEGAL_PAIRS.get((status, board_column))
    if state is None or (queued and state != "ready"):
        raise ValueError(f"No task is {status}{' and queued' if queued else ''} in {board_column}.")
    return "queued" if queued else state
