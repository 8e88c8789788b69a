"""Bodies: the models of what commands take, as an app may write them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from workledger.api.web.bodies import model
from workledger.domain.kernel.fields import UNSET, Name, Unset


def change(*, name: Name | Unset = UNSET, note: Name | Unset | None = UNSET, count: int, by: str | None = None) -> None:
    """Annotations of this module are texts, as they are in many an app's."""


CHANGE = model("Change", change)


@pytest.mark.parametrize(
    "given",
    [{"count": 1}, {"count": 1, "note": None}, {"count": 1, "name": "n", "note": "n"}, {"count": 1, "by": None}],
)
def test_the_arguments_are_those_that_were_given(given: dict[str, Any]) -> None:
    assert CHANGE.model_validate(given).arguments() == given


@pytest.mark.parametrize(
    "wrong", [{}, {"count": "many"}, {"count": 1, "name": None}, {"count": 1, "name": ""}, {"count": 1, "more": 1}]
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CHANGE.model_validate(wrong)


def test_extra_fields_replace_those_of_the_function() -> None:
    named = model("Named", change, without=("by",), extra={"note": (str, ...)})
    assert set(named.model_fields) == {"name", "note", "count"}
    assert named.model_fields["note"].is_required()
