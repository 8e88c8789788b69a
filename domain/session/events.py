"""The events and the refusals of a session (domain.md 2.3, 3.4 and 5.2)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.kernel.aggregate import Event, Frozen
from workledger.domain.kernel.claims import Claim, Require, Take, existence, key_of, releases
from workledger.domain.kernel.refusals import Forbidden, InvalidTransition, LimitReached, NameTaken, NotFound, Refused
from workledger.domain.task import Task

if TYPE_CHECKING:
    from workledger.domain.session.session import Session

Role = Literal["owner", "collaborator", "viewer"]
PauseReason = Literal["user_request", "idle_timeout", "system_maintenance", "resource_limit"]
LeaveReason = Literal["disconnect", "timeout", "kicked", "session_closed"]


class SessionConfig(Frozen):
    """The timers of a session, in milliseconds, and its limit of participants (AgentPane, domain.md 2.3)."""

    idle_timeout_ms: Annotated[int, Field(ge=60_000, le=86_400_000)] = 1_800_000
    connection_timeout_ms: Annotated[int, Field(ge=5_000, le=120_000)] = 30_000
    cleanup_timeout_ms: Annotated[int, Field(ge=30_000, le=600_000)] = 300_000
    heartbeat_interval_ms: Annotated[int, Field(ge=10_000, le=120_000)] = 30_000
    stale_after_ms: Annotated[int, Field(ge=30_000, le=300_000)] = 60_000
    max_participants: Annotated[int, Field(ge=1, le=100)] = 10


def open_session(session_id: str) -> Require:
    """The claim that the session is not closed."""
    return Require(key_of("session_open", session_id), SessionIsClosed, details={"id": session_id})


def address(session_id: str) -> str:
    """The default URL of a session."""
    return f"/sessions/{session_id}"


class SessionOpened(Event, topic="session.opened"):
    """A session was opened; its URL is unique while it is open."""

    status: Literal["initializing"] = "initializing"
    project_id: str
    task_id: str | None = None
    agent_id: str | None = None
    title: str | None = None
    url: str
    config: SessionConfig = SessionConfig()

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(existence("session", id), SessionAlreadyActive, details={"id": id})
        yield Take(key_of("session_open", id), SessionAlreadyActive, details={"id": id})
        if self.url != address(id):
            yield Take(key_of("session_url", self.url), SessionUrlTaken, details={"url": self.url})
        if self.task_id:
            yield Task.exists(self.task_id)
        if self.agent_id:
            yield Agent.exists(self.agent_id)


class SessionActivated(Event, topic="session.activated"):
    """The session was connected."""

    status: Literal["active"] = "active"


class SessionTitleChanged(Event, topic="session.title_changed"):
    """Its title was changed or cleared."""

    title: str | None


class SessionParticipantJoined(Event, topic="session.participant_joined"):
    """A user joined, or changed roles."""

    user_id: str
    role: str

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"participants": {**before.participants, self.user_id: self.role}}


class SessionParticipantLeft(Event, topic="session.participant_left"):
    """A user left."""

    user_id: str
    reason: str

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"participants": {user: role for user, role in before.participants.items() if user != self.user_id}}


class SessionPaused(Event, topic="session.paused"):
    """The session was paused."""

    status: Literal["paused"] = "paused"
    reason: str


class SessionResumed(Event, topic="session.resumed"):
    """The session was resumed from a pause or an error; its error counts start at 0."""

    status: Literal["active"] = "active"
    by: str | None = None

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"status": self.status, "error_code": None, "retries": {}}


class SessionErrorRecorded(Event, topic="session.error_recorded"):
    """An error after which the session retries; `retry_count` is the number of retries."""

    code: str
    retry_count: int

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"retries": {**before.retries, self.code: self.retry_count}}


class SessionFailed(Event, topic="session.failed"):
    """The session failed; unless the error is fatal, it can be resumed."""

    status: Literal["error"] = "error"
    code: str

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"status": self.status, "error_code": self.code}


class SessionClosing(Event, topic="session.closing"):
    """The session began to close: it accepts nothing new, and pending work is finished."""

    status: Literal["closing"] = "closing"
    reason: str


class SessionClosed(Event, topic="session.closed", patch=True):
    """The session was closed for all participants; its feed stays. Counts that are None are unknown."""

    status: Literal["closed"]
    reason: str
    message_count: int | None = None
    tool_call_count: int | None = None
    last_offset: int | None = None

    def changes(self, before: "Session") -> dict[str, Any]:
        return {"status": self.status, "participants": {}}

    def claims(self, before: "Session", id: str) -> Iterable[Claim]:
        yield from releases("session_open", id)
        if before.url != address(id):
            yield from releases("session_url", before.url)


class SessionNotFound(NotFound):
    """There is no such session."""

    code = "SESSION_NOT_FOUND"


class SessionProjectNotFound(NotFound):
    """This session's project does not exist."""

    code = "SESSION_PROJECT_NOT_FOUND"


class SessionUrlTaken(NameTaken):
    """Another open session has the URL {url}."""


class SessionAlreadyActive(Refused):
    """There is a session {id} already."""

    code = "SESSION_ALREADY_ACTIVE"


class SessionIsClosed(InvalidTransition):
    """This session is closed."""

    code = "SESSION_CLOSED"
    status = 400


class SessionNotActive(InvalidTransition):
    """A session that is {state} does not accept {command}."""

    code = "SESSION_NOT_ACTIVE"
    status = 400


class SessionNotPaused(InvalidTransition):
    """A session that is {state} does not accept {command}: only a pause or a non-fatal error can be resumed."""

    code = "SESSION_NOT_PAUSED"
    status = 400


class SessionParticipantLimit(LimitReached):
    """This session has reached its limit of {limit} participants."""

    code = "SESSION_PARTICIPANT_LIMIT"


class SessionInvalidParticipant(Forbidden):
    """{user_id} is not a participant of this session."""

    code = "SESSION_INVALID_PARTICIPANT"


class SessionNoConnections(Refused):
    """This session has no participants."""

    code = "SESSION_NO_CONNECTIONS"
    status = 400


class SessionPendingWrites(Refused):
    """This session still has {pending_writes} pending writes."""

    code = "SESSION_PENDING_WRITES"
