"""Stored events stay readable: golden_events.jsonl holds a payload of every topic in every form there has been.

Each line has the fields of the event as they were in that form. A line is never changed once it has been released. A
new field that has a default is another form of the same version; an event that needs other changes gets a new version
and an `upcast_vN_vN+1` step. To add the lines of new events and forms:

    WORKLEDGER_GOLDEN=write .venv/bin/python -m pytest tests/domain/test_golden.py

Before a first release, delete the line of a changed event and run the same.
"""

import json
import os
import pkgutil
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

import workledger.domain
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger

FILE = Path(__file__).with_name("golden_events.jsonl")

for module in pkgutil.walk_packages(workledger.domain.__path__, "workledger.domain."):
    import_module(module.name)

KINDS = {
    topic: kind
    for topic, kind in Event.TOPICS.items()
    if topic != "-" and kind.__module__.startswith("workledger.domain.")
}
LINES = [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []


def fields(kind: type[BaseModel]) -> dict[str, Any]:
    """What an event is made of: the type of each field, and `?` after those that may be missing."""
    return {
        name if field.is_required() else f"{name}?": described(field.annotation)
        for name, field in kind.model_fields.items()
    }


def described(annotation: Any) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return described(inner[0])
    if origin is Literal:
        return " | ".join(json.dumps(one) for one in inner)
    if origin in (Union, types.UnionType):
        parts = [described(one) for one in inner]
        return parts if any(isinstance(part, dict) for part in parts) else " | ".join(parts)
    if origin is not None:
        return f"{origin.__name__}[{', '.join('...' if one is ... else str(described(one)) for one in inner)}]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return fields(annotation)
    return "None" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))


def example(name: str, annotation: Any) -> Any:
    """A value of that type that is not empty."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Literal):
        return example(name, inner[0]) if origin is Annotated else inner[0]
    if origin in (Union, types.UnionType):
        return example(name, inner[0])
    if origin is tuple:
        return [example(name, one) for one in inner if one is not ...]
    if origin is dict:
        return {name: example(name, inner[1])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return filled(annotation)
    plain = {str: f"{name} Ω", int: 7, float: 0.25, bool: True, type(None): None, Any: {"any": [None, 1, "Ω"]}}
    return plain[annotation]


def filled(kind: type[BaseModel]) -> dict[str, Any]:
    def value(name: str, field: FieldInfo) -> Any:
        bounded = field.default if isinstance(field.default, int | str | tuple) else None
        return example(name, field.annotation) if bounded is None else bounded

    return {name: value(name, field) for name, field in kind.model_fields.items()}


def golden(kind: type[Event]) -> dict[str, Any]:
    payload = kind.model_validate(filled(kind)).payload()
    return {
        "topic": kind.TOPIC,
        "version": kind.VERSION,
        "patch": kind.PATCH,
        "fields": fields(kind),
        "payload": payload,
    }


def form(topic: str, version: int, fields: dict[str, Any]) -> tuple[str, int, str]:
    """What tells the forms of an event apart."""
    return topic, version, json.dumps(fields, sort_keys=True)


HELD = {form(line["topic"], line["version"], line["fields"]) for line in LINES}


def adds_only(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether all fields are as they were, but for new ones that may be missing."""
    kept = {name: now.get(name) for name in before}
    return kept == before and all(name.endswith("?") for name in now.keys() - before.keys())


