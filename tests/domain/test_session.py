"""Sessions: every status against every command, who takes part, errors and retries, and their feed (domain.md 2.3)."""

from typing import Any

import pytest

from support.session_states import EXAMPLES, LIVES, activated, closed, failed, opened
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Claim, Release, Take
from workledger.domain.kernel.refusals import InvalidInput, PayloadTooLarge, Refused
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.session.events import (
    SessionActivated,
    SessionAlreadyActive,
    SessionClosed,
    SessionClosing,
    SessionConfig,
    SessionErrorRecorded,
    SessionFailed,
    SessionInvalidParticipant,
    SessionIsClosed,
    SessionNoConnections,
    SessionNotActive,
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
    SessionUrlTaken,
    open_session,
)
from workledger.domain.session.session import FATAL, RETRIES
from workledger.domain.session_feed import SessionEntryPublished, SessionFeed
from workledger.testing import given

COMMANDS = {name: examples[0] for name, examples in EXAMPLES.items()}
Outcome = tuple[type[Event], ...] | type[Refused]
MACHINE: dict[str, dict[str, Outcome]] = {
    "initializing": {
        "activate": (SessionActivated,),
        "change_title": (SessionTitleChanged,),
        "join": SessionNotActive,
        "leave": (),
        "pause": SessionNotActive,
        "resume": SessionNotPaused,
        "record_error": (SessionFailed,),
        "fail": (SessionFailed,),
        "begin_closing": SessionNotActive,
        "close": SessionNotActive,
    },
    "active": {
        "activate": (),
        "change_title": (SessionTitleChanged,),
        "join": (SessionParticipantJoined,),
        "leave": (SessionParticipantLeft,),
        "pause": (SessionPaused,),
        "resume": (),
        "record_error": (SessionErrorRecorded,),
        "fail": (SessionFailed,),
        "begin_closing": (SessionClosing,),
        "close": (SessionClosing, SessionClosed),
    },
    "paused": {
        "activate": SessionNotActive,
        "change_title": (SessionTitleChanged,),
        "join": SessionNotActive,
        "leave": (SessionParticipantLeft,),
        "pause": (),
        "resume": (SessionResumed,),
        "record_error": (SessionFailed,),
        "fail": (SessionFailed,),
        "begin_closing": (SessionClosing,),
        "close": (SessionClosing, SessionClosed),
    },
    "closing": {
        "activate": SessionNotActive,
        "change_title": (SessionTitleChanged,),
        "join": SessionNotActive,
        "leave": (SessionParticipantLeft,),
        "pause": SessionNotActive,
        "resume": SessionNotPaused,
        "record_error": SessionNotActive,
        "fail": SessionNotActive,
        "begin_closing": (),
        "close": (SessionClosed,),
    },
    "error": {
        "activate": SessionNotActive,
        "change_title": (SessionTitleChanged,),
        "join": SessionNotActive,
        "leave": (SessionParticipantLeft,),
        "pause": SessionNotActive,
        "resume": (SessionResumed,),
        "record_error": SessionNotActive,
        "fail": (),
        "begin_closing": SessionNotActive,
        "close": (SessionClosed,),
    },
    "closed": {
        "activate": SessionIsClosed,
        "change_title": SessionIsClosed,
        "join": SessionIsClosed,
        "leave": (),
        "pause": SessionIsClosed,
        "resume": SessionIsClosed,
        "record_error": SessionIsClosed,
        "fail": SessionIsClosed,
        "begin_closing": SessionIsClosed,
        "close": (),
    },
}


def fold(*events: Event) -> Session:
    session = Session.fold("it", events)
    assert session is not None
    return session


def claims(event: Event, *before: Event) -> list[Claim]:
    return list(event.claims(Session.fold("it", before), "it"))


def test_the_table_covers_every_command() -> None:
    assert set(Session.commands()) - {"create"} == set(COMMANDS)


