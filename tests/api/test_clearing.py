"""Null clears, absence leaves: a detail that may be empty can be emptied, and one that may not cannot."""

from typing import Any

import pytest

from support.http_client import Doors

THINGS: dict[str, tuple[str, dict[str, Any], str]] = {
    "tasks": ("change-details", {"title": "Write it", "description": "old"}, "title"),
    "projects": ("change-details", {"name": "Atlas", "description": "old"}, "name"),
    "workspaces": ("update", {"name": "Office", "description": "old"}, "name"),
}
"""The command that changes the details of each, what one is begun with, and what is never empty."""


@pytest.mark.parametrize("path", THINGS)
def test_null_clears_and_absence_leaves(doors: Doors, path: str) -> None:
    command, body, name = THINGS[path]
    doors.do(path, id="x", **body)
    doors.do(f"{path}/x/{command}", **{name: "Other"})
    assert doors.see(f"{path}/x").items() >= {name: "Other", "description": "old"}.items()
    changed = doors.do(f"{path}/x/{command}", description=None)
    assert changed["state"]["description"] is None
    assert doors.see(f"{path}/x").items() >= {name: "Other", "description": None}.items()
    assert doors.see(f"{path}/x/events")["items"][-1]["data"] == {"description": None}


@pytest.mark.parametrize("path", THINGS)
def test_what_is_never_empty_takes_no_null(doors: Doors, path: str) -> None:
    command, body, name = THINGS[path]
    doors.do(path, id="x", **body)
    answer = doors.answer("POST", f"{path}/x/{command}", json={name: None})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{name}"]


@pytest.mark.parametrize("path", THINGS)
def test_nothing_given_changes_nothing(doors: Doors, path: str) -> None:
    command, body, _ = THINGS[path]
    doors.do(path, id="x", **body)
    for given in ({}, None):
        assert doors.answer("POST", f"{path}/x/{command}", json=given).json()["version"] == 1


def test_the_schema_says_which_may_be_null(doors: Doors) -> None:
    schemas = doors.answer("GET", "openapi.json").json()["components"]["schemas"]
    fields = schemas["TaskChangeDetails"]["properties"]
    assert fields["title"] == {"type": "string", "minLength": 1, "maxLength": 200, "title": "Title"}
    assert {"type": "null"} in fields["description"]["anyOf"]
    assert "required" not in schemas["TaskChangeDetails"]
