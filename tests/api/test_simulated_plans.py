"""The simulated past over HTTP: lists of planning, talk and accounts page completely, each thing is seen as it was, and
events are read from any position on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

import workledger
from support.http_client import Doors
from support.one_of_each import BEGUN
from workledger import Workledger
from workledger.adapters.simulation.history import record
from workledger.adapters.simulation.past import UNFOLDED
from workledger.adapters.simulation.tempo import PAST
from workledger.adapters.simulation.workload import events
from workledger.domain.tool_calls import ToolCalls

PATHS = [
    *("initiatives", "phases", "review-comments", "pages", "proposals", "change-sets", "chat-sessions"),
    *("messages", "conversations", "errands", "accounts"),
]
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def fill(ledger: Workledger, count: int) -> None:
    """So many events of a past, without those of tools and what agents write."""
    told = (one for one in events(7, tempo=PAST, start=START) if one.kind not in (*UNFOLDED, ToolCalls))
    for batch in iter(lambda: list(islice(told, 500)), []):
        record(ledger, batch)
        if ledger.head() >= count:
            break
    ledger.catch_up()


@pytest.fixture(scope="module")
def past() -> Iterator[Doors]:
    with workledger.open("memory:") as ledger:
        fill(ledger, 3500)
        with Doors(ledger) as doors:
            yield doors


def sorts(doors: Doors, path: str) -> list[str]:
    """What a list can be sorted by."""
    operation = doors.see("openapi.json")["paths"][f"/api/{path}"]["get"]
    [sort] = [one["schema"] for one in operation["parameters"] if one["name"] == "sort"]
    schemas = (sort, *sort.get("anyOf", ()))
    return [value for one in schemas for value in one.get("enum", [one["const"]] if "const" in one else [])]


def whole(doors: Doors, path: str, limit: int, **query: Any) -> list[str]:
    """The ids of a list, read page by page."""
    ids, cursor = list[str](), None
    while cursor is not None or not ids:
        page = doors.see(path, limit=limit, **query, **({"cursor": cursor} if cursor else {}))
        ids += [one["id"] for one in page["items"]]
        cursor = page["pagination"]["next_cursor"]
    return ids


def test_every_list_pages_completely_by_every_order(all_doors: Doors) -> None:
    """R3: most of what is planned at one moment has equal times, and many things have one name."""
    fill(all_doors.ledger, 2000)
    for path in PATHS:
        there = sorted(ids_of(all_doors.ledger, BEGUN[path][0].CATEGORY))
        for sort in sorts(all_doors, path):
            for order in ("asc", "desc"):
                found = whole(all_doors, path, 7, sort=sort, order=order)
                assert sorted(found) == there, (path, sort, order)
                assert found == whole(all_doors, path, 100, sort=sort, order=order)


def ids_of(ledger: Workledger, category: str) -> Iterator[str]:
    """The things of a category that began and were not deleted."""
    last = {row.stream_id: row.topic for row in ledger.read(0, 100_000) if row.topic.startswith(f"{category}.")}
    ends = (f"{category}.deleted", f"{category}.removed")
    return (stream.partition("-")[2] for stream, topic in last.items() if topic not in ends)


@pytest.mark.parametrize("path", PATHS)
def test_each_is_seen_as_it_was_at_each_of_its_events(past: Doors, path: str) -> None:
    """R2: the state at any past position is the fold up to it."""
    kind = BEGUN[path][0]
    seen = 0
    for id in islice(ids_of(past.ledger, kind.CATEGORY), 0, None, 5):
        for event in past.see(f"{path}/{id}/events")["items"][:6]:
            was = past.see(f"{path}/{id}", at=event["position"])
            state = past.ledger.get(kind, id, version=event["version"]).model_dump(mode="json")
            assert was["version"] == event["version"]
            assert {name: was[name] for name in state if name in was} == {
                name: value for name, value in state.items() if name in was
            }
            seen += 1
    assert seen > 1


def test_its_events_are_read_from_any_position_without_a_gap(past: Doors) -> None:
    """R6."""
    positions = [row.position for row in past.ledger.read(0, 100_000)]
    for start in range(0, len(positions), 977):
        page = past.see("events", after=start, limit=60)
        assert [one["position"] for one in page["items"]] == positions[start : start + 60]
