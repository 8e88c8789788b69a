"""Runs of agents: every status against every command, turns, sessions, and what a live run holds (domain.md 2.2)."""

from typing import Any

import pytest

from support.agent_run_states import (
    EXAMPLES,
    LIVES,
    asked,
    began,
    broken,
    completed,
    crashed,
    exited,
    paused,
    spawned,
    started,
    stopped,
    turn_1,
)
from workledger.domain.agent import (
    Agent,
    AgentAlreadyRunning,
    AgentConfig,
    AgentNotResumable,
    AgentNotRunning,
    AgentTurnLimitExceeded,
    ConcurrencyLimitExceeded,
    run_of_agent,
)
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.account import AgentRunAccountSwitched
from workledger.domain.agent_run.events import (
    AgentProcessExited,
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunPaused,
    AgentRunResumed,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
    AgentTurnCompleted,
    AgentTurnLimitApproached,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Claim, Release, Take
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.project import Project
from workledger.domain.project import events as project_events
from workledger.domain.task import Task
from workledger.domain.task import events as task_events
from workledger.domain.task.refusals import TaskAlreadyAssigned
from workledger.testing import given

COMMANDS = {name: examples[0] for name, examples in EXAMPLES.items()}
MACHINE: dict[str, dict[str, tuple[type[Event], ...]]] = {
    "starting": {
        "report_process": (AgentProcessSpawned,),
        "report_output": (AgentRunBegan,),
        "report_turn": (AgentRunBegan, AgentTurnCompleted),
        "report_exit": (AgentProcessExited,),
        "fail": (AgentRunFailed,),
        "complete": (AgentRunBegan, AgentRunCompleted),
        "stop": (AgentRunStopped,),
    },
    "running": {
        "report_process": (AgentProcessSpawned,),
        "report_output": (),
        "report_turn": (AgentTurnCompleted,),
        "pause": (AgentRunPaused,),
        "ask_user": (AgentRunWaitingForInput,),
        "switch_account": (AgentRunAccountSwitched,),
        "report_exit": (AgentProcessExited,),
        "fail": (AgentRunFailed,),
        "complete": (AgentRunCompleted,),
        "stop": (AgentRunStopped,),
    },
    "paused": {
        "pause": (),
        "resume": (AgentRunResumed,),
        "report_exit": (AgentProcessExited,),
        "stop": (AgentRunStopped,),
    },
    "waiting_for_input": {
        "ask_user": (),
        "resume": (AgentRunResumed,),
        "report_exit": (AgentProcessExited,),
        "stop": (AgentRunStopped,),
    },
    "failed, recoverable": {
        "resume": (AgentRunResumed,),
        "report_exit": (AgentProcessExited,),
        "fail": (),
        "stop": (AgentRunStopped,),
    },
    "failed": {"report_exit": (AgentProcessExited,), "fail": ()},
    "completed": {"report_exit": (AgentProcessExited,), "complete": ()},
    "stopped": {"report_exit": (AgentProcessExited,), "stop": ()},
}


def fold(*events: Event) -> AgentRun:
    run = AgentRun.fold("run_1", events)
    assert run is not None
    return run


def claims(event: Event, *before: Event) -> list[Claim]:
    return list(event.claims(AgentRun.fold("run_1", before), "run_1"))


def test_the_table_covers_every_command() -> None:
    assert set(AgentRun.commands()) - {"start"} == set(COMMANDS)


@pytest.mark.parametrize("status", LIVES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_status_against_every_command(status: str, command: str) -> None:
    """domain.md 2.2: these transitions and no other."""
    run = fold(*LIVES[status])
    expected = MACHINE[status].get(command)
    if expected is None:
        with pytest.raises(AgentNotRunning) as refusal:
            getattr(run, command)(**COMMANDS[command])
        assert refusal.value.details == {"kind": "agent_run", "state": run.status, "command": command}
    else:
        assert tuple(type(event) for event in getattr(run, command)(**COMMANDS[command])) == expected


@pytest.mark.parametrize("status", LIVES)
def test_an_end_is_an_end(status: str) -> None:
    assert fold(*LIVES[status]).live is (status in ("starting", "running", "paused", "waiting_for_input"))


def test_a_run_begins_as_the_config_says() -> None:
    config = AgentConfig(model="m", max_turns=300, allowed_tools=("Read",))
    new = AgentRun.start(agent_id="agt_1", session_number=1, config=config, prompt="Go.")
    assert new.id.startswith("run_")
    assert new.events == [
        AgentRunStarted(
            agent_id="agt_1", session_number=1, model="m", max_turns=300, allowed_tools=("Read",), prompt="Go."
        )
    ]


def test_options_come_before_the_config() -> None:
    new = AgentRun.start(
        id="run_old",
        agent_id="agt_1",
        session_number=3,
        config=AgentConfig(model="m"),
        model="n",
        max_turns=5,
        allowed_tools=("Bash",),
    )
    assert new.id == "run_old"
    assert new.events == [
        AgentRunStarted(agent_id="agt_1", session_number=3, model="n", max_turns=5, allowed_tools=("Bash",))
    ]


@pytest.mark.parametrize("turns", [1, 2, 199, 200])
def test_the_turns_of_one_run_are_1_to_200(turns: int) -> None:
    """A2: at and within."""
    started = AgentRun.start(agent_id="agt_1", session_number=1, max_turns=turns).events[0]
    assert isinstance(started, AgentRunStarted)
    assert started.max_turns == turns


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_turns": 0},
        {"max_turns": 201},
        {"mode": "run"},
        {"session_number": 0},
        {"agent_id": ""},
        {"allowed_tools": ["bash"]},
        {"prompt": "x" * 100_001},
    ],
)
def test_a_start_that_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    """A1, A2: below and above."""
    with pytest.raises(InvalidInput):
        AgentRun.start(**{"agent_id": "agt_1", "session_number": 1} | wrong)


