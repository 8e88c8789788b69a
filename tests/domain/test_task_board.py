"""The board: two faces of one life. Every command in every state, every drag, and whatever anybody tries."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from support import task_states as past
from support.task_states import LIVES
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.task import Task, board
from workledger.domain.task.board import COLUMNS, DRAGS, LEGAL_PAIRS
from workledger.domain.task.card_events import TaskMoved
from workledger.domain.task.refusals import TaskInvalidTransition
from workledger.testing import given

FINISH: dict[str, Any] = {"turn_count": 3, "files_changed": 1, "diff_summary": "+1"}

COMMANDS: dict[str, tuple[Callable[..., list[Event]], dict[str, Any]]] = {
    "queue": (Task.queue, {}),
    "dequeue": (Task.dequeue, {}),
    "assign ann": (Task.assign, {"agent_id": "ann"}),
    "assign bob": (Task.assign, {"agent_id": "bob"}),
    "finish": (Task.finish_work, FINISH),
    "finish without": (Task.finish_work, {"turn_count": 3}),
    "finish unasked": (Task.finish_work, {"turn_count": 3, "approval": "none"}),
    "approve": (Task.approve, {}),
    "reject": (Task.reject, {"reason": "No tests."}),
    "cancel": (Task.cancel, {}),
    "drop": (Task.cancel, {"to": "dropped"}),
    "block": (Task.block, {"reason": "merge_conflict"}),
    "wait": (Task.block, {"reason": "dependency"}),
    "unblock": (Task.unblock, {}),
    "schedule retry": (Task.schedule_retry, {"run_id": "run_9"}),
    "retry": (Task.retry, {}),
    "reopen": (Task.reopen, {"reason": "It does not parse."}),
    "place": (Task.place, {"rank": "K"}),
}

TABLE = """
                 ready      queued     waiting    working    stuck      in_review  done       dropped
