"""The fingerprint of a table: it changes with whatever would make other rows, and with nothing else."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
import sqlalchemy as sa

from workledger.domain.task.card_events import TaskCreated, TaskMoved
from workledger.domain.task.events import TaskCancelled
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.table import Becomes, Count, From, References, Stream, Table

BASE: dict[str, Any] = {
    "id": Annotated[str, Stream()],
    "title": Annotated[str | None, From(TaskCreated)],
    "state": Annotated[str, Becomes({TaskCreated: "new", TaskMoved: "moved"})],
    "moves": Annotated[int, Count(TaskMoved)],
}


def declared(columns: dict[str, Any] | None = None, **options: Any) -> type[Table]:
    chosen = {"name": "cards", "group": "board", "born": (TaskCreated,)} | options
    namespace = {"__annotations__": BASE | (columns or {}), "METADATA": sa.MetaData(), "__module__": __name__}
    patched, Table.METADATA = Table.METADATA, sa.MetaData()
    try:
        made: type[Table] = type(Table)("Cards", (Table,), namespace, **chosen)
        return made
    finally:
        Table.METADATA = patched


def test_it_is_the_same_for_the_same_declaration() -> None:
    assert declared().fingerprint() == declared().fingerprint()
    assert Group("board", [declared()]).fingerprint == Group("board", [declared()]).fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        lambda: declared({"labels": Annotated[str, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[str, From(TaskCreated)]}),
        lambda: declared({"title": Annotated[int | None, From(TaskCreated)]}),
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
        lambda: declared(stamped=False),
        lambda: declared(name="tickets"),
    ],
)
def test_it_changes_with_the_declaration(changed: Callable[[], type[Table]]) -> None:
    assert changed().fingerprint() != declared().fingerprint()
    assert Group("board", [changed()]).fingerprint != Group("board", [declared()]).fingerprint


def test_it_changes_with_what_plain_functions_are_registered_for(monkeypatch: pytest.MonkeyPatch) -> None:
    folding, acting = declared(), declared()
    monkeypatch.setattr(folding, "FOLDS", {TaskMoved: lambda *given: ()})
    monkeypatch.setattr(acting, "BARRIERS", {TaskCancelled: lambda *given: None})
    assert len({table.fingerprint() for table in (declared(), folding, acting)}) == 3


def test_it_changes_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = declared().fingerprint()
    monkeypatch.setattr("workledger.projections.engine.table.REVISION", 99)
    assert declared().fingerprint() != before
