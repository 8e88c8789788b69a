"""Agents' logs and sessions' feeds: by number, from any offset, and purged on the record."""

import pytest

from support import golden_events
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_log import AgentLogChunkAppended, AgentLogNotFound, append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.project import Project
from workledger.domain.services import retention
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.session import Session
from workledger.domain.session.events import SessionIsClosed, SessionNotFound
from workledger.domain.session_feed import publish
from workledger.projections import agent_logs, session_feed, sessions
from workledger.projections.engine.logged import fill_in
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS
from workledger.projections.tool_calls import ToolCalls


def append(ledger: Workledger, session: int, *contents: str) -> None:
    for content in contents:
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="ann", agent_name="Ann", session_number=session, content=content)
    ledger.catch_up()


def a_rebuild_gives_the_same(ledger: Workledger) -> None:
    for group in GROUPS:
        assert verify(ledger.store, ledger.tables, group).differences == []
        Rebuild(ledger.store, ledger.tables, group).run()


def test_chunks_are_numbered_in_their_session(database_ledger: Workledger) -> None:
    """C15."""
    append(database_ledger, 1, "Hello", "Grüße")
    append(database_ledger, 2, "Again")
    tables = database_ledger.tables
    rows = agent_logs.chunks(tables, "ann")
    assert [(row["session_number"], row["seq"], row["content"]) for row in rows] == [
        (1, 1, "Hello"),
        (1, 2, "Grüße"),
        (2, 1, "Again"),
    ]
    assert [row["bytes"] for row in rows] == [5, 7, 5]
    assert [row["seq"] for row in agent_logs.chunks(tables, "ann", 1, after_seq=1)] == [2]
    assert agent_logs.session_count(tables, "ann") == 2
    assert agent_logs.session_count(tables, "nobody") == 0
    assert [(one["session_number"], one["chunks"], one["bytes"]) for one in agent_logs.sessions(tables, "ann")] == [
        (1, 2, 12),
        (2, 1, 5),
    ]


def test_the_tail_of_a_log_is_its_last_chunks_in_order(database_ledger: Workledger) -> None:
    append(database_ledger, 1, *map(str, range(12)))
    assert [row["content"] for row in agent_logs.tail(database_ledger.tables, "ann", 1, 3)] == ["9", "10", "11"]
    assert agent_logs.tail(database_ledger.tables, "ann", 2) == []


def test_the_first_session_is_1_and_the_next_resume_2_and_the_log_survives_its_agent(
    database_ledger: Workledger,
) -> None:
    """C15."""
    ledger = database_ledger
    ledger.create(Agent.create(id="ann", name="Ann"))
    with ledger.unit() as unit:
        run = start_run(unit, agent_id="ann")
    append(ledger, run.session_number, "One")
    with ledger.edit(AgentRun, run.id) as going:
        going.report_process(provider_session_id="claude-1")
        going.fail(cause="crash", error="Boom.")
    with ledger.unit() as unit:
        again = resume_run(unit, run.id, new_process=True)
        assert again.session_number == 2
    append(ledger, 2, "Two")
    with ledger.edit(AgentRun, run.id) as going:
        going.complete()
    with ledger.edit(Agent, "ann") as agent:
        agent.delete()
    append(ledger, 2, "A last word")
    rows = agent_logs.chunks(ledger.tables, "ann")
    assert [(row["session_number"], row["agent_name"], row["content"]) for row in rows] == [
        (1, "Ann", "One"),
        (2, "Ann", "Two"),
        (2, "Ann", "A last word"),
    ]
    a_rebuild_gives_the_same(ledger)


def test_a_purged_log_is_gone_from_the_log_and_from_the_tables(database_ledger: Workledger) -> None:
    """C15: erased, on the record; a rebuild gives the same."""
    ledger = database_ledger
    append(ledger, 1, "Secret", "Secret too")
    append(ledger, 2, "Kept")
    chunks, size = retention.purge_agent_log(ledger, agent_id="ann", session_number=1)
    assert chunks == 2
    assert size > len("SecretSecret too")
    append(ledger, 1, "New")
    assert [row["content"] for row in agent_logs.chunks(ledger.tables, "ann")] == ["New", "Kept"]
    assert [(one["session_number"], one["chunks"]) for one in agent_logs.sessions(ledger.tables, "ann")] == [
        (1, 1),
        (2, 1),
    ]
    assert not [row for row in ledger.read() if "Secret" in row.data]
    assert [row.version for row in ledger.store.read_stream("agent_log-ann:1")] == [3, 4]
    a_rebuild_gives_the_same(ledger)
    with pytest.raises(AgentLogNotFound):
        retention.purge_agent_log(ledger, agent_id="ann", session_number=9)


