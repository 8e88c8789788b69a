"""A session is work in progress that people watch and share; its feed outlives it (domain.md D3 and 2.3)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Count, Reason, ShortName, Url
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, Refused
from workledger.domain.project import Project
from workledger.domain.session.events import (
    LeaveReason,
    PauseReason,
    Role,
    SessionActivated,
    SessionClosed,
    SessionClosing,
    SessionConfig,
    SessionErrorRecorded,
    SessionFailed,
    SessionInvalidParticipant,
    SessionIsClosed,
    SessionNoConnections,
    SessionNotActive,
    SessionNotFound,
    SessionNotPaused,
    SessionOpened,
    SessionParticipantJoined,
    SessionParticipantLeft,
    SessionParticipantLimit,
    SessionPaused,
    SessionPendingWrites,
    SessionProjectNotFound,
    SessionResumed,
    SessionTitleChanged,
    address,
)

Status = Literal["initializing", "active", "paused", "closing", "closed", "error"]

ACTIVE: tuple[Status, ...] = ("initializing", "active", "paused")
"""The statuses in which `is_active` is true."""

RETRIES = {"STREAM_DISCONNECTED": 5, "HEARTBEAT_FAILED": 3, "SYNC_ERROR": 3}
"""The errors after which an active session retries, and how often."""

FATAL = ("PROJECT_DELETED", "DATABASE_CORRUPTION", "FATAL_ERROR", "SECURITY_VIOLATION")
"""The errors from which no session can be resumed."""

Title = Annotated[str, Field(max_length=200)]


class Session(Aggregate, category="session", prefix="ses", not_found=SessionNotFound, invalid=SessionNotActive):
    """Work in progress that users take part in."""

    project_id: str
    task_id: str | None = None
    agent_id: str | None = None
    title: str | None = None
    url: str
    config: SessionConfig = SessionConfig()
    status: Status
    participants: dict[str, str] = Field(default_factory=dict)
    retries: dict[str, int] = Field(default_factory=dict)
    error_code: str | None = None

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.agent_id, "project": self.project_id, "session": self.id, "task": self.task_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Project.exists(self.project_id, SessionProjectNotFound)

    def requires(self) -> Iterable[Claim]:
        """A session may fail and close when its project is deleted."""
        return self.belongs_to() if self.status in ACTIVE else ()

    @classmethod
    @command
    def create(
        cls,
        *,
        project_id: Id,
        id: Id | None = None,
        task_id: Id | None = None,
        agent_id: Id | None = None,
        title: Title | None = None,
        url: Url | None = None,
        config: SessionConfig = SessionConfig(),  # noqa: B008, frozen
    ) -> "New[Session]":
        """Open a session; its URL is `/sessions/{id}` unless another is given.

        Raises:
            SessionProjectNotFound: there is no such project.
            NameTaken: another open session has the URL.
        """
        id = id or new_id(Session.PREFIX)
        event = SessionOpened(
            project_id=project_id,
            task_id=task_id,
            agent_id=agent_id,
            title=title,
            url=url or address(id),
            config=config,
        )
        return New(Session, id, [event])

    @command(when="initializing", unless="active")
    def activate(self) -> list[Event]:
        """Report that it is connected.

        Raises:
            SessionNotActive: it is neither initializing nor active; SessionIsClosed: it is over.
        """
        return [SessionActivated()]

    @command(when=(*ACTIVE, "closing", "error"), repeat="closed")
    def change_title(self, *, title: Title | None) -> list[Event]:
        """Change its title, or clear it.

        Raises:
            SessionIsClosed: it is over.
        """
        if title == self.title:
            return []
        return [SessionTitleChanged(title=title)]

    @command(when="active", repeat=ANY)
    def join(self, *, user_id: Id, role: Role = "collaborator") -> list[Event]:
        """Add a participant, or change a participant's role.

        Raises:
            SessionNotActive: it is not active; SessionIsClosed: it is over.
            SessionParticipantLimit: its limit of participants is reached.
        """
        if self.participants.get(user_id) == role:
            return []
        if (
            self.status == "active"
            and user_id not in self.participants
            and len(self.participants) >= self.config.max_participants
        ):
            raise SessionParticipantLimit(limit=self.config.max_participants)
        return [SessionParticipantJoined(user_id=user_id, role=role)]

    @command
    def leave(self, *, user_id: Id, reason: LeaveReason = "disconnect") -> list[Event]:
        """Remove a participant, in any status."""
        return [SessionParticipantLeft(user_id=user_id, reason=reason)] if user_id in self.participants else []

    @command(when="active", unless="paused")
    def pause(self, *, reason: PauseReason = "user_request") -> list[Event]:
        """Pause it until it is resumed.

        Raises:
            SessionNotActive: it is not active; SessionIsClosed: it is over.
            SessionNoConnections: it has no participants.
        """
        if not self.participants:
            raise SessionNoConnections
        return [SessionPaused(reason=reason)]

    @command(when=("paused", "error"), unless="active")
    def resume(self, *, by: Id | None = None) -> list[Event]:
        """Resume it from a pause, or from an error that is not among FATAL.

        Raises:
            SessionNotPaused: it is not paused or failed; SessionIsClosed: it is over.
            SessionInvalidParticipant: `by` is no participant.
        """
        if self.error_code in FATAL:
            raise self.refusal("resume")
        if by is not None and by not in self.participants:
            raise SessionInvalidParticipant(user_id=by)
        return [SessionResumed(by=by)]

    @command(when=ACTIVE)
    def record_error(self, *, code: ShortName) -> list[Event]:
        """Report an error. In an active session, one among RETRIES is counted; any other, one too many, or one in
        another status fails the session.

        Raises:
            SessionNotActive: it is closing or has failed; SessionIsClosed: it is over.
        """
        count = self.retries.get(code, 0) + 1
        if self.status == "active" and count <= RETRIES.get(code, 0):
            return [SessionErrorRecorded(code=code, retry_count=count)]
        return [SessionFailed(code=code)]

    @command(when=ACTIVE, unless="error")
    def fail(self, *, code: ShortName = "FATAL_ERROR") -> list[Event]:
        """Fail it, such as after an error or a connection that timed out.

        Raises:
            SessionNotActive: it is closing; SessionIsClosed: it is over.
        """
        return [SessionFailed(code=code)]

    @command(when=("active", "paused"), unless="closing")
    def begin_closing(self, *, reason: Reason = "user_request", pending_writes: Count = 0) -> list[Event]:
        """Begin to close it: it accepts nothing new.

        Args:
            pending_writes: how many writes of the caller are still pending.

        Raises:
            SessionPendingWrites: there are some.
            SessionNotActive: it is neither active nor paused; SessionIsClosed: it is over.
        """
        if pending_writes:
            raise SessionPendingWrites(pending_writes=pending_writes)
        return [SessionClosing(reason=reason)]

    @command(when=("active", "paused", "closing", "error"), unless="closed")
    def close(
        self,
        *,
        reason: Reason = "user_request",
        pending_writes: Count = 0,
        message_count: Count | None = None,
        tool_call_count: Count | None = None,
        last_offset: Count | None = None,
    ) -> list[Event]:
        """Close a session that is closing or failed; an active or paused one begins to close in the same append.

        Raises:
            SessionPendingWrites: there are some.
            SessionNotActive: it is still initializing.
        """
        closing: list[Event] = []
        if self.status not in ("closing", "error"):
            closing = self.begin_closing(reason=reason, pending_writes=pending_writes)
        counts = {"message_count": message_count, "tool_call_count": tool_call_count, "last_offset": last_offset}
        given: dict[str, Any] = {name: count for name, count in counts.items() if count is not None}
        return [*closing, SessionClosed(status="closed", reason=reason, **given)]

    def refusal(self, command: str) -> Refused:
        """SessionIsClosed in a closed one; SessionNotPaused for `resume`; SessionNotActive otherwise."""
        refused: type[InvalidTransition] = SessionNotPaused if command == "resume" else SessionNotActive
        if self.status == "closed":
            refused = SessionIsClosed
        return refused(kind=self.CATEGORY, state=self.status, command=command)
