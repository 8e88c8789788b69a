"""Worktrees: every state against every command, what they hold, and random lives (domain.md 2.4)."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from support.worktree_states import (
    EXAMPLES,
    LIVES,
    changed,
    checked_out,
    committed,
    created,
    env_copied,
    initialized,
    merge_started,
    merged,
    removed,
)
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Release, Take
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskNotFound
from workledger.domain.worktree import Worktree
from workledger.domain.worktree import events as worktree_events
from workledger.domain.worktree import refusals as worktree_refusals
from workledger.domain.worktree.checkout import AT_WORK
from workledger.domain.worktree.events import (
    STATUS,
    State,
    WorktreeConflictResolved,
    WorktreeFailed,
    WorktreeMarkedStale,
    WorktreeMergeAborted,
    WorktreeMergeStarted,
    WorktreeRemovalStarted,
    WorktreeRemoved,
    WorktreeRetried,
    WorktreeSetupStepCompleted,
)
from workledger.domain.worktree.refusals import (
    WorktreeBranchExists,
    WorktreeCreationFailed,
    WorktreeDirty,
    WorktreeEnvCopyFailed,
    WorktreeInitScriptFailed,
    WorktreeInUse,
    WorktreeInvalidTransition,
    WorktreeMergeConflict,
    WorktreeNotFound,
    WorktreePathTaken,
    WorktreeRemovalFailed,
)
from workledger.testing import given

LONG_AGO = datetime(2026, 11, 1, 6, tzinfo=UTC)
stale = WorktreeMarkedStale(last_activity="2026-11-01T06:00:00.000Z")

COMMANDS = {name: examples[0] for name, examples in EXAMPLES.items()} | {"remove!": EXAMPLES["remove"][1]}
TABLE = """
                     creating      initializing  active      dirty       committing  merging   conflict  removing  removed  error
