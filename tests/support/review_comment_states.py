"""A life of a review comment up to each of its states, and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.review_comment import ReviewCommentAdded, ReviewCommentResolved

added = ReviewCommentAdded(
    phase_id="pha_1", file_path="src/parse.py", line_number=7, line_type="added", body="Name it.", author="ann"
)
resolved = ReviewCommentResolved(by="bob")

LIVES: dict[str, tuple[Event, ...]] = {"open": (added,), "resolved": (added, resolved)}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "edit": ({"body": "Name it well."},),
    "resolve": ({"by": "bob"},),
    "unresolve": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
