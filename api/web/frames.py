"""Frames: events as the live feed sends them, and which of them a client wants."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from fastapi.sse import format_sse_event

from workledger.api.web.answers import event_json
from workledger.domain.kernel.envelope import Row


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as it is sent, encoded once for all subscriptions."""

    position: int
    topic: str
    project_id: str | None
    encoded: bytes

    @classmethod
    def of(cls, row: Row) -> "Frame":
        data = orjson.dumps(event_json(row)).decode()
        encoded = format_sse_event(id=str(row.position), event=row.topic, data_str=data)
        return cls(row.position, row.topic, orjson.loads(row.tags).get("project"), encoded)


@dataclass(frozen=True)
class Wanted:
    """Which events are asked for: those of a project, or of some topics; all, unless it says so."""

    project_id: str | None = None
    topics: frozenset[str] = frozenset()

    def __call__(self, frame: Frame) -> bool:
        return self.project_id in (None, frame.project_id) and (not self.topics or frame.topic in self.topics)


def cut(frames: Iterable[Frame], size: int) -> list[Frame]:
    """The first of the frames, as many as that many bytes have room for, and one at least."""
    found: list[Frame] = []
    for frame in frames:
        size -= len(frame.encoded)
        if found and size < 0:
            break
        found.append(frame)
    return found
