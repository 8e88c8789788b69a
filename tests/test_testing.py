"""workledger.testing: a test of an app says what is wrong, and read tables show what is given and what follows."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
import sqlalchemy as sa

from workledger import Group, Table
from workledger.columns import From, References, Stamped, Stream, Sum
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated
from workledger.projections.projects import Projects
from workledger.testing import given

PROJECT = ProjectCreated(name="Shop")
TASK = TaskCreated(title="Fix the till", project_id="shop", rank="M")


def test_a_table_shows_what_is_given_and_what_follows() -> None:
    given(Project, PROJECT, id="shop").when(Project.change_details, name="Till").shows(
        Projects, {"id": "shop", "name": "Till", "version": 2, "updated_at": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)}
    )


def test_a_row_that_is_missing_or_different_is_told() -> None:
    shop = given(Project, PROJECT, id="shop")
    with pytest.raises(AssertionError, match="projects has 1 rows, not 0"):
        shop.shows(Projects)
    with pytest.raises(AssertionError, match=r"\[\{'name': 'Shop'\}\] is not \[\{'name': 'Till'\}\]"):
        shop.shows(Projects, {"name": "Till"})
    with pytest.raises(AssertionError, match=r"\[\{'nosuch': None\}\] is not"):
        shop.shows(Projects, {"nosuch": "Till"})


def test_an_event_that_cannot_be_folded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when the event is set aside as a dead letter and its row is merely missing."""
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class LengthRow(Stamped):
        id: Annotated[str, Stream()]
        length: Annotated[int, Sum("name", ProjectCreated)]

    class Lengths(Table, row=LengthRow, name="lengths", born=(ProjectCreated,)): ...

    with pytest.raises(AssertionError, match=r"project\.created cannot be folded into lengths"):
        given(Project, PROJECT).rows(Lengths)


def test_tables_of_a_group_are_folded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class ShopRow(Stamped):
        id: Annotated[str, Stream()]

    class JobRow(Stamped):
        id: Annotated[str, Stream()]
        shop_id: Annotated[str | None, From(TaskCreated, field="project_id"), References("shops", "cascade")]

    class Shops(Table, row=ShopRow, name="shops", born=(ProjectCreated,)): ...

    class Jobs(Table, row=JobRow, name="jobs", born=(TaskCreated,)): ...

    log = given(Project, PROJECT, id="shop").and_given(Task, TASK, id="one").and_given(Task, TASK, id="two")
    log.shows(Jobs, {"id": "one", "shop_id": "shop"}, {"id": "two"}, group=Group("shops", [Shops, Jobs]))