@pytest.mark.parametrize("status", LIVES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_status_against_every_command(status: str, command: str) -> None:
    """domain.md 2.3: these transitions and no other."""
    session, expected = fold(*LIVES[status]), MACHINE[status][command]
    assert session.status == status
    if isinstance(expected, tuple):
        assert tuple(type(event) for event in getattr(session, command)(**COMMANDS[command])) == expected
    else:
        with pytest.raises(expected):
            getattr(session, command)(**COMMANDS[command])


def test_a_session_has_its_address_from_its_id() -> None:
    """A12."""
    given(Session).when(Session.create, project_id="prj_1", id="ses_1").then(
        SessionOpened(project_id="prj_1", url="/sessions/ses_1")
    )
    new = Session.create(project_id="prj_1")
    assert new.id.startswith("ses_")
    assert new.events == [SessionOpened(project_id="prj_1", url=f"/sessions/{new.id}")]


def test_only_another_url_is_claimed() -> None:
    """A12: a session's URL is unique, and free again when it is closed."""
    own = SessionOpened(project_id="prj_1", url="/demo")
    here = [Take("session:it", SessionAlreadyActive), Take("session_open:it", SessionAlreadyActive)]
    assert claims(opened) == here
    assert claims(own) == [*here, Take("session_url:/demo", SessionUrlTaken)]
    assert claims(closed, opened) == [Release("session_open:it")]
    assert claims(closed, own) == [Release("session_open:it"), Release("session_url:/demo")]


@pytest.mark.parametrize("length", [0, 1, 199, 200])
def test_a_title_may_have_up_to_200_characters(length: int) -> None:
    """A2: at and within."""
    title = "t" * length
    given(Session, opened).when(Session.change_title, title=title).then(SessionTitleChanged(title=title))


def test_a_longer_title_is_refused() -> None:
    """A2: above."""
    given(Session, opened).when(Session.change_title, title="t" * 201).refused(InvalidInput)
    given(Session).when(Session.create, project_id="prj_1", title="t" * 201).refused(InvalidInput)


def test_the_same_title_changes_nothing() -> None:
    given(Session, opened).when(Session.change_title, title="Fix it").then()


BOUNDS = {
    "idle_timeout_ms": (60_000, 86_400_000),
    "connection_timeout_ms": (5_000, 120_000),
    "cleanup_timeout_ms": (30_000, 600_000),
    "heartbeat_interval_ms": (10_000, 120_000),
    "stale_after_ms": (30_000, 300_000),
    "max_participants": (1, 100),
}


def test_the_bounds_cover_the_config() -> None:
    assert set(BOUNDS) == set(SessionConfig.model_fields)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, bounds in BOUNDS.items() for value in bounds])
def test_a_config_at_its_bounds_is_accepted(field: str, value: int) -> None:
    """A2: at."""
    config = SessionConfig.model_validate({field: value})
    given(Session).when(Session.create, project_id="prj_1", id="it", config={field: value}).then(
        SessionOpened(project_id="prj_1", url="/sessions/it", config=config)
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, (least, most) in BOUNDS.items() for value in (least - 1, most + 1)],
)
def test_a_config_out_of_bounds_is_refused(field: str, value: int) -> None:
    """A2: below and above."""
    given(Session).when(Session.create, project_id="prj_1", config={field: value}).refused(InvalidInput)


@pytest.mark.parametrize("role", ["owner", "collaborator", "viewer"])
def test_every_role_is_accepted(role: str) -> None:
    """A1."""
    given(Session, opened, activated).when(Session.join, user_id="ann", role=role).then(
        SessionParticipantJoined(user_id="ann", role=role)
    )


@pytest.mark.parametrize("reason", ["disconnect", "timeout", "kicked", "session_closed"])
def test_every_reason_to_leave_is_accepted(reason: str) -> None:
    """A1."""
    given(Session, *LIVES["active"]).when(Session.leave, user_id="ann", reason=reason).then(
        SessionParticipantLeft(user_id="ann", reason=reason)
    )


