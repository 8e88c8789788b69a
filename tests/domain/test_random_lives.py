"""Random lives of runs and sessions: whatever is asked in whatever order, the machine holds, and says nothing twice.

A life begins in any state: from its first one, random commands seldom lead far.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from support.lives import Commands, Life
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentTurnCompleted, AgentTurnLimitApproached
from workledger.domain.session import Session
from workledger.domain.session.events import SessionConfig
from workledger.domain.session.session import RETRIES

RUN_EDGES = {
    ("starting", "running"),
    ("running", "paused"),
    ("running", "waiting_for_input"),
    ("running", "completed"),
    ("paused", "running"),
    ("waiting_for_input", "running"),
    ("failed", "running"),
    *((live, "stopped") for live in ("starting", "running", "paused", "waiting_for_input", "failed")),
    *((live, "failed") for live in ("starting", "running")),
}
SESSION_EDGES = {
    ("initializing", "active"),
    ("initializing", "error"),
    ("active", "paused"),
    ("active", "error"),
    ("active", "closing"),
    ("paused", "active"),
    ("paused", "closing"),
    ("paused", "error"),
    ("closing", "closed"),
    ("error", "active"),
    ("error", "closed"),
}

RUNNING: Commands = (("report_output", {}), ("report_process", {"pid": 1, "provider_session_id": "claude-1"}))
RUN_BEGINNINGS: dict[str, Commands] = {
    "starting": (),
    "running": RUNNING,
    "paused": (*RUNNING, ("pause", {})),
    "waiting_for_input": (*RUNNING, ("ask_user", {"questions": ["Which?"]})),
    "failed": (*RUNNING, ("fail", {"cause": "crash", "error": "boom"})),
}
JOINED: Commands = (("activate", {}), ("join", {"user_id": "ann", "role": "owner"}))
SESSION_BEGINNINGS: dict[str, Commands] = {
    "initializing": (),
    "active": JOINED,
    "paused": (*JOINED, ("pause", {})),
    "error": (*JOINED, ("fail", {"code": "CONNECTION_TIMEOUT"})),
    "closing": (*JOINED, ("begin_closing", {})),
}


class RunLife(Life):
    edges = RUN_EDGES

    @initialize(
        max_turns=st.integers(1, 12),
        task_id=st.sampled_from([None, "tsk_1"]),
        status=st.sampled_from([*RUN_BEGINNINGS]),
    )
    def start(self, max_turns: int, task_id: str | None, status: str) -> None:
        new = AgentRun.start(
            id="run_1", agent_id="agt_1", project_id="prj_1", task_id=task_id, session_number=1, max_turns=max_turns
        )
        run = AgentRun.fold(new.id, new.events)
        assert run is not None
        self.ended: str | None = None
        self.begin(run, new.events)
        self.lead(status, RUN_BEGINNINGS[status])

    @rule(turn=st.integers(1, 14), tokens=st.integers(0, 9))
    def report_a_turn(self, turn: int, tokens: int) -> None:
        self.attempt("report_turn", turn=turn, tokens_in=tokens)

    @rule(tokens=st.integers(0, 9), cost=st.none() | st.sampled_from([0.5, 0.25]))
    def report_the_next_turn(self, tokens: int, cost: float | None) -> None:
        turn = self.state.turn_count + 1
        events = self.attempt("report_turn", turn=turn, tokens_in=tokens, tokens_out=1, cost_usd=cost)
        if events is not None:
            assert (self.state.status == "paused") == (turn == self.state.max_turns)

    @rule(pid=st.none() | st.integers(1, 3), session=st.none() | st.sampled_from(["claude-1", "claude-2"]))
    def report_a_process(self, pid: int | None, session: str | None) -> None:
        self.attempt("report_process", pid=pid, provider_session_id=session)

    @rule(exit_code=st.none() | st.integers(0, 2))
    def report_an_exit(self, exit_code: int | None) -> None:
        self.attempt("report_exit", exit_code=exit_code)

    @rule(command=st.sampled_from(["report_output", "pause"]))
    def say(self, command: str) -> None:
        self.attempt(command)

    @rule(questions=st.lists(st.sampled_from(["Which?", "Why?"]), min_size=1, max_size=2))
    def ask(self, questions: list[str]) -> None:
        self.attempt("ask_user", questions=questions)

    @rule(account=st.sampled_from(["acc_1", "acc_2"]))
    def switch_account(self, account: str) -> None:
        self.attempt("switch_account", account_id=account)

    @rule(
        new_process=st.booleans(), answers=st.none() | st.just({"Which?": "That."}), more=st.none() | st.integers(1, 3)
    )
    def resume(self, new_process: bool, answers: Any, more: int | None) -> None:
        before = self.state
        number = before.session_number + 1 if new_process else None
        if self.attempt("resume", session_number=number, answers=answers, extra_turns=more):
            assert self.state.session_number == before.session_number + new_process
            assert self.state.pending_questions is None
            assert before.provider_session_id or not new_process
            assert new_process or not before.exited

    @rule(cause=st.sampled_from(["crash", "execution_error", "spawn_error", "lost"]))
    def fail(self, cause: str) -> None:
        self.attempt("fail", cause=cause, error="boom")

    @rule(command=st.sampled_from(["complete", "stop"]))
    def end(self, command: str) -> None:
        self.attempt(command)

    @invariant()
    def it_holds_agent_and_place_exactly_while_it_lives(self) -> None:
        live = {"run_of_agent:agt_1", "runs_in_project:prj_1"}
        if self.state.task_id:
            live.add("run_of_task:tsk_1")
        assert self.held == {"agent_run:run_1", *(live if self.state.live else ())}

    @invariant()
    def what_has_ended_for_good_stays_so(self) -> None:
        if self.ended:
            assert self.state.status == self.ended
        if self.state.status in ("completed", "stopped") or (
            self.state.status == "failed" and not self.state.recoverable
        ):
            self.ended = self.state.status

    @invariant()
    def turns_are_counted_once_within_the_limit(self) -> None:
        """A10, A20."""
        turns = [event for event in self.history if isinstance(event, AgentTurnCompleted)]
        assert [event.turn for event in turns] == list(range(1, self.state.turn_count + 1))
        assert self.state.turn_count <= self.state.max_turns
        assert self.state.token_input_count == sum(event.tokens_in for event in turns)
        assert (self.state.cost_usd or 0) == sum(event.cost_usd or 0 for event in turns)
        warned = [event.turn for event in self.history if isinstance(event, AgentTurnLimitApproached)]
        assert len(warned) == len(set(warned))


class SessionLife(Life):
    edges = SESSION_EDGES

    @initialize(
        most=st.integers(1, 3), url=st.sampled_from([None, "/demo"]), status=st.sampled_from([*SESSION_BEGINNINGS])
    )
    def create(self, most: int, url: str | None, status: str) -> None:
        new = Session.create(id="ses_1", project_id="prj_1", url=url, config=SessionConfig(max_participants=most))
        session = Session.fold(new.id, new.events)
        assert session is not None
        self.begin(session, new.events)
        self.lead(status, SESSION_BEGINNINGS[status])

    @rule(command=st.sampled_from(["activate", "begin_closing", "close"]), writes=st.sampled_from([0, 0, 1]))
    def say(self, command: str, writes: int) -> None:
        given = {} if command == "activate" else {"pending_writes": writes}
        self.attempt(command, **given)

    @precondition(lambda self: self.state.status == "initializing")
    @rule()
    def get_ready(self) -> None:
        assert self.attempt("activate")

    @rule(user=st.sampled_from(["ann", "bob", "cyd", "dan"]), role=st.sampled_from(["owner", "viewer"]))
    def join(self, user: str, role: str) -> None:
        if self.attempt("join", user_id=user, role=role) is not None:
            assert self.state.participants[user] == role

    @rule(user=st.sampled_from(["ann", "bob", "cyd", "dan"]))
    def leave(self, user: str) -> None:
        assert self.attempt("leave", user_id=user) is not None
        assert user not in self.state.participants

    @rule()
    def pause(self) -> None:
        self.attempt("pause")

    @rule(by=st.sampled_from([None, "ann", "bob"]))
    def resume(self, by: str | None) -> None:
        self.attempt("resume", by=by)

    @rule(code=st.sampled_from([*RETRIES, "FATAL_ERROR", "CONNECTION_TIMEOUT"]))
    def meet_an_error(self, code: str) -> None:
        """Every error counts, also the same one again."""
        self.attempt("record_error", once=False, code=code)

    @rule(code=st.sampled_from(["PROJECT_DELETED", "CONNECTION_TIMEOUT"]))
    def fail(self, code: str) -> None:
        self.attempt("fail", code=code)

    @rule(title=st.sampled_from([None, "Fix it", "Mend it"]))
    def change_title(self, title: str | None) -> None:
        self.attempt("change_title", title=title)

    @invariant()
    def no_more_take_part_than_may(self) -> None:
        assert len(self.state.participants) <= self.state.config.max_participants

    @invariant()
    def it_can_be_written_to_until_it_is_closed(self) -> None:
        closed = self.state.status == "closed"
        assert ("session_open:ses_1" in self.held) is not closed
        assert ("session_url:/demo" in self.held) is (self.state.url == "/demo" and not closed)
        assert "session:ses_1" in self.held

    @invariant()
    def errors_are_tried_only_so_often(self) -> None:
        assert all(count <= RETRIES[code] for code, count in self.state.retries.items())


TestRunLife = RunLife.TestCase
TestSessionLife = SessionLife.TestCase
