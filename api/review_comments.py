"""Review comments over HTTP (Codewalkers, domain.md 1.2)."""

from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.domain.review_comment import ReviewComment
from workledger.projections.review_comments import ReviewComments

REVIEW_COMMENTS = Listing(
    ReviewComments,
    filters={
        "phase_id": equal(ReviewComments.c.phase_id, AnyId),
        "resolved": equal(ReviewComments.c.resolved, bool),
        "file_path": equal(ReviewComments.c.file_path),
        "author": equal(ReviewComments.c.author),
        "parent_comment_id": equal(ReviewComments.c.parent_comment_id, AnyId),
        "search": containing(ReviewComments.c.body, ReviewComments.c.file_path),
    },
    sorts={
        "created_at": Sort([ReviewComments.c.created_at], "asc"),
        "line": Sort([ReviewComments.c.file_path, ReviewComments.c.line_number], "asc"),
    },
)

router = resource(ReviewComment, REVIEW_COMMENTS, "review-comments")
