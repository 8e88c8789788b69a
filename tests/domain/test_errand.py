"""Errands: worked on, reviewed, merged or abandoned, under ids of the caller's."""

from collections.abc import Callable
from typing import Any

import pytest

from support.errand_states import LIVES, conflicted, opened
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.agent_run import AgentRun
from workledger.domain.errand import (
    Errand,
    ErrandAgentAssigned,
    ErrandAgentNotReady,
    ErrandAgentUnassigned,
    ErrandDeleted,
    ErrandInvalidTransition,
    ErrandMerged,
    ErrandMessageSent,
    ErrandNotFound,
    ErrandOpened,
)
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.runs import start_run
from workledger.testing import given

TYPO: dict[str, Any] = {"description": "Fix the typo", "branch": "cw/typo"}


def test_what_codewalkers_leaves_out_has_its_defaults() -> None:
    """C1."""
    new = Errand.create(id="e1", **TYPO)
    assert (new.id, new.events) == (
        "e1",
        [
            ErrandOpened(
                description="Fix the typo",
                branch="cw/typo",
                base_branch="main",
                project_id=None,
                agent_id=None,
                status="active",
            )
        ],
    )


@pytest.mark.parametrize("missing", ["id", "description", "branch"])
def test_its_id_description_and_branch_are_given_and_not_empty(missing: str) -> None:
    """C21: the id is the caller's."""
    arguments = {"id": "e1", **TYPO}
    given(Errand).when(Errand.create, **{name: one for name, one in arguments.items() if name != missing}).refused(
        InvalidInput
    )
    given(Errand).when(Errand.create, **arguments | {missing: ""}).refused(InvalidInput)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "assign": (Errand.assign_agent, {"agent_id": "bob"}),
    "unassign": (Errand.unassign_agent, {}),
    "tell": (Errand.send_message, {"content": "The title, too."}),
    "submit": (Errand.submit_for_review, {}),
    "change": (Errand.request_changes, {"feedback": "More."}),
    "merge": (Errand.merge, {}),
    "conflict": (Errand.report_conflict, {"files": ("a.py",)}),
    "abandon": (Errand.abandon, {}),
}
TABLE = """
          active          pending_review  conflict   merged  abandoned
assign    active          -               -          -       -
unassign  active          -               -          -       -
tell      active          -               -          -       -
submit    pending_review  =               -          -       -
change    -               active          active     -       -
merge     -               merged          merged     =       -
conflict  -               conflict        conflict   -       -
abandon   abandoned       abandoned       abandoned  -       =
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.9: = changes nothing, - is refused."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(Errand, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(ErrandInvalidTransition, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_every_state(state: str) -> None:
    given(Errand, *LIVES[state]).when(Errand.delete).then(ErrandDeleted(branch="cw/typo"))


def test_a_conflict_names_its_files_until_it_is_solved() -> None:
    given(Errand, *LIVES["pending_review"]).when(Errand.report_conflict, files=("README.md",)).then(conflicted)
    given(Errand, *LIVES["conflict"]).when(Errand.report_conflict, files=("README.md",)).then()
    given(Errand, *LIVES["conflict"]).when(Errand.request_changes, feedback="Rebase.").becomes(conflict_files=())
    merged = given(Errand, *LIVES["conflict"]).when(Errand.merge, merge_sha="c0ffee")
    merged.then(ErrandMerged(merge_sha="c0ffee"))
    merged.becomes(conflict_files=(), merge_sha="c0ffee")


def test_an_agent_is_given_it_and_it_is_taken_away() -> None:
    given(Errand, opened).when(Errand.assign_agent, agent_id="ann").then()
    given(Errand, opened).when(Errand.assign_agent, agent_id="bob").then(ErrandAgentAssigned(agent_id="bob"))
    taken = ErrandAgentUnassigned(agent_id="ann", reason="busy")
    given(Errand, opened).when(Errand.unassign_agent, reason="busy").then(taken)
    given(Errand, opened, taken).when(Errand.unassign_agent).then()


# Across errands, agents and projects


@pytest.fixture
def ledger(ledger: Workledger) -> Workledger:
    """An agent, with an errand of its own."""
    ledger.create(Agent.create(id="ann", name="Ann"))
    ledger.create(Errand.create(id="e1", **TYPO, agent_id="ann"))
    return ledger


def tell(ledger: Workledger) -> None:
    with ledger.edit(Errand, "e1") as errand:
        errand.send_message(content="The title, too.")


def run(ledger: Workledger, *commands: Callable[[Any], object]) -> None:
    with ledger.unit() as unit:
        start_run(unit, id="r", agent_id="ann", mode="errand")
        for command in commands:
            command(unit.edit(AgentRun, "r"))


def test_an_id_is_used_once_also_when_its_errand_is_gone(ledger: Workledger) -> None:
    """C21."""
    with pytest.raises(ConcurrencyConflict):
        ledger.create(Errand.create(id="e1", **TYPO))
    with ledger.edit(Errand, "e1") as errand:
        errand.delete()
    with pytest.raises(ConcurrencyConflict):
        ledger.create(Errand.create(id="e1", **TYPO))


STATES: dict[str, tuple[tuple[Callable[[Any], object], ...], bool]] = {
    "starting": ((), True),
    "running": ((lambda run: run.report_output(),), True),
    "completed": ((lambda run: run.complete(),), True),
    "paused": ((lambda run: run.report_output(), lambda run: run.pause()), False),
    "waiting_for_input": ((lambda run: run.report_output(), lambda run: run.ask_user(questions=["?"])), False),
    "stopped": ((lambda run: run.stop(),), False),
    "failed": ((lambda run: run.fail(cause="crash", error="Boom."),), False),
}


@pytest.mark.parametrize("state", STATES)
def test_a_message_reaches_an_agent_that_is_running_or_idle(ledger: Workledger, state: str) -> None:
    """Codewalkers' words for a run that is starting or running, and for one that is completed."""
    commands, ready = STATES[state]
    run(ledger, *commands)
    assert ledger.get(AgentRun, "r").status == state
    if ready:
        tell(ledger)
        assert ledger.history(Errand, "e1")[-1].event == ErrandMessageSent(content="The title, too.")
    else:
        with pytest.raises(ErrandAgentNotReady) as refused:
            tell(ledger)
        assert refused.value.code == "ERRAND_AGENT_NOT_READY"
        assert refused.value.details["run_status"] == state


