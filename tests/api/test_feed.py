"""The live feed: from any position, without gap or double, alive, and over when the server stops."""

import asyncio
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

import workledger
from commandline.typed import wait_until
from support.http_client import Doors
from support.serving import Frame, Serving, events, following, serving
from workledger import Workledger
from workledger.api.app import create_app, service_of
from workledger.api.web import frames, subscription, tail
from workledger.api.web.log_pages import LARGEST, LogPages
from workledger.domain.agent_log import append_chunk
from workledger.domain.project import Project
from workledger.domain.task import Task

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture
def served(ledger: Workledger) -> Iterator[Serving]:
    """Each kind of store, served."""
    with serving(create_app(ledger, heartbeat=0.3)) as server:
        yield server


@pytest.fixture
def served_memory(memory: Workledger) -> Iterator[Serving]:
    with serving(create_app(memory, heartbeat=0.3)) as server:
        yield server


def tasks(ledger: Workledger, count: int, project_id: str | None = None) -> None:
    for number in range(count):
        ledger.create(Task.create(title=f"T{number}", project_id=project_id))


def test_it_begins_at_any_position_and_goes_on_live(served: Serving, ledger: Workledger) -> None:
    tasks(ledger, 5)
    with following(served.url, after=2) as feed:
        assert [frame.id for frame in events(feed, 3)] == [3, 4, 5]
        tasks(ledger, 2)
        assert [frame.id for frame in events(feed, 2)] == [6, 7]


def test_it_begins_at_the_end_unless_told_otherwise(served_memory: Serving, memory: Workledger) -> None:
    tasks(memory, 3)
    with following(served_memory.url) as feed:
        next(feed)
        tasks(memory, 1)
        assert [frame.id for frame in events(feed, 1)] == [4]


def test_the_status_says_how_many_feeds_are_open(served_memory: Serving) -> None:
    def feeds() -> int:
        return int(httpx2.get(f"{served_memory.url}/api/status").json()["feeds"])

    assert feeds() == 0
    with following(served_memory.url) as one, following(served_memory.url) as other:
        next(one)
        next(other)
        assert feeds() == 2
    wait_until(lambda: feeds() == 0)


def test_a_frame_is_the_event_under_its_topic_and_position(served_memory: Serving, memory: Workledger) -> None:
    memory.create(Project.create(id="prj_1", name="Atlas"))
    with memory.acting_as("user:ann", correlation_id="c1"):
        memory.create(Task.create(id="tsk_1", title="Write\nit", project_id="prj_1"))
    with following(served_memory.url, after=1) as feed:
        [frame] = events(feed, 1)
    assert (frame.event, frame.id) == ("task.created", 2)
    assert [frame.data] == httpx2.get(f"{served_memory.url}/api/events?after=1").json()["items"]
    expected = {
        "position": 2,
        "stream_id": "task-tsk_1",
        "version": 1,
        "topic": "task.created",
        "actor": "user:ann",
        "correlation_id": "c1",
        "causation_id": None,
        "command_id": None,
        "tags": {"project": "prj_1", "task": "tsk_1"},
    }
    assert frame.data.items() >= expected.items()
    assert frame.data["data"]["title"] == "Write\nit"
    assert set(frame.data) == {*expected, "at", "event_id", "data"}


