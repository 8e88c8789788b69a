"""Messages, conversations, chats, errands and review comments."""

from collections.abc import Iterator

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.nouns.plan import REASON
from workledger.adapters.codewalkers.rows import Row
from workledger.domain.chat_session import (
    ChatSession,
    ChatSessionAgentLinked,
    ChatSessionClosed,
    ChatSessionStarted,
)
from workledger.domain.conversation import Conversation, ConversationAnswered, ConversationAsked
from workledger.domain.errand import (
    Errand,
    ErrandAbandoned,
    ErrandAgentAssigned,
    ErrandAgentUnassigned,
    ErrandChangesRequested,
    ErrandMergeConflicted,
    ErrandMerged,
    ErrandOpened,
    ErrandSubmittedForReview,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.message import Message, MessageRead, MessageResponded, MessageSent
from workledger.domain.review_comment import (
    ReviewComment,
    ReviewCommentAdded,
    ReviewCommentEdited,
    ReviewCommentResolved,
    ReviewCommentUnresolved,
)

LOST = "chat_sessions.targetId: active chats about what is not there (closed here)"


class Messages(Noun):
    """A message; one that was responded to names the response."""

    table, kind, what = "messages", Message, "messages"
    follows = frozenset(("status",))
    lookups = ("response_id",)
    in_two_steps = True

    def created(self, row: Row) -> Event:
        names = ("sender_type", "sender_id", "recipient_type", "recipient_id", "type", "content", "requires_response")
        return MessageSent(**{name: row[name] for name in names}, parent_message_id=row["parent_message_id"])

    def follow(self, step: Step) -> None:
        row = step.row
        if not step.differs("status"):
            return
        if row["status"] == "responded" and row["response_id"] is not None:
            step.happen(MessageResponded(response_message_id=str(row["response_id"])))
        elif row["status"] != "pending":
            step.happen(MessageRead())

    def told(self, row: Row) -> Row:
        if row["status"] == "responded" and row["response_id"] is None:
            return row.amended("messages.status: responded without a response (read here)", status="read")
        return row


class Conversations(Noun):
    """A question of one agent to another."""

    table, kind, what = "conversations", Conversation, "conversations"
    follows = frozenset(("answer", "status"))

    def created(self, row: Row) -> Event:
        names = ("from_agent_id", "to_agent_id", "initiative_id", "phase_id", "task_id", "question")
        return ConversationAsked(**{name: row[name] for name in names})

    def follow(self, step: Step) -> None:
        row = step.row
        if row["status"] == "answered" and row.has_changed("answer", "status"):
            step.happen(ConversationAnswered(answer=row["answer"] or ""))


class ChatSessions(Noun):
    """A chat. Of several active ones about one target the latest stays active."""

    table, kind, what = "chat_sessions", ChatSession, "chats"
    follows = frozenset(("agent_id", "status"))
    lookups = ("said", "later_chat", "target")
    in_two_steps = True  # its messages come in between

    def created(self, row: Row) -> Event:
        names = ("target_type", "target_id", "initiative_id", "agent_id")
        return ChatSessionStarted(**{name: row[name] for name in names})

    def begin(self, step: Step) -> None:
        super().begin(step)
        if step.row["status"] == "closed":  # at once: its target may have another one
            step.happen(ChatSessionClosed())

    def follow(self, step: Step) -> None:
        if step.differs("agent_id"):
            step.happen(ChatSessionAgentLinked(agent_id=step.row["agent_id"]))
        if step.differs("status") and step.row["status"] == "closed":
            step.happen(ChatSessionClosed())

    def again(self, step: Step) -> Event:
        return ChatSessionAgentLinked(agent_id=step.state.agent_id)

    def told(self, row: Row) -> Row:
        if row["status"] == "active" and row["later_chat"]:
            fault = "chat_sessions.status: several active chats about one target (the latest stays)"
            return row.amended(fault, status="closed")
        if row["status"] == "active" and not row["target"]:
            return row.amended(LOST, status="closed")
        return row

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if refused.code in ("TASK_NOT_FOUND", "PHASE_NOT_FOUND") and row["status"] == "active":
            return row.amended(LOST, status="closed")
        return super().amended(row, refused, ledger)


class Errands(Noun):
    """An errand."""

    table, kind, what = "errands", Errand, "errands"
    follows = frozenset(("agent_id", "status"))

    def created(self, row: Row) -> Event:
        names = ("description", "branch", "base_branch", "agent_id", "project_id")
        return ErrandOpened(**{name: row[name] for name in names})

    def follow(self, step: Step) -> None:
        row, errand = step.row, step.state
        if step.differs("agent_id"):
            if row["agent_id"] is None:
                step.happen(ErrandAgentUnassigned(agent_id=errand.agent_id, reason="import"))
            else:
                step.happen(ErrandAgentAssigned(agent_id=row["agent_id"]))
        if step.differs("status"):
            step.happen(*_errand(errand.status, row["status"]))

    def again(self, step: Step) -> Event | None:
        return ErrandAgentAssigned(agent_id=step.state.agent_id) if step.state.agent_id else None


class ReviewComments(Noun):
    """A comment on a line of the changes of a phase."""

    table, kind, what = "review_comments", ReviewComment, "review comments"
    follows = frozenset(("body", "resolved"))

    def created(self, row: Row) -> Event:
        names = ("phase_id", "file_path", "line_number", "line_type", "body", "author")
        return ReviewCommentAdded(**{name: row[name] for name in names})

    def follow(self, step: Step) -> None:
        if step.differs("body"):
            step.happen(ReviewCommentEdited(body=step.row["body"]))
        if step.differs("resolved"):
            step.happen(ReviewCommentResolved() if step.row["resolved"] else ReviewCommentUnresolved())

    def again(self, step: Step) -> Event:
        return ReviewCommentEdited(body=step.state.body)


def _errand(before: str, wanted: str) -> Iterator[Event]:
    """The events from one status to another; none where no command leads there."""
    match wanted:
        case "pending_review":
            yield ErrandSubmittedForReview()
        case "conflict":
            yield ErrandMergeConflicted()
        case "merged":
            yield ErrandMerged()
        case "abandoned":
            yield ErrandAbandoned()
        case "active" if before in ("pending_review", "conflict"):
            yield ErrandChangesRequested(feedback=REASON)
