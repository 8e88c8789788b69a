"""Limits of planning, talk and accounts: each field at its limits, below and above them, and each value and no other.

What older systems or an import bring in is not bound by them (domain.md 5.1)."""

import inspect
from typing import Any, get_type_hints

import pytest

from support.account_states import LIVES as ACCOUNTS
from support.change_set_states import LIVES as CHANGES
from support.change_set_states import named_back, renamed
from support.chat_session_states import LIVES as CHATS
from support.conversation_states import LIVES as CONVERSATIONS
from support.errand_states import LIVES as ERRANDS
from support.initiative_states import LIVES as INITIATIVES
from support.message_states import LIVES as MESSAGES
from support.phase_states import LIVES as PHASES
from support.proposal_states import LIVES as PROPOSALS
from support.review_comment_states import LIVES as COMMENTS
from workledger.domain.account import Account
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatMessagePosted, ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand, ErrandOpened
from workledger.domain.initiative import Initiative, InitiativeCreated
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.message import Message, MessageSent
from workledger.domain.page import Page, PageCreated
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment, ReviewCommentAdded

Arguments = dict[str, Any]
Life = tuple[Event, ...]
NAME, TEXT, LONGEST_ID = 200, 100_000, 200
WIDEST = 2**53 - 1

PAGE: Life = (PageCreated(initiative_id="ini_1", parent_page_id="pag_0", title="Parser"),)
COMMENT: Arguments = {
    "phase_id": "pha_1",
    "file_path": "a.py",
    "line_number": 1,
    "line_type": "added",
    "body": "Why?",
}
PROPOSAL: Arguments = {"agent_id": "ann", "initiative_id": "ini_1", "target_type": "page", "title": "Parser"}
MESSAGE: Arguments = {"sender_type": "user", "recipient_type": "agent", "recipient_id": "ann", "content": "Hm."}
CONVERSATION: Arguments = {"from_agent_id": "ann", "to_agent_id": "bob", "question": "Why?"}
ERRAND: Arguments = {"id": "typo", "description": "Mend it", "branch": "cw/typo"}
CHAT: Arguments = {"target_type": "phase", "target_id": "pha_1"}


def tell(kind: type[Aggregate], life: Life, command: str, **arguments: Any) -> Any:
    """What a command decides; `create` begins one."""
    if command == "create":
        return getattr(kind, command)(**arguments)
    return getattr(kind.fold("it", life), command)(**arguments)


