"""Bodies of requests: models derived from what commands take."""

import inspect
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Union, get_args, get_origin

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
