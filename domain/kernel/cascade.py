"""The cascade of a delete: all that is deleted with an aggregate, each with events of its own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
    """What is deleted with the holders of these keys, in that order: each comes after all that is below it.

    However deep they go, nothing here recurses.
    """
    found: list[Deletion] = []
    seen = set[str]()
    path: list[tuple[Deletion | None, Iterator[str]]] = [(None, _held(keys, holders))]
    while path:
        above, below = path[-1]
        if (stream := next(below, None)) is None:
            path.pop()
            found += [above] if above else []
        elif stream not in seen:
            seen.add(stream)
            category, _, id = stream.partition("-")
            state = load(Aggregate.CATEGORIES[category], id)
            if state is not None and not state.deleted:
                one = Deletion(type(state), id, state, state.delete())
                path.append((one, _held(_keys(one), holders)))
    return found


def _keys(one: Deletion) -> Iterator[str]:
    return (key for event in one.events for key in event.cascades_to(one.state, one.id))


def _held(keys: Iterable[str], holders: Callable[[str], Sequence[str]]) -> Iterator[str]:
    return (stream for key in keys for stream in holders(key))
