"""The context of a task over HTTP."""

import pytest

from support.http_client import Doors


@pytest.fixture
def planned(all_doors: Doors) -> Doors:
    all_doors.do("initiatives", id="ini_1", name="User auth")
    all_doors.do("phases", id="pha_1", initiative_id="ini_1", name="The API", content="Two endpoints. " * 20)
    for id in ("lex", "tsk_1"):
        all_doors.do("tasks", id=id, title=id, phase_id="pha_1")
    all_doors.do("tasks/tsk_1/add-dependency", depends_on_task_id="lex")
    all_doors.do("agents", id="ann", name="ann")
    all_doors.do("tasks/lex/assign", agent_id="ann")
    all_doors.do("tasks/lex/finish-work", turn_count=1, approval="none", summary="Lexed. " * 20)
    return all_doors


def test_a_task_has_a_context_within_a_budget(planned: Doors) -> None:
    """C17."""
    answer = planned.see("tasks/tsk_1/context")
    context = answer["context"]
    assert (context["target_kind"], context["target_id"], context["budget"]) == ("task", "tsk_1", 15_000)
    assert [one["kind"] for one in context["persistent_context"]] == ["missing", "phase"]
    assert [(one["id"], one["text"]) for one in context["summaries"]] == [("lex", "Lexed. " * 20)]
    assert [one["kind"] for one in context["messages"]] == ["missing"]
    assert "# Phase: The API\n\nTwo endpoints." in answer["text"]
    less = planned.see("tasks/tsk_1/context", budget=context["tokens"] - 1)["context"]
    assert less["left_out"] == {"messages": 0, "summaries": ["lex"]}
    assert not less["over_budget"]
    assert planned.see("tasks/tsk_1/context", budget=0)["context"]["over_budget"]


def test_there_is_none_of_a_task_that_is_not_there(planned: Doors) -> None:
    answer = planned.answer("GET", "tasks/nobody/context")
    assert (answer.status_code, answer.json()["code"]) == (404, "TASK_NOT_FOUND")


@pytest.mark.parametrize("budget", ["-1", "many", ""])
def test_a_budget_is_a_number_of_tokens(planned: Doors, budget: str) -> None:
    answer = planned.answer("GET", "tasks/tsk_1/context", params={"budget": budget})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
