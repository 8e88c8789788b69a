"""No value of any parameter of any route is answered with 500: the ends of numbers and of the calendar, odd texts."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from support.http_client import Doors
from support.one_of_each import BEGUN, found
from workledger.api.web import service

INTEGERS = [
    -(10**30),
    -(2**63) - 1,
    -(2**63),
    -(2**31) - 1,
    -1,
    0,
    2**31 - 1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    10**30,
]
MOMENTS = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00.000001-14:00",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999999-14:00",
    "10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
]
TEXTS = ["\0", "\u202ex\x1b[31m", "x" * 5_000, "%", "\U0001f41d"]
ENCODED = ["%ED%A0%80", "%FF", "%2F..%2F"]
"""Texts that no encoding of a text leads to: half of a character, bytes that are none, a slash inside a segment."""

HEADERS = [b"user:\xff", b"user:\xc2\x9b", b"x" * 5_000, b'"999999999999999999"', b'"99999999999999999999"']


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions that do not come are not waited for."""
    monkeypatch.setattr(service, "PATIENCE", 0.01)


@pytest.fixture
def paths(all_doors: Doors) -> dict[str, Any]:
    """The paths of the schema, with one thing of each noun in the ledger."""
    found(all_doors)
    for path, (_, body) in BEGUN.items():
        if path != "commits":
            all_doors.do(path, **(body | {"id": "one"}))
    schema: dict[str, Any] = all_doors.answer("GET", "openapi.json").json()
    return {path: operations for path, operations in schema["paths"].items() if path != "/api/feed"} | {
        "components": schema["components"]["schemas"]
    }


def test_no_parameter_of_a_query_a_path_or_a_header_has_a_value_that_fails(
    all_doors: Doors, paths: dict[str, Any], store_url: str
) -> None:
    """Those of paths and headers, which reach no column as they are, for half of the operations on each database."""
    asked, half = 0, store_url.startswith("postgres")
    for nth, (path, method, operation) in enumerate(operations(paths)):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query" and nth % 2 == half:
                continue
            for address, headers in asking(path, parameter):
                answer = all_doors.client.request(method, address, headers=headers)
                assert answer.status_code < 500 or answer.json()["code"] == "READ_TABLES_BEHIND", (method, address)
                asked += 1
    assert asked > 1000


def test_no_member_of_a_body_has_a_value_that_fails(all_doors: Doors, paths: dict[str, Any], store_url: str) -> None:
    """In SQLite, which is less exact, those of half of the commands."""
    asked, all_of_them = 0, store_url.startswith("postgres")
    for nth, (path, method, operation) in enumerate(operations(paths)):
        if method != "POST" or "requestBody" not in operation or not (all_of_them or nth % 2):
            continue
        shape = Shape(paths["components"], operation["requestBody"]["content"]["application/json"]["schema"])
        for name, value in shape.extremes():
            # As text, since no client encodes half of a character.
            body = json.dumps(shape.least() | {name: value}).encode()
            headers = {"Content-Type": "application/json"}
            answer = all_doors.client.request(method, path.replace("{id}", "one"), content=body, headers=headers)
            assert answer.status_code < 500, (path, body[:500], answer.text)
            asked += 1
    assert asked > 1000


@pytest.mark.parametrize("query", ["after=9223372036854775807", "topics=%ED%A0%80", "project_id=%FF", "after=1e9"])
def test_no_parameter_of_the_feed_fails(all_doors: Doors, query: str) -> None:
    """Asked for with HEAD, as the feed itself does not end."""
    for headers in ({}, {"Last-Event-ID": "9" * 30}, {"Last-Event-ID": b"\xff"}):
        assert all_doors.client.request("HEAD", f"/api/feed?{query}", headers=headers).status_code < 500


def operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation), those that delete last."""
    for path, there in sorted(paths.items(), key=lambda one: "delete" in one[0]):
        if path != "components":
            for method, operation in there.items():
                yield path, method.upper(), operation


def asking(path: str, parameter: dict[str, Any]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The address and headers of a request for each extreme value of a parameter."""
    texts = [*map(quote, TEXTS), *ENCODED]
    one = path.replace("{id}", "one").replace("{code}", "NOT_FOUND")
    if parameter["in"] == "path":
        name = f"{{{parameter['name']}}}"
        yield from ((path.replace(name, text), {}) for text in texts if text)
    elif parameter["in"] == "header":
        yield from ((one, {parameter["name"]: value}) for value in HEADERS)
    else:
        said = json.dumps(parameter["schema"])
        values = [str(number) for number in INTEGERS] if "integer" in said else texts
        values += map(quote, MOMENTS) if "date-time" in said else []
        needed = "project_id=prj_1&" if path == "/api/tasks" and parameter["name"] != "project_id" else ""
        yield from ((f"{one}?{needed}{parameter['name']}={value}", {}) for value in values)


class Shape:
    """An object's schema: what it needs least, and the extreme values of each of its members."""

    def __init__(self, components: dict[str, Any], schema: dict[str, Any]) -> None:
        self._components = components
        self._schema = self._resolved(schema)

    def least(self) -> dict[str, Any]:
        return {name: self._plain(self._schema["properties"][name]) for name in self._schema.get("required", ())}

    def extremes(self) -> Iterator[tuple[str, Any]]:
        for name, schema in self._schema.get("properties", {}).items():
            said = json.dumps(schema)
            kinds = [("integer", INTEGERS), ("number", [1e308, -1e308, 5e-324]), ("date-time", MOMENTS)]
            for values in (values for kind, values in kinds if f'"{kind}"' in said):
                yield from ((name, value) for value in values)
            yield from ((name, value) for value in ("\0", "\ud800", "x" * 100_001, None, [], {"\0": 1}, 2**70))

    def _plain(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        plain = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
        return plain.get(schema.get("type", ""), "x")

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or "anyOf" in schema:
            schema = self._components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema["anyOf"][0]
        return schema