@pytest.mark.parametrize("mode", ["execute", "discuss", "plan", "detail", "refine", "chat", "errand"])
def test_every_mode_is_accepted(mode: Any) -> None:
    """A1."""
    assert AgentRun.start(agent_id="agt_1", session_number=1, mode=mode).events[0].model_dump()["mode"] == mode


@pytest.mark.parametrize(
    "reason", ["user_input", "approval_required", "confirmation", "turn_limit", "provider_limit", "user"]
)
def test_every_reason_to_pause_is_accepted(reason: Any) -> None:
    """A1."""
    given(AgentRun, started, began).when(AgentRun.pause, reason=reason).then(AgentRunPaused(reason=reason))


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("pause", {"reason": "tired"}),
        ("fail", {"cause": "bad luck", "error": "boom"}),
        ("fail", {"cause": "crash"}),
        ("ask_user", {"questions": []}),
        ("report_turn", {"turn": 0}),
        ("report_turn", {"turn": 1, "tokens_in": -1}),
        ("report_turn", {"turn": 1, "cost_usd": -0.01}),
        ("stop", {"reason": ""}),
        ("stop", {"reason": "x" * 501}),
        ("resume", {"extra_turns": 0}),
        ("resume", {"extra_turns": 201}),
        ("switch_account", {"account_id": "a\x7fb"}),
        ("complete", {"result": object()}),
    ],
)
def test_invalid_arguments_are_refused(command: str, wrong: dict[str, Any]) -> None:
    """A1, A2."""
    given(AgentRun, started, began).when(getattr(AgentRun, command), **wrong).refused(InvalidInput)


