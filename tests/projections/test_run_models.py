"""What runs used of each model: by run, by project, and in all; a corrected turn counts as corrected."""

from typing import Any

import pytest

from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentTurnAlreadyRecorded, AgentTurnCompleted, AgentTurnCorrected
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.projections import run_models
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.run_models import RunModels


@pytest.fixture
def ledger(database_ledger: Workledger) -> Workledger:
    """A run of `opus` that asked `haiku` in between, and one of another project."""
    for id in ("p", "q"):
        database_ledger.create(Project.create(id=id, name=id))
        database_ledger.create(Agent.create(id=f"ann_{id}", name="Ann", project_id=id))
        with database_ledger.unit() as unit:
            start_run(unit, id=f"r_{id}", agent_id=f"ann_{id}", model="opus")
    with database_ledger.edit(AgentRun, "r_p") as run:
        run.report_turn(turn=1, tokens_in=1, tokens_out=10, cache_read_tokens=5, cache_write_tokens=2)
        run.report_turn(turn=2, tokens_in=2, tokens_out=20, model="haiku")
        run.report_turn(turn=3, tokens_in=4, tokens_out=40, model="opus", cache_tokens=9)
    with database_ledger.edit(AgentRun, "r_q") as run:
        run.report_turn(turn=1, tokens_out=100, model="haiku")
    return database_ledger


def totals(ledger: Workledger, **of: str) -> dict[str | None, tuple[int, ...]]:
    ledger.catch_up()
    names = ("run_count", "turn_count", "token_input_count", "token_output_count", "cache_token_count")
    told: list[dict[str, Any]] = [dict(one) for one in run_models.totals(ledger.tables, **of)]
    return {one["model"]: tuple(one[name] for name in names) for one in told}


def test_turns_and_tokens_are_summed_by_model(ledger: Workledger) -> None:
    """A turn that does not say its model counts for that of the run."""
    assert totals(ledger) == {"haiku": (2, 2, 2, 120, 0), "opus": (1, 2, 5, 50, 16)}
    assert list(totals(ledger)) == ["haiku", "opus"], "most output first"
    assert totals(ledger, project_id="p") == {"opus": (1, 2, 5, 50, 16), "haiku": (1, 1, 2, 20, 0)}
    assert totals(ledger, agent_run_id="r_q") == {"haiku": (1, 1, 0, 100, 0)}
    assert totals(ledger, project_id="nobody") == {}


def test_reading_and_writing_the_cache_are_told_apart_where_a_turn_does(ledger: Workledger) -> None:
    ledger.catch_up()
    [opus] = run_models.totals(ledger.tables, agent_run_id="r_p")[:1]
    assert (opus["cache_read_token_count"], opus["cache_write_token_count"], opus["cache_token_count"]) == (5, 2, 16)


def test_a_correction_changes_the_tokens_and_not_the_turns(ledger: Workledger) -> None:
    corrected = AgentTurnCorrected(turn=1, tokens_out=-60, cache_tokens=3, cache_read_tokens=3, model="haiku")
    with ledger.unit() as unit:
        unit.record(AgentRun, "r_q", [corrected])
    assert totals(ledger, agent_run_id="r_q") == {"haiku": (1, 1, 0, 40, 3)}
    [run] = [one for one in ledger.tables.all(AgentRuns.table.select()) if one["id"] == "r_q"]
    assert (run["turn_count"], run["token_output_count"], run["cache_token_count"]) == (1, 40, 3)
    assert ledger.get(AgentRun, "r_q").token_output_count == 40


def test_a_message_is_one_turn_in_all_runs(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        unit.record(AgentRun, "r_p", [AgentTurnCompleted(turn=4, message_id="m")])
    with pytest.raises(AgentTurnAlreadyRecorded), ledger.unit() as unit:
        unit.record(AgentRun, "r_q", [AgentTurnCompleted(turn=2, message_id="m")])
    assert ledger.get(AgentRun, "r_q").turn_count == 1


def test_what_a_deleted_project_used_is_gone_with_it(ledger: Workledger) -> None:
    with ledger.edit(AgentRun, "r_q") as run:
        run.complete()
    with ledger.edit(Project, "q") as project:
        project.delete()
    assert totals(ledger) == {"opus": (1, 2, 5, 50, 16), "haiku": (1, 1, 2, 20, 0)}
    assert {one["agent_run_id"] for one in ledger.tables.all(RunModels.table.select())} == {"r_p"}


def test_turns_of_earlier_releases_have_no_model_and_count_for_their_run(ledger: Workledger) -> None:
    old = AgentTurnCompleted.load({"turn": 2, "tokens_in": 1, "tokens_out": 1, "cache_tokens": 4}, 1)
    with ledger.unit() as unit:
        unit.record(AgentRun, "r_q", [old])
    assert totals(ledger, agent_run_id="r_q") == {"haiku": (1, 1, 0, 100, 0), "opus": (1, 1, 1, 1, 4)}
