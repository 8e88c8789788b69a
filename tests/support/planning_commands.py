"""What may be asked of plans, letters and errands, and what usually comes next."""

from collections.abc import Callable
from typing import Any

from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment

COMMANDS: dict[type[Aggregate], tuple[Callable[[Any, Any], object], ...]] = {
    Initiative: (
        lambda one, wish: one.rename(name=f"Goal {wish.b}"),
        lambda one, wish: one.set_branch(branch=(None, "goal/a")[wish.b % 2]),
        lambda one, wish: one.request_review(),
        lambda one, wish: one.approve(strategy=("push_branch", "merge_and_push")[wish.b % 2]),
        lambda one, wish: one.request_changes(summary="More."),
        lambda one, wish: one.complete(),
        lambda one, wish: one.archive(),
        lambda one, wish: one.reopen(),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    Phase: (
        lambda one, wish: one.rename(name=f"Phase {wish.b}"),
        lambda one, wish: one.change_content(content=(None, "ü" * wish.c)[wish.b % 2]),
        lambda one, wish: one.approve(),
        lambda one, wish: one.queue(),
        lambda one, wish: one.start(),
        lambda one, wish: one.start(),
        lambda one, wish: one.block(reason="Monday"),
        lambda one, wish: one.unblock(),
        lambda one, wish: one.request_review(),
        lambda one, wish: one.request_changes(),
        lambda one, wish: one.merge(merge_base="abc"),
        lambda one, wish: one.approve_review(merge_base=(None, "abc")[wish.b % 2], merge_sha="def"),
        lambda one, wish: one.delete() if wish.c < 2 else None,
    ),
    ReviewComment: (
        lambda one, wish: one.edit(body=f"Why {wish.b}?"),
        lambda one, wish: one.resolve(by="ann"),
        lambda one, wish: one.unresolve(),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    Page: (
        lambda one, wish: one.rename(title=f"Page {wish.b}"),
        lambda one, wish: one.change_content(content=({"type": "doc", "n": wish.c}, "Plain.", None)[wish.b % 3]),
        lambda one, wish: one.move(sort_order=wish.b),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    Proposal: (
        lambda one, wish: one.accept(by="ann", created_id="elsewhere"),
        lambda one, wish: one.dismiss(reason="No."),
        lambda one, wish: one.delete() if wish.c < 2 else None,
    ),
    ChangeSet: (lambda one, wish: one.delete() if wish.c < 3 else None,),
    ChatSession: (
        lambda one, wish: one.post_message(role="user", content="ä" * wish.c, message_id=f"{one.id}_{wish.b}"),
        lambda one, wish: one.post_message(role=("system", "assistant")[wish.b % 2], content="Yes."),
        lambda one, wish: one.link_agent(agent_id=None),
        lambda one, wish: one.close(),
        lambda one, wish: one.delete() if wish.c < 2 else None,
    ),
    Message: (
        lambda one, wish: one.read(by="ann"),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    Conversation: (
        lambda one, wish: one.answer(answer=f"{wish.b}"),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    Errand: (
        lambda one, wish: one.unassign_agent(reason="busy"),
        lambda one, wish: one.send_message(content="Hurry."),
        lambda one, wish: one.submit_for_review(),
        lambda one, wish: one.submit_for_review(),
        lambda one, wish: one.request_changes(feedback="Again."),
        lambda one, wish: one.merge(merge_sha="abc"),
        lambda one, wish: one.report_conflict(files=("a", "b")[: wish.b]),
        lambda one, wish: one.abandon(reason="No."),
        lambda one, wish: one.delete() if wish.c < 2 else None,
    ),
}
"""What may be asked of each."""


NEXT: dict[type[Aggregate], dict[str, Callable[[Any, Any], object]]] = {
    Phase: {
        "pending": lambda one, wish: one.approve(),
        "approved": lambda one, wish: one.start(),
        "queued": lambda one, wish: one.start(),
        "in_progress": lambda one, wish: one.request_review() if wish.b else one.merge(merge_base="abc"),
        "pending_review": lambda one, wish: one.approve_review(merge_base="abc") if wish.b else one.request_changes(),
        "blocked": lambda one, wish: one.unblock(),
    },
    Errand: {
        "active": lambda one, wish: one.submit_for_review(),
        "pending_review": lambda one, wish: one.report_conflict() if wish.b == 0 else one.merge(),
        "conflict": lambda one, wish: one.request_changes(feedback="No.") if wish.b == 0 else one.merge(),
    },
    Initiative: {
        "active": lambda one, wish: one.request_review(),
        "pending_review": lambda one, wish: one.approve() if wish.b else one.request_changes(summary="More."),
        "completed": lambda one, wish: one.archive() if wish.b else one.reopen(),
        "archived": lambda one, wish: one.reopen(),
    },
}
"""The command that usually comes next in each state."""
