"""A life of an errand up to each of its states (domain.md 2.9), and arguments for each of its commands."""

from typing import Any

from workledger.domain.errand import (
    ErrandAbandoned,
    ErrandMergeConflicted,
    ErrandMerged,
    ErrandOpened,
    ErrandSubmittedForReview,
)
from workledger.domain.kernel.aggregate import Event

opened = ErrandOpened(description="Fix the typo", branch="cw/typo", agent_id="ann")
submitted = ErrandSubmittedForReview()
conflicted = ErrandMergeConflicted(files=("README.md",))

LIVES: dict[str, tuple[Event, ...]] = {
    "active": (opened,),
    "pending_review": (opened, submitted),
    "conflict": (opened, submitted, conflicted),
    "merged": (opened, submitted, ErrandMerged(merge_sha="c0ffee")),
    "abandoned": (opened, ErrandAbandoned(reason="too late")),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "assign_agent": ({"agent_id": "bob"},),
    "unassign_agent": ({},),
    "send_message": ({"content": "Also the title."},),
    "submit_for_review": ({},),
    "request_changes": ({"feedback": "The title, too."},),
    "merge": ({"merge_sha": "c0ffee"},),
    "report_conflict": ({"files": ("CHANGELOG.md",)},),
    "abandon": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
