"""Messages, conversations, chats and errands over HTTP (Codewalkers, domain.md 1.2)."""

from typing import Any

import pytest

from support.http_client import Doors


@pytest.fixture
def office(doors: Doors) -> Doors:
    """A project, an initiative with a phase, and two agents, of which one runs."""
    doors.do("projects", id="prj_1", name="Atlas")
    doors.do("initiatives", id="ini_1", name="Parser")
    doors.do("phases", id="pha_1", name="Lexer", initiative_id="ini_1")
    for id in ("ann", "bob"):
        doors.do("agents", id=id, name=id)
    doors.do("agent-runs", id="run_1", agent_id="ann")
    return doors


def listed(doors: Doors, path: str, **query: Any) -> list[str]:
    return [row["id"] for row in doors.see(path, **query)["items"]]


class TestMessages:
    def test_what_waits_for_the_user_is_read_and_responded_to(self, office: Doors) -> None:
        """C26."""
        asked = {"sender_type": "agent", "sender_id": "ann", "recipient_type": "user"}
        office.do("messages", id="m1", **asked, content="Tabs?", type="question", requires_response=True)
        office.do("messages", id="m2", **asked, content="Done.")
        pending = {"recipient_type": "user", "status": "pending"}
        assert listed(office, "messages", **pending, order="asc") == ["m1", "m2"]
        assert listed(office, "messages", unanswered="true") == ["m1"]
        office.do("messages/m2/read", by="user:eve")
        assert listed(office, "messages", **pending) == ["m1"]
        answered = office.do("messages/m1/respond", id="m3", content="Spaces.")
        assert (answered["state"]["status"], answered["state"]["response_message_id"]) == ("responded", "m3")
        assert listed(office, "messages", unanswered="true") == []
        assert listed(office, "messages", unanswered="false", order="asc") == ["m1", "m2", "m3"]
        shown = office.see("messages/m1")
        assert [(one["id"], one["recipient_id"], one["content"]) for one in shown["replies"]] == [
            ("m3", "ann", "Spaces.")
        ]
        assert shown["commands"] == ["delete"]
        assert office.refuses("messages/m1/respond", content="Tabs!") == (409, "MESSAGE_INVALID_TRANSITION")

    def test_a_response_is_repeated_under_its_idempotency_key(self, office: Doors) -> None:
        office.do("messages", id="m1", sender_type="user", recipient_type="user", content="?")
        key = {"Idempotency-Key": "once"}
        first = office.answer("POST", "messages/m1/respond", json={"content": "!"}, headers=key)
        again = office.answer("POST", "messages/m1/respond", json={"content": "!"}, headers=key)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(office.see("messages/m1")["replies"]) == 1


class TestConversations:
    def test_an_agent_finds_what_it_was_asked_and_answers(self, office: Doors) -> None:
        """C18."""
        office.do("conversations", id="c1", from_agent_id="ann", to_agent_id="bob", question="Which port?")
        office.do("conversations", id="c2", from_agent_id="ann", to_agent_id="bob", question="Which host?")
        assert listed(office, "conversations", to_agent_id="bob", status="pending") == ["c1", "c2"]
        office.do("conversations/c1/answer", answer="8080")
        assert office.do("conversations/c1/answer", answer="8080")["version"] == 2
        assert office.refuses("conversations/c1/answer", answer="9090") == (409, "CONVERSATION_ALREADY_ANSWERED")
        assert listed(office, "conversations", to_agent_id="bob", status="pending") == ["c2"]
        row = office.see("conversations/c1")
        assert (row["answer"], row["state"], row["commands"]) == ("8080", "answered", ["delete"])

    def test_what_cannot_be_asked_is_refused(self, office: Doors) -> None:
        about = {"from_agent_id": "ann", "question": "Why?"}
        assert office.refuses("conversations", **about, to_agent_id="ann") == (400, "CONVERSATION_WITH_ITSELF")
        assert office.refuses("conversations", **about, to_agent_id="eve") == (404, "AGENT_NOT_FOUND")
        about["to_agent_id"] = "bob"
        assert office.refuses("conversations", **about, phase_id="none") == (404, "PHASE_NOT_FOUND")


