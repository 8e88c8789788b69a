"""Worktrees over HTTP (AgentPane, domain.md 1.4 and 2.4)."""

from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.checkout import Status
from workledger.domain.worktree.events import State
from workledger.projections.worktrees import Worktrees

WORKTREES = Listing(
    Worktrees,
    filters={
        "project_id": equal(Worktrees.c.project_id, AnyId),
        "task_id": equal(Worktrees.c.task_id, AnyId),
        "status": equal(Worktrees.c.status, Status),
        "status_detail": equal(Worktrees.c.status_detail, State),
        "branch": equal(Worktrees.c.branch),
        "stale": equal(Worktrees.c.stale, bool),
    },
    sorts={
        "created_at": Sort([Worktrees.c.created_at], "desc"),
        "last_activity_at": Sort([Worktrees.c.last_activity_at], "desc"),
    },
)

router = resource(Worktree, WORKTREES, "worktrees")
