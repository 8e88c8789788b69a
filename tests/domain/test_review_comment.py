"""A review comment: on a line of a phase's changes, answered, edited, resolved and opened again (C20)."""

from typing import Any

import pytest

from support.review_comment_states import added, resolved
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.phase import Phase
from workledger.domain.phase.refusals import PhaseNotFound, ReviewCommentNotFound
from workledger.domain.review_comment import (
    ReviewComment,
    ReviewCommentAdded,
    ReviewCommentDeleted,
    ReviewCommentEdited,
    ReviewCommentResolved,
    ReviewCommentUnresolved,
)
from workledger.testing import given

LINE: dict[str, Any] = {"file_path": "src/parse.py", "line_number": 7, "line_type": "added", "body": "Name it."}


@pytest.fixture
def phases(ledger: Ledger) -> None:
    ledger.create(Initiative.create(id="i", name="Sign in"))
    for id in ("a", "b"):
        ledger.create(Phase.create(id=id, initiative_id="i", name=id))


def comment(ledger: Ledger, id: str, phase_id: str = "a", **details: Any) -> None:
    ledger.create(ReviewComment.create(id=id, phase_id=phase_id, **{**LINE, **details}))


def delete(ledger: Ledger, kind: Any, id: str) -> None:
    with ledger.edit(kind, id) as one:
        one.delete()


def test_what_codewalkers_leaves_out_has_its_defaults() -> None:
    """C1: not resolved, and by you."""
    new = ReviewComment.create(phase_id="pha_1", **LINE)
    assert new.id.startswith("rvc_")
    assert new.events == [ReviewCommentAdded(phase_id="pha_1", **LINE, author="you", resolved=False)]


@pytest.mark.parametrize("kind", ["added", "removed", "context"])
def test_it_is_about_a_line_that_was_added_removed_or_neither(kind: str) -> None:
    given(ReviewComment).when(ReviewComment.create, phase_id="p", **{**LINE, "line_type": kind}).becomes(line_type=kind)


@pytest.mark.parametrize(
    "wrong",
    [
        {"line_number": 0},
        {"line_number": -1},
        {"line_type": "changed"},
        {"body": ""},
        {"body": "x" * 100_001},
        {"file_path": ""},
        {"author": ""},
        {"id": "c", "parent_comment_id": "c"},
    ],
    ids=str,
)
def test_what_it_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    given(ReviewComment).when(ReviewComment.create, phase_id="p", **{**LINE, **wrong}).refused(InvalidInput)


def test_it_is_edited_when_it_differs() -> None:
    given(ReviewComment, added).when(ReviewComment.edit, body="Why?").then(ReviewCommentEdited(body="Why?"))
    given(ReviewComment, added).when(ReviewComment.edit, body="Name it.").then()


def test_it_is_resolved_and_opened_again_each_once() -> None:
    given(ReviewComment, added).when(ReviewComment.resolve, by="bob").then(ReviewCommentResolved(by="bob"))
    given(ReviewComment, added, resolved).when(ReviewComment.resolve).then()
    given(ReviewComment, added, resolved).when(ReviewComment.unresolve).then(ReviewCommentUnresolved(by=None))
    given(ReviewComment, added, resolved).when(ReviewComment.unresolve).becomes(resolved=False)
    given(ReviewComment, added).when(ReviewComment.unresolve).then()


def test_it_is_deleted_open_or_not() -> None:
    for life in ((added,), (added, resolved)):
        given(ReviewComment, *life).when(ReviewComment.delete).then(ReviewCommentDeleted())


@pytest.mark.usefixtures("phases")
def test_its_phase_is_there(ledger: Ledger) -> None:
    with pytest.raises(PhaseNotFound):
        comment(ledger, "c", "nowhere")
    comment(ledger, "c")
    delete(ledger, Phase, "a")
    with pytest.raises(PhaseNotFound), ledger.edit(ReviewComment, "c") as one:
        one.resolve()


@pytest.mark.usefixtures("phases")
def test_it_answers_a_comment_on_the_same_phase(ledger: Ledger) -> None:
    comment(ledger, "c")
    comment(ledger, "answer", parent_comment_id="c")
    for wrong in ({"phase_id": "b", "parent_comment_id": "c"}, {"parent_comment_id": "nowhere"}):
        with pytest.raises(ReviewCommentNotFound):
            comment(ledger, "other", **wrong)
    delete(ledger, ReviewComment, "c")
    with pytest.raises(ReviewCommentNotFound), ledger.edit(ReviewComment, "answer") as one:
        one.resolve()


@pytest.mark.usefixtures("phases")
def test_changes_are_asked_for_in_comments_on_the_phase(ledger: Ledger) -> None:
    comment(ledger, "c")
    comment(ledger, "answer", parent_comment_id="c")
    comment(ledger, "elsewhere", "b")
    with ledger.edit(Phase, "a") as phase:
        phase.approve()
        phase.start()
        phase.request_review()

    def ask(*ids: str) -> None:
        with ledger.edit(Phase, "a") as phase:
            phase.request_changes(comment_ids=ids)

    for wrong in ("elsewhere", "nowhere"):
        with pytest.raises(ReviewCommentNotFound) as refused:
            ask("c", wrong)
        assert refused.value.details["id"] == wrong
    delete(ledger, ReviewComment, "c")
    with pytest.raises(ReviewCommentNotFound):
        ask("answer")
    comment(ledger, "d")
    ask("d")
    assert ledger.get(Phase, "a").status == "in_progress"