queue            queued     =          DEPENDENCY INVALID    INVALID    INVALID    INVALID    INVALID
dequeue          =          ready      =          =          =          =          =          =
assign ann       working    working    DEPENDENCY =          INVALID    INVALID    INVALID    INVALID
assign bob       working    working    DEPENDENCY ASSIGNED   INVALID    INVALID    INVALID    INVALID
finish           INVALID    INVALID    INVALID    in_review  INVALID    INVALID    INVALID    INVALID
finish without   INVALID    INVALID    INVALID    NO_DIFF    INVALID    INVALID    INVALID    INVALID
finish unasked   INVALID    INVALID    INVALID    done       INVALID    INVALID    INVALID    INVALID
approve          NOT        NOT        NOT        NOT        NOT        done       APPROVED   NOT
reject           NOT        NOT        NOT        NOT        NOT        working    NOT        NOT
cancel           =          ready      ready      ready      ready      ready      INVALID    INVALID
drop             dropped    dropped    dropped    dropped    dropped    dropped    INVALID    =
block            INVALID    INVALID    INVALID    stuck      INVALID    INVALID    INVALID    INVALID
wait             waiting    waiting    =          stuck      INVALID    INVALID    INVALID    INVALID
unblock          =          =          ready      =          working    =          =          =
schedule retry   INVALID    INVALID    INVALID    queued     INVALID    INVALID    INVALID    INVALID
retry            INVALID    =          queued     INVALID    queued     INVALID    INVALID    INVALID
reopen           INVALID    INVALID    INVALID    INVALID    INVALID    INVALID    ready      ready
place            ready      queued     waiting    working    stuck      in_review  INVALID    INVALID
"""
"""Where a command leads (= changes nothing), or the code it is refused with."""

CODES = {
    "INVALID": "TASK_INVALID_TRANSITION",
    "DEPENDENCY": "TASK_BLOCKED_BY_DEPENDENCY",
    "ASSIGNED": "TASK_ALREADY_ASSIGNED",
    "APPROVED": "TASK_ALREADY_APPROVED",
    "NOT": "TASK_NOT_WAITING_APPROVAL",
    "NO_DIFF": "TASK_NO_DIFF",
}


def cells() -> list[tuple[str, str, str]]:
    head, *rows = TABLE.strip("\n").splitlines()
    return [
        (row[:16].strip(), state, cell)
        for row in rows
        for state, cell in zip(head.split(), row[16:].split(), strict=True)
    ]


def task_in(state: str) -> Task:
    task = Task.fold("it", LIVES[state])
    assert task
    return task


def test_the_table_has_all_states_and_all_commands_of_the_life() -> None:
    assert {name for name, _, _ in cells()} == set(COMMANDS)
    assert {state for _, state, _ in cells()} == set(LIVES) == {*LEGAL_PAIRS.values(), "queued"}
    elsewhere = {"change_details", "change_labels", "change_metadata", "reorder", "move_to_phase", "add_dependency"}
    elsewhere |= {"remove_dependency", "move", "delete"}
    assert {command.__name__ for command, _ in COMMANDS.values()} == set(Task.commands()) - elsewhere


@pytest.mark.parametrize(("name", "state", "cell"), cells(), ids=lambda cell: cell.replace(" ", "-"))
def test_every_command_in_every_state(name: str, state: str, cell: str) -> None:
    command, arguments = COMMANDS[name]
    task = task_in(state)
    if cell in CODES:
        with pytest.raises(Refused) as refused:
            command(task, **arguments)
        assert refused.value.code == CODES[cell]
        return
    events = command(task, **arguments)
    after = Task.fold("it", events, task)
    assert after
    assert (after.state, bool(events)) == (state if cell == "=" else cell, cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_each_state_is_one_pair_of_status_and_column(state: str) -> None:
    task = task_in(state)
    assert task.state == state
    assert LEGAL_PAIRS[task.status, task.board_column] == state.replace("queued", "ready")


def test_no_other_pair_has_a_name() -> None:
    """domain.md D4: what is not in the table cannot be said."""
    statuses = ("pending", "in_progress", "blocked", "completed", "cancelled")
    for pair in {(status, column) for status in statuses for column in COLUMNS} - set(LEGAL_PAIRS):
        with pytest.raises(ValueError, match="No task is"):
            board.state_of(*pair)


@pytest.mark.parametrize("state", sorted(set(LIVES) - {"ready", "queued"}))
def test_only_what_is_ready_is_queued(state: str) -> None:
    with pytest.raises(ValueError, match="and queued"):
        board.state_of(task_in(state).status, task_in(state).board_column, queued=True)


# Drags

ARGUMENTS: dict[str, dict[str, Any]] = {
    "assign": {"agent_id": "ann"},
    "finish_work": FINISH,
    "approve": {},
    "reject": {"reason": "No tests."},
    "cancel": {},
}
LEADS_TO = {"backlog": "ready", "in_progress": "working", "waiting_approval": "in_review", "verified": "done"}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("state", ["ready", "working", "in_review", "done"])
def test_the_six_transitions_and_no_other(state: str, column: str) -> None:
    """A4: of the sixteen pairs of columns, six are commands and four are the column itself."""
    task = task_in(state)
    if task.board_column == column:
        given(Task, *LIVES[state]).when(Task.move, board_column=column).then()
    elif (task.board_column, column) in DRAGS:
        name, _ = DRAGS[task.board_column, column]
        drag = given(Task, *LIVES[state]).when(Task.move, board_column=column, rank="K", **ARGUMENTS[name])
        drag.then(*getattr(task, name)(rank="K", **ARGUMENTS[name]))
        drag.becomes(state=LEADS_TO[column], rank="K", board_column=column)
    else:
        given(Task, *LIVES[state]).when(Task.move, board_column=column).refused(
            TaskInvalidTransition, state=state, command=f"move to {column}"
        )


def test_there_are_six_of_them() -> None:
    """A4"""
    assert {(start, end): name for (start, end), (name, _) in DRAGS.items()} == {
        ("backlog", "in_progress"): "assign",
        ("in_progress", "waiting_approval"): "finish_work",
        ("waiting_approval", "verified"): "approve",
        ("waiting_approval", "in_progress"): "reject",
        ("in_progress", "backlog"): "cancel",
        ("waiting_approval", "backlog"): "cancel",
    }


@pytest.mark.parametrize("column", ["", "todo", "Backlog", None])
def test_there_is_no_other_column(column: str | None) -> None:
    """A1"""
    given(Task, past.created).when(Task.move, board_column=column).refused(InvalidInput)


def test_a_drag_says_what_its_command_asks_for() -> None:
    given(Task, past.created).when(Task.move, board_column="in_progress").refused(InvalidInput)
    given(Task, *past.in_review).when(Task.move, board_column="in_progress").refused(InvalidInput)
    given(Task, past.created).when(Task.move, board_column="in_progress", agent_id="ann", why="?").refused(InvalidInput)


def test_a_drag_ends_in_the_column_it_was_made_to() -> None:
    given(Task, *past.working).when(Task.move, board_column="waiting_approval", approval="none", **FINISH).becomes(
        board_column="waiting_approval"
    )
    given(Task, *past.working).when(Task.move, board_column="backlog", to="dropped").becomes(state="ready")


def test_a_drag_within_the_column_gives_another_place() -> None:
    moved = TaskMoved(from_column="backlog", board_column="backlog", rank="K", previous_rank="B")
    given(Task, past.created).when(Task.move, board_column="backlog", rank="K").then(moved)
    given(Task, past.created).when(Task.move, board_column="backlog", rank="B").then()


def test_a_move_to_another_column_ends_last_unless_a_rank_is_given() -> None:
    for state, command, arguments in [
        ("ready", Task.assign, {"agent_id": "ann"}),
        ("working", Task.finish_work, FINISH),
        ("in_review", Task.approve, {}),
        ("in_review", Task.reject, {"reason": "No tests."}),
        ("working", Task.cancel, {}),
        ("working", Task.schedule_retry, {"run_id": "run_1"}),
        ("stuck", Task.retry, {}),
        ("done", Task.reopen, {"reason": "It does not parse."}),
    ]:
        moved = [
            event
            for event in given(Task, *LIVES[state]).when(command, **arguments).events
            if isinstance(event, TaskMoved)
        ]
        assert [event.rank > "Z" for event in moved] == [True], command
        given(Task, *LIVES[state]).when(command, **arguments, rank="K").becomes(rank="K")


class AnybodyTriesAnything(RuleBasedStateMachine):
    """Commands at random: what is written leaves a legal pair, and the same again writes nothing or is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.task = Task.fold("it", LIVES["ready"])
        self.tried: tuple[Callable[..., list[Event]], dict[str, Any]] | None = None
        self.runs = 0

    def obey(self, command: Callable[..., list[Event]], arguments: dict[str, Any]) -> None:
        assert self.task
        self.tried = None
        try:
            events = command(self.task, **arguments)
        except Refused:
            return
        replayed = [type(event).load(event.payload(), event.VERSION) for event in events]
        assert replayed == events
        self.task = Task.fold("it", replayed, self.task)
        self.tried = (command, arguments)

    @rule(name=st.sampled_from(sorted(COMMANDS)))
    def somebody_commands(self, name: str) -> None:
        self.obey(*COMMANDS[name])

    @rule()
    def a_run_fails(self) -> None:
        self.runs += 1
        self.obey(Task.schedule_retry, {"run_id": f"run_{self.runs}"})

    @rule(column=st.sampled_from(COLUMNS), rank=st.sampled_from(["C", "D", None]))
    def somebody_drags(self, column: str, rank: str | None) -> None:
        assert self.task
        name = DRAGS.get((self.task.board_column, column), ("approve", {}))[0]
        arguments = {} if self.task.board_column == column else ARGUMENTS[name]
        self.obey(Task.move, {"board_column": column, "rank": rank, **arguments})

    @precondition(lambda self: self.tried)
    @rule()
    def the_same_again(self) -> None:
        assert self.task
        assert self.tried
        command, arguments = self.tried
        with suppress(Refused):
            assert command(self.task, **arguments) == []

    @invariant()
    def its_pair_is_legal(self) -> None:
        assert self.task
        assert self.task.state in {*LEGAL_PAIRS.values(), "queued"}

    @invariant()
    def an_agent_has_what_is_at_work(self) -> None:
        assert self.task
        at_work = self.task.state in ("working", "stuck", "in_review", "done")
        assert (self.task.agent_id is not None) == at_work

    @invariant()
    def what_blocks_it_is_known_while_it_is_blocked(self) -> None:
        assert self.task
        assert (self.task.blocked_reason is not None) == (self.task.status == "blocked")

    @invariant()
    def it_has_a_diff_while_it_is_in_review_or_done(self) -> None:
        assert self.task
        if self.task.state not in ("in_review", "done"):
            assert self.task.files_changed is None

    @invariant()
    def retries_are_three_at_most(self) -> None:
        assert self.task
        assert 0 <= self.task.retry_count <= 3


TestAnybodyTriesAnything = AnybodyTriesAnything.TestCase
TestAnybodyTriesAnything.settings = settings(stateful_step_count=50)  # a task has no state without a way out
