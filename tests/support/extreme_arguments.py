"""Arguments of commands as far out as their types allow, and a bit further: what is accepted must have a row."""

import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from pydantic import TypeAdapter

from workledger.domain.kernel.fields import Unset

LETTERS = ("a", "Z", "7", " ", "ü", "🦀", "\x01", "\x7f", "\n", "'", '"', "\\", "%", ":", "/", "\x00", "\ud800")
INTEGERS = (0, 1, -1, 2**31 - 1, 2**31, 10**12, 2**53 - 1, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**64), 10**30)
FLOATS = (0.0, -0.0, 0.1, 1e-320, 1e6, 1e12, 1e13, 1e300, 1.7e308, -1.0, float("inf"), float("-inf"), float("nan"))
MOMENTS = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59.999999-14:00", "1970-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2024-06-30T23:59:60Z"),
)


def arguments_of(command: Callable[..., Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments for a command: all that it needs, and any of the others."""
    hints = get_type_hints(inspect.unwrap(command), include_extras=True)
    given: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in ("self", "cls") and parameter.kind is not parameter.VAR_KEYWORD:
            given[parameter.default is parameter.empty][name] = _of(hints[name])
    return st.fixed_dictionaries(given[True], optional=given[False])


def _of(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation is type(None):
        return st.none()
    if get_origin(annotation) in (Union, types.UnionType):
        return st.one_of(*(_of(one) for one in get_args(annotation) if one is not Unset))
    if get_origin(annotation) is Annotated and get_origin(get_args(annotation)[0]) in (Union, types.UnionType):
        return _of(get_args(annotation)[0])
    schema = TypeAdapter(annotation).json_schema()
    return _like(schema, schema.get("$defs", {}))


def _like(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values at the limits of a JSON schema, and just beyond them."""
    if "$ref" in schema:
        return _like(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of(*(_like(one, definitions) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "integer":
            return st.sampled_from([*_around(schema), *INTEGERS])
        case "number":
            return st.sampled_from([*_around(schema), *FLOATS])
        case "string" if schema.get("format") == "date-time":
            return st.sampled_from(MOMENTS)
        case "string":
            return _texts(schema.get("minLength", 0), schema.get("maxLength", 300_000))
        case "array":
            return st.lists(_like(schema.get("items", {}), definitions), max_size=3)
        case "object" if "properties" in schema:
            properties = {name: _like(one, definitions) for name, one in schema["properties"].items()}
            return st.fixed_dictionaries({}, optional=properties)
    return VALUES if schema.get("type") != "object" else st.dictionaries(st.text(max_size=3), VALUES, max_size=3)


def _around(schema: dict[str, Any]) -> list[Any]:
    limits = [schema[name] for name in ("minimum", "maximum") if name in schema]
    return [limit + step for limit in limits for step in (-1, 0, 1)]


def _texts(shortest: int, longest: int) -> st.SearchStrategy[str]:
    """Of one letter, often as long as may be; most letters can be stored."""
    lengths = st.sampled_from([shortest, max(shortest, 1), 5, longest, longest, longest + 1])
    letters = st.sampled_from(LETTERS[:-2]) | st.sampled_from(LETTERS[:3]) | st.sampled_from(LETTERS)
    ends = st.integers(0, 10**9).map(str)
    return st.builds(
        lambda letter, length, end: (letter * max(length - len(end), 0) + end)[:length], letters, lengths, ends
    )


def _deep(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.sampled_from(INTEGERS) | st.sampled_from(FLOATS) | _texts(0, 300),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts(0, 20), inner, max_size=2),
    max_leaves=4,
) | st.builds(_deep, st.just(0), st.sampled_from([100, 300, 2000]))
"""What JSON can say, and some that it cannot."""
