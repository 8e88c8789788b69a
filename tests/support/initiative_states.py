"""A life of an initiative up to each of its states (domain.md 2.6), and arguments for each of its commands."""

from typing import Any

from workledger.domain.initiative import (
    InitiativeArchived,
    InitiativeBranchSet,
    InitiativeCompleted,
    InitiativeCreated,
    InitiativeProjectLinked,
    InitiativeReviewApproved,
    InitiativeReviewRequested,
)
from workledger.domain.kernel.aggregate import Event

created = InitiativeCreated(name="Sign in", execution_mode="review_per_phase")
branch_set = InitiativeBranchSet(branch="cw/sign-in")
linked = InitiativeProjectLinked(project_id="prj_1")
review_requested = InitiativeReviewRequested()
approved = InitiativeReviewApproved(strategy="push_branch")
completed = InitiativeCompleted()
archived = InitiativeArchived()

begun = (created, branch_set, linked)

LIVES: dict[str, tuple[Event, ...]] = {
    "active": begun,
    "pending_review": (*begun, review_requested),
    "completed": (*begun, review_requested, approved, completed),
    "archived": (*begun, archived),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "rename": ({"name": "Sign in and out"},),
    "set_branch": ({"branch": "cw/sign-in-and-out"},),
    "set_projects": ({"project_ids": ("prj_2",)},),
    "request_review": ({},),
    "approve": ({},),
    "request_changes": ({"summary": "Name the errors."},),
    "complete": ({},),
    "archive": ({},),
    "reopen": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
