"""What a ledger is opened with is checked first: nothing is made of declarations that would get in each other's way."""

from typing import Annotated

import pytest
import sqlalchemy as sa

import workledger
from workledger import GROUPS, POLICIES, Aggregate, Created, Group, Policy, Table
from workledger.adapters.declarations import DeclarationInvalid
from workledger.columns import From, References, Stamped, Stream
from workledger.domain.project.events import ProjectCreated


def table(monkeypatch: pytest.MonkeyPatch, name: str, refers_to: str = "") -> type[Table]:
    """A table of projects under some name, which is known to this test only."""
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())
    references = [References(refers_to, "cascade")] if refers_to else []

    class MyRow(Stamped):
        id: Annotated[str, Stream(), *references]
        name: Annotated[str, From(ProjectCreated)]

    class Mine(Table, row=MyRow, name=name, born=(ProjectCreated,)): ...

    return Mine


def refusal(groups: tuple[Group, ...] = GROUPS, policies: tuple[Policy, ...] = POLICIES) -> str:
    with pytest.raises(DeclarationInvalid) as refused:
        workledger.open("memory:", groups=groups, policies=policies)
    assert refused.value.code == "DECLARATION_INVALID"
    return str(refused.value.details["reason"])


def test_two_groups_of_one_name_are_refused() -> None:
    assert refusal((*GROUPS, Group("board", []))) == "two groups are called board"


def test_two_tables_of_one_name_are_refused_in_whatever_group_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal((*GROUPS, Group("mine", [table(monkeypatch, "tasks")]))) == "two read tables are called tasks"


def test_two_policies_of_one_name_are_refused() -> None:
    again = Policy(POLICIES[0].name, (ProjectCreated,), lambda reaction: None)
    assert refusal(policies=(*POLICIES, again)) == f"two policies are called {again.name}"


@pytest.mark.parametrize("name", ["events", "Claims", "checkpoints", "dead_letters", "workledger", "mine__old"])
def test_a_table_never_takes_the_place_of_one_of_the_store(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It fails when making the read table drops the log: SQLite tells no capitals apart."""
    groups = (*GROUPS, Group("mine", [table(monkeypatch, name)]))
    assert refusal(groups) == f"the name of the read table {name} is reserved for workledger itself"


def test_a_table_references_tables_of_its_own_group_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would cascade to it: the groups stand at different positions."""
    groups = (*GROUPS, Group("mine", [table(monkeypatch, "mine", refers_to="projects")]))
    assert refusal(groups) == "mine.id references projects, which is no table of the group mine"


def test_an_app_may_do_without_our_tables_and_policies() -> None:
    with workledger.open("memory:", groups=GROUPS[:1], policies=()) as ledger:
        assert (ledger.groups, ledger.policies) == (GROUPS[:1], ())
        assert ledger.catch_up() == 0
        assert list(ledger.projector.checkpoints()) == [GROUPS[0]]
        assert ledger.reactor.policies == ()


def test_ours_are_opened_unless_others_are_given() -> None:
    with workledger.open("memory:") as ledger:
        assert (ledger.groups, ledger.policies) == (GROUPS, POLICIES)


def test_a_category_or_a_topic_of_ours_is_not_taken_by_an_app() -> None:
    """It fails when the app's aggregate is loaded, and deleted, in the place of ours."""
    with pytest.raises(TypeError, match="The category task belongs to"):

        class Job(Aggregate, category="task"): ...

    with pytest.raises(TypeError, match=r"The topic task\.created belongs to"):

        class JobCreated(Created, topic="task.created"): ...
