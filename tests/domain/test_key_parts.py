"""Keys of claims: their parts are told apart, and refusals name what is taken in words."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.domain.agent import Agent
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.claims import LONGEST_KEY, Release, Take, key_of, releases
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput, NameTaken, Refused
from workledger.domain.kernel.store import Conditions
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.worktree import Worktree

parts = st.lists(st.text("a:%3A25", max_size=5) | st.text(max_size=5), min_size=1, max_size=4)


@given(parts, parts)
def test_different_parts_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (key_of("k", *one) == key_of("k", *other)) == (one == other)


@given(st.lists(st.text(st.characters(exclude_characters=":%"), max_size=9), min_size=1, max_size=4))
def test_parts_without_a_colon_are_joined_as_they_always_were(parts: list[str]) -> None:
    assert key_of(*parts) == ":".join(parts)
    assert list(releases(*parts)) == [Release(":".join(parts))]


def test_the_last_part_is_as_it_is() -> None:
    assert key_of("agent_name", "prj_1", "ann: the 100% baker") == "agent_name:prj_1:ann: the 100% baker"


def test_long_keys_fit_into_an_index_and_are_still_told_apart() -> None:
    keys = {key_of("worktree_path", "p", "ü" * 2000 + end) for end in ("", "a", "b")}
    assert len(keys) == 3
    assert all(len(key.encode()) <= LONGEST_KEY for key in keys)


def test_names_in_ids_with_a_colon_do_not_meet(ledger: Ledger) -> None:
    for id in ("w1", "w1:x"):
        ledger.create(Workspace.create(id=id, name=id))
    ledger.create(Project.create(id="p", name="x:y", workspace_id="w1"))
    ledger.create(Project.create(id="p:q", name="y", workspace_id="w1:x"))
    ledger.create(Agent.create(name="q:ann", project_id="p"))
    ledger.create(Agent.create(name="ann", project_id="p:q"))
    ledger.create(Worktree.create(project_id="p", branch="a", path="q:/src"))
    ledger.create(Worktree.create(project_id="p:q", branch="a", path="/src"))


def test_a_name_in_a_project_with_a_colon_is_taken_and_freed(ledger: Ledger) -> None:
    ledger.create(Project.create(id="p:q", name="y"))
    ann = ledger.create(Agent.create(name="ann", project_id="p:q"))
    with pytest.raises(NameTaken):
        ledger.create(Agent.create(name="ann", project_id="p:q"))
    with ledger.edit(Agent, ann.id) as agent:
        agent.rename(name="bob")
    ledger.create(Agent.create(name="ann", project_id="p:q"))


def test_the_name_of_a_commit_has_no_colon(ledger: Ledger) -> None:
    """So (p, q:c) and (p:q, c) are never one record."""
    about = {"commit_url": "u", "message": "m"}
    with pytest.raises(InvalidInput):
        CommitRecord.record(project_id="p", commit_sha="q:c", **about)
    for id in ("p", "p:q"):
        ledger.create(Project.create(id=id, name=id))
        ledger.create(CommitRecord.record(project_id=id, commit_sha="c", **about))


def test_what_an_older_release_took_is_given_back(ledger: Ledger) -> None:
    """It joined the parts as they were."""
    ledger.create(Project.create(id="p:q", name="y"))
    ann = ledger.create(Agent.create(id="ann", name="ann", project_id="p:q"))
    stream = Agent.stream(ann.id)
    former = "agent_name:p:q:ann"
    claims = [(stream, Release(key_of("agent_name", "p:q", "ann"))), (stream, Take(former))]
    ledger.store.insert_events([], conditions=Conditions(claims=claims))
    assert ledger.holders(former) == [stream]
    with ledger.edit(Agent, "ann") as agent:
        agent.rename(name="bob")
    assert not ledger.holders(former)
    with ledger.edit(Agent, "ann") as agent:
        agent.delete()
    assert not ledger.holders(key_of("agent_name", "p:q", "bob"))


def new_project(**details: Any) -> Callable[[Ledger], object]:
    return lambda ledger: ledger.create(Project.create(**{"name": "other", **details}))


REFUSALS: dict[str, tuple[Callable[[Ledger], object], str]] = {
    "name of a project": (new_project(name="shop"), "Another project is called shop."),
    "path": (new_project(path="/src/shop"), "Another project has the path /src/shop."),
    "URL": (new_project(url="https://x.test/shop"), "Another project has the URL https://x.test/shop."),
    "name of an agent": (
        lambda ledger: ledger.create(Agent.create(name="ann", project_id="p")),
        "Another agent is called ann.",
    ),
    "branch": (
        lambda ledger: ledger.create(Worktree.create(project_id="p", branch="b", path="elsewhere")),
        "Another worktree has the branch b.",
    ),
    "path of a worktree": (
        lambda ledger: ledger.create(Worktree.create(project_id="p", branch="c", path="/w")),
        "Another worktree is at /w.",
    ),
    "address of a session": (
        lambda ledger: ledger.create(Session.create(project_id="p", url="/demo")),
        "Another open session has the URL /demo.",
    ),
    "project": (
        lambda ledger: ledger.create(Task.create(title="t", project_id="none")),
        "There is no such project.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_name_what_is_taken(ledger: Ledger, name: str) -> None:
    deed, message = REFUSALS[name]
    ledger.create(Project.create(id="p", name="shop", path="/src/shop", url="https://x.test/shop"))
    ledger.create(Agent.create(name="ann", project_id="p"))
    ledger.create(Worktree.create(project_id="p", branch="b", path="/w"))
    ledger.create(Session.create(project_id="p", url="/demo"))
    with pytest.raises(Refused) as refused:
        deed(ledger)
    assert str(refused.value) == message
    assert {"key", "holder"} < set(refused.value.details)


class BeingDeployed(Refused):
    """{project_id} is being deployed already."""


def test_a_refusal_of_an_app_says_something_sensible() -> None:
    assert str(BeingDeployed(project_id="shop")) == "shop is being deployed already."
    assert str(BeingDeployed(key="deploy:shop")) == "the project id is being deployed already."