TEXTS: list[tuple[type[Aggregate], Life, str, Arguments, str, int, int]] = [
    (Initiative, (), "create", {"name": "Sign in"}, "name", 1, NAME),
    (Initiative, (), "create", {"name": "Sign in"}, "branch", 1, NAME),
    (Initiative, (), "create", {"name": "Sign in"}, "id", 1, LONGEST_ID),
    (Initiative, INITIATIVES["active"], "rename", {}, "name", 1, NAME),
    (Initiative, INITIATIVES["active"], "set_branch", {}, "branch", 1, NAME),
    (Initiative, INITIATIVES["pending_review"], "request_changes", {}, "summary", 0, TEXT),
    (Phase, (), "create", {"initiative_id": "ini_1", "name": "Parser"}, "name", 1, NAME),
    (Phase, (), "create", {"initiative_id": "ini_1", "name": "Parser"}, "content", 0, TEXT),
    (Phase, PHASES["pending"], "rename", {}, "name", 1, NAME),
    (Phase, PHASES["pending"], "change_content", {}, "content", 0, TEXT),
    (Phase, PHASES["in_progress"], "block", {}, "reason", 1, 500),
    (Phase, PHASES["pending_review"], "approve_review", {}, "merge_base", 1, 64),
    (Phase, PHASES["pending_review"], "approve_review", {"merge_base": "abc"}, "merge_sha", 1, 64),
    (Phase, PHASES["pending_review"], "approve_review", {"merge_base": "abc"}, "strategy", 1, NAME),
    (Phase, PHASES["in_progress"], "merge", {}, "merge_base", 1, 64),
    (Phase, PHASES["in_progress"], "merge", {"merge_base": "abc"}, "merge_sha", 1, 64),
    (Phase, PHASES["in_progress"], "merge", {"merge_base": "abc"}, "strategy", 1, NAME),
    (ReviewComment, (), "create", COMMENT, "body", 1, TEXT),
    (ReviewComment, (), "create", COMMENT, "author", 1, NAME),
    (ReviewComment, (), "create", COMMENT, "file_path", 1, 2000),
    (ReviewComment, COMMENTS["open"], "edit", {}, "body", 1, TEXT),
    (ReviewComment, COMMENTS["open"], "resolve", {}, "by", 1, NAME),
    (ReviewComment, COMMENTS["resolved"], "unresolve", {}, "by", 1, NAME),
    (Page, (), "create", {"initiative_id": "ini_1", "title": "Parser"}, "title", 1, NAME),
    (Page, (), "create", {"initiative_id": "ini_1", "title": "Parser"}, "content", 0, TEXT),
    (Page, PAGE, "rename", {}, "title", 1, NAME),
    (Page, PAGE, "change_content", {}, "content", 0, TEXT),
    (Proposal, (), "create", PROPOSAL, "title", 1, NAME),
    (Proposal, (), "create", PROPOSAL, "summary", 0, TEXT),
    (Proposal, (), "create", PROPOSAL, "content", 0, TEXT),
    (Proposal, (), "create", PROPOSAL | {"target_type": "task"}, "content", 0, 5000),
    (Proposal, PROPOSALS["pending"], "accept", {}, "by", 1, NAME),
    (Proposal, PROPOSALS["pending"], "dismiss", {}, "by", 1, NAME),
    (Proposal, PROPOSALS["pending"], "dismiss", {}, "reason", 0, TEXT),
    (ChangeSet, (), "create", {"initiative_id": "ini_1", "entries": (renamed,)}, "summary", 0, TEXT),
    (ChangeSet, CHANGES["applied"], "revert", {"entries": (named_back,)}, "by", 1, NAME),
    (ChatSession, CHATS["active"], "post_message", {"role": "user"}, "content", 0, TEXT),
    (ChatSession, CHATS["active"], "post_message", {"role": "user", "content": "Hm."}, "message_id", 1, LONGEST_ID),
    (Message, (), "create", MESSAGE, "content", 0, TEXT),
    (Message, MESSAGES["pending"], "read", {}, "by", 0, NAME),
    (Conversation, (), "create", CONVERSATION, "question", 1, TEXT),
    (Conversation, CONVERSATIONS["pending"], "answer", {}, "answer", 1, TEXT),
    (Errand, (), "create", ERRAND, "id", 1, LONGEST_ID),
    (Errand, (), "create", ERRAND, "description", 1, TEXT),
    (Errand, (), "create", ERRAND, "branch", 1, NAME),
    (Errand, (), "create", ERRAND, "base_branch", 1, NAME),
    (Errand, ERRANDS["active"], "unassign_agent", {}, "reason", 1, 500),
    (Errand, ERRANDS["active"], "send_message", {}, "content", 1, TEXT),
    (Errand, ERRANDS["pending_review"], "request_changes", {}, "feedback", 0, TEXT),
    (Errand, ERRANDS["pending_review"], "merge", {}, "merge_sha", 1, 64),
    (Errand, ERRANDS["active"], "abandon", {}, "reason", 1, 500),
    (Account, (), "create", {"email": "ann@example.com"}, "provider", 1, 100),
]
"""(kind, life, command, other arguments, field, least, most): how many characters it may have."""


@pytest.mark.parametrize(("kind", "life", "command", "rest", "field", "least", "most"), TEXTS)
def test_a_text_fits_at_its_limits_and_not_beyond(
    kind: type[Aggregate], life: Life, command: str, rest: Arguments, field: str, least: int, most: int
) -> None:
    """A2."""
    for length in (least, least + 1, most - 1, most):
        tell(kind, life, command, **rest | {field: "x" * length})
    for length in {max(least - 1, 0), most + 1} - {least}:
        with pytest.raises(InvalidInput):
            tell(kind, life, command, **rest | {field: "x" * length})


NUMBERS: list[tuple[type[Aggregate], Life, str, Arguments, str, int, int]] = [
    (ReviewComment, (), "create", COMMENT, "line_number", 1, 10**12),
    (Page, (), "create", {"initiative_id": "ini_1", "title": "Parser"}, "sort_order", -WIDEST, WIDEST),
    (Page, PAGE, "move", {}, "sort_order", -WIDEST, WIDEST),
    (Proposal, (), "create", PROPOSAL, "sort_order", -WIDEST, WIDEST),
    (Account, (), "create", {"email": "ann@example.com"}, "sort_order", -WIDEST, WIDEST),
    (Account, ACCOUNTS["available"], "reorder", {}, "sort_order", -WIDEST, WIDEST),
]


@pytest.mark.parametrize(("kind", "life", "command", "rest", "field", "least", "most"), NUMBERS)
def test_a_number_fits_at_its_limits_and_not_beyond(
    kind: type[Aggregate], life: Life, command: str, rest: Arguments, field: str, least: int, most: int
) -> None:
    """A2."""
    for number in (least, least + 1, most - 1, most):
        tell(kind, life, command, **rest | {field: number})
    for number in (least - 1, most + 1, 1.5, "many"):
        with pytest.raises(InvalidInput):
            tell(kind, life, command, **rest | {field: number})


