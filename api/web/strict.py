"""Routes that take what they say they take, and refuse the rest: other media types, unknown names, odd JSON."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import Headers

from workledger.api.web.targets import whole_ids
from workledger.domain.kernel.refusals import InvalidInput, Refused


class UnsupportedMediaType(Refused):
    """A body is JSON, of the type application/json and not encoded, not {what}."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class StrictRequest(Request):
    """A request whose JSON is JSON: in UTF-8, without NaN, lone surrogates and names that occur twice."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = orjson.loads(body)
                json.loads(body, object_pairs_hook=_names_once)  # of two, the one would hide the other
            except json.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, "", error.pos) from None
            except RecursionError:
                raise json.JSONDecodeError("nested too deeply", "", 0) from None
        return self._json


class StrictRoute(APIRoute):
    """A route whose ids are whole, whose bodies are read by StrictRequest, and which refuses what it does not know."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()
        names = _query_names(self.dependant)
        takes_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            whole_ids(request)
            if names is not None and request.scope["query_string"]:
                _only(names, request)
            if takes_body:
                _json_only(request.headers)
            response: Response = await handle(StrictRequest(request.scope, request.receive))
            return response

        return strictly


def _query_names(dependant: Dependant) -> frozenset[str] | None:
    """What an endpoint and what it depends on may be asked; None when a model of the whole query says it."""
    names: set[str] = set()
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return None
        names.add(field.alias)
    for needed in dependant.dependencies:
        found = _query_names(needed)
        if found is None:
            return None
        names |= found
    return frozenset(names)


def _names_once(pairs: Sequence[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"{twice!r} occurs twice in one object", "", 0)


def _only(names: frozenset[str], request: Request) -> None:
    unknown = [name for name in request.query_params if name not in names]
    if unknown:
        summary = "; ".join(f"query: {name} is unknown here" for name in unknown)
        raise InvalidInput(summary=summary, errors=[{"loc": [name], "msg": "unknown here"} for name in unknown])


def _json_only(headers: Headers) -> None:
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    coding = headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise UnsupportedMediaType(what=f"encoded as {coding}")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType(what=kind or "of no type")