@pytest.mark.parametrize("reason", ["user_request", "idle_timeout", "system_maintenance", "resource_limit"])
def test_every_reason_to_pause_is_accepted(reason: str) -> None:
    """A1."""
    given(Session, *LIVES["active"]).when(Session.pause, reason=reason).then(SessionPaused(reason=reason))


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("join", {"user_id": "bob", "role": "guest"}),
        ("join", {"user_id": " b"}),
        ("leave", {"user_id": "ann", "reason": "bored"}),
        ("pause", {"reason": "bored"}),
        ("begin_closing", {"reason": ""}),
        ("begin_closing", {"reason": "r" * 501}),
        ("begin_closing", {"pending_writes": -1}),
        ("close", {"message_count": -1}),
        ("record_error", {"code": ""}),
    ],
)
def test_invalid_arguments_are_refused(command: str, wrong: dict[str, Any]) -> None:
    """A1, A2."""
    given(Session, *LIVES["active"]).when(getattr(Session, command), **wrong).refused(InvalidInput)


def full(most: int) -> list[Event]:
    many = opened.model_copy(update={"config": SessionConfig(max_participants=most)})
    return [
        many,
        activated,
        *(SessionParticipantJoined(user_id=f"user{n}", role="viewer") for n in range(most)),
    ]


@pytest.mark.parametrize("most", [1, 2, 10, 100])
def test_no_more_take_part_than_may(most: int) -> None:
    """A2; domain.md 2.3: SESSION_PARTICIPANT_LIMIT."""
    given(Session, *full(most)[:-1]).when(Session.join, user_id="last").then(
        SessionParticipantJoined(user_id="last", role="collaborator")
    )
    given(Session, *full(most)).when(Session.join, user_id="one-too-many").refused(SessionParticipantLimit, limit=most)


def test_ten_may_take_part_unless_said_otherwise() -> None:
    assert SessionConfig().max_participants == 10


def test_a_participant_may_change_role_in_a_full_session() -> None:
    given(Session, *full(1)).when(Session.join, user_id="user0", role="viewer").then()
    given(Session, *full(1)).when(Session.join, user_id="user0", role="owner").then(
        SessionParticipantJoined(user_id="user0", role="owner")
    )


def test_a_participant_who_leaves_makes_room() -> None:
    left = SessionParticipantLeft(user_id="user0", reason="disconnect")
    given(Session, *full(1), left).when(Session.join, user_id="ann").becomes(participants={"ann": "collaborator"})


def test_a_session_that_nobody_takes_part_in_is_not_paused() -> None:
    given(Session, opened, activated).when(Session.pause).refused(SessionNoConnections)


def test_only_one_who_takes_part_resumes_it() -> None:
    given(Session, *LIVES["paused"]).when(Session.resume, by="ann").then(SessionResumed(by="ann"))
    given(Session, *LIVES["paused"]).when(Session.resume, by="eve").refused(SessionInvalidParticipant, user_id="eve")


@pytest.mark.parametrize(("code", "tries"), [("STREAM_DISCONNECTED", 5), ("HEARTBEAT_FAILED", 3), ("SYNC_ERROR", 3)])
def test_an_active_session_gets_over_an_error_so_many_times(code: str, tries: int) -> None:
    """A2; domain.md 2.3: retry counts and their limits."""
    session = fold(opened, activated)
    for count in range(1, tries + 1):
        (event,) = session.record_error(code=code)
        assert event == SessionErrorRecorded(code=code, retry_count=count)
        session = session.after(event)
    assert session.record_error(code=code) == [SessionFailed(code=code)]
    assert set(RETRIES) == {"STREAM_DISCONNECTED", "HEARTBEAT_FAILED", "SYNC_ERROR"}


def test_each_error_is_counted_for_itself() -> None:
    tried = [SessionErrorRecorded(code="SYNC_ERROR", retry_count=3)]
    given(Session, opened, activated, *tried).when(Session.record_error, code="HEARTBEAT_FAILED").then(
        SessionErrorRecorded(code="HEARTBEAT_FAILED", retry_count=1)
    )


def test_after_a_resume_errors_are_counted_anew() -> None:
    tried = SessionErrorRecorded(code="SYNC_ERROR", retry_count=3)
    given(Session, opened, activated, tried, failed, SessionResumed()).when(
        Session.record_error, code="SYNC_ERROR"
    ).then(SessionErrorRecorded(code="SYNC_ERROR", retry_count=1))


