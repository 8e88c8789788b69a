"""The fingerprint of a table: it changes with whatever would make other rows, and with nothing else."""

from collections.abc import Callable
from types import new_class
from typing import Annotated, Any, TypedDict

import pytest
import sqlalchemy as sa

from workledger.domain.task.card_events import TaskCreated, TaskMoved
from workledger.domain.task.events import TaskCancelled
from workledger.projections.engine.columns import STAMPS
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rules import Becomes, Count, From, Logged, References, Stream, Sum
from workledger.projections.engine.table import Table
from workledger.projections.engine.types import Dollars

BASE: dict[str, Any] = {
    "id": Annotated[str, Stream()],
    "title": Annotated[str | None, From(TaskCreated)],
    "state": Annotated[str, Becomes({TaskCreated: "new", TaskMoved: "moved"})],
    "moves": Annotated[int, Count(TaskMoved)],
}


def declared(
    columns: dict[str, Any] | None = None, *, stamps: dict[str, Any] = STAMPS, body: Any = None, **options: Any
) -> type[Table]:
    row = TypedDict("CardRow", BASE | (columns or {}) | stamps)  # type: ignore[misc]
    chosen = {"row": row, "name": "cards", "born": (TaskCreated,)} | options
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "METADATA", sa.MetaData())  # the same name is declared again and again
        return new_class("Cards", (Table,), chosen, lambda namespace: namespace.update(body or {}))


def test_it_is_the_same_for_the_same_declaration() -> None:
    assert declared().fingerprint() == declared().fingerprint()
    assert Group("board", [declared()]).fingerprint == Group("board", [declared()]).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        lambda: declared({"labels": Annotated[str, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[str, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[int | None, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[Dollars | None, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[str | None, Logged(TaskCreated)]}),
        lambda: declared({"title": Annotated[str | None, From(TaskCreated, field="description")]}),
        lambda: declared({"title": Annotated[str | None, From(TaskCreated, TaskMoved)]}),
        lambda: declared({"title": Annotated[str | None, From(TaskCreated), References("tasks", "null")]}),
        lambda: declared({"state": Annotated[str, Becomes({TaskCreated: "new", TaskMoved: "gone"})]}),
        lambda: declared({"moves": Annotated[int, Count(TaskMoved, TaskCreated)]}),
        lambda: declared(indexes=("title",)),
        lambda: declared(indexes=("unique title",)),
        lambda: declared(key=("id", "title")),
        lambda: declared(dies=(TaskCancelled,)),
        lambda: declared(renews=(TaskCreated,)),
        lambda: declared(stamps={}),
        lambda: declared(name="tickets"),
    ],
)
def test_it_changes_with_the_declaration(changed: Callable[[], type[Table]]) -> None:
    assert changed().fingerprint() != declared().fingerprint()
    assert Group("board", [changed()]).fingerprint != Group("board", [declared()]).fingerprint


def test_it_changes_with_what_plain_functions_are_registered_for() -> None:
    folding = declared(body={"FOLDS": {TaskMoved: lambda *given: ()}})
    acting = declared(body={"BARRIERS": {TaskCancelled: lambda *given: None}})
    assert len({table.fingerprint() for table in (declared(), folding, acting)}) == 3


def doubled() -> Callable[..., Any]:
    def rule(*given: Any) -> Any:
        return [*given, *given]

    return rule


def reversed_() -> Callable[..., Any]:
    def rule(*given: Any) -> Any:
        return [*given][::-1]

    return rule


MADE_WITH: dict[str, Callable[[Callable[..., Any]], type[Table]]] = {
    "From": lambda rule: declared({"title": Annotated[str | None, From(TaskCreated, by=rule)]}),
    "Becomes": lambda rule: declared({"state": Annotated[str, Becomes({TaskCreated: "new", TaskMoved: rule})]}),
    "Sum": lambda rule: declared({"moves": Annotated[int, Sum("rank", TaskMoved, by=rule)]}),
    "FOLDS": lambda rule: declared(body={"FOLDS": {TaskMoved: rule}}),
    "BARRIERS": lambda rule: declared(body={"BARRIERS": {TaskMoved: rule}}),
    "removed": lambda rule: declared(body={"removed": classmethod(rule)}),
}


@pytest.mark.parametrize("made_with", MADE_WITH.values(), ids=MADE_WITH)
def test_it_changes_with_what_a_function_does(made_with: Callable[[Callable[..., Any]], type[Table]]) -> None:
    """No rows of two rules: it fails when a function counts by its name."""
    assert doubled().__name__ == reversed_().__name__
    assert made_with(doubled()).fingerprint() == made_with(doubled()).fingerprint()
    assert made_with(doubled()).fingerprint() != made_with(reversed_()).fingerprint()


def test_it_changes_when_two_functions_change_places() -> None:
    one, other = doubled(), reversed_()
    assert (
        declared(body={"FOLDS": {TaskMoved: one, TaskCancelled: other}}).fingerprint()
        != declared(body={"FOLDS": {TaskCancelled: one, TaskMoved: other}}).fingerprint()
    )


def test_a_revision_stands_for_the_functions_of_a_table() -> None:
    def of(revision: int | None, rule: Callable[..., Any]) -> str:
        return declared(body={"FOLDS": {TaskMoved: rule}}, revision=revision).fingerprint()

    assert of(1, doubled()) == of(1, reversed_())
    assert len({of(1, doubled()), of(2, doubled()), of(None, doubled())}) == 3


def test_it_changes_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = declared().fingerprint()
    monkeypatch.setattr("workledger.projections.engine.table.REVISION", 99)
    assert declared().fingerprint() != before
