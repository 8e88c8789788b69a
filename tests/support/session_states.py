"""A life of a session up to each of its states (domain.md 2.3), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.session.events import (
    SessionActivated,
    SessionClosed,
    SessionClosing,
    SessionFailed,
    SessionOpened,
    SessionParticipantJoined,
    SessionPaused,
)

opened = SessionOpened(project_id="prj_1", url="/sessions/it", title="Fix it")
activated = SessionActivated()
ann_joined = SessionParticipantJoined(user_id="ann", role="owner")
paused = SessionPaused(reason="user_request")
closing = SessionClosing(reason="user_request")
failed = SessionFailed(code="SYNC_ERROR")
closed = SessionClosed(status="closed", reason="user_request")

LIVES: dict[str, tuple[Event, ...]] = {
    "initializing": (opened,),
    "active": (opened, activated, ann_joined),
    "paused": (opened, activated, ann_joined, paused),
    "closing": (opened, activated, ann_joined, closing),
    "error": (opened, activated, ann_joined, failed),
    "closed": (opened, activated, ann_joined, closing, closed),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "activate": ({},),
    "change_title": ({"title": "Mend it"},),
    "join": ({"user_id": "bob"},),
    "leave": ({"user_id": "ann"},),
    "pause": ({},),
    "resume": ({},),
    "record_error": ({"code": "SYNC_ERROR"}, {"code": "FATAL_ERROR"}),
    "fail": ({"code": "FATAL_ERROR"},),
    "begin_closing": ({},),
    "close": ({},),
}
"""Arguments for each of its commands; an error is got over, or it is not."""