@pytest.mark.parametrize("code", ["PROJECT_DELETED", "DATABASE_CORRUPTION", "FATAL_ERROR", "SECURITY_VIOLATION"])
def test_from_a_fatal_error_there_is_no_way_back(code: str) -> None:
    """domain.md 2.3: the four fatal errors."""
    given(Session, *LIVES["active"]).when(Session.record_error, code=code).then(SessionFailed(code=code))
    given(Session, *LIVES["active"], SessionFailed(code=code)).when(Session.resume).refused(SessionNotPaused)
    given(Session, *LIVES["active"], SessionFailed(code=code)).when(Session.close).then(closed)
    assert code in FATAL


@pytest.mark.parametrize("code", [*RETRIES, "CONNECTION_TIMEOUT"])
def test_from_any_other_error_it_is_resumed(code: str) -> None:
    given(Session, *LIVES["active"], SessionFailed(code=code)).when(Session.resume).then(SessionResumed())


@pytest.mark.parametrize("command", ["begin_closing", "close"])
def test_a_session_with_pending_writes_does_not_close(command: str) -> None:
    given(Session, *LIVES["active"]).when(getattr(Session, command), pending_writes=1).refused(
        SessionPendingWrites, pending_writes=1
    )


def test_counts_that_are_not_given_are_not_stored() -> None:
    """A12."""
    given(Session, *LIVES["closing"]).when(Session.close, message_count=0, last_offset=7).then(
        SessionClosed(status="closed", reason="user_request", message_count=0, last_offset=7)
    )
    assert closed.payload() == {"status": "closed", "reason": "user_request"}


def test_when_it_is_closed_nobody_takes_part() -> None:
    given(Session, *LIVES["closing"]).when(Session.close).becomes(status="closed", participants={})


@pytest.mark.parametrize("status", LIVES)
def test_a_session_requires_its_project_until_it_ends(status: str) -> None:
    parents = (
        [Project.exists("prj_1", SessionProjectNotFound)] if status in ("initializing", "active", "paused") else []
    )
    assert list(fold(*LIVES[status]).requires()) == parents


def test_its_events_are_found_by_all_they_belong_to() -> None:
    session = fold(opened.model_copy(update={"task_id": "tsk_1", "agent_id": "agt_1"}))
    assert session.tags() == {"agent": "agt_1", "project": "prj_1", "session": "it", "task": "tsk_1"}


@pytest.mark.parametrize("channel", ["chunks", "toolCalls", "presence", "terminal", "workflow", "agentState"])
def test_an_entry_is_published_on_every_channel(channel: str) -> None:
    """A1."""
    given(SessionFeed).when(SessionFeed.entry, session_id="it", channel=channel, type="x", data={"a": 1}).then(
        SessionEntryPublished(session_id="it", channel=channel, type="x", data={"a": 1})
    )


@pytest.mark.parametrize("wrong", [{"channel": "gossip"}, {"type": ""}, {"type": "t" * 101}, {"data": object()}])
def test_an_entry_that_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    """A1, A2."""
    entry = {"session_id": "it", "channel": "chunks", "type": "x"} | wrong
    given(SessionFeed).when(SessionFeed.entry, **entry).refused(InvalidInput)


@pytest.mark.parametrize(("size", "fits"), [(64 * 1024 - 1, True), (64 * 1024, True), (64 * 1024 + 1, False)])
def test_an_entry_has_at_most_64_kb(size: int, fits: bool) -> None:
    """A2: below, at and above."""
    frame = len(b'{"session_id":"it","channel":"terminal","type":"x","data":"","user_id":null}')
    tried = given(SessionFeed).when(
        SessionFeed.entry, session_id="it", channel="terminal", type="x", data="x" * (size - frame)
    )
    if fits:
        assert len(tried.events) == 1
    else:
        tried.refused(PayloadTooLarge, size=size, limit=64 * 1024)


def test_an_entry_needs_an_open_session() -> None:
    """A12: SESSION_NOT_FOUND, then SESSION_CLOSED."""
    entry = SessionEntryPublished(session_id="it", channel="chunks", type="x")
    assert list(entry.claims(None, "it")) == [Session.exists("it"), open_session("it")]
    assert open_session("it").refused is SessionIsClosed


def test_refusals_say_what_was_refused() -> None:
    with pytest.raises(Refused, match=r"^A session that is closing does not accept join\.$"):
        fold(*LIVES["closing"]).join(user_id="bob")
