"""Logs of agents and feeds of sessions over HTTP: appended piece by piece, read from anywhere."""

import pytest

from support.http_client import Doors
from workledger.domain.services.retention import purge_agent_log


@pytest.fixture
def agent(all_doors: Doors) -> Doors:
    all_doors.do("projects", id="prj_1", name="Atlas")
    all_doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
    return all_doors


def write(doors: Doors, session_number: int, count: int) -> None:
    for number in range(1, count + 1):
        doors.do("agents/agt_1/logs", session_number=session_number, content=f"{session_number}:{number}\n")


def test_a_repeated_chunk_is_answered_as_the_first_time_and_as_gone_when_it_was_purged(agent: Doors) -> None:
    """Others append in between: the answer is made of its own event alone."""
    given, key = {"session_number": 1, "content": "one"}, {"Idempotency-Key": "once"}
    first = agent.do("agents/agt_1/logs", key, **given)
    write(agent, 1, 2)
    assert first == agent.do("agents/agt_1/logs", key, **given) == {"seq": 1, "position": 3}
    purge_agent_log(agent.ledger, agent_id="agt_1", session_number=1)
    write(agent, 1, 1)
    assert agent.refuses("agents/agt_1/logs", key, **given) == (410, "EVENTS_ERASED")


def contents(doors: Doors, **query: int) -> list[str]:
    return [row["content"].strip() for row in doors.see("agents/agt_1/logs", **query)["items"]]


def test_a_log_is_read_by_session_from_its_end_or_from_anywhere(agent: Doors) -> None:
    write(agent, 1, 5)
    write(agent, 2, 2)
    assert contents(agent) == ["2:1", "2:2"], "the latest session, unless another is named"
    assert contents(agent, session_number=1, limit=2) == ["1:4", "1:5"]
    assert contents(agent, session_number=1, after_seq=0, limit=2) == ["1:1", "1:2"]
    assert contents(agent, session_number=1, after_seq=2, limit=2) == ["1:3", "1:4"]
    assert contents(agent, session_number=3) == []
    page = agent.see("agents/agt_1/logs")
    assert [(one["session_number"], one["chunks"], one["bytes"]) for one in page["sessions"]] == [(1, 5, 20), (2, 2, 8)]
    row = page["items"][0]
    assert {name: row[name] for name in ("agent_id", "agent_name", "session_number", "seq", "content", "bytes")} == {
        "agent_id": "agt_1",
        "agent_name": "ann",
        "session_number": 2,
        "seq": 1,
        "content": "2:1\n",
        "bytes": 4,
    }
    assert page["position"] == agent.ledger.head()


def test_an_appended_chunk_says_where_it_stands(agent: Doors) -> None:
    first = agent.do("agents/agt_1/logs", session_number=1, content="a")
    second = agent.do("agents/agt_1/logs", session_number=1, content="b", run_id="run_1")
    assert (first["seq"], second["seq"]) == (1, 2)
    assert second["position"] == agent.ledger.head()
    [event] = agent.see("events", after=first["position"])["items"]
    assert event["tags"] == {"agent": "agt_1", "project": "prj_1", "run": "run_1"}


def test_a_log_outlives_its_agent(agent: Doors) -> None:
    """C15."""
    write(agent, 1, 2)
    agent.do("agents/agt_1/delete")
    assert contents(agent) == ["1:1", "1:2"]
    agent.do("agents/agt_1/logs", session_number=1, content="late")
    assert agent.see("agents/agt_1/logs")["items"][-1].items() >= {"content": "late", "agent_name": "ann"}.items()


def test_an_agent_that_wrote_nothing_has_an_empty_log(agent: Doors) -> None:
    assert agent.see("agents/agt_1/logs").items() >= {"items": [], "sessions": []}.items()
    assert agent.refused("GET", "agents/agt_9/logs") == (404, "AGENT_NOT_FOUND")
    assert agent.refuses("agents/agt_9/logs", session_number=1, content="x") == (404, "AGENT_NOT_FOUND")
    for wrong in ({"session_number": 0, "content": "x"}, {"session_number": 1}, {"session_number": 1, "content": 7}):
        assert agent.refuses("agents/agt_1/logs", **wrong) == (400, "VALIDATION_ERROR")


def test_a_session_feed_is_read_from_an_offset(agent: Doors) -> None:
    agent.do("sessions", id="ses_1", project_id="prj_1")
    for number in range(1, 6):
        kind = "chunk" if number % 2 else "tool:start"
        entry = agent.do("sessions/ses_1/feed", channel="chunks", type=kind, data={"n": number}, user_id="ann")
        assert entry == {"offset": number, "position": agent.ledger.head()}

    def numbers(**query: object) -> list[int]:
        return [row["data"]["n"] for row in agent.see("sessions/ses_1/feed", **query)["items"]]

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers(from_offset=3) == [3, 4, 5]
    assert numbers(from_offset=1, limit=2) == [1, 2]
    assert numbers(types="tool:start") == [2, 4]
    row = agent.see("sessions/ses_1/feed")["items"][0]
    assert {name: row[name] for name in ("offset", "type", "channel", "data", "user_id")} == {
        "offset": 1,
        "type": "chunk",
        "channel": "chunks",
        "data": {"n": 1},
        "user_id": "ann",
    }
    assert agent.see("sessions/ses_1")["last_offset"] == 5


def test_a_feed_is_refused_what_is_no_entry_of_an_open_session(agent: Doors) -> None:
    agent.do("sessions", id="ses_1", project_id="prj_1")
    entry = {"channel": "chunks", "type": "chunk"}
    assert agent.refuses("sessions/ses_9/feed", **entry) == (404, "SESSION_NOT_FOUND")
    assert agent.refused("GET", "sessions/ses_9/feed") == (404, "SESSION_NOT_FOUND")
    assert agent.refuses("sessions/ses_1/feed", channel="smoke", type="x") == (400, "VALIDATION_ERROR")
    assert agent.refuses("sessions/ses_1/feed", **entry, data="x" * 70_000) == (413, "PAYLOAD_TOO_LARGE")
    agent.do("sessions/ses_1/activate")
    agent.do("sessions/ses_1/close")
    assert agent.refuses("sessions/ses_1/feed", **entry) == (400, "SESSION_CLOSED")