@pytest.mark.parametrize(
    ("cause", "recoverable"),
    [
        ("crash", True),
        ("lost", True),
        ("provider_limit", True),
        ("execution_error", False),
        ("spawn_error", False),
    ],
)
def test_a_crash_and_a_lost_process_can_be_recovered_from(cause: Any, recoverable: bool) -> None:
    given(AgentRun, started).when(AgentRun.fail, cause=cause, error="boom").then(
        AgentRunFailed(cause=cause, error="boom", recoverable=recoverable)
    )
    given(AgentRun, started).when(AgentRun.fail, cause=cause, error="boom", recoverable=not recoverable).then(
        AgentRunFailed(cause=cause, error="boom", recoverable=not recoverable)
    )


def test_turns_and_tokens_add_up() -> None:
    """A10: the totals of the end are the sums of the turns."""
    turn_2 = AgentTurnCompleted(turn=2, tokens_in=1, tokens_out=2, cost_usd=0.5)
    turn_3 = AgentTurnCompleted(turn=3, tokens_in=100)
    given(AgentRun, started, began, turn_1, turn_2, turn_3).when(AgentRun.complete, result={"ok": True}).then(
        AgentRunCompleted(result={"ok": True}, turn_count=3, token_input_count=111, token_output_count=7, cost_usd=0.75)
    )


def test_a_turn_reported_twice_counts_once() -> None:
    given(AgentRun, started, began, turn_1).when(AgentRun.report_turn, turn=1, tokens_in=99).then()


def test_a_turn_says_its_model_and_how_its_cache_tokens_are_made_up() -> None:
    told = {"cache_read_tokens": 7, "cache_write_tokens": 2, "model": "opus"}
    given(AgentRun, started, began).when(AgentRun.report_turn, turn=1, **told).then(
        AgentTurnCompleted(turn=1, cache_tokens=9, **told)
    )
    given(AgentRun, started, began).when(AgentRun.report_turn, turn=1, model="").refused(InvalidInput)


def test_no_turn_is_left_out() -> None:
    given(AgentRun, started, began, turn_1).when(AgentRun.report_turn, turn=3).refused(InvalidInput)


def turns(upto: int) -> list[Event]:
    return [AgentTurnCompleted(turn=turn) for turn in range(1, upto + 1)]


@pytest.mark.parametrize(
    ("max_turns", "warning"), [(2, None), (4, None), (5, 4), (10, 8), (11, 9), (50, 40), (200, 160)]
)
def test_four_fifths_of_the_turns_give_a_warning_once(max_turns: int, warning: int | None) -> None:
    """A20: warns at 80 %; where that is the last turn, the pause says enough."""
    run = fold(started.model_copy(update={"max_turns": max_turns}), began)
    warned = []
    for turn in range(1, max_turns + 1):
        for event in run.report_turn(turn=turn):
            run = run.after(event)
            if isinstance(event, AgentTurnLimitApproached):
                warned.append(event)
    assert warned == ([AgentTurnLimitApproached(turn=warning, max_turns=max_turns)] if warning else [])
    assert run.status == "paused"


def test_the_last_turn_pauses_the_run() -> None:
    """A20."""
    given(AgentRun, started, began, *turns(9)).when(AgentRun.report_turn, turn=10).then(
        AgentTurnCompleted(turn=10), AgentRunPaused(reason="turn_limit")
    )


def test_the_only_turn_of_a_run_pauses_it() -> None:
    """A20, A2: at the lowest limit."""
    one = started.model_copy(update={"max_turns": 1})
    given(AgentRun, one).when(AgentRun.report_turn, turn=1).then(
        AgentRunBegan(), AgentTurnCompleted(turn=1), AgentRunPaused(reason="turn_limit")
    )


def test_no_turn_comes_after_the_last() -> None:
    """A20."""
    spent = [started, began, *turns(10), AgentRunPaused(reason="turn_limit")]
    given(AgentRun, *spent).when(AgentRun.report_turn, turn=11).refused(AgentTurnLimitExceeded)
    given(AgentRun, *spent).when(AgentRun.resume).refused(AgentTurnLimitExceeded)


