"""Workspaces: the tenants that projects may belong to (Elmer, domain.md 1.1)."""

import pytest

from workledger.domain.kernel.claims import Release, Take
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.workspace import Workspace, WorkspaceCreated, WorkspaceDeleted, WorkspaceUpdated
from workledger.testing import given

created = WorkspaceCreated(name="Mission")


def test_a_workspace_begins_with_the_defaults() -> None:
    new = Workspace.create(name="Mission")
    assert new.id.startswith("ws_")
    assert new.events == [created]
    assert (created.context_path, created.settings) == ("elmer-docs/", {})


@pytest.mark.parametrize("length", [1, 2, 199, 200])
def test_a_name_may_have_up_to_200_characters(length: int) -> None:
    """A2: at and within."""
    name = "n" * length
    given(Workspace).when(Workspace.create, name=name).then(WorkspaceCreated(name=name))
    given(Workspace, created).when(Workspace.update, name=name).then(WorkspaceUpdated(name=name))


@pytest.mark.parametrize("length", [0, 201])
def test_a_name_may_be_neither_empty_nor_longer(length: int) -> None:
    """A2: below and above."""
    given(Workspace).when(Workspace.create, name="n" * length).refused(InvalidInput)
    given(Workspace, created).when(Workspace.update, name="n" * length).refused(InvalidInput)


def test_only_what_is_given_is_changed_and_stored() -> None:
    updated = WorkspaceUpdated(github_repo="nasa/mission", settings={"theme": "dark"})
    given(Workspace, created).when(
        Workspace.update, name="Mission", github_repo="nasa/mission", settings={"theme": "dark"}
    ).then(updated)
    assert updated.payload() == {"github_repo": "nasa/mission", "settings": {"theme": "dark"}}
    given(Workspace, created, updated).when(Workspace.update, settings={"theme": "dark"}).then()


def test_a_workspace_exists_until_it_is_deleted() -> None:
    given(Workspace, created).when(Workspace.delete).then(WorkspaceDeleted(name="Mission"))
    before = Workspace.fold("ws_1", [created])
    assert list(created.claims(None, "ws_1")) == [Take("workspace:ws_1")]
    assert list(WorkspaceDeleted(name="Mission").claims(before, "ws_1")) == [Release("workspace:ws_1")]


def test_its_events_are_found_by_workspace() -> None:
    workspace = Workspace.fold("ws_1", [created])
    assert workspace is not None
    assert workspace.tags() == {"workspace": "ws_1"}


def test_a_limit_binds_commands_and_not_what_happened() -> None:
    given(Workspace, WorkspaceCreated(name="n" * 900)).when(Workspace.update, github_repo="a/b").becomes(name="n" * 900)
