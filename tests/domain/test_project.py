"""Projects: limits, names and paths, facets, the statuses, and what a live run forbids (domain.md 2.5, 3.4, 5.1)."""

from typing import Any

import pytest

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Claim, Limit, Release, Take, Vacancy
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.project import Project
from workledger.domain.project.events import (
    Config,
    ProjectConcurrencyLimitChanged,
    ProjectConfigChanged,
    ProjectCreated,
    ProjectCredentialAttached,
    ProjectCredentialDetached,
    ProjectDeleted,
    ProjectDetailsChanged,
    ProjectFetched,
    ProjectFetchFailed,
    ProjectGitHubLinked,
    ProjectGitHubUnlinked,
    ProjectHasNoRepository,
    ProjectHasRunningAgents,
    ProjectInvalidTransition,
    ProjectNameTaken,
    ProjectPathExists,
    ProjectRepositoryLinked,
    ProjectStageChanged,
    ProjectStatusChanged,
    ProjectUrlTaken,
    runs_in,
)
from workledger.domain.workspace import Workspace
from workledger.testing import given

created = ProjectCreated(name="Apollo")
cloned = ProjectCreated(
    name="Apollo", workspace_id="ws_1", repository_path="~/git/apollo", repository_url="https://git.test/apollo.git"
)

STAGES = [
    *("inbox", "discovery", "prd", "design", "prototype", "validate"),
    *("tickets", "build", "alpha", "beta", "ga"),
]
STATUSES = ["active", "paused", "completed", "archived"]
MACHINE = {
    ("active", "paused"),
    ("active", "completed"),
    ("paused", "active"),
    ("paused", "completed"),
    ("completed", "active"),
    ("completed", "archived"),
    ("archived", "active"),
}


def fold(*events: Event) -> Project:
    state = Project.fold("prj_1", events)
    assert state is not None
    return state


def claims(event: Event, *before: Event) -> list[Claim]:
    return list(event.claims(Project.fold("prj_1", before), "prj_1"))


def test_a_project_begins_with_the_defaults() -> None:
    """A1, C1: base branch main, five tools, 50 turns, three agents at once, active in the inbox."""
    new = Project.create(name="Apollo")
    project = Project.fold(new.id, new.events)
    assert project is not None
    assert new.id.startswith("prj_")
    assert new.events == [created]
    assert (project.status, project.stage, project.priority, project.max_concurrent_agents) == ("active", "inbox", 0, 3)
    assert (created.default_branch, created.config_path) == ("main", ".claude")
    assert project.config.model_dump() == {
        "worktree_root": ".worktrees",
        "default_branch": "main",
        "allowed_tools": ("Read", "Edit", "Bash", "Glob", "Grep"),
        "max_turns": 50,
        "model": "claude-sonnet-4-20250514",
        "init_script": None,
        "env_file": None,
    }


@pytest.mark.parametrize(
    "fits",
    [
        {"name": "n"},
        {"name": "n" * 99},
        {"name": "n" * 100},
        {"name": "n", "description": "d" * 500},
        {"name": "n", "path": "p"},
        {"name": "n", "max_concurrent_agents": 1},
        {"name": "n", "max_concurrent_agents": 10},
        {"name": "n", "config": {"max_turns": 1}},
        {"name": "n", "config": {"max_turns": 500}},
        *({"name": "n", "stage": stage} for stage in STAGES),
    ],
)
def test_a_project_at_its_limits_is_accepted(fits: dict[str, Any]) -> None:
    """A1, A2: at and within."""
    assert len(given(Project).when(Project.create, **fits).events) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "n" * 101},
        {"name": "n", "description": "d" * 501},
        {"name": "n", "path": ""},
        {"name": "n", "url": ""},
        {"name": "n", "max_concurrent_agents": 0},
        {"name": "n", "max_concurrent_agents": 11},
        {"name": "n", "config": {"max_turns": 0}},
        {"name": "n", "config": {"max_turns": 501}},
        {"name": "n", "config": {"allowed_tools": ["Sudo"]}},
        {"name": "n", "stage": "done"},
        {"name": "n", "id": "a\nb"},
        {"name": "n", "id": "i" * 201},
    ],
)
def test_a_project_beyond_its_limits_is_refused(wrong: dict[str, Any]) -> None:
    """A1, A2: below and above."""
    given(Project).when(Project.create, **wrong).refused(InvalidInput)