def with_defaults(kind: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    """A payload as it reads today: fields that were added since have their defaults. A patch leaves them out."""
    if kind.PATCH:
        return payload
    added = {name: field for name, field in kind.model_fields.items() if name not in payload}
    defaults = {name: field.get_default(call_default_factory=True) for name, field in added.items()}
    return {**to_jsonable_python(defaults), **payload}


def outcome(read: Callable[[], Any]) -> Any:
    """What is read, or the exception that was raised instead: one event does not hide the others."""
    try:
        return read()
    except Exception as error:
        return error


def write(kinds: list[type[Event]]) -> None:
    lines = sorted([*LINES, *map(golden, kinds)], key=lambda line: (line["topic"], line["version"]))
    FILE.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def test_every_event_is_in_the_golden_file() -> None:
    missing = [kind for kind in KINDS.values() if form(kind.TOPIC, kind.VERSION, fields(kind)) not in HELD]
    if os.environ.get("WORKLEDGER_GOLDEN") == "write":
        write(missing)
    else:
        assert not missing


def test_no_event_that_was_ever_stored_is_forgotten() -> None:
    assert {topic for topic, _, _ in HELD} <= set(KINDS)
    assert len(HELD) == len(LINES)


def test_stored_events_are_read_as_they_were_written() -> None:
    """R7."""
    unlike = {}
    for line in LINES:
        kind = KINDS[line["topic"]]
        read = outcome(lambda kind=kind, line=line: kind.load(line["payload"], line["version"]).payload())
        if isinstance(read, Exception) or (
            line["version"] == kind.VERSION and read != with_defaults(kind, line["payload"])
        ):
            unlike[line["topic"], line["version"]] = read
    assert unlike == {}


def test_the_fields_of_an_event_change_with_its_version_only_but_for_new_optional_ones() -> None:
    """R7: kernel/event.py, Event."""
    changed = {}
    for line in LINES:
        kind = KINDS[line["topic"]]
        same = line["patch"] == kind.PATCH and adds_only(line["fields"], fields(kind))
        if line["version"] > kind.VERSION or (line["version"] == kind.VERSION and not same):
            changed[line["topic"], line["version"]] = fields(kind)
    assert changed == {}


BEFORE = {"text": "str", "author?": "str | None"}


@pytest.mark.parametrize(
    ("now", "fits"),
    [
        (BEFORE, True),
        ({**BEFORE, "labels?": "tuple[str, ...]"}, True),
        ({**BEFORE, "labels": "tuple[str, ...]"}, False),
        ({"text": "str"}, False),
        ({"text": "int", "author?": "str | None"}, False),
        ({"text?": "str", "author?": "str | None"}, False),
    ],
    ids=["the same", "an optional field more", "a required one more", "one less", "narrowed", "loosened"],
)
def test_which_changes_of_an_event_need_no_new_version(now: dict[str, Any], fits: bool) -> None:
    assert adds_only(BEFORE, now) is fits


def test_a_field_that_was_added_has_its_default_in_older_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a version and without a step; with a version that has no step, too."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))

    class Noted(Event, topic="note.noted"):
        text: str
        labels: tuple[str, ...] = ("new",)

    class Changed(Event, topic="note.changed", version=3):
        text: str
        words: int = 0

        @classmethod
        def upcast_v1_v2(cls, payload: dict[str, Any]) -> dict[str, Any]:
            return {"text": payload["txt"]}

    assert Noted.load({"text": "one"}, 1) == Noted(text="one", labels=("new",))
    assert with_defaults(Noted, {"text": "one"}) == {"text": "one", "labels": ["new"]}
    assert Changed.load({"txt": "one"}, 1) == Changed.load({"text": "one"}, 2) == Changed(text="one", words=0)


def test_an_event_of_an_older_version_is_brought_up_to_date_step_by_step(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R7: written by version 1, read by version 3."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Aggregate, "CATEGORIES", dict(Aggregate.CATEGORIES))

    class Note(Aggregate, category="note"):
        text: str
        words: int = 0

    class Noted(Event, topic="note.noted"):
        txt: str

        def changes(self, before: Any) -> dict[str, Any]:
            return {"text": self.txt}

    with ledger.unit() as unit:
        unit.record(Note, "note_1", [Noted(txt="two words")])
    ledger._core.aggregates.forget("note-note_1")  # as in a process of the next release

    class NotedToday(Event, topic="note.noted", version=3):
        text: str
        words: int

        @staticmethod
        def upcast_v1_v2(payload: dict[str, Any]) -> dict[str, Any]:
            return {"text": payload["txt"]}

        @staticmethod
        def upcast_v2_v3(payload: dict[str, Any]) -> dict[str, Any]:
            return {**payload, "words": len(payload["text"].split())}

    assert [past.event for past in ledger.history(Note, "note_1")] == [NotedToday(text="two words", words=2)]
    note = ledger.get(Note, "note_1", version=1)
    assert (note.text, note.words) == ("two words", 2)
    assert NotedToday.load({"text": "one"}, 2) == NotedToday(text="one", words=1)
    assert NotedToday.load({"text": "one", "words": 9}, 3) == NotedToday(text="one", words=9)
