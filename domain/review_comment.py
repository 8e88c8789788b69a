"""A review comment is about a line of the changes of a phase (Codewalkers, domain.md 1.2)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Release, Require, Take
from workledger.domain.kernel.fields import Name, Number, Path
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import comment_on, commented
from workledger.domain.phase.refusals import ReviewCommentNotFound

LineType = Literal["added", "removed", "context"]
Comment = Annotated[str, Field(min_length=1, max_length=100_000)]

YOU = "you"
"""The author where none is named: whoever looks at the page."""


class ReviewCommentAdded(Created, topic="review_comment.added"):
    """A line was commented on: its number is that of the new file, or of the old one where the line was removed."""

    phase_id: str
    file_path: str
    line_number: int
    line_type: str
    body: str
    author: str = YOU
    parent_comment_id: str | None = None
    resolved: Literal[False] = False

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(comment_on(self.phase_id, id))
        if self.parent_comment_id:
            yield from commented(self.phase_id, self.parent_comment_id)


class ReviewCommentEdited(Event, topic="review_comment.edited"):
    """Its text was replaced."""

    body: str


class ReviewCommentResolved(Event, topic="review_comment.resolved"):
    """It was settled."""

    by: str | None = None
    resolved: Literal[True] = True


class ReviewCommentUnresolved(Event, topic="review_comment.unresolved"):
    """It is open again."""

    by: str | None = None
    resolved: Literal[False] = False


class ReviewCommentDeleted(Deleted, topic="review_comment.deleted"):
    """The comment was deleted, with the answers to it."""

    def claims(self, before: "ReviewComment", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Release(comment_on(before.phase_id, id))


class ReviewComment(Aggregate, category="review_comment", prefix="rvc", not_found=ReviewCommentNotFound, state="state"):
    """A comment on a line of the changes of a phase: open until it is resolved."""

    phase_id: str
    file_path: str
    line_number: int
    line_type: str
    body: str
    author: str = YOU
    parent_comment_id: str | None = None
    resolved: bool = False

    def tags(self) -> dict[str, str | None]:
        return {"phase": self.phase_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Phase.exists(self.phase_id)
        if self.parent_comment_id:
            yield self.exists(self.parent_comment_id)

    @property
    def state(self) -> str:
        """`open`, or `resolved`."""
        return "resolved" if self.resolved else "open"

    @classmethod
    def state_of(cls, row: Mapping[str, Any]) -> str:
        """The state of a row of the table `review_comments`."""
        return "resolved" if row["resolved"] else "open"

    @classmethod
    @command
    def create(
        cls,
        *,
        phase_id: Id,
        file_path: Path,
        line_number: Number,
        line_type: LineType,
        body: Comment,
        id: Id | None = None,
        author: Name = YOU,
        parent_comment_id: Id | None = None,
    ) -> "New[ReviewComment]":
        """Comment on a line, or answer another comment on the phase.

        Raises:
            PhaseNotFound: PHASE_NOT_FOUND, in the append.
            ReviewCommentNotFound: REVIEW_COMMENT_NOT_FOUND, in the append: the phase has no such comment to answer.
        """
        if id is not None and id == parent_comment_id:
            raise InvalidInput(summary="parent_comment_id: a comment does not answer itself")
        added = ReviewCommentAdded(
            phase_id=phase_id,
            file_path=file_path,
            line_number=line_number,
            line_type=line_type,
            body=body,
            author=author,
            parent_comment_id=parent_comment_id,
        )
        return New(ReviewComment, id or new_id(ReviewComment.PREFIX), [added])

    @command
    def edit(self, *, body: Comment) -> list[Event]:
        """Replace its text."""
        return [] if body == self.body else [ReviewCommentEdited(body=body)]

    @command(when="open", unless="resolved")
    def resolve(self, *, by: Name | None = None) -> list[Event]:
        """Report that it is settled."""
        return [ReviewCommentResolved(by=by)]

    @command(when="resolved", unless="open")
    def unresolve(self, *, by: Name | None = None) -> list[Event]:
        """Open it again."""
        return [ReviewCommentUnresolved(by=by)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, with the answers to it."""
        return [ReviewCommentDeleted()]