check_out            initializing  =             -           -           -           -         -         -         -        -
complete_setup_step  -             initializing  -           -           -           -         -         -         -        -
initialize           -             active        =           -           -           -         -         -         -        -
report_change        -             -             dirty       dirty       -           -         -         -         -        -
start_commit         -             -             -           committing  -           -         -         -         -        -
complete_commit      -             -             -           -           active      -         -         -         -        -
start_merge          -             -             merging     DIRTY       merging     -         CONFLICT  -         -        -
complete_merge       -             -             -           -           -           removing  CONFLICT  -         -        -
report_conflict      -             -             -           -           -           conflict  -         -         -        -
resolve_conflict     -             -             -           -           -           -         merging   -         -        -
abort_merge          -             -             =           -           -           active    active    -         -        -
remove               -             removed       removing    DIRTY       -           -         CONFLICT  =         =        removed
remove!              -             removed       removing    removing    -           -         removing  =         =        removed
complete_removal     -             -             -           -           -           -         -         removed   =        -
fail                 error         error         error       -           error       -         -         error     -        =
retry                -             -             -           -           -           -         -         -         -        committing
mark_stale           creating      initializing  active      dirty       committing  merging   conflict  removing  -        error
"""  # noqa: E501
REFUSALS = {"-": WorktreeInvalidTransition, "DIRTY": WorktreeDirty, "CONFLICT": WorktreeMergeConflict}


def fold(*events: Event) -> Worktree:
    worktree = Worktree.fold("it", events)
    assert worktree is not None
    return worktree


def test_the_table_covers_every_command_and_every_state() -> None:
    head, *rows = TABLE.strip("\n").splitlines()
    assert tuple(head.split()) == tuple(LIVES) == get_args(State)
    assert {row.split()[0] for row in rows} == set(COMMANDS)
    assert set(Worktree.commands()) - {"create"} == {name.rstrip("!") for name in COMMANDS}


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.4, and merging out of active besides: = changes nothing, what is not a state is refused."""
    name, *cells = row.split()
    command = getattr(Worktree, name.rstrip("!"))
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(Worktree, *LIVES[state]).when(command, **COMMANDS[name])
        if cell in REFUSALS:
            outcome.refused(REFUSALS[cell])
        else:
            outcome.becomes(status_detail=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_every_state_has_a_status_of_agentpane(state: State) -> None:
    """A13, A1: ten states, six statuses; whatever leads to a state says its status too."""
    expected = {"initializing": "creating", "dirty": "active", "committing": "active", "conflict": "merging"}
    assert STATUS[state] == expected.get(state, state)
    assert (fold(*LIVES[state]).status_detail, fold(*LIVES[state]).status) == (state, STATUS[state])
    assert set(STATUS.values()) == {"creating", "active", "merging", "removing", "removed", "error"}


def test_every_event_says_both_alike() -> None:
    """A13."""
    for kind in (kind for kind in Event.TOPICS.values() if kind.__module__ == worktree_events.__name__):
        fields = kind.model_fields
        if "status_detail" in fields and kind is not WorktreeRetried:
            assert STATUS[fields["status_detail"].default] == fields["status"].default


def test_a_worktree_is_created_with_its_branch_and_its_path() -> None:
    arguments = {"project_id": "p", "branch": "feature/parser", "path": ".worktrees/parser"}
    given(Worktree).when(Worktree.create, **arguments).then(created)
    given(Worktree).when(Worktree.create, **arguments, task_id="tsk_1", base_branch="release/1.2").then(
        created.model_copy(update={"task_id": "tsk_1", "base_branch": "release/1.2"})
    )
    assert Worktree.create(**arguments).id.startswith("wtr_")  # type: ignore[arg-type]


def test_a_repeated_report_changes_nothing() -> None:
    """Commands are idempotent."""
    again: list[tuple[str, str, dict[str, Any]]] = [
        ("initializing", "complete_setup_step", {"step": "env_copied"}),
        ("dirty", "report_change", {"files": ("parser.py",)}),
        ("committing", "start_commit", {"message": "Parse it."}),
        ("active", "complete_commit", {"sha": "c0ffee"}),
        ("merging", "start_merge", {"merge_base": "ba5e", "target": "main"}),
        ("merging", "start_merge", {"merge_base": "ba5e", "commit_sha": "c0ffee"}),
        ("removing", "complete_merge", {"merge_sha": "5ea1ed"}),
        ("removed", "complete_merge", {"merge_sha": "5ea1ed"}),
        ("conflict", "report_conflict", {"files": ("parser.py",)}),
    ]
    for state, name, arguments in again:
        given(Worktree, *LIVES[state]).when(getattr(Worktree, name), **arguments).then()
    resolved = WorktreeConflictResolved(resolution="ours")
    given(Worktree, *LIVES["conflict"], resolved).when(Worktree.resolve_conflict, resolution="ours").then()
    given(Worktree, *LIVES["dirty"], stale).when(Worktree.mark_stale, last_activity=LONG_AGO).then()


def test_the_resolution_of_one_merge_is_not_that_of_the_next() -> None:
    first = (*LIVES["conflict"], WorktreeConflictResolved(resolution="ours"), WorktreeMergeAborted())
    given(Worktree, *first, merge_started).when(Worktree.resolve_conflict, resolution="ours").refused(
        WorktreeInvalidTransition, state="merging", command="resolve_conflict"
    )


def test_the_steps_of_its_setup_are_reported_one_by_one_or_at_its_end() -> None:
    """A13."""
    given(Worktree, created, checked_out).when(Worktree.complete_setup_step, step="env_copied").then(env_copied)
    given(Worktree, *LIVES["initializing"]).when(
        Worktree.initialize, steps=("env_copied", "deps_installed", "deps_installed")
    ).then(WorktreeSetupStepCompleted(step="deps_installed"), initialized)


def test_a_commit_keeps_the_message_it_was_begun_with() -> None:
    given(Worktree, *LIVES["committing"]).when(Worktree.complete_commit, sha="c0ffee").then(committed)


def test_a_merge_out_of_a_commit_completes_it() -> None:
    given(Worktree, *LIVES["committing"]).when(Worktree.start_merge, merge_base="ba5e", commit_sha="c0ffee").then(
        committed, merge_started
    )
    given(Worktree, *LIVES["committing"]).when(Worktree.start_merge, merge_base="ba5e").then(merge_started)


def test_a_merge_goes_to_the_base_branch_unless_another_is_given() -> None:
    given(Worktree, *LIVES["active"]).when(Worktree.start_merge, merge_base="ba5e").then(merge_started)
    given(Worktree, *LIVES["active"]).when(
        Worktree.start_merge, merge_base="ba5e", target="next", strategy="squash"
    ).then(WorktreeMergeStarted(target="next", strategy="squash", merge_base="ba5e"))


def test_a_conflict_is_named_to_those_who_would_go_on() -> None:
    given(Worktree, *LIVES["conflict"]).when(Worktree.complete_merge, merge_sha="feed").refused(
        WorktreeMergeConflict, files=("parser.py",)
    )


def test_a_merged_worktree_is_removed_for_that_reason() -> None:
    """A13."""
    given(Worktree, *LIVES["merging"]).when(Worktree.complete_merge, merge_sha="5ea1ed").then(merged)
    given(Worktree, *LIVES["removing"]).when(Worktree.complete_removal).then(removed)


def test_another_removal_keeps_the_reason_it_was_begun_with() -> None:
    started = WorktreeRemovalStarted(force=True, reason="disk_space")
    given(Worktree, *LIVES["dirty"]).when(Worktree.remove, force=True, reason="disk_space").then(started)
    given(Worktree, *LIVES["dirty"], started).when(Worktree.complete_removal, branch_pruned=True).then(
        WorktreeRemoved(branch_pruned=True, reason="disk_space")
    )


@pytest.mark.parametrize("state", ["creating", "initializing", "active", "committing", "removing"])
def test_a_failed_operation_is_retried_from_its_state(state: State) -> None:
    failed = WorktreeFailed(operation="work", error="Boom.", recoverable=True)
    given(Worktree, *LIVES[state], failed).when(Worktree.retry).then(
        WorktreeRetried(operation="work", status=STATUS[state], status_detail=state)
    )


FAILURES = {
    "create": WorktreeCreationFailed,
    "copy_env": WorktreeEnvCopyFailed,
    "run_init_script": WorktreeInitScriptFailed,
    "remove": WorktreeRemovalFailed,
    "install_deps": WorktreeInvalidTransition,
    "commit": WorktreeInvalidTransition,
    "work": WorktreeInvalidTransition,
}


@pytest.mark.parametrize("operation", FAILURES)
def test_a_worktree_in_error_refuses_with_the_code_of_the_failed_operation(operation: str) -> None:
    """domain.md 5.2: WORKTREE_CREATION_FAILED and its sisters."""
    failed = WorktreeFailed(operation=operation, error="Boom.", recoverable=False)
    for command, arguments in (("report_change", {}), ("retry", {}), ("complete_removal", {})):
        given(Worktree, created, failed).when(getattr(Worktree, command), **arguments).refused(
            FAILURES[operation], state="error", command=command
        )
    given(Worktree, created, failed).when(Worktree.remove).becomes(status="removed")


def test_refusals_say_what_was_refused() -> None:
    failed = WorktreeFailed(operation="create", error="No space left.", recoverable=True)
    with pytest.raises(Refused, match=r"^This worktree could not be created: No space left\.$"):
        fold(created, failed).report_change()
    with pytest.raises(Refused, match=r"^A worktree that is merging does not accept start_commit\.$"):
        fold(*LIVES["merging"]).start_commit(message="m")


@pytest.mark.parametrize("past", [LIVES["active"], LIVES["dirty"]], ids=["active", "dirty"])
def test_any_event_of_a_stale_worktree_makes_it_fresh(past: tuple[Event, ...]) -> None:
    given(Worktree, *past).when(Worktree.mark_stale, last_activity=LONG_AGO).then(stale)
    given(Worktree, *past, stale).becomes(stale=True)
    given(Worktree, *past, stale).when(Worktree.report_change, files=("parser.py",)).then(changed)
    given(Worktree, *past, stale, changed).becomes(stale=False)


# Values and limits


@pytest.mark.parametrize(
    ("state", "command", "field", "values"),
    [
        ("initializing", "complete_setup_step", "step", ["env_copied", "deps_installed", "init_script_run"]),
        ("active", "start_merge", "strategy", ["merge", "squash", "rebase"]),
        ("conflict", "resolve_conflict", "resolution", ["ours", "theirs", "manual"]),
        ("creating", "fail", "operation", [*FAILURES]),
        (
            "active",
            "remove",
            "reason",
            ["manual", "task_verified", "task_cancelled", "branch_deleted", "stale", "disk_space", "project_deleted"],
        ),
    ],
)
def test_every_value_is_accepted_and_no_other(state: str, command: str, field: str, values: list[str]) -> None:
    """A1."""
    past = [one for one in LIVES[state] if one != env_copied]
    for value in values:
        assert given(Worktree, *past).when(getattr(Worktree, command), **COMMANDS[command] | {field: value}).events
    given(Worktree, *past).when(getattr(Worktree, command), **COMMANDS[command] | {field: "else"}).refused(InvalidInput)


@pytest.mark.parametrize("branch", ["b", "b" * 99, "b" * 100, "Feature/some_thing-2", "-", "/"])
def test_a_branch_that_fits(branch: str) -> None:
    """A2: at and within."""
    given(Worktree).when(Worktree.create, project_id="p", branch=branch, path="x").becomes(branch=branch)


@pytest.mark.parametrize("branch", ["", "b" * 101, "a b", "a.b", "ä", "a\\b", "a:b", "a\n", "a~1"])
def test_a_branch_that_does_not_fit(branch: str) -> None:
    """A2: above, and what the pattern leaves out."""
    given(Worktree).when(Worktree.create, project_id="p", branch=branch, path="x").refused(InvalidInput)


@pytest.mark.parametrize(("length", "fits"), [(0, False), (1, True), (999, True), (1000, True), (1001, False)])
def test_a_message_has_1_to_1000_characters(length: int, fits: bool) -> None:
    """A2: below, at and above."""
    tried = given(Worktree, *LIVES["dirty"]).when(Worktree.start_commit, message="m" * length)
    if fits:
        tried.becomes(message="m" * length)
    else:
        tried.refused(InvalidInput)


@pytest.mark.parametrize(
    ("state", "command", "wrong"),
    [
        ("dirty", "report_change", {"files": ("",)}),
        ("dirty", "report_change", {"files": ("f" * 4097,)}),
        ("committing", "complete_commit", {"sha": "not a sha"}),
        ("active", "start_merge", {}),
        ("active", "start_merge", {"merge_base": "ba5e", "target": ""}),
        ("active", "mark_stale", {"last_activity": datetime(2026, 11, 1)}),  # noqa: DTZ001, that is what is wrong
        ("active", "fail", {"operation": "work", "error": "e" * 100_001}),
    ],
)
def test_invalid_arguments_are_refused(state: str, command: str, wrong: dict[str, Any]) -> None:
    """A2."""
    given(Worktree, *LIVES[state]).when(getattr(Worktree, command), **wrong).refused(InvalidInput)


@pytest.mark.parametrize("wrong", [{"path": ""}, {"path": "p" * 2001}, {"base_branch": ""}, {"project_id": ".."}])
def test_invalid_arguments_of_create_are_refused(wrong: dict[str, Any]) -> None:
    """A2."""
    arguments = {"project_id": "p", "branch": "b", "path": "x"} | wrong
    given(Worktree).when(Worktree.create, **arguments).refused(InvalidInput)


# Across aggregates


@pytest.fixture
def project_id(ledger: Ledger) -> str:
    return ledger.create(Project.create(name="Parser", id="p")).id


def begin(ledger: Ledger, id: str, branch: str, path: str | None = None, **more: Any) -> Worktree:
    return ledger.create(Worktree.create(id=id, **{"project_id": "p", "branch": branch, "path": path or id, **more}))


def test_a_branch_has_one_worktree_until_that_is_removed(ledger: Ledger, project_id: str) -> None:
    """domain.md 3.3, X11."""
    begin(ledger, "first", "parser")
    with pytest.raises(WorktreeBranchExists) as refused:
        begin(ledger, "second", "parser")
    assert refused.value.details["holder"] == Worktree.stream("first")
    begin(ledger, "third", "lexer")
    begin(ledger, "other", "parser", project_id=ledger.create(Project.create(name="Other")).id)
    with ledger.edit(Worktree, "first") as worktree:
        worktree.check_out()
        worktree.initialize()
        worktree.remove()
    with pytest.raises(WorktreeBranchExists):
        begin(ledger, "second", "parser")
    with ledger.edit(Worktree, "first") as worktree:
        worktree.complete_removal()
    begin(ledger, "second", "parser", "first")


def test_a_path_has_one_worktree_until_that_is_removed(ledger: Ledger, project_id: str) -> None:
    """domain.md 2.4: branch and path free."""
    begin(ledger, "first", "parser", ".worktrees/x")
    with pytest.raises(WorktreePathTaken) as refused:
        begin(ledger, "second", "lexer", ".worktrees/x")
    assert refused.value.code == "NAME_TAKEN"
    begin(ledger, "other", "lexer", ".worktrees/x", project_id=ledger.create(Project.create(name="Other")).id)
    with ledger.edit(Worktree, "first") as worktree:
        worktree.fail(operation="create", error="No space left.")
        worktree.remove()
    begin(ledger, "second", "lexer", ".worktrees/x")


def test_a_worktree_requires_its_project_and_its_task(ledger: Ledger, project_id: str) -> None:
    with pytest.raises(ProjectNotFound):
        begin(ledger, "it", "parser", project_id="nowhere")
    with pytest.raises(TaskNotFound):
        begin(ledger, "it", "parser", task_id="nothing")
    with pytest.raises(WorktreeNotFound), ledger.edit(Worktree, "it") as worktree:
        worktree.check_out()


@pytest.mark.parametrize("state", LIVES)
def test_a_worktree_requires_its_project_while_in_use(state: str) -> None:
    """domain.md 3.5, rule 4."""
    parents = [Project.exists("p")] if state in AT_WORK else []
    assert list(fold(*LIVES[state]).requires()) == parents
    assert set(LIVES) - set(AT_WORK) == {"conflict", "removing", "removed", "error"}


@pytest.mark.parametrize("state", [state for state in LIVES if state != "removed"])
def test_a_worktree_of_a_deleted_project_can_be_removed(ledger: Ledger, project_id: str, state: str) -> None:
    """domain.md 3.5, rule 3: its own event, when it is taken away."""
    with ledger.unit() as unit:
        unit.record(Worktree, "it", LIVES[state])
    with ledger.edit(Project, project_id) as project:
        project.delete()
    with pytest.raises(Refused), ledger.edit(Worktree, "it") as worktree:
        worktree.report_change(files=("lexer.py",))
    with ledger.edit(Worktree, "it") as worktree:
        if state in ("creating", "committing"):
            worktree.fail(operation="work", error="The project is gone.")
        if state == "merging":
            worktree.report_conflict()
        worktree.remove(force=True, reason="project_deleted")
        worktree.complete_removal()
    assert ledger.get(Worktree, "it").status == "removed"


def test_a_worktree_that_an_agent_works_in_is_not_removed(ledger: Ledger, project_id: str) -> None:
    """domain.md 2.4: active, REMOVE, no agent on it; not by force either."""
    ledger.create(Task.create(id="t", title="Parse it", project_id=project_id))
    ledger.create(Agent.create(id="ann", name="Ann", project_id=project_id))
    begin(ledger, "it", "parser", task_id="t")
    with ledger.edit(Worktree, "it") as worktree:
        worktree.check_out()
        worktree.initialize()
    with ledger.unit() as unit:
        run = start_run(unit, agent_id="ann", task_id="t")
    for force in (False, True):
        with pytest.raises(WorktreeInUse) as refused, ledger.edit(Worktree, "it") as worktree:
            worktree.remove(force=force)
    assert refused.value.code == "AGENT_ALREADY_RUNNING"
    with ledger.edit(AgentRun, run.id) as ending:
        ending.stop()
    with ledger.edit(Worktree, "it") as worktree:
        worktree.remove()
    assert ledger.get(Worktree, "it").status == "removing"


def test_its_events_are_found_by_what_they_belong_to() -> None:
    worktree = fold(created.model_copy(update={"task_id": "tsk_1"}))
    assert worktree.tags() == {"project": "p", "task": "tsk_1"}


def test_every_refusal_has_a_code_of_its_own() -> None:
    """domain.md 5.2."""
    kinds = [one for one in vars(worktree_refusals).values() if isinstance(one, type) and issubclass(one, Refused)]
    codes = {one.code for one in kinds if one.__module__ == worktree_refusals.__name__}
    assert codes == {
        "WORKTREE_NOT_FOUND",
        "WORKTREE_BRANCH_EXISTS",
        "WORKTREE_MERGE_CONFLICT",
        "WORKTREE_DIRTY",
        "WORKTREE_CREATION_FAILED",
        "WORKTREE_REMOVAL_FAILED",
        "WORKTREE_ENV_COPY_FAILED",
        "WORKTREE_INIT_SCRIPT_FAILED",
        "WORKTREE_INVALID_TRANSITION",
        "NAME_TAKEN",
        "AGENT_ALREADY_RUNNING",
    }


# Random lives

EDGES = {
    ("creating", "initializing"),
    ("creating", "error"),
    ("initializing", "active"),
    ("initializing", "error"),
    ("initializing", "removed"),
    ("active", "dirty"),
    ("active", "merging"),
    ("active", "removing"),
    ("active", "error"),
    ("dirty", "committing"),
    ("dirty", "removing"),
    ("committing", "merging"),
    ("committing", "active"),
    ("committing", "error"),
    ("merging", "removing"),
    ("merging", "conflict"),
    ("merging", "active"),
    ("conflict", "merging"),
    ("conflict", "active"),
    ("conflict", "removing"),
    ("removing", "removed"),
    ("removing", "error"),
    ("error", "removed"),
    *(("error", state) for state in ("creating", "initializing", "active", "committing", "removing")),
}
FILES = st.lists(st.sampled_from(["a.py", "b.py"]), max_size=2, unique=True).map(tuple)
SHAS = st.sampled_from(["c0ffee", "deed", "feed"])


class WorktreeLife(RuleBasedStateMachine):
    """Whatever is asked in whatever order, the machine holds, and says nothing twice. It begins in any state: from its
    first one, random commands seldom lead far."""

    state: Any

    @initialize(task_id=st.sampled_from([None, "tsk_1"]), name=st.sampled_from(sorted(LIVES)))
    def create(self, task_id: str | None, name: str) -> None:
        new = Worktree.create(id="wtr_1", project_id="p", branch="b", path="x", task_id=task_id)
        self.state, self.history, self.held = None, list[Event](), set[str]()
        for event in (*new.events, *LIVES[name][1:]):
            self.settle(event)

    def settle(self, event: Event) -> None:
        before = self.state
        for claim in event.claims(before, "wtr_1"):
            match claim:
                case Take(key=key):
                    self.held.add(key)
                case Release(key=key):
                    self.held.remove(key)
        self.state = Worktree.begin("wtr_1", event) if before is None else before.after(event)
        self.history.append(event)
        if before is not None and before.status_detail != self.state.status_detail:
            assert (before.status_detail, self.state.status_detail) in EDGES

    def attempt(self, command: str, **arguments: Any) -> None:
        try:
            events: list[Event] = getattr(self.state, command)(**arguments)
        except Refused:
            return
        for event in events:
            self.settle(event)
        with suppress(Refused):
            assert getattr(self.state, command)(**arguments) == []

    @rule(step=st.sampled_from(["env_copied", "deps_installed"]), at_the_end=st.booleans())
    def set_up(self, step: str, at_the_end: bool) -> None:
        self.attempt("check_out")
        if at_the_end:
            self.attempt("initialize", steps=(step,))
        else:
            self.attempt("complete_setup_step", step=step)

    @rule(files=FILES)
    def change(self, files: tuple[str, ...]) -> None:
        self.attempt("report_change", files=files)

    @rule(message=st.sampled_from(["One.", "Two."]))
    def begin_a_commit(self, message: str) -> None:
        self.attempt("start_commit", message=message)

    @rule(sha=SHAS)
    def complete_a_commit(self, sha: str) -> None:
        self.attempt("complete_commit", sha=sha)

    @rule(base=SHAS, strategy=st.sampled_from(["merge", "rebase"]), sha=st.none() | SHAS)
    def begin_a_merge(self, base: str, strategy: str, sha: str | None) -> None:
        self.attempt("start_merge", merge_base=base, strategy=strategy, commit_sha=sha)

    @rule(sha=SHAS)
    def complete_a_merge(self, sha: str) -> None:
        self.attempt("complete_merge", merge_sha=sha)

    @rule(files=FILES)
    def conflict(self, files: tuple[str, ...]) -> None:
        self.attempt("report_conflict", files=files)

    @rule(resolution=st.sampled_from(["ours", "theirs"]))
    def resolve(self, resolution: str) -> None:
        self.attempt("resolve_conflict", resolution=resolution)

    @rule(force=st.booleans())
    def remove(self, force: bool) -> None:
        self.attempt("remove", force=force)

    @rule(command=st.sampled_from(["abort_merge", "complete_removal", "retry", "retry"]))
    def say(self, command: str) -> None:
        self.attempt(command)

    @rule(operation=st.sampled_from(["create", "commit", "remove"]), recoverable=st.sampled_from([True, True, False]))
    def fail(self, operation: str, recoverable: bool) -> None:
        self.attempt("fail", operation=operation, error="Boom.", recoverable=recoverable)

    @rule()
    def forget(self) -> None:
        self.attempt("mark_stale", last_activity=LONG_AGO)
        assert self.state.stale or self.state.status == "removed"

    @invariant()
    def both_words_for_its_state_agree(self) -> None:
        """A13."""
        assert self.state.status == STATUS[self.state.status_detail]

    @invariant()
    def it_holds_its_branch_and_its_path_until_it_is_removed(self) -> None:
        """domain.md 3.3, X11."""
        places = {"worktree_branch:p:b", "worktree_path:p:x"} if self.state.status != "removed" else set()
        assert self.held == {"worktree:wtr_1", *places}

    @invariant()
    def its_setup_takes_each_step_once(self) -> None:
        assert len(set(self.state.steps)) == len(self.state.steps)

    @invariant()
    def what_is_stored_gives_the_same_state(self) -> None:
        stored = [type(event).load(event.payload(), event.VERSION) for event in self.history]
        assert Worktree.fold("wtr_1", stored) == self.state

    @invariant()
    def a_snapshot_gives_the_same_state(self) -> None:
        assert Worktree.model_validate(self.state.model_dump(mode="json")) == self.state


TestWorktreeLife = WorktreeLife.TestCase
