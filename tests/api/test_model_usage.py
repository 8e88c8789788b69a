"""What was used of each model, over HTTP."""

import pytest

from support.http_client import Doors
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run


@pytest.fixture
def used(all_doors: Doors) -> Doors:
    ledger = all_doors.ledger
    for id, model in (("p", "opus"), ("q", "haiku")):
        ledger.create(Project.create(id=id, name=id))
        ledger.create(Agent.create(id=f"ann_{id}", name="Ann", project_id=id))
        with ledger.unit() as unit:
            start_run(unit, id=f"r_{id}", agent_id=f"ann_{id}", model=model)
        with ledger.edit(AgentRun, f"r_{id}") as run:
            run.report_turn(turn=1, tokens_in=1, tokens_out=2)
            run.report_turn(turn=2, tokens_out=5, model="sonnet")
    return all_doors


def models(answer: dict[str, list[dict[str, object]]]) -> list[tuple[object, object]]:
    return [(one["model"], one["token_output_count"]) for one in answer["items"]]


def test_it_is_told_of_one_run_of_a_project_and_of_all(used: Doors) -> None:
    assert models(used.see("model-usage")) == [("sonnet", 10), ("haiku", 2), ("opus", 2)]
    assert models(used.see("model-usage", project_id="p")) == [("sonnet", 5), ("opus", 2)]
    assert models(used.see("model-usage", agent_run_id="r_q")) == [("sonnet", 5), ("haiku", 2)]
    assert models(used.see("model-usage", project_id="nobody")) == []


def test_a_run_shows_what_it_used_of_each_model(used: Doors) -> None:
    told = used.see("agent-runs/r_p")["models"]
    assert [(one["model"], one["turn_count"]) for one in told] == [("sonnet", 1), ("opus", 1)]


def test_an_unknown_question_is_refused(used: Doors) -> None:
    assert used.refused("GET", "model-usage?project=p")[0] == 400
