"""The budget of a context: what is left out when not all fits, and how that is said.

The oldest messages go first, then the oldest summaries; pages never. Markers of what is missing stay too.
"""

from collections import deque
from dataclasses import dataclass

from workledger.projections.context.entries import Context, Count, Entry, LeftOut, Part, Sources


@dataclass
class _Kept:
    """A tier of which the oldest go first, and how many have gone."""

    nouns: tuple[str, str]
    entries: deque[Entry]
    count: Count
    gone: int = 0
    silence: Part | None = None

    def marker(self) -> list[Entry]:
        if not self.gone:
            return [] if self.entries or self.silence is None else [self.silence.entry(self.count)]
        noun = self.nouns[self.gone > 1]
        return [Part("left_out", f"left out: {self.gone:,} older {noun}").entry(self.count)]

    def told(self) -> list[Entry]:
        return [*self.marker(), *self.entries]

    def tokens(self) -> int:
        return tokens_of(self.told())

    def droppable(self) -> Entry | None:
        return next((one for one in self.entries if one["kind"] != "missing"), None)

    def drop(self, one: Entry) -> None:
        self.entries.remove(one)
        self.gone += 1


def tokens_of(entries: list[Entry]) -> int:
    return sum(one["tokens"] for one in entries)


def fit(kind: str, id: str, sources: Sources, budget: int, count: Count) -> Context:
    """The context that these sources make within a budget."""
    persistent = [part.entry(count) for part in sources.persistent]
    summaries = _Kept(("summary", "summaries"), deque(part.entry(count) for part in sources.summaries), count)
    room = budget - tokens_of(persistent)
    messages = _newest(sources, room - summaries.tokens(), count)
    left_out: list[str] = []
    while summaries.tokens() + messages.tokens() > room and (one := summaries.droppable()):
        summaries.drop(one)
        left_out.append(one["id"] or "")
    told = [persistent, summaries.told(), messages.told()]
    tokens = sum(map(tokens_of, told))
    return Context(
        target_kind=kind,
        target_id=id,
        budget=budget,
        tokens=tokens,
        over_budget=tokens > budget,
        persistent_context=told[0],
        summaries=told[1],
        messages=told[2],
        left_out=LeftOut(messages=messages.gone, summaries=left_out),
    )


def _newest(sources: Sources, room: int, count: Count) -> _Kept:
    """The newest messages that fit into the room, together with the marker for the others; no more are read."""
    kept = _Kept(("message", "messages"), deque(), count, silence=sources.silence)
    taken = 0
    for part in sources.newest:
        entry = part.entry(count)
        if taken + entry["tokens"] > room:
            break
        kept.entries.appendleft(entry)
        taken += entry["tokens"]
    kept.gone = max(sources.messages - len(kept.entries), 0)
    while kept.entries and kept.tokens() > room:
        kept.entries.popleft()
        kept.gone += 1
    return kept
