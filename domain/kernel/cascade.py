"""The cascade of a delete: all that is deleted with an aggregate, each with events of its own (docs: claims)."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from workledger.domain.kernel.aggregate import Aggregate, Event


class Deletion(NamedTuple):
    """An aggregate that is deleted with another, and the events that do it."""

    kind: type[Any]
    id: str
    state: Any
    events: list[Event]


def deletions(
    keys: Iterable[str], holders: Callable[[str], Sequence[str]], load: Callable[[type[Any], str], Any]
) -> list[Deletion]:
    """What is deleted with the holders of these keys, the lowest first: a parent is deleted when none is below it.

    However deep they go, nothing here recurses.
    """
    found: dict[str, Deletion] = {}
    ahead = deque(keys)
    while ahead:
        for stream in holders(ahead.popleft()):
            category, _, id = stream.partition("-")
            state = None if stream in found else load(Aggregate.CATEGORIES[category], id)
            if state is not None and not state.deleted:
                one = found[stream] = Deletion(type(state), id, state, state.delete())
                ahead += (key for event in one.events for key in event.cascades_to(state, id))
    return [*found.values()][::-1]