def test_a_message_needs_an_agent_that_has_run_and_is_there(ledger: Workledger) -> None:
    with pytest.raises(ErrandAgentNotReady):
        tell(ledger)
    run(ledger, lambda run: run.complete())
    with ledger.edit(Errand, "e1") as errand:
        errand.unassign_agent()
    with pytest.raises(ErrandAgentNotReady):
        tell(ledger)
    with ledger.edit(Errand, "e1") as errand:
        errand.assign_agent(agent_id="ann")
    with ledger.edit(Agent, "ann") as agent:
        agent.delete()
    with pytest.raises(ErrandAgentNotReady):
        tell(ledger)


def test_the_latest_run_of_its_agent_counts(ledger: Workledger) -> None:
    run(ledger, lambda run: run.stop())
    with ledger.unit() as unit:
        start_run(unit, id="r2", agent_id="ann")
    tell(ledger)


def test_it_needs_its_agent_when_it_is_given_to_it(ledger: Workledger) -> None:
    with pytest.raises(AgentNotFound):
        ledger.create(Errand.create(id="e2", **TYPO, agent_id="nobody"))
    with pytest.raises(AgentNotFound), ledger.edit(Errand, "e1") as errand:
        errand.assign_agent(agent_id="nobody")


def test_it_needs_its_project_while_it_is_open(ledger: Workledger) -> None:
    with pytest.raises(ProjectNotFound):
        ledger.create(Errand.create(id="e2", **TYPO, project_id="prj_0"))
    ledger.create(Project.create(id="p", name="Parser"))
    ledger.create(Errand.create(id="e2", **TYPO, project_id="p"))
    with ledger.edit(Project, "p") as project:
        project.delete()
    with pytest.raises(ProjectNotFound), ledger.edit(Errand, "e2") as errand:
        errand.submit_for_review()
    with ledger.edit(Errand, "e2") as errand:
        errand.abandon()


def test_a_deleted_errand_is_not_found(ledger: Workledger) -> None:
    with ledger.edit(Errand, "e1") as errand:
        errand.delete()
    with pytest.raises(ErrandNotFound), ledger.edit(Errand, "e1") as errand:
        errand.abandon()