def test_it_resumes_where_it_broke_off_while_writers_write(served: Serving, ledger: Workledger) -> None:
    """R6: resumed at any offset it has no gap and no duplicate."""
    total = 240
    writers = [threading.Thread(target=tasks, args=(ledger, total // 3)) for _ in range(3)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while len(seen) < total:
        headers = {"Last-Event-ID": str(seen[-1])} if seen else None
        with following(served.url, headers, after=0) as feed:
            seen += [frame.id or 0 for frame in events(feed, min(17, total - len(seen)))]
    for writer in writers:
        writer.join()
    assert seen == [row.position for row in ledger.read(0, total * 2)]


def test_many_follow_at_once_each_from_its_own_place(served_memory: Serving, memory: Workledger) -> None:
    """R6: catching up and going on meet without gap or double, whoever is ahead."""
    tasks(memory, 30)
    found: dict[int, list[int]] = {}

    def follow(after: int) -> None:
        with following(served_memory.url, after=after) as feed:
            found[after] = [frame.id or 0 for frame in events(feed, 330 - after)]

    followers = [threading.Thread(target=follow, args=(after,)) for after in (0, 7, 15, 29, 30)]
    for follower in followers:
        follower.start()
    tasks(memory, 300)
    for follower in followers:
        follower.join()
    assert found == {after: list(range(after + 1, 331)) for after in (0, 7, 15, 29, 30)}


def test_what_another_process_appends_comes_too(sqlite_url: str) -> None:
    with (
        workledger.open(sqlite_url) as ledger,
        workledger.open(sqlite_url) as other,
        serving(create_app(ledger)) as server,
        following(server.url) as feed,
    ):
        next(feed)
        tasks(other, 3)
        assert [frame.id for frame in events(feed, 3)] == [1, 2, 3]


def test_it_can_be_that_of_a_project_or_of_some_topics(served: Serving, ledger: Workledger) -> None:
    for project_id in ("prj_1", "prj_2"):
        ledger.create(Project.create(id=project_id, name=project_id))
        tasks(ledger, 2, project_id)
    with following(served.url, after=0, project_id="prj_2") as feed, following(served.url, project_id="prj_1") as live:
        assert [frame.id for frame in events(feed, 3)] == [4, 5, 6]
        next(live)
        tasks(ledger, 1, "prj_2")
        tasks(ledger, 1, "prj_1")
        assert [frame.id for frame in events(live, 1)] == [8]
        assert [frame.id for frame in events(feed, 1)] == [7]
    with following(served.url, after=0, topics="project.created") as feed:
        assert [frame.id for frame in events(feed, 2)] == [1, 4]


def test_it_gives_signs_of_life(served_memory: Serving) -> None:
    with following(served_memory.url) as feed:
        assert [next(feed) for _ in range(3)][1:] == [Frame(": still here")] * 2


def test_it_ends_with_bye_when_the_server_stops(memory: Workledger) -> None:
    server = Serving(create_app(memory))
    with following(server.url) as one, following(server.url, project_id="prj_1") as other:
        next(one), next(other)
        stopped = threading.Thread(target=server.stop)
        stopped.start()
        assert [frame.event for frame in one] == ["bye"]
        assert [frame.event for frame in other] == ["bye"]
        stopped.join()
    assert "workledger-feed" not in {thread.name for thread in threading.enumerate()}
    assert "workledger-projector" not in {thread.name for thread in threading.enumerate()}


def test_the_server_stops_at_once_while_somebody_follows(memory: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not cut anybody off once its patience is at an end."""
    monkeypatch.setattr("workledger.api.server.GRACE_SECONDS", 3600)
    server = Serving(create_app(memory))
    with following(server.url) as feed:
        next(feed)
        server.stop()


def test_nobody_is_read_for_once_all_have_gone(served_memory: Serving, memory: Workledger) -> None:
    with following(served_memory.url) as feed:
        next(feed)
        tasks(memory, 1)
        events(feed, 1)
    deadline = time.monotonic() + 60
    while "workledger-feed" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        tasks(memory, 1)
        time.sleep(0.05)


def test_a_position_that_is_not_there_yet_is_a_reset(served_memory: Serving, memory: Workledger) -> None:
    tasks(memory, 1)
    with following(served_memory.url, after=9) as feed:
        assert [(frame.event, frame.data) for frame in feed if frame.event[0] != ":"] == [("reset", {"position": 1})]


def test_who_reads_too_slowly_is_dropped_with_a_reset(memory: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one who never reads again: what waited is given up, and another may take the place."""
    monkeypatch.setattr(subscription, "BUFFER", 5000)
    monkeypatch.setattr(tail, "SUBSCRIPTIONS", 1)
    service = service_of(create_app(memory))

    async def follow_slowly() -> list[bytes]:
        feed = aiter(await service.tail.subscribe(frames.Wanted(), 0))
        await anext(feed)
        first = asyncio.ensure_future(anext(feed))
        await asyncio.to_thread(wait_until, lambda: service.tail._joined)
        [joined] = service.tail._joined
        await asyncio.to_thread(tasks, memory, 1)
        await asyncio.wait_for(first, 60)
        await asyncio.to_thread(tasks, memory, 20)
        await asyncio.to_thread(wait_until, lambda: joined.dropped)
        await asyncio.to_thread(tasks, memory, 20)
        assert joined.take() == []
        other = await service.tail.subscribe(frames.Wanted(), 41)
        await anext(other)
        await other.aclose()
        return [frame async for frame in feed]

    try:
        assert asyncio.run(follow_slowly()) == [b'event: reset\ndata: {"position":1}\n\n']
    finally:
        service.stop()


def test_what_waits_for_a_client_is_bounded_in_bytes() -> None:
    waiting = subscription.Subscription(frames.Wanted(), asyncio.new_event_loop())
    waiting.loop.close()
    large = [frames.Frame(position, "task.created", None, b"x" * 250_000) for position in range(1, 18)]
    waiting.deliver(large[:16])
    assert [frame.position for frame in waiting.take()] == [1], "an event that is larger than a chunk comes alone"
    waiting.dropped = False  # as its loop is closed
    waiting.deliver(large[16:])
    waiting.deliver(large[16:])
    assert waiting.dropped
    assert waiting.take() == []


def test_large_events_are_read_a_few_at_a_time(ledger: Workledger) -> None:
    """So that nobody who follows from far back holds many of them in memory."""
    text = "x" * 200_000
    for _ in range(3):
        ledger.create(Task.create(title="small"))
    for seq in range(20):
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=f"{seq}{text}")
    log = LogPages(ledger, 0)
    sizes, positions = [], []
    while not log.at_end:
        page = log.read()
        positions += [frame.position for frame in page]
        sizes.append(sum(len(frame.encoded) for frame in page))
    assert positions == [row.position for row in ledger.read(0, 100)]
    assert max(sizes) <= LARGEST
    assert log.position == ledger.head()


def test_no_more_follow_than_may(served_memory: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "SUBSCRIPTIONS", 1)
    with following(served_memory.url) as feed:
        next(feed)
        answer = httpx2.get(f"{served_memory.url}/api/feed")
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    deadline = time.monotonic() + 60
    while True:
        try:
            with following(served_memory.url) as feed:
                next(feed)
            break
        except AssertionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "soon"}, {"after": str(2**63)}, {"project_id": "x" * 501}]
)
def test_what_is_no_position_is_refused(doors: Doors, query: dict[str, str]) -> None:
    assert doors.refused("GET", "feed", params=query) == (400, "VALIDATION_ERROR")


def test_a_last_event_id_that_is_none_is_refused(doors: Doors) -> None:
    assert doors.refused("GET", "feed", headers={"Last-Event-ID": "x"}) == (400, "VALIDATION_ERROR")


def test_a_topic_that_nobody_knows_is_refused(all_doors: Doors) -> None:
    for path in ("feed", "events"):
        for topics in ("task.creatd", "task.created,note.written"):
            assert all_doors.refused("GET", path, params={"topics": topics}) == (400, "TOPIC_UNKNOWN")
    all_doors.do("tasks", title="Write it")
    assert len(all_doors.see("events", topics="task.created, project.created")["items"]) == 1