def test_more_turns_let_it_go_on() -> None:
    """A20."""
    resumed = AgentRunResumed(session_number=1, extra_turns=2)
    spent = [started, began, *turns(10), AgentRunPaused(reason="turn_limit")]
    given(AgentRun, *spent).when(AgentRun.resume, extra_turns=2).then(resumed)
    given(AgentRun, *spent, resumed).when(AgentRun.report_turn, turn=11).then(AgentTurnCompleted(turn=11))
    given(AgentRun, *spent, resumed, AgentTurnCompleted(turn=11)).when(AgentRun.report_turn, turn=12).then(
        AgentTurnCompleted(turn=12), AgentRunPaused(reason="turn_limit")
    )


def test_the_answers_settle_the_questions() -> None:
    """C25: pending questions are cleared on resume."""
    run = fold(started, spawned, began, asked)
    assert run.pending_questions == ("Which?",)
    run = run.after(run.resume(answers={"Which?": "That."})[0])
    assert (run.status, run.pending_questions) == ("running", None)


def test_other_questions_wait_until_the_first_are_answered() -> None:
    given(AgentRun, started, began, asked).when(AgentRun.ask_user, questions=["What?"]).refused(AgentNotRunning)


def test_a_run_goes_on_in_the_same_process_under_the_same_number() -> None:
    given(AgentRun, *LIVES["paused"]).when(AgentRun.resume, feedback="Go on.").then(
        AgentRunResumed(session_number=1, feedback="Go on.")
    )


def test_a_run_goes_on_in_a_new_process_under_a_new_number() -> None:
    """C15."""
    given(AgentRun, *LIVES["paused"], exited).when(AgentRun.resume, session_number=2).then(
        AgentRunResumed(session_number=2)
    )


@pytest.mark.parametrize("gone", [(began, paused, exited), (began, exited, asked), (crashed,)])
def test_a_process_that_is_gone_does_not_go_on(gone: tuple[Event, ...]) -> None:
    given(AgentRun, started, spawned, *gone).when(AgentRun.resume).refused(AgentNotResumable)


@pytest.mark.parametrize("life", [(started, began, paused), (started, crashed)])
def test_a_new_process_needs_a_provider_session(life: tuple[Event, ...]) -> None:
    given(AgentRun, *life).when(AgentRun.resume, session_number=2).refused(AgentNotResumable)


def test_a_session_number_only_grows() -> None:
    given(AgentRun, *LIVES["paused"]).when(AgentRun.resume, session_number=1).refused(InvalidInput)


def test_resuming_what_runs_changes_nothing() -> None:
    given(AgentRun, *LIVES["running"]).when(AgentRun.resume).then()


def test_a_resumed_run_reports_its_new_process() -> None:
    resumed = AgentRunResumed(session_number=2)
    life = (*LIVES["paused"], exited, resumed)
    given(AgentRun, *life).when(AgentRun.report_process, pid=9).then(AgentProcessSpawned(session_number=2, pid=9))
    assert fold(*life, AgentProcessSpawned(session_number=2, pid=9)).provider_session_id == "claude-1"


def test_a_new_process_is_there_until_its_own_exit() -> None:
    life = (*LIVES["paused"], exited, AgentRunResumed(session_number=2))
    given(AgentRun, *life, paused).when(AgentRun.resume).then(AgentRunResumed(session_number=2))
    given(AgentRun, *life).when(AgentRun.report_exit, exit_code=0).then(exited)


def test_a_process_reported_twice_is_one() -> None:
    given(AgentRun, started).when(AgentRun.report_process).then(AgentProcessSpawned(session_number=1))
    given(AgentRun, started, AgentProcessSpawned(session_number=1)).when(AgentRun.report_process).then()
    given(AgentRun, started, spawned).when(AgentRun.report_process, pid=7).then()
    given(AgentRun, started, spawned).when(AgentRun.report_process, provider_session_id="claude-2").then(
        AgentProcessSpawned(session_number=1, provider_session_id="claude-2")
    )


