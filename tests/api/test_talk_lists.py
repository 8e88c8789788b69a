"""The lists of messages, conversations, chats and errands: every filter that they declare, and every sort."""

from typing import Any

import pytest

from support.http_client import Doors
from workledger.api import chat_sessions, conversations, errands, messages
from workledger.api.web.listing import Listing

LISTINGS: dict[str, Listing] = {
    "messages": messages.MESSAGES,
    "conversations": conversations.CONVERSATIONS,
    "chat-sessions": chat_sessions.CHAT_SESSIONS,
    "errands": errands.ERRANDS,
}

EXPECTED: dict[str, dict[str, list[tuple[Any, set[str]]]]] = {
    "messages": {
        "sender_type": [("agent", {"asked", "note"}), ("user", {"order"})],
        "sender_id": [("ann", {"asked", "note"}), ("bob", set())],
        "recipient_type": [("user", {"asked", "note"}), ("agent", {"order"})],
        "recipient_id": [("bob", {"order"})],
        "type": [("question", {"asked"}), ("info", {"note", "order"}), ("error", set())],
        "status": [("pending", {"asked", "order"}), ("read", {"note"}), ("responded", set())],
        "requires_response": [(True, {"asked"}), (False, {"note", "order"})],
        "unanswered": [(True, {"asked"}), (False, {"note", "order"})],
        "parent_message_id": [("asked", {"note"})],
    },
    "conversations": {
        "to_agent_id": [("bob", {"open", "done"}), ("ann", {"back"})],
        "from_agent_id": [("ann", {"open", "done"}), ("bob", {"back"})],
        "status": [("pending", {"open", "back"}), ("answered", {"done"})],
        "initiative_id": [("ini_1", {"open"})],
        "phase_id": [("pha_1", {"open"})],
        "task_id": [("tsk_1", {"done"})],
    },
    "chat-sessions": {
        "target_type": [("phase", {"phased"}), ("task", {"tasked"})],
        "target_id": [("pha_1", {"phased"}), ("tsk_1", {"tasked"})],
        "initiative_id": [("ini_1", {"phased"})],
        "agent_id": [("ann", {"phased"})],
        "status": [("active", {"phased"}), ("closed", {"tasked"})],
    },
    "errands": {
        "project_id": [("prj_1", {"typo"})],
        "status": [("active", {"typo"}), ("pending_review", {"link"})],
        "agent_id": [("bob", {"link"})],
        "search": [("TYPO", {"typo"}), ("fix", {"typo", "link"}), ("cw/link", {"link"})],
    },
}


@pytest.fixture
def office(all_doors: Doors) -> Doors:
    """Some of all talk."""
    do = all_doors.do
    do("projects", id="prj_1", name="Atlas")
    do("initiatives", id="ini_1", name="Parser")
    do("phases", id="pha_1", name="Lexer", initiative_id="ini_1")
    do("tasks", id="tsk_1", title="Lex", project_id="prj_1")
    for id in ("ann", "bob"):
        do("agents", id=id, name=id)
    to_user = {"sender_type": "agent", "sender_id": "ann", "recipient_type": "user", "content": "?"}
    do("messages", id="asked", **to_user, type="question", requires_response=True)
    do("messages", id="note", **to_user, parent_message_id="asked")
    do("messages/note/read")
    do("messages", id="order", sender_type="user", recipient_type="agent", recipient_id="bob", content="Stop.")
    asked = {"from_agent_id": "ann", "to_agent_id": "bob", "question": "?"}
    do("conversations", id="open", **asked, initiative_id="ini_1", phase_id="pha_1")
    do("conversations", id="done", **asked, task_id="tsk_1")
    do("conversations/done/answer", answer="!")
    do("conversations", id="back", from_agent_id="bob", to_agent_id="ann", question="?")
    do("chat-sessions", id="phased", target_type="phase", target_id="pha_1", agent_id="ann")
    do("chat-sessions", id="tasked", target_type="task", target_id="tsk_1")
    do("chat-sessions/tasked/close")
    do("errands", id="typo", description="Fix the typo", branch="cw/typo", project_id="prj_1")
    do("errands", id="link", description="Fix the address", branch="cw/link", agent_id="bob")
    do("errands/link/submit-for-review")
    return all_doors


def test_every_filter_is_expected_something_of() -> None:
    declared = {path: set(listing.filters) for path, listing in LISTINGS.items()}
    assert declared == {path: set(filters) for path, filters in EXPECTED.items()}


def test_every_filter_leaves_the_rows_that_fit(office: Doors) -> None:
    for path, filters in EXPECTED.items():
        for name, cases in filters.items():
            for value, expected in cases:
                found = {row["id"] for row in office.see(path, **{name: value})["items"]}
                assert found == expected, f"{path}?{name}={value}"


def test_every_sort_goes_both_ways(office: Doors) -> None:
    for path, listing in LISTINGS.items():
        for sort in listing.sorts:
            up = [row["id"] for row in office.see(path, sort=sort, order="asc")["items"]]
            down = [row["id"] for row in office.see(path, sort=sort, order="desc")["items"]]
            assert up, path
            assert sorted(up) == sorted(down), f"{path} by {sort}"
