"""Writers of many sizes append while a reader tails: it sees every event, in order, and none twice."""

from collections import Counter
from contextlib import ExitStack

import writers
from stores import append_batches, ascending, opened, tail

WRITERS, EACH = 6, 6400


def test_a_tail_sees_all_that_single_and_bulk_writers_append(postgres_store_url: str) -> None:
    """Three processes append one by one, three by the 200: 38,400 are stored, and 38,400 are seen.

    Proves the watermark: when `Watermark.advance` answers with max(position), events are skipped.
    """
    with ExitStack() as stack:
        started = []
        for number in range(WRITERS):
            batches, size = (EACH, 1) if number % 2 else (EACH // 200, 200)
            work = (append_batches, postgres_store_url, f"stream-{number}", batches, size)
            started.append(stack.enter_context(writers.running(*work)))
        assert [pipe.recv() for _, pipe in started] == ["ready"] * WRITERS
        for _, pipe in started:
            pipe.send("go")
        store = stack.enter_context(opened(postgres_store_url))
        seen = tail(store, WRITERS * EACH, until=lambda: not any(process.is_alive() for process, _ in started))
        for process, _ in started:
            writers.finish(process)
    assert ascending(seen)
    assert Counter(row.stream_id for row in seen) == {f"stream-{number}": EACH for number in range(WRITERS)}