def test_names_paths_and_urls_are_taken() -> None:
    """C3, A16: the name in its workspace, path and URL everywhere; three live runs at most."""
    assert claims(cloned) == [
        Take("project:prj_1"),
        Take("project_name:ws_1:Apollo", ProjectNameTaken),
        Take("project_path:~/git/apollo", ProjectPathExists),
        Take("project_url:https://git.test/apollo.git", ProjectUrlTaken),
        Limit(runs_in("prj_1"), capacity=3),
    ]
    assert claims(created) == [
        Take("project:prj_1"),
        Take("project_name::Apollo", ProjectNameTaken),
        Limit(runs_in("prj_1"), capacity=3),
    ]


def test_a_project_relies_on_its_workspace() -> None:
    assert list(fold(cloned).requires()) == [Workspace.exists("ws_1")]
    assert list(fold(created).requires()) == []


def test_its_events_are_found_by_project_and_workspace() -> None:
    assert fold(cloned).tags() == {"project": "prj_1", "workspace": "ws_1"}


def test_only_what_is_given_is_changed_and_stored() -> None:
    changed = ProjectDetailsChanged(priority=5)
    given(Project, created).when(Project.change_details, name="Apollo", priority=5).then(changed)
    assert changed.payload() == {"priority": 5}
    given(Project, created, changed).when(Project.change_details, priority=5).then()


def test_a_new_name_frees_the_old() -> None:
    """C3."""
    assert claims(ProjectDetailsChanged(name="Gemini"), cloned) == [
        Release("project_name:ws_1:Apollo"),
        Take("project_name:ws_1:Gemini", ProjectNameTaken),
    ]
    assert claims(ProjectDetailsChanged(priority=5), cloned) == []


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "n" * 101}, {"description": "d" * 501}])
def test_details_beyond_their_limits_are_refused(wrong: dict[str, Any]) -> None:
    """A2."""
    given(Project, created).when(Project.change_details, **wrong).refused(InvalidInput)


def test_the_path_of_a_project_cannot_be_changed() -> None:
    """A16: unique and immutable."""
    given(Project, cloned).when(Project.change_details, path="~/git/gemini").refused(InvalidInput)


def test_a_patch_leaves_the_rest_of_the_config() -> None:
    nine = ProjectConfigChanged(patch={"max_turns": 9}, config=Config(max_turns=9))
    given(Project, created).when(Project.change_config, patch={"max_turns": 9}).then(nine)
    given(Project, created, nine).when(Project.change_config, patch={"env_file": ".env"}).then(
        ProjectConfigChanged(patch={"env_file": ".env"}, config=Config(max_turns=9, env_file=".env"))
    )
    given(Project, created, nine).when(Project.change_config, patch={"max_turns": 9}).then()


@pytest.mark.parametrize(
    "patch", [{"max_turns": 0}, {"max_turns": 501}, {"allowed_tools": ["Sudo"]}, {"colour": "red"}]
)
def test_a_config_out_of_bounds_is_refused(patch: dict[str, Any]) -> None:
    """A2."""
    given(Project, created).when(Project.change_config, patch=patch).refused(InvalidInput)


@pytest.mark.parametrize("limit", [1, 2, 9, 10])
def test_up_to_ten_agents_may_run_at_once(limit: int) -> None:
    """A2: at and within."""
    changed = ProjectConcurrencyLimitChanged(previous=3, max_concurrent_agents=limit)
    given(Project, created).when(Project.change_concurrency_limit, limit=limit).then(changed)
    assert claims(changed, created) == [Limit(runs_in("prj_1"), capacity=limit)]


@pytest.mark.parametrize("limit", [0, 11, -1])
def test_neither_none_nor_more_than_ten(limit: int) -> None:
    """A2: below and above."""
    given(Project, created).when(Project.change_concurrency_limit, limit=limit).refused(InvalidInput)


def test_the_same_limit_changes_nothing() -> None:
    given(Project, created).when(Project.change_concurrency_limit, limit=3).then()


