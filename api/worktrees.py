"""Worktrees over HTTP (AgentPane, DOMAIN.md 1.4 and 2.4)."""

from typing import Literal

from fastapi import APIRouter

from workledger.api.web import commands, history, listing
from workledger.api.web.bodies import StrictRoute, model
from workledger.api.web.listing import Listing, Sort, equal
from workledger.domain.kernel.ids import Id
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import State, WorktreeNotFound
from workledger.projections.worktrees import Worktrees

Status = Literal["creating", "active", "merging", "removing", "removed", "error"]

WORKTREES = Listing(
    Worktrees,
    filters={
        "project_id": equal(Worktrees.c.project_id, Id),
        "task_id": equal(Worktrees.c.task_id, Id),
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

router = APIRouter(prefix="/worktrees", tags=["worktrees"], route_class=StrictRoute)
listing.add(router, WORKTREES)
commands.add_create(
    router, Worktree, lambda unit, given: unit.create(Worktree.create(**given)), model("NewWorktree", Worktree.create)
)
listing.add_detail(router, Worktrees, WorktreeNotFound)
history.add(router, Worktree)
commands.add(router, Worktree)
