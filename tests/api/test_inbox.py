"""The inbox: what waits for a person over all projects, in an order that people understand, until it is answered."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from support.http_client import Doors
from support.waiting import asking, errand, one_of_each, phase, reviewed
from workledger import Workledger
from workledger.api.inbox import WAITS
from workledger.projections.engine.statement import Statement
from workledger.projections.inbox import COUNTS, FIRST, SECTIONS, Kind

ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "question": ("resume", {"answers": {"keep": "Drop it"}}),
    "message": ("respond", {"content": "Frankfurt."}),
    "errand_conflict": ("merge", {}),
    "account": ("clear-exhaustion", {}),
    "approval": ("approve", {}),
    "phase": ("approve-review", {}),
    "errand": ("request-changes", {"feedback": "It is spelled otherwise."}),
    "initiative": ("approve", {"strategy": "push_branch"}),
    "proposal": ("accept", {}),
}


@pytest.fixture
def atlas(all_doors: Doors) -> Doors:
    """Two projects."""
    for number in (1, 2):
        all_doors.do("projects", id=f"prj_{number}", name=f"Atlas {number}")
    return all_doors


def inbox(doors: Doors, **query: Any) -> Any:
    return doors.see("inbox", **query)


def waiting(doors: Doors) -> list[str]:
    return [item["id"] for item in inbox(doors)["items"]]


def test_something_of_each_kind_waits_in_the_order_of_the_sections_and_counts(atlas: Doors) -> None:
    ids = one_of_each(atlas.do, "prj_1")
    read = inbox(atlas)
    assert {item["kind"]: item["id"] for item in read["items"]} == ids
    assert set(ids) == set(get_args(Kind)) == set(WAITS) == {kind for kinds in SECTIONS.values() for kind in kinds}
    sections = [item["section"] for item in read["items"]]
    assert sections == sorted(sections, key=[*SECTIONS].index)
    assert read["counts"] == dict.fromkeys(ids, 1)
    assert read["sections"] == {section: len(kinds) for section, kinds in SECTIONS.items()}
    assert read["count"] == len(ids)


def test_an_item_says_what_it_is_about_and_whose_it_is(atlas: Doors) -> None:
    one_of_each(atlas.do, "prj_1")
    items = {item["kind"]: item for item in inbox(atlas)["items"]}
    assert items["question"].items() >= {"title": "Ada", "agent": "Ada", "project": "Atlas 1"}.items()
    assert items["question"]["questions"][0]["options"] == [{"label": "Keep it"}, "Drop it"]
    assert items["message"].items() >= {"title": "Which region holds the backups?", "project_id": "prj_1"}.items()
    assert items["errand_conflict"].items() >= {"files": ["parser.py"], "base_branch": "main"}.items()
    assert items["account"].items() >= {"title": "ops@example.org", "project": None, "until": None}.items()
    assert items["approval"].items() >= {"text": "Done, with tests.", "priority": "high", "lines_added": 31}.items()
    assert items["phase"].items() >= {"initiative": "Sign in with a passkey", "project": "Atlas 1"}.items()
    assert items["initiative"].items() >= {"title": "Faster start", "project_id": "prj_1"}.items()
    assert items["proposal"].items() >= {"target_type": "task", "agent": "Ada", "is_cut": True}.items()


def test_each_is_of_its_own_project_and_initiative(atlas: Doors) -> None:
    for number in (1, 2):
        one_of_each(atlas.do, f"prj_{number}", f"_{number}")
        atlas.do(f"initiatives/ini_plan_{number}/rename", name=f"Plan {number}")
    found = inbox(atlas)["items"]
    assert len(found) == 2 * len(ANSWERS)
    for item in found:
        number = item["id"][-1]
        project = (None, None) if item["kind"] == "account" else (f"prj_{number}", f"Atlas {number}")
        assert (item["project_id"], item["project"]) == project, item["kind"]
        if item["kind"] in ("phase", "proposal"):
            assert item["initiative"] == f"Plan {number}"


def test_the_commands_and_the_version_of_an_item_are_those_of_its_resource(atlas: Doors) -> None:
    one_of_each(atlas.do, "prj_1")
    for item in inbox(atlas)["items"]:
        row = atlas.see(f"{item['resource']}/{item['id']}")
        listed = next(
            one
            for one in atlas.see(item["resource"], **({"project_id": "prj_1"} if item["kind"] == "approval" else {}))[
                "items"
            ]
            if one["id"] == item["id"]
        )
        assert (item["commands"], item["version"]) == (list(listed["commands"]), row["version"]), item["kind"]
        assert ANSWERS[item["kind"]][0] in item["commands"]


def test_each_is_gone_once_it_is_answered_and_the_others_stay(atlas: Doors) -> None:
    left = one_of_each(atlas.do, "prj_1")
    resources = {item["kind"]: item["resource"] for item in inbox(atlas)["items"]}
    for kind, (command, body) in ANSWERS.items():
        atlas.do(f"{resources[kind]}/{left.pop(kind)}/{command}", **body)
        assert set(waiting(atlas)) == set(left.values()), kind
    assert inbox(atlas) | {"position": 0} == {
        "items": [],
        "count": 0,
        "counts": dict.fromkeys(get_args(Kind), 0),
        "sections": dict.fromkeys(SECTIONS, 0),
        "position": 0,
    }


def test_in_a_section_what_has_waited_longest_comes_first_whatever_is_changed_meanwhile(atlas: Doors) -> None:
    first = reviewed(atlas.do, "prj_1", "tsk_1", "Write the lexer")
    second = errand(atlas.do, "prj_2", "err_1", "Fix the typo")
    third = reviewed(atlas.do, "prj_2", "tsk_2", "Write the parser")
    atlas.do(f"tasks/{first}/change-details", title="Write the lexer of numbers")
    assert waiting(atlas) == [first, second, third]
    atlas.do(f"tasks/{first}/reject", reason="It drops signs.")
    atlas.do(f"tasks/{first}/finish-work", files_changed=1, lines_added=3)
    assert waiting(atlas) == [second, third, first]


def test_what_stops_an_agent_comes_before_work_that_waits_longer(atlas: Doors) -> None:
    work = reviewed(atlas.do, "prj_1", "tsk_1", "Write the lexer")
    atlas.do("agents", id="agt_1", project_id="prj_2", name="Ada")
    run = asking(atlas.do, "prj_2", "agt_1", "run_1", "Which?")
    assert waiting(atlas) == [run, work]


def test_what_waits_for_an_agent_or_for_nobody_is_not_in_it(atlas: Doors) -> None:
    for name in ("ada", "bob"):
        atlas.do("agents", id=f"agt_{name}", project_id="prj_1", name=name)
    ada, bob = {"sender_type": "agent", "sender_id": "agt_ada"}, {"recipient_type": "agent", "recipient_id": "agt_bob"}
    atlas.do("messages", **ada, **bob, content="Which?", requires_response=True)
    atlas.do("messages", **ada, recipient_type="user", content="Done.")
    atlas.do("conversations", from_agent_id="agt_ada", to_agent_id="agt_bob", question="Which port?")
    atlas.do("tasks", project_id="prj_1", title="Not begun")
    atlas.do("accounts", id="acc_1", email="ops@example.org")
    assert waiting(atlas) == []


def test_an_account_waits_until_its_time_has_passed(atlas: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas.do("accounts", id="acc_1", email="ops@example.org")
    atlas.do("accounts/acc_1/mark-exhausted", until="2999-01-01T00:00:00Z")
    [item] = inbox(atlas)["items"]
    assert item["until"] == "2999-01-01T00:00:00.000Z"
    monkeypatch.setattr("workledger.projections.inbox.now", lambda: datetime(2999, 1, 1, tzinfo=UTC))
    assert waiting(atlas) == []


def test_a_task_of_no_project_waits_too(atlas: Doors) -> None:
    atlas.do("agents", id="agt_1", name="Ada")
    atlas.do("tasks", id="tsk_1", title="Alone")
    atlas.do("tasks/tsk_1/assign", agent_id="agt_1")
    atlas.do("tasks/tsk_1/finish-work", files_changed=1)
    [item] = inbox(atlas)["items"]
    assert (item["id"], item["project_id"]) == ("tsk_1", None)


def test_what_is_deleted_with_its_project_or_initiative_waits_no_more(atlas: Doors) -> None:
    reviewed(atlas.do, "prj_1", "tsk_1", "Write the lexer")
    atlas.do("initiatives", id="ini_1", name="Faster start", project_ids=["prj_2"])
    phase(atlas.do, "ini_1", "pha_1", "Measure")
    assert waiting(atlas) == ["tsk_1", "pha_1"]
    atlas.do("projects/prj_1/delete")
    atlas.do("initiatives/ini_1/delete")
    assert waiting(atlas) == []


def test_long_texts_are_cut_and_only_the_first_items_are_read(atlas: Doors) -> None:
    atlas.do("agents", id="agt_1", project_id="prj_1", name="Ada")
    atlas.do("tasks", id="tsk_1", project_id="prj_1", title="Long", description="x" * 2001)
    atlas.do("tasks/tsk_1/assign", agent_id="agt_1")
    atlas.do("tasks/tsk_1/finish-work", files_changed=1)
    reviewed(atlas.do, "prj_1", "tsk_2", "Short")
    read = inbox(atlas, limit=1)
    [item] = read["items"]
    assert (item["id"], item["text"], item["is_cut"], read["count"]) == ("tsk_1", "x" * 2000, True, 2)
    assert atlas.refused("GET", "inbox?limit=0")[0] == 400


@pytest.mark.parametrize("statement", [FIRST, COUNTS])
def test_nothing_is_looked_through_that_does_not_wait(database_ledger: Workledger, statement: Statement[Any]) -> None:
    """As SQLite says, which names the tables that it scans: accounts are few, and so are counts of tasks."""
    if database_ledger.tables.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL scans whatever is short")
    plan = statement.plan(database_ledger.tables.bulk.dialect)
    asked = {"limit": 1, "now": datetime(2026, 1, 1, tzinfo=UTC)}
    arguments = plan.arguments(asked if statement is FIRST else {"now": asked["now"]})
    steps = [row[-1] for row in database_ledger.tables.bulk.rows(f"EXPLAIN QUERY PLAN {plan.sql}", arguments)]
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scanned <= {"accounts", "task_counts", "waiting", "each_kind"}
    assert any(step.startswith("SEARCH tasks USING") for step in steps)