def test_a_repository_is_linked_and_its_url_taken() -> None:
    """C3."""
    linked = ProjectRepositoryLinked(repository_url="https://git.test/gemini.git", default_branch="main")
    given(Project, created).when(Project.link_repository, url="https://git.test/gemini.git").then(linked)
    given(Project, created, linked).when(Project.link_repository, url="https://git.test/gemini.git").then()
    assert claims(linked, cloned) == [
        Release("project_url:https://git.test/apollo.git"),
        Take("project_url:https://git.test/gemini.git", ProjectUrlTaken),
    ]
    assert claims(linked, created) == [Take("project_url:https://git.test/gemini.git", ProjectUrlTaken)]


def test_github_is_linked_and_unlinked() -> None:
    linked = ProjectGitHubLinked(github_owner="nasa", github_repo="apollo")
    given(Project, created).when(Project.link_github, owner="nasa", repo="apollo").then(linked)
    given(Project, created, linked).when(Project.link_github, owner="nasa", repo="apollo").then()
    given(Project, created, linked).when(Project.unlink_github).then(ProjectGitHubUnlinked())
    given(Project, created).when(Project.unlink_github).then()
    given(Project, created, linked, ProjectGitHubUnlinked()).when(Project.unlink_github).then()


def test_a_credential_is_attached_and_detached() -> None:
    """P9: a project without a credential stays."""
    attached = ProjectCredentialAttached(credential_id="crd_1")
    detached = ProjectCredentialDetached(credential_id="crd_1")
    given(Project, created).when(Project.attach_credential, credential_id="crd_1").then(attached)
    given(Project, created, attached).when(Project.attach_credential, credential_id="crd_1").then()
    given(Project, created, attached).when(Project.detach_credential).then(detached)
    given(Project, created, attached, detached).when(Project.detach_credential).then()


def test_a_fetch_needs_a_repository() -> None:
    given(Project, created).when(Project.report_fetch, head_sha="abc").refused(ProjectHasNoRepository)
    given(Project, cloned).when(Project.report_fetch, head_sha="abc").then(ProjectFetched(head_sha="abc"))
    given(Project, cloned).when(Project.report_fetch, error="offline").then(ProjectFetchFailed(error="offline"))


@pytest.mark.parametrize("stage", STAGES[1:])
def test_every_stage_follows_any_other(stage: str) -> None:
    """A1; domain.md 2.5: the stage is free, its history is kept."""
    given(Project, created).when(Project.change_stage, stage=stage, reason="ready").then(
        ProjectStageChanged(previous="inbox", stage=stage, triggered_by="user", reason="ready")
    )


def test_the_same_stage_changes_nothing() -> None:
    given(Project, created).when(Project.change_stage, stage="inbox").then()


def test_a_stage_that_is_none_is_refused() -> None:
    """A1."""
    given(Project, created).when(Project.change_stage, stage="done").refused(InvalidInput)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("wanted", STATUSES)
def test_every_status_against_every_other(status: str, wanted: str) -> None:
    """domain.md 2.5: the transitions and no other."""
    past = [created, ProjectStatusChanged(previous="active", status=status)]
    tried = given(Project, *past).when(Project.change_status, status=wanted)
    if wanted == status:
        tried.then()
    elif (status, wanted) in MACHINE:
        tried.then(ProjectStatusChanged(previous=status, status=wanted))
    else:
        tried.refused(ProjectInvalidTransition, kind="project", state=status, command=f"change_status to {wanted}")


def test_a_status_that_is_none_is_refused() -> None:
    """A1."""
    given(Project, created).when(Project.change_status, status="deleted").refused(InvalidInput)


def test_a_deleted_project_gives_everything_back_and_has_no_live_run() -> None:
    """A18: blocked by a live run."""
    given(Project, cloned).when(Project.delete).then(ProjectDeleted(name="Apollo"))
    assert claims(ProjectDeleted(name="Apollo"), cloned) == [
        Vacancy(runs_in("prj_1"), ProjectHasRunningAgents, capacity=1),
        Release("project:prj_1"),
        Release("project_name:ws_1:Apollo"),
        Release("project_path:~/git/apollo"),
        Release("project_url:https://git.test/apollo.git"),
        Limit(runs_in("prj_1"), capacity=None),
    ]


def test_a_limit_binds_commands_and_not_what_happened() -> None:
    imported = ProjectCreated(name="n" * 300, description="d" * 9000, max_concurrent_agents=40, stage="limbo")
    project = Project.fold("prj_1", [imported])
    assert project is not None
    assert (len(project.name), project.max_concurrent_agents, project.stage) == (300, 40, "limbo")
