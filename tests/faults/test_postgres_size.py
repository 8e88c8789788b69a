"""Many events at once, many in one stream, large ones, and a clock that jumps: the log takes them as they come."""

import random

import orjson

from support.slow_writer import slow_writer
from support.stores import append, ascending, happened
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.mapping import LARGEST
from workledger.domain.kernel.store import EventStore


def test_five_thousand_events_are_one_append(postgres_store: EventStore) -> None:
    """Proves that versions are counted within the append, and that its arrays keep their order."""
    events = [happened("s-1", number) for number in range(1, 5001)]
    assert append(postgres_store, *events, command_id="once") == list(range(1, 5001))
    rows = postgres_store.read(0, 10_000)
    assert [(row.position, row.version, row.event_id) for row in rows] == [
        (number, number, event.event_id) for number, event in enumerate(events, 1)
    ]
    assert list(postgres_store.done("once") or ()) == list(range(1, 5001))


def test_an_append_may_touch_five_thousand_streams_and_claim_a_key_for_each(postgres_store: EventStore) -> None:
    """Proves that keys share locks: the server has room for some 8,000 of them, and this append has twice as many."""
    streams = [f"s-{number}" for number in range(5000)]
    claims = [(stream, Take(f"{kind}:{stream}")) for stream in streams for kind in ("name", "place", "room")]
    append(postgres_store, *(happened(stream, 1) for stream in streams), claims=claims)
    assert postgres_store.existing(streams) == set(streams)
    assert postgres_store.holders("name:s-4999") == ["s-4999"]


def test_the_end_of_a_long_stream_is_as_near_as_that_of_a_short_one(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """100,000 events in one stream. Proves that an append looks for its last event in the index, from the end."""
    with slow_writer(postgres_store_url) as writer:
        writer.blocks(happened("s-1"))
        writer.roll_back()
        short = writer.blocks(happened("s-1"))
        writer.roll_back()
        for first in range(1, 100_000, 1000):
            append(postgres_store, *(happened("s-1", version) for version in range(first, first + 1000)))
        assert writer.blocks(happened("s-1")) < 2 * short + 20
        writer.roll_back()
    assert append(postgres_store, happened("s-1", 100_001)) == [postgres_store.head()]
    assert [row.version for row in postgres_store.read_stream("s-1", after=99_999)] == [100_000, 100_001]


def test_a_payload_may_be_as_large_as_events_may_be(postgres_store: EventStore) -> None:
    """Of what does not compress, in bytes and in characters. Proves that lengths on the wire are those of bytes."""
    noise = random.Random(7)
    room = LARGEST - len('{"text":""}')
    ascii = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=room))
    wide = "".join(noise.choices("äöüßéèñçøåæœ", k=room // 2))
    states = [orjson.dumps({"text": text}) for text in (ascii, wide)]
    assert len(states[0]) == LARGEST
    append(postgres_store, *(happened("s-1", state=state) for state in states))
    assert [row.data.encode() for row in postgres_store.read(0, 10)] == states
    assert postgres_store.measure("s-1", "sample.happened") == (2, 2, sum(map(len, states)))


def test_a_clock_that_jumps_back_does_not_disturb_the_order(postgres_store: EventStore) -> None:
    """Proves that the order is that of positions, never of time."""
    moments = [f"2026-11-21T06:00:0{second}.000Z" for second in (5, 6, 1, 2, 7)]
    for moment in moments:
        append(postgres_store, happened("s-1", at=moment))
    rows = postgres_store.read(0, 10)
    assert ascending(rows)
    assert [row.at for row in rows] == moments == [row.at for row in postgres_store.read_stream("s-1")]
    assert postgres_store.version_at("s-1", moments[3]) == 4
