"""Values as JSON: secrets by the names of fields, and in every text."""

from collections.abc import Callable, Iterator
from typing import TypeAlias, Union

from workledger.adapters.redaction import names, values
from workledger.adapters.redaction.spans import GONE, words

JSON: TypeAlias = Union[bool, int, float, str, list["JSON"], dict[str, "JSON"], None]  # noqa: UP007, it is recursive
Redact: TypeAlias = Callable[[JSON], JSON]
"""Returns a value of a source without what must not be stored."""

ALL = names.PASSWORD + 1
"""Every value inside is one, whatever its name."""

_NAMES = ("name", "key", "Name", "Key", "id", "variable", "header", "field", "param", "k")
_VALUES = ("value", "Value", "val", "v", "content", "secretValue", "stringValue", "default")
_INSIDE = words(
    "value val v raw data plain text current new old secret content #text $value _value stringvalue token access"
    " refresh password prod production dev test staging live main default root admin"
)
"""Names of fields that hold the secret of the field they are in."""


def cleaned(value: JSON, text: Callable[[str], str]) -> JSON:
    """A copy without secrets; `text` cleans a text. However deep it is, it does not recurse."""
    holder: list[JSON] = [value]
    work: list[tuple[list[JSON] | dict[str, JSON], int | str, int]] = [(holder, 0, names.NONE)]
    while work:
        where, place, kind = work.pop()
        old = where[place]  # type: ignore[index]
        new = _one(old, kind, text)
        where[place] = new  # type: ignore[index]
        if isinstance(new, dict):
            work += [(new, name, inner) for name, inner in _fields(new, kind)]
        elif isinstance(new, list):
            work += [(new, number, inner) for number, inner in _items(new, kind)]
    return holder[0]


def _one(value: JSON, kind: int, text: Callable[[str], str]) -> JSON:
    """The value itself when it is a text or number, and a shallow copy of a container, with clean names."""
    if isinstance(value, str):
        return GONE if kind and _secret(value, kind) else text(value)
    if isinstance(value, dict):
        return {text(name): one for name, one in value.items()}
    if isinstance(value, list):
        return list(value)
    if kind == names.PASSWORD and isinstance(value, int | float) and not isinstance(value, bool):
        return GONE
    return value


def _secret(value: str, kind: int) -> bool:
    return bool(value.strip()) and not values.placeholder(value) and not values.harmless(value, "")


def _fields(value: dict[str, JSON], kind: int) -> Iterator[tuple[str, int]]:
    """The kind of each field: by its name, by the name beside it, or by the field that it is in."""
    beside = names.NONE
    for one in _NAMES:
        if isinstance(name := value.get(one), str) and len(name) <= 100 and any(other in value for other in _VALUES):
            beside = max(beside, names.strength(name))
    schema = isinstance(value.get("type"), str) and "description" in value
    for name in value:
        own = field_kind(name, value[name])
        if beside and name in _VALUES:
            own = max(own, beside)
        if kind and not schema and name.lower() in _INSIDE:
            own = max(own, kind)
        if value.get("kind") == "Secret" and name in {"data", "stringData"} and isinstance(value[name], dict):
            own = ALL
        if kind == ALL:
            own = ALL
        yield name, own


def field_kind(name: str, value: JSON) -> int:
    """What the value of a field with that name is."""
    if len(name) > 100 or not any(stem in name.lower() for stem in names.STEMS):
        return names.NONE
    kind = names.strength(name)
    if name.lower() == "pass" and not isinstance(value, str):
        return names.NONE  # what tests did
    if kind == names.PASSWORD and isinstance(value, str) and name.lower().endswith("pwd") and value[:1] in "/.~":
        return names.NONE
    if name.lower().strip("_").endswith("auth") and not (isinstance(value, str) and values.looks_random(value)):
        return names.NONE
    return kind


def _items(value: list[JSON], kind: int) -> Iterator[tuple[int, int]]:
    """Texts in a list of a secret's name are secrets, and so is what follows a name or a flag in a list."""
    pair = len(value) == 2 and isinstance(value[0], str) and len(value[0]) <= 100 and names.strength(value[0])
    for number, one in enumerate(value):
        before = value[number - 1] if number else None
        own = kind
        if isinstance(before, str) and before.startswith("-") and len(before) <= 60 and isinstance(one, str):
            own = max(own, names.strength(before) if "=" not in before and not one.startswith("-") else names.NONE)
        if pair and number == 1 and isinstance(one, str) and values.looks_random(one):
            own = max(own, int(pair))
        yield number, own
