"""What is invalid in a request: where it is and what is wrong, in the words of the domain."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from workledger.domain.kernel.refusals import InvalidInput


class InvalidId(InvalidInput):
    """That is no id: {summary}"""

    code = "INVALID_ID"


def invalid(error: RequestValidationError) -> InvalidInput:
    """What FastAPI found wrong, as the domain says such things: where it is, and what; values are left out."""
    found = error.errors()
    errors: list[dict[str, Any]] = [{"loc": _place(one, error.body), "msg": _said(one)} for one in found]
    summary = "; ".join(": ".join(filter(None, [".".join(map(str, one["loc"])), str(one["msg"])])) for one in errors)
    kind = InvalidId if all(one["loc"][0] == "path" for one in found) else InvalidInput
    return kind(summary=summary, errors=errors)


def with_pointer(error: dict[str, Any]) -> dict[str, Any]:
    """An error with its place as a JSON pointer, too (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"])
    return {**error, "pointer": "#/" + "/".join(parts)}


def _place(error: Mapping[str, Any], body: Any) -> list[str | int]:
    """Where in a request an error is, without the kinds of a union that pydantic has tried."""
    where, *parts = error["loc"]
    if error["type"] == "json_invalid":
        return []
    if where != "body":
        return list(parts[:1])
    place: list[str | int] = []
    for index, part in enumerate(parts):
        if isinstance(body, Mapping) and (part in body or (error["type"] == "missing" and index == len(parts) - 1)):
            place, body = [*place, part], body.get(part)
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            place, body = [*place, part], body[part]
    return place


def _said(error: Mapping[str, Any]) -> str:
    cause = f": {error['ctx']['error']}" if error["type"] == "json_invalid" else ""
    return str(error["msg"]).removeprefix("Value error, ") + cause
