"""The logs of agents: chunks appended unseen, found by all they belong to, and readable when the agent is gone."""

from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import JSONTranscoder

from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, AgentLogPurged, append_chunk, record_purge
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.mapping import LARGEST, Envelopes
from workledger.domain.kernel.refusals import PayloadTooLarge
from workledger.domain.kernel.unit import Unit

MAPPER = Envelopes(JSONTranscoder())


def unseen(kind: object, id: str) -> None:
    raise AssertionError("nothing is loaded")


def chunk(content: str) -> Recorded:
    unit = Unit(unseen)
    append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=2, content=content, task_id="tsk_1")
    (recorded,) = unit.recorded
    return recorded


def test_a_chunk_is_appended_without_looking() -> None:
    """C15: with the agent's name and its session number; the store gives the next version."""
    recorded = chunk('{"type":"text"}\n')
    assert recorded.stream_id == "agent_log-agt_1:2"
    assert recorded.version == 0
    assert recorded.event == AgentLogChunkAppended(
        agent_id="agt_1", agent_name="ann", session_number=2, content='{"type":"text"}\n'
    )
    assert recorded.tags == {"agent": "agt_1", "task": "tsk_1"}


def test_a_chunk_relies_on_nothing() -> None:
    """C15: chunks survive the agent."""
    unit = Unit(unseen)
    append_chunk(unit, agent_id="gone", agent_name="ann", session_number=1, content="late")
    assert not unit.conditions().claims


def test_a_chunk_keeps_the_moment_it_was_written() -> None:
    unit, moment = Unit(unseen), datetime(2026, 1, 2, tzinfo=UTC)
    append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content="early", at=moment)
    assert unit.recorded[0].at == moment


@pytest.mark.parametrize(("size", "fits"), [(LARGEST - 1, True), (LARGEST, True), (LARGEST + 1, False)])
def test_a_chunk_has_at_most_256_kb(size: int, fits: bool) -> None:
    """A2: below, at and above; what counts is the event as it is stored."""
    frame = len(b'{"agent_id":"agt_1","agent_name":"ann","session_number":2,"content":"","chunk_id":null}')
    recorded = chunk("x" * (size - frame))
    if fits:
        assert len(MAPPER.to_stored_event(recorded).state) == size
    else:
        with pytest.raises(PayloadTooLarge):
            MAPPER.to_stored_event(recorded)


def test_an_erasure_is_recorded_in_the_log_itself() -> None:
    unit = Unit(unseen)
    record_purge(unit, agent_id="agt_1", session_number=2, chunks=3, bytes=9)
    (recorded,) = unit.recorded
    assert recorded.stream_id == AgentLog.stream(AgentLog.id_of("agt_1", 2))
    assert recorded.event == AgentLogPurged(agent_id="agt_1", session_number=2, chunks=3, bytes=9)
    assert recorded.tags == {"agent": "agt_1"}
