"""Messages, conversations, chats and errands, as Codewalkers asks for them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import workledger
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet, Entry
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import New
from workledger.domain.message import Message
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.services.messages import respond
from workledger.domain.task import Task
from workledger.projections import chat_sessions, conversations, errands, messages

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


STORES = ("memory", "sqlite", "postgres")


@pytest.fixture
def ledger(store_url: str) -> Iterator[Workledger]:
    """Two projects, two agents, and an initiative with a phase and two tasks."""
    with workledger.open(store_url) as ledger:
        plan(ledger)
        yield ledger


def plan(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        for id in ("p", "q"):
            unit.create(Project.create(id=id, name=id))
        for id in ("ann", "bob"):
            unit.create(Agent.create(id=id, name=id))
        unit.create(Initiative.create(id="i", name="Parser"))
        unit.create(Phase.create(id="ph", name="Lexer", initiative_id="i"))
        for id in ("t1", "t2"):
            unit.create(Task.create(id=id, title=id, initiative_id="i"))


def began(ledger: Workledger, minute: int, new: New[Any]) -> str:
    """One that began so many minutes after noon."""
    with ledger.unit() as unit:
        unit.create(new, at=NOON + timedelta(minutes=minute))
    return new.id


def delete(ledger: Workledger, kind: type[Any], id: str) -> None:
    with ledger.edit(kind, id) as one:
        one.delete()
    ledger.catch_up()


def shown(rows: Any) -> list[Any]:
    return [row["id"] for row in rows]


class TestMessages:
    """C26."""

    @pytest.fixture
    def ledger(self, ledger: Workledger) -> Workledger:
        """Four messages to the user, the oldest last, and one to an agent."""
        to_user: dict[str, Any] = {"sender_type": "agent", "sender_id": "ann", "recipient_type": "user", "content": "?"}
        began(ledger, 4, Message.create(id="note", **to_user))
        began(ledger, 3, Message.create(id="asked", **to_user, type="question", requires_response=True))
        began(ledger, 2, Message.create(id="read", **to_user, requires_response=True))
        began(ledger, 1, Message.create(id="done", **to_user, requires_response=True))
        began(
            ledger,
            0,
            Message.create(id="order", sender_type="user", recipient_type="agent", recipient_id="bob", content="Stop."),
        )
        with ledger.edit(Message, "read") as message:
            message.read(by="user:eve")
        with ledger.unit() as unit:
            respond(unit, "done", content="Yes.", id="answer")
        ledger.catch_up()
        return ledger

    def test_what_is_pending_for_the_user_is_listed_oldest_first(self, ledger: Workledger) -> None:
        assert shown(messages.pending_for_user(ledger.tables)) == ["asked", "note"]

    def test_what_requires_a_response_is_listed_until_it_has_one(self, ledger: Workledger) -> None:
        assert shown(messages.requiring_response(ledger.tables)) == ["read", "asked"]
        with ledger.unit() as unit:
            respond(unit, "read", content="No.")
        ledger.catch_up()
        assert shown(messages.requiring_response(ledger.tables)) == ["asked"]

    def test_replies_are_those_to_the_message_itself(self, ledger: Workledger) -> None:
        reply: dict[str, Any] = {"sender_type": "user", "recipient_type": "agent", "recipient_id": "ann"}
        began(ledger, 9, Message.create(id="late", **reply, content="!", parent_message_id="asked"))
        began(ledger, 8, Message.create(id="early", **reply, content="!", parent_message_id="asked"))
        began(ledger, 8, Message.create(id="below", **reply, content="!", parent_message_id="early"))
        ledger.catch_up()
        assert shown(messages.replies(ledger.tables, "asked")) == ["early", "late"]
        assert shown(messages.replies(ledger.tables, "below")) == []
        [answer] = messages.replies(ledger.tables, "done")
        assert (answer["type"], answer["recipient_id"], answer["status"]) == ("response", "ann", "pending")

    def test_messages_outlive_their_agents_and_their_parents(self, ledger: Workledger) -> None:
        delete(ledger, Agent, "ann")
        delete(ledger, Agent, "bob")
        delete(ledger, Message, "done")
        rows = ledger.tables.all(messages.Messages.table.select())
        assert sorted(shown(rows)) == ["answer", "asked", "note", "order", "read"]
        for name in ("sender_id", "recipient_id", "parent_message_id"):
            assert {row[name] for row in rows} == {None}, name

    def test_a_message_has_the_columns_of_codewalkers(self, ledger: Workledger) -> None:
        row = messages.get(ledger.tables, "asked")
        assert row is not None
        assert (
            row.items()
            >= {
                "sender_type": "agent",
                "sender_id": "ann",
                "recipient_type": "user",
                "recipient_id": None,
                "type": "question",
                "content": "?",
                "requires_response": True,
                "status": "pending",
                "parent_message_id": None,
                "created_at": NOON + timedelta(minutes=3),
            }.items()
        )
        assert messages.get(ledger.tables, "nothing") is None


class TestConversations:
    """C18."""

    def ask(self, ledger: Workledger, id: str, minute: int = 0, **about: Any) -> None:
        asked = {"from_agent_id": "ann", "to_agent_id": "bob", "question": f"{id}?", **about}
        began(ledger, minute, Conversation.create(id=id, **asked))
        ledger.catch_up()

    def test_what_is_pending_for_an_agent_is_listed_oldest_first_until_it_is_answered(self, ledger: Workledger) -> None:
        self.ask(ledger, "later", 2)
        self.ask(ledger, "first", 1)
        self.ask(ledger, "back", 0, from_agent_id="bob", to_agent_id="ann")
        assert shown(conversations.pending_for_agent(ledger.tables, "bob")) == ["first", "later"]
        assert shown(conversations.pending_for_agent(ledger.tables, "ann")) == ["back"]
        with ledger.edit(Conversation, "first") as conversation:
            conversation.answer(answer="8080")
        ledger.catch_up()
        assert shown(conversations.pending_for_agent(ledger.tables, "bob")) == ["later"]
        row = conversations.get(ledger.tables, "first")
        assert row is not None
        assert (row["question"], row["answer"], row["status"]) == ("first?", "8080", "answered")

    @pytest.mark.parametrize("gone", ["ann", "bob"])
    def test_it_goes_with_either_agent(self, ledger: Workledger, gone: str) -> None:
        ledger.create(Agent.create(id="eve", name="eve"))
        self.ask(ledger, "theirs")
        self.ask(ledger, "hers", to_agent_id="eve", from_agent_id="bob" if gone == "ann" else "ann")
        delete(ledger, Agent, gone)
        assert conversations.get(ledger.tables, "theirs") is None
        assert conversations.get(ledger.tables, "hers") is not None

    @pytest.mark.parametrize(
        ("kind", "id", "left"),
        [
            (Task, "t1", ("i", "ph", None)),
            (Phase, "ph", ("i", None, "t1")),
            (Initiative, "i", (None, None, None)),
        ],
    )
    def test_it_outlives_what_it_is_about(
        self, ledger: Workledger, kind: type[Any], id: str, left: tuple[str | None, ...]
    ) -> None:
        """An initiative takes its phases and tasks with it: all that refers to them is null as well."""
        self.ask(ledger, "c", initiative_id="i", phase_id="ph", task_id="t1")
        delete(ledger, kind, id)
        row = conversations.get(ledger.tables, "c")
        assert row is not None
        assert (row["initiative_id"], row["phase_id"], row["task_id"]) == left


class TestChats:
    """C19."""

    @pytest.fixture
    def ledger(self, ledger: Workledger) -> Workledger:
        """A chat about the phase, with ann, in which four messages were posted."""
        ledger.create(ChatSession.create(id="c", target_type="phase", target_id="ph", agent_id="ann"))
        entry = Entry(
            action="update", target_type="phase", target_id="ph", title="L", version_before=1, version_after=1
        )
        ledger.create(ChangeSet.create(id="s", initiative_id="i", entries=(entry,)))
        with ledger.edit(ChatSession, "c") as chat:
            for number, role in enumerate(("system", "user", "assistant", "user")):
                chat.post_message(message_id=f"m{9 - number}", role=role, content=f"{number} " + "ä" * 70_000)
            chat.link_change_set(message_id="m7", change_set_id="s")
        ledger.catch_up()
        return ledger

    def test_the_active_one_is_found_by_its_target(self, ledger: Workledger) -> None:
        found = chat_sessions.active(ledger.tables, "phase", "ph")
        assert found is not None
        assert (found["id"], found["initiative_id"], found["status"], found["message_count"]) == ("c", "i", "active", 4)
        assert chat_sessions.active(ledger.tables, "task", "ph") is None
        with ledger.edit(ChatSession, "c") as chat:
            chat.close()
        ledger.catch_up()
        assert chat_sessions.active(ledger.tables, "phase", "ph") is None
        ledger.create(ChatSession.create(id="next", target_type="phase", target_id="ph"))
        ledger.catch_up()
        found = chat_sessions.active(ledger.tables, "phase", "ph")
        assert found is not None
        assert found["id"] == "next"

    def test_the_active_one_is_found_by_its_agent_the_latest_of_several(self, ledger: Workledger) -> None:
        began(ledger, 0, ChatSession.create(id="earlier", target_type="task", target_id="t1", agent_id="ann"))
        ledger.catch_up()
        found = chat_sessions.active_by_agent(ledger.tables, "ann")
        assert found is not None
        assert found["id"] == "c"
        with ledger.edit(ChatSession, "c") as chat:
            chat.link_agent(agent_id="bob")
        ledger.catch_up()
        assert [(chat_sessions.active_by_agent(ledger.tables, id) or {})["id"] for id in ("ann", "bob")] == [
            "earlier",
            "c",
        ]

    def test_its_messages_are_listed_oldest_first_with_all_that_was_said(self, ledger: Workledger) -> None:
        found = chat_sessions.messages(ledger.tables, "c")
        assert shown(found) == ["m9", "m8", "m7", "m6"]
        assert [row["role"] for row in found] == ["system", "user", "assistant", "user"]
        assert [row["content"] for row in found] == [f"{number} " + "ä" * 70_000 for number in range(4)]
        assert [row["change_set_id"] for row in found] == [None, None, "s", None]
        assert shown(chat_sessions.messages(ledger.tables, "c", after=found[1]["position"], limit=1)) == ["m7"]

    def test_what_was_said_is_in_the_log_alone(self, ledger: Workledger) -> None:
        """The column has the position of the event, where readers find the text."""
        with ledger.tables.engine.connect() as connection:
            kept = connection.exec_driver_sql("select content, position from chat_messages order by position").all()
        assert [int(content) for content, _ in kept] == [position for _, position in kept]

    def test_deleting_a_change_set_leaves_its_message_without_it(self, ledger: Workledger) -> None:
        delete(ledger, ChangeSet, "s")
        assert {row["change_set_id"] for row in chat_sessions.messages(ledger.tables, "c")} == {None}

    def test_deleting_its_agent_leaves_it_without_one(self, ledger: Workledger) -> None:
        delete(ledger, Agent, "ann")
        found = chat_sessions.get(ledger.tables, "c")
        assert found is not None
        assert found["agent_id"] is None

    @pytest.mark.parametrize(("kind", "id"), [(ChatSession, "c"), (Initiative, "i")])
    def test_its_messages_go_with_it(self, ledger: Workledger, kind: type[Any], id: str) -> None:
        delete(ledger, kind, id)
        assert chat_sessions.get(ledger.tables, "c") is None
        assert chat_sessions.messages(ledger.tables, "c") == []

    def test_it_keeps_the_id_of_a_target_that_is_gone(self, ledger: Workledger) -> None:
        """domain.md 3.5: a soft reference."""
        delete(ledger, Phase, "ph")
        found = chat_sessions.get(ledger.tables, "c")
        assert found is not None
        assert found["target_id"] == "ph"

    def test_two_chats_may_have_messages_of_one_id(self, ledger: Workledger) -> None:
        ledger.create(ChatSession.create(id="d", target_type="task", target_id="t1"))
        with ledger.edit(ChatSession, "d") as chat:
            chat.post_message(message_id="m9", role="user", content="Mine.")
        ledger.catch_up()
        assert [row["content"] for row in chat_sessions.messages(ledger.tables, "d")] == ["Mine."]
        assert len(chat_sessions.messages(ledger.tables, "c")) == 4


class TestErrands:
    """C21."""

    @pytest.fixture
    def ledger(self, ledger: Workledger) -> Workledger:
        """Four errands, the newest last; one is of no project."""
        for minute, (id, project_id) in enumerate((("old", "p"), ("review", "p"), ("other", "q"), ("free", None))):
            began(
                ledger,
                minute,
                Errand.create(id=id, description="Fix it", branch=id, project_id=project_id, agent_id="ann"),
            )
        with ledger.edit(Errand, "review") as errand:
            errand.submit_for_review()
        ledger.catch_up()
        return ledger

    def test_they_are_filtered_by_project_and_status_newest_first(self, ledger: Workledger) -> None:
        find = errands.find
        assert shown(find(ledger.tables)) == ["free", "other", "review", "old"]
        assert shown(find(ledger.tables, project_id="p")) == ["review", "old"]
        assert shown(find(ledger.tables, status="active")) == ["free", "other", "old"]
        assert shown(find(ledger.tables, project_id="p", status="active")) == ["old"]
        assert shown(find(ledger.tables, project_id="p", status="merged")) == []

    def test_those_of_one_moment_are_in_the_order_of_their_ids(self, ledger: Workledger) -> None:
        began(ledger, 9, Errand.create(id="a", description="Fix it", branch="b"))
        began(ledger, 9, Errand.create(id="b", description="Fix it", branch="b"))
        ledger.catch_up()
        assert shown(errands.find(ledger.tables))[:2] == ["b", "a"]

    def test_a_conflict_shows_its_files_until_it_is_solved(self, ledger: Workledger) -> None:
        for command, arguments, shows in (
            ("report_conflict", {"files": ("a.py", "b.py")}, ("conflict", ["a.py", "b.py"], None)),
            ("merge", {"merge_sha": "c0ffee"}, ("merged", [], "c0ffee")),
        ):
            with ledger.edit(Errand, "review") as errand:
                getattr(errand, command)(**arguments)
            ledger.catch_up()
            row = errands.get(ledger.tables, "review")
            assert row is not None
            assert (row["status"], row["conflict_files"], row["merge_sha"]) == shows

    def test_one_is_there_without_its_agent_and_gone_with_its_project(self, ledger: Workledger) -> None:
        with ledger.edit(Errand, "old") as errand:
            errand.unassign_agent()
        with ledger.edit(Errand, "other") as errand:
            errand.assign_agent(agent_id="bob")
        delete(ledger, Agent, "ann")
        agents = {row["id"]: row["agent_id"] for row in errands.find(ledger.tables)}
        assert agents == {"old": None, "review": None, "other": "bob", "free": None}
        delete(ledger, Project, "p")
        assert shown(errands.find(ledger.tables)) == ["free", "other"]