@pytest.fixture
def session(database_ledger: Workledger) -> Workledger:
    database_ledger.create(Project.create(id="p", name="Bakery"))
    database_ledger.create(Session.create(id="s", project_id="p"))
    say(database_ledger, 5)
    return database_ledger


def say(ledger: Workledger, count: int) -> None:
    for number in range(count):
        with ledger.unit() as unit:
            kind = ("line", "beep")[number % 2]
            publish(unit, session_id="s", channel="terminal", type=kind, data={"n": number}, user_id="ann")
    ledger.catch_up()


def offsets(ledger: Workledger, after: int = 0, **how: object) -> list[int]:
    return [row["offset"] for row in session_feed.since(ledger.tables, "s", after, **how)]  # type: ignore[arg-type]


def test_a_feed_is_read_from_any_offset(session: Workledger) -> None:
    """R6: no gap and no duplicate."""
    assert offsets(session) == [1, 2, 3, 4, 5]
    for offset in range(6):
        assert offsets(session, offset) == list(range(offset + 1, 6))
    assert offsets(session, 1, limit=2) == [2, 3]
    assert offsets(session, types=("beep",)) == [2, 4]
    [first] = session_feed.since(session.tables, "s", limit=1)
    assert (first["channel"], first["type"], first["data"], first["user_id"]) == ("terminal", "line", {"n": 0}, "ann")
    row = sessions.get(session.tables, "s")
    assert row is not None
    assert row["last_offset"] == 5


def test_a_purged_feed_goes_on_counting(session: Workledger) -> None:
    retention.purge_session_feed(session, session_id="s", up_to_offset=3)
    session.catch_up()
    assert offsets(session) == [4, 5]
    a_rebuild_gives_the_same(session)
    say(session, 1)
    assert offsets(session) == [4, 5, 7], "6 is the record of the purge"
    retention.purge_session_feed(session, session_id="s")
    session.catch_up()
    assert offsets(session) == []
    say(session, 1)
    assert offsets(session) == [9]
    a_rebuild_gives_the_same(session)


def test_a_feed_takes_entries_while_its_session_is_open(session: Workledger) -> None:
    with session.edit(Session, "s") as closing:
        closing.activate()
        closing.close()
    with pytest.raises(SessionIsClosed):
        say(session, 1)
    with pytest.raises(SessionNotFound), session.unit() as unit:
        publish(unit, session_id="nobody", channel="terminal", type="line")
    assert offsets(session) == [1, 2, 3, 4, 5]


def test_who_takes_another_role_takes_part_once(session: Workledger) -> None:
    """Whether or not both were folded in one batch."""
    for role in ("viewer", "owner"):
        with session.edit(Session, "s") as open_one:
            open_one.activate()
            open_one.join(user_id="ann", role=role)  # type: ignore[arg-type]
        session.catch_up()
    [part] = sessions.participants(session.tables, "s")
    assert (part["user_id"], part["role"]) == ("ann", "owner")
    with session.edit(Session, "s") as open_one:
        open_one.leave(user_id="ann")
    session.catch_up()
    assert sessions.participants(session.tables, "s") == []
    a_rebuild_gives_the_same(session)


def test_what_agents_said_is_found_in_the_log_as_it_would_be_written_today(database_ledger: Workledger) -> None:
    """Rows only point to it: an old event is brought up to date when it is read, and one that is erased is gone."""

    def louder(data: dict[str, str]) -> dict[str, str]:
        return {**data, "content": f"{data['content']}!"}

    chunk = golden_events.chunk("ann", "What I think")
    golden_events.append(database_ledger, chunk, chunk)
    database_ledger.catch_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AgentLogChunkAppended, "VERSION", 2)
        patch.setattr(AgentLogChunkAppended, "upcast_v1_v2", louder, raising=False)
        read = agent_logs.chunks(database_ledger.tables, "ann")
    assert [row["content"] for row in read] == ["What I think!", "What I think!"]
    database_ledger.store.erase("agent_log-ann:1", "agent_log.chunk_appended", 1)
    read = agent_logs.chunks(database_ledger.tables, "ann")
    assert [row["content"] for row in read] == [None, "What I think"]


@pytest.mark.parametrize("kept", [{"command": "ls"}, ["ls"], "ls", True, 1, None])
def test_what_an_earlier_release_kept_in_its_rows_is_shown_until_they_are_rebuilt(
    database_ledger: Workledger, kept: object
) -> None:
    """Its tables serve meanwhile: a value that stands in a row itself is no position, and is left as it is."""
    golden_events.append(database_ledger, golden_events.card("t"))
    rows: list[dict[str, object]] = [{"input": kept}]
    fill_in(database_ledger.store, [ToolCalls.c.input], rows)
    assert rows == [{"input": kept}]
