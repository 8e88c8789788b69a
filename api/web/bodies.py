"""Bodies of requests: JSON that is JSON, in models derived from what commands take."""

import inspect
import json
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Union, get_args, get_origin

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, create_model

from workledger.domain.kernel.fields import UNSET, Unset


class Body(BaseModel):
    """Arguments of a command; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    def arguments(self) -> dict[str, Any]:
        """What was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OpenBody(Body):
    """Arguments of a command that hands on what it does not know."""

    model_config = ConfigDict(extra="allow")


def model(
    name: str,
    function: Callable[..., Any],
    *,
    like: Callable[..., Any] | None = None,
    without: tuple[str, ...] = (),
    extra: Mapping[str, Any] | None = None,
) -> type[Body]:
    """The model of a function's keyword arguments. What is UNSET unless given may be left out, and null is a value.

    Args:
        like: a function whose arguments of the same names say more exactly what fits.
        extra: fields to add, as pydantic's `create_model` takes them.
    """
    exact = inspect.signature(like, eval_str=True).parameters if like else {}
    fields: dict[str, Any] = {}
    base: type[Body] = Body
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            base = OpenBody
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in without:
            annotation = exact.get(parameter.name, parameter).annotation
            fields[parameter.name] = (_without_unset(annotation), _default(parameter.default))
    return create_model(name, __base__=base, **(fields | dict(extra or {})))


def _without_unset(annotation: Any) -> Any:
    """The values that a client may give: those of the annotation but for UNSET."""
    if get_origin(annotation) not in (Union, UnionType) or Unset not in get_args(annotation):
        return annotation
    return reduce(or_, (one for one in get_args(annotation) if one is not Unset))


def _default(default: Any) -> Any:
    if default is inspect.Parameter.empty:
        return ...
    return Field(default_factory=lambda: UNSET) if default is UNSET else default


class StrictRequest(Request):
    """A request whose JSON is JSON: in UTF-8, without NaN and without lone surrogates."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, "", error.pos) from None
        return self._json


class StrictRoute(APIRoute):
    """A route whose bodies are read by StrictRequest."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            response: Response = await handle(StrictRequest(request.scope, request.receive))
            return response

        return strictly
