"""A life of a phase up to each of its states (domain.md 2.7), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.phase.events import (
    PhaseApproved,
    PhaseBlocked,
    PhaseCompleted,
    PhaseCreated,
    PhaseDependencyAdded,
    PhaseMerged,
    PhaseQueued,
    PhaseReviewRequested,
    PhaseStarted,
)

created = PhaseCreated(initiative_id="ini_1", name="Parser", content='{"type":"doc"}')
dependency_added = PhaseDependencyAdded(depends_on_phase_id="pha_0")
approved = PhaseApproved()
queued = PhaseQueued()
started = PhaseStarted()
blocked = PhaseBlocked(reason="The key is missing.")
review_requested = PhaseReviewRequested()
merged = PhaseMerged(merge_base="c0ffee", merge_sha="beef", strategy="merge")
completed = PhaseCompleted()

begun = (created, dependency_added, approved)
working = (*begun, started)

LIVES: dict[str, tuple[Event, ...]] = {
    "pending": (created, dependency_added),
    "approved": begun,
    "queued": (*begun, queued),
    "in_progress": working,
    "blocked": (*working, blocked),
    "blocked, when it was approved": (*begun, blocked),
    "blocked, when it was queued": (*begun, queued, blocked),
    "pending_review": (*working, review_requested),
    "completed": (*working, review_requested, merged, completed),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "rename": ({"name": "Lexer"},),
    "change_content": ({"content": '{"type":"doc","content":[]}'},),
    "add_dependency": ({"depends_on_phase_id": "pha_2"},),
    "remove_dependency": ({"depends_on_phase_id": "pha_0"},),
    "approve": ({},),
    "queue": ({},),
    "start": ({},),
    "block": ({"reason": "It rains."},),
    "unblock": ({},),
    "request_review": ({},),
    "request_changes": ({"comment_ids": ("rvc_1",)},),
    "merge": ({"merge_base": "c0ffee"},),
    "approve_review": ({"merge_base": "c0ffee"},),
    "reopen": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
