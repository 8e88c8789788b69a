"""The pages of docs/reference that are made from the code: `make docs` writes them, a test finds them out of date."""

import importlib
import inspect
import pkgutil
import types
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from workledger import domain
from workledger.domain.kernel import Aggregate, Event
from workledger.domain.refusals import Refused

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"

EVENTS = """# Events

Each event is stored under its topic. Topics, field names and schema versions are the storage format: they never
change; a field is added or dropped by a new schema version and an upcasting step. A field with a default (marked `?`)
may be left out. Events marked *patch* store and apply only the fields that were given.

This page is made from the code by `make docs`.
"""

ERRORS = """# Errors

A command that breaks a rule raises a `Refused`: its class says what was refused, its `code` never changes, `details` holds
what the message names. Over HTTP it is a problem document (RFC 9457) with the same `code` and the status given here.

This page is made from the code by `make docs`.

| Code | HTTP | Message |
|---|---|---|
"""


SHORT = {type(None): "None", Ellipsis: "..."}


def load_domain() -> None:
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        importlib.import_module(module.name)


def sentence(thing: object) -> str:
    """The first paragraph of its own docstring, on one line."""
    own = vars(thing).get("__doc__") or ""
    return " ".join(inspect.cleandoc(own).partition("\n\n")[0].split())


def spelled(annotation: Any) -> str:
    """A type as one writes it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " | ".join(spelled(one) for one in arguments)
    if annotation in SHORT:
        return SHORT[annotation]
    if origin is None:
        return getattr(annotation, "__name__", str(annotation))
    if getattr(origin, "__name__", "") == "Literal":
        return " | ".join(f'"{one}"' for one in arguments)
    return f"{origin.__name__}[{', '.join(spelled(one) for one in arguments)}]"


def field(name: str, info: Any) -> str:
    return f"`{name}: {spelled(info.annotation)}`" + ("" if info.is_required() else "?")


def events() -> dict[str, list[type[Event]]]:
    """The events of each category, by topic."""
    load_domain()
    found: dict[str, list[type[Event]]] = defaultdict(list)
    for topic, event in sorted(Event.TOPICS.items()):
        if topic != "-" and event.__module__.startswith("workledger."):
            found[topic.partition(".")[0]].append(event)
    return found


def event_line(event: type[Event]) -> str:
    marks = [f"version {event.VERSION}"] * (event.VERSION > 1) + ["patch"] * event.PATCH
    fields = ", ".join(field(name, info) for name, info in event.model_fields.items()) or "nothing"
    return f"- **`{event.TOPIC}`** `{event.__name__}`{''.join(f', *{mark}*' for mark in marks)}: {fields}"


def events_page() -> str:
    page = [EVENTS]
    for category, members in events().items():
        about = sentence(Aggregate.CATEGORIES[category]) if category in Aggregate.CATEGORIES else ""
        page += [f"\n## {category}\n", *([f"{about}\n"] if about else []), *map(event_line, members)]
    return "\n".join(page) + "\n"


def refusals(base: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for kind in base.__subclasses__():
        yield kind
        yield from refusals(kind)


def write() -> None:
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


PAGES = {"events.md": events_page}

if __name__ == "__main__":
    write()
