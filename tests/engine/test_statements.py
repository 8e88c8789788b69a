"""Statements whose conditions depend on what they are given: what is found, and how often they are compiled."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.examples import examples
from workledger import Workledger
from workledger.domain.kernel.fields import storable
from workledger.domain.task import Task
from workledger.projections.engine.narrowing import Narrowing, among, nullable, optional
from workledger.projections.engine.statement import Plan, Statement
from workledger.projections.tasks import Tasks

BY_ID = sa.select(Tasks.c.id).order_by(Tasks.c.id)
OF_PARENT = Statement(BY_ID, None, optional(Tasks.c.parent_task_id))
IN_PARENT = Statement(BY_ID, None, nullable(Tasks.c.parent_task_id))
WITH_TITLES = Statement(
    BY_ID.where(Tasks.c.status != sa.bindparam("status")).limit(sa.bindparam("limit")),
    None,
    optional(Tasks.c.parent_task_id),
    Narrowing("titles", given=among(Tasks.c.title, "titles")),
)

TEXT = sa.cast(sa.bindparam("text"), sa.Text).label("text")
SAME = Statement(sa.select(TEXT).where(among(TEXT, "texts")))
TEXTS = st.text(max_size=20).filter(storable)


@pytest.fixture
def tree(database_ledger: Workledger) -> Workledger:
    with database_ledger.unit() as unit:
        for id, parent in {"a": None, "b": "a", "c": "a", "d": None}.items():
            unit.create(Task.create(id=id, title=id.upper(), parent_task_id=parent))
    database_ledger.catch_up()
    return database_ledger


def found(ledger: Workledger, statement: Statement[Any], **given: Any) -> str:
    return "".join(row["id"] for row in ledger.tables.run(statement, **given))


def test_an_optional_parameter_that_is_not_given_narrows_nothing(tree: Workledger) -> None:
    assert found(tree, OF_PARENT, parent_task_id="a") == "bc"
    assert found(tree, OF_PARENT, parent_task_id=None) == found(tree, OF_PARENT) == "abcd"


def test_a_nullable_parameter_that_is_not_given_finds_rows_that_have_none(tree: Workledger) -> None:
    """Proves `is null`: as a parameter, null would equal nothing."""
    assert found(tree, IN_PARENT, parent_task_id="a") == "bc"
    assert found(tree, IN_PARENT, parent_task_id=None) == "ad"


def test_each_choice_of_what_is_given_is_compiled_once(tree: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"parent_task_id": "a"},
        {"titles": ["A", "C", "D"]},
        {"titles": ("A", "C", "D"), "parent_task_id": "a"},
        {"titles": []},
    ]
    statement = Statement(WITH_TITLES.query, None, *WITH_TITLES._narrowings)
    compiled: list[Plan] = []
    begin = Plan.__init__

    def counting(self: Plan, *given: Any) -> None:
        compiled.append(self)
        begin(self, *given)

    monkeypatch.setattr(Plan, "__init__", counting)
    for _ in range(2):
        told = [found(tree, statement, status="cancelled", limit=9, **given) for given in asked]
        assert told == ["abcd", "bc", "acd", "c", ""]
    assert len(compiled) == 4
    assert found(tree, statement, status="cancelled", limit=2, titles=["A", "C", "D"]) == "ac"


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, max_size=20), other=TEXTS)
def test_among_finds_whatever_is_in_the_list_and_nothing_else(
    database_ledger: Workledger, texts: list[str], other: str
) -> None:
    """Quotes, commas and backslashes too: no text is taken apart on its way into the database."""
    tables = database_ledger.tables
    assert bool(tables.run(SAME, text=other, texts=texts)) == (other in texts)
    assert tables.run(SAME, text=other, texts=[*texts, other]) == [{"text": other}]
