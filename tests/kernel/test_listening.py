"""What follows an append: listeners are woken, and inline tables are up to date when the record is."""

import pytest

import workledger
from workledger import Workledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.projections import projects
from workledger.projections.tasks import Tasks

STORES = ("memory", "sqlite", "postgres")


def own(heard: list[int]) -> list[int]:
    """Without the wake-ups of other processes, and the one that every listener begins with."""
    return [position for position in heard if position]


def test_a_listener_hears_of_every_append_until_it_ends(ledger: Workledger) -> None:
    heard: list[int] = []
    end = ledger.listen(heard.append)
    ledger.create(Task.create(title="One"))
    with ledger.unit() as unit:
        unit.create(Task.create(title="Two"))
        unit.create(Task.create(title="Three"))
    end()
    ledger.create(Task.create(title="Four"))
    assert own(heard) == [1, 3]


def test_listeners_are_not_called_after_a_refusal(ledger: Workledger) -> None:
    heard: list[int] = []
    ledger.listen(heard.append)
    with pytest.raises(Refused), ledger.edit(Task, "nobody"):
        pass
    assert own(heard) == []


def test_tables_wait_until_they_are_caught_up(ledger: Workledger) -> None:
    project = ledger.create(Project.create(name="Bakery"))
    assert projects.get(ledger.tables, project.id) is None
    assert ledger.catch_up() == 1
    assert projects.get(ledger.tables, project.id) is not None


def test_inline_tables_are_up_to_date_when_the_record_is(store_url: str) -> None:
    with workledger.open(store_url, project="inline") as ledger:
        project = ledger.create(Project.create(name="Bakery"))
        seen = projects.get(ledger.tables, project.id)
        assert seen is not None
        assert seen["name"] == "Bakery"
        with ledger.edit(Project, project.id) as draft:
            draft.change_details(name="Brewery")
        [row] = projects.recent(ledger.tables)
        assert (row["name"], row["version"], row["last_position"]) == ("Brewery", 2, 2)


def test_an_inline_ledger_catches_up_with_what_others_wrote(database_url: str) -> None:
    with workledger.open(database_url) as other:
        other.create(Task.create(title="Theirs"))
    with workledger.open(database_url, project="inline") as ledger:
        ledger.create(Task.create(title="Ours"))
        titles = [row["title"] for row in ledger.tables.all(Tasks.table.select().order_by(Tasks.c.last_position))]
        assert titles == ["Theirs", "Ours"]


def test_listeners_are_woken_when_inline_tables_are_there(store_url: str) -> None:
    with workledger.open(store_url, project="inline") as ledger:
        seen: list[int] = []
        ledger.listen(lambda position: seen.append(ledger.projector.position()))
        ledger.create(Task.create(title="One"))
        assert 1 in seen