VALUES: list[tuple[type[Aggregate], Life, str, Arguments, str, tuple[str, ...]]] = [
    (Initiative, (), "create", {"name": "Sign in"}, "execution_mode", ("yolo", "review_per_phase")),
    (Initiative, INITIATIVES["pending_review"], "approve", {}, "strategy", ("push_branch", "merge_and_push")),
    (ReviewComment, (), "create", COMMENT, "line_type", ("added", "removed", "context")),
    (Proposal, (), "create", PROPOSAL, "target_type", ("page", "phase", "task")),
    (ChatSession, (), "create", CHAT, "target_type", ("phase", "task")),
    (
        ChatSession,
        CHATS["active"],
        "post_message",
        {"role": "user", "content": "Hm."},
        "role",
        ("user", "assistant", "system"),
    ),
    (Message, (), "create", MESSAGE, "recipient_type", ("agent",)),
    (Message, (), "create", MESSAGE, "sender_type", ("agent", "user")),
    (Message, (), "create", MESSAGE, "type", ("question", "info", "error", "response")),
]


@pytest.mark.parametrize(("kind", "life", "command", "rest", "field", "values"), VALUES)
def test_every_value_of_the_seed_is_accepted_and_no_other(
    kind: type[Aggregate], life: Life, command: str, rest: Arguments, field: str, values: tuple[str, ...]
) -> None:
    """A1, of Codewalkers' columns."""
    for value in values:
        tell(kind, life, command, **rest | {field: value})
    for wrong in ("", "other", values[0].upper(), 3, None):
        with pytest.raises(InvalidInput):
            tell(kind, life, command, **rest | {field: wrong})


@pytest.mark.parametrize("email", ["a@b", "ann+work@example.com", f"{'a' * 318}@b"])
def test_an_address_that_fits(email: str) -> None:
    assert Account.create(email=email).events


@pytest.mark.parametrize("email", ["", "@b", "ann", "ann@", "an n@b", "a@b@c", f"{'a' * 319}@b"])
def test_an_address_that_does_not(email: str) -> None:
    with pytest.raises(InvalidInput):
        Account.create(email=email)


@pytest.mark.parametrize("files", [("x" * 2000,), tuple(f"{n}" for n in range(1000)), ()])
def test_files_in_conflict_are_paths(files: tuple[str, ...]) -> None:
    assert tell(Errand, ERRANDS["pending_review"], "report_conflict", files=files)


@pytest.mark.parametrize("files", [("",), ("x" * 2001,), ("ü" * 1001,), "a.py"])
def test_and_nothing_else(files: Any) -> None:
    with pytest.raises(InvalidInput):
        tell(Errand, ERRANDS["pending_review"], "report_conflict", files=files)


def test_a_change_set_has_at_least_one_entry() -> None:
    with pytest.raises(InvalidInput):
        ChangeSet.create(initiative_id="ini_1", entries=())


FREE = {
    *("project_ids", "comment_ids", "entries", "files", "metadata", "values", "requires_response"),
    *("until", "after", "now"),
}
"""Fields that are lists, documents, times or flags: tests of their nouns are about them."""
REFERENCES = ("config_ref", "credentials_ref", "secret_ref", "fingerprint")


def test_every_field_has_its_limits_in_these_tables() -> None:
    """But for ids of other things, which are all alike, and references to secrets (see test_secret_refs)."""
    told = {(kind, command, field) for kind, _, command, _, field, *_ in (*TEXTS, *NUMBERS, *VALUES)}
    told.add((Account, "create", "email"))
    missing = []
    for kind in {one[0] for one in TEXTS}:
        for name, command in {**kind.commands(), "create": kind.create}.items():
            for field in get_type_hints(inspect.unwrap(command)):
                alike = field in ("return", "id", *FREE, *REFERENCES) or field.endswith(("_id", "_ids"))
                if not alike and (kind, name, field) not in told:
                    missing.append(f"{kind.__name__}.{name}: {field}")
    assert missing == []


@pytest.mark.parametrize(
    ("kind", "life"),
    [
        (Initiative, (InitiativeCreated(name="x" * 1000),)),
        (Page, (PageCreated(initiative_id="i", title="x" * 1000, content="x" * 200_000),)),
        (ReviewComment, (ReviewCommentAdded(phase_id="p", file_path="", line_number=0, line_type="moved", body=""),)),
        (Errand, (ErrandOpened(description="", branch="", base_branch="x" * 1000),)),
        (Message, (MessageSent(sender_type="user", recipient_type="user", type="note", content="x" * 200_000),)),
        (ChatSession, (*CHATS["active"], ChatMessagePosted(message_id="m", role="tool", content="x" * 200_000))),
    ],
)
def test_what_was_recorded_elsewhere_is_read_all_the_same(kind: type[Aggregate], life: Life) -> None:
    """Codewalkers states no limits (domain.md 5.1)."""
    assert kind.fold("it", [type(event).load(event.payload(), event.VERSION) for event in life])