def test_an_exit_is_told_once_and_its_code_may_come_later() -> None:
    given(AgentRun, *LIVES["completed"], exited).when(AgentRun.report_exit, exit_code=0).then()
    unknown = AgentProcessExited()
    given(AgentRun, started, unknown).when(AgentRun.report_exit).then()
    given(AgentRun, started, unknown).when(AgentRun.report_exit, exit_code=1).then(AgentProcessExited(exit_code=1))


def test_the_account_is_switched_from_the_last() -> None:
    first = AgentRunAccountSwitched(previous=None, account_id="acc_1", reason="rate limit")
    given(AgentRun, started, began).when(AgentRun.switch_account, account_id="acc_1", reason="rate limit").then(first)
    given(AgentRun, started, began, first).when(AgentRun.switch_account, account_id="acc_1").then()
    given(AgentRun, started, began, first).when(AgentRun.switch_account, account_id="acc_2").then(
        AgentRunAccountSwitched(previous="acc_1", account_id="acc_2")
    )


HELD = [
    Take(run_of_agent("agt_1"), AgentAlreadyRunning),
    Take(task_events.run_of_task("tsk_1"), TaskAlreadyAssigned),
    Take(project_events.runs_in("prj_1"), ConcurrencyLimitExceeded),
]
FREED = [
    Release(run_of_agent("agt_1")),
    Release(task_events.run_of_task("tsk_1")),
    Release(project_events.runs_in("prj_1")),
]


def test_a_live_run_holds_its_agent_its_task_and_a_place() -> None:
    """domain.md 3.3, X12 and X13."""
    assert claims(started) == [Take("agent_run:run_1"), Task.exists("tsk_1"), *HELD]
    assert claims(AgentRunStarted(agent_id="agt_1", session_number=1)) == [
        Take("agent_run:run_1"),
        Take(run_of_agent("agt_1"), AgentAlreadyRunning),
    ]


@pytest.mark.parametrize("end", [completed, stopped, crashed, broken], ids=lambda end: str(end.TOPIC))
def test_every_end_gives_them_back(end: Event) -> None:
    assert claims(end, started, began) == FREED


def test_a_failed_run_takes_them_again_when_it_goes_on() -> None:
    assert claims(AgentRunResumed(session_number=2), *LIVES["failed, recoverable"]) == [
        Task.exists("tsk_1"),
        *HELD,
    ]
    assert claims(AgentRunResumed(session_number=1), *LIVES["paused"]) == [Task.exists("tsk_1")]


@pytest.mark.parametrize("status", LIVES)
def test_a_run_relies_on_agent_and_project_while_it_lives(status: str) -> None:
    run = fold(*LIVES[status])
    parents = [Agent.exists("agt_1"), Project.exists("prj_1")] if run.live else []
    assert list(run.requires()) == parents


def test_its_events_are_found_by_all_they_belong_to() -> None:
    run = fold(started.model_copy(update={"session_id": "ses_1"}))
    assert run.tags() == {
        "agent": "agt_1",
        "project": "prj_1",
        "run": "run_1",
        "session": "ses_1",
        "task": "tsk_1",
    }


def test_an_imported_run_may_be_complete_at_once() -> None:
    given(AgentRun, started).when(AgentRun.complete, result="done", duration_ms=5).then(
        AgentRunBegan(), AgentRunCompleted(result="done", duration_ms=5)
    )


def test_a_limit_binds_commands_and_not_what_happened() -> None:
    imported = started.model_copy(update={"max_turns": 2190, "mode": "autopilot"})
    assert fold(imported, began, *turns(2190)).turn_count == 2190


def test_refusals_say_what_was_refused() -> None:
    with pytest.raises(Refused, match=r"^A run that is completed does not accept pause\.$"):
        fold(*LIVES["completed"]).pause()