class TestChats:
    def test_a_chat_about_a_phase(self, office: Doors) -> None:
        """C19: its initiative is that of the phase."""
        started = office.do("chat-sessions", id="c", target_type="phase", target_id="pha_1", agent_id="ann")
        assert started["state"]["initiative_id"] == "ini_1"
        target = {"target_type": "phase", "target_id": "pha_1", "status": "active"}
        assert listed(office, "chat-sessions", **target) == ["c"]
        assert listed(office, "chat-sessions", agent_id="ann", status="active") == ["c"]
        assert office.refuses("chat-sessions", target_type="phase", target_id="pha_1") == (
            409,
            "CHAT_SESSION_ALREADY_ACTIVE",
        )
        office.do("chat-sessions/c/post-message", message_id="m1", role="user", content="Shorter.")
        office.do("chat-sessions/c/post-message", message_id="m2", role="assistant", content="Like this?")
        said = office.see("chat-sessions/c/messages")["items"]
        assert [(one["role"], one["content"]) for one in said] == [("user", "Shorter."), ("assistant", "Like this?")]
        rest = office.see("chat-sessions/c/messages", after=said[0]["position"])["items"]
        assert [one["id"] for one in rest] == ["m2"]
        assert office.see("chat-sessions/c")["message_count"] == 2
        office.do("chat-sessions/c/close")
        assert office.refuses("chat-sessions/c/post-message", role="user", content="!") == (409, "CHAT_SESSION_CLOSED")
        assert listed(office, "chat-sessions", **target) == []

    def test_what_there_is_not_is_not_found(self, office: Doors) -> None:
        assert office.refused("GET", "chat-sessions/none/messages") == (404, "CHAT_SESSION_NOT_FOUND")
        office.do("chat-sessions", id="c", target_type="phase", target_id="pha_1")
        linked = {"message_id": "none", "change_set_id": "none"}
        assert office.refuses("chat-sessions/c/link-change-set", **linked) == (404, "CHAT_MESSAGE_NOT_FOUND")
        office.do("chat-sessions/c/post-message", message_id="m", role="user", content="!")
        linked["message_id"] = "m"
        assert office.refuses("chat-sessions/c/link-change-set", **linked) == (404, "CHANGE_SET_NOT_FOUND")


class TestErrands:
    def test_an_errand_from_opening_to_the_merge(self, office: Doors) -> None:
        """C21."""
        typo = {"description": "Fix the typo", "branch": "cw/typo"}
        office.do("errands", id="e1", **typo, project_id="prj_1", agent_id="ann")
        office.do("errands", id="e2", **typo)
        assert listed(office, "errands") == ["e2", "e1"]
        assert listed(office, "errands", project_id="prj_1", status="active") == ["e1"]
        office.do("errands/e1/send-message", content="The title, too.")
        assert office.refuses("errands/e2/send-message", content="!") == (409, "ERRAND_AGENT_NOT_READY")
        office.do("errands/e1/submit-for-review")
        office.do("errands/e1/report-conflict", files=["README.md"])
        shown = office.see("errands/e1")
        assert (shown["state"], shown["conflict_files"]) == ("conflict", ["README.md"])
        assert shown["commands"] == ["request-changes", "merge", "report-conflict", "abandon", "delete"]
        office.do("errands/e1/merge", merge_sha="c0ffee")
        assert office.refuses("errands/e1/abandon") == (409, "ERRAND_INVALID_TRANSITION")
        assert office.see("errands/e1")["merge_sha"] == "c0ffee"

    def test_its_id_is_the_callers(self, office: Doors) -> None:
        typo = {"description": "Fix the typo", "branch": "cw/typo"}
        assert office.refuses("errands", **typo) == (400, "VALIDATION_ERROR")
        office.do("errands", id="e1", **typo)
        assert office.refuses("errands", id="e1", **typo) == (409, "CONCURRENCY_CONFLICT")
