"""A change set: pages, phases and tasks are changed together in one append, and put back as they were."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.change_set_states import LIVES, applied, named_back, renamed, reverted
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.change_set import (
    Change,
    ChangeSet,
    ChangeSetDeleted,
    ChangeSetEmpty,
    ChangeSetNotFound,
    ChangeSetTargetElsewhere,
    ChangeSetTargetInWork,
    ChangeSetTargetsChanged,
)
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput, NotFound
from workledger.domain.page import Page, PageNotFound, PageRootExists
from workledger.domain.phase import Phase
from workledger.domain.services import change_sets
from workledger.domain.task import Task
from workledger.testing import given


def test_it_begins_applied() -> None:
    given(ChangeSet).when(
        ChangeSet.create, initiative_id="ini_1", agent_id="agt_1", summary="Names.", entries=[renamed]
    ).then(applied)
    assert ChangeSet.create(initiative_id="ini_1", entries=(renamed,)).id.startswith("chs_")
    given(ChangeSet).when(ChangeSet.create, initiative_id="ini_1", entries=()).refused(InvalidInput)


def test_it_is_reverted_once() -> None:
    given(ChangeSet, *LIVES["applied"]).when(ChangeSet.revert, entries=[named_back], by="user:ann").then(reverted)
    given(ChangeSet, *LIVES["reverted"]).when(ChangeSet.revert, entries=[named_back]).then()


@pytest.mark.parametrize("state", LIVES)
def test_its_record_is_deleted_in_every_state(state: str) -> None:
    given(ChangeSet, *LIVES[state]).when(ChangeSet.delete).then(ChangeSetDeleted(summary="Names."))


# Applying


@pytest.fixture
def ledger(memory_ledger: Workledger) -> Workledger:
    """An initiative with pages, phases and tasks, and an agent who changes them."""
    ledger = memory_ledger
    ledger.create(Initiative.create(id="ini_1", name="Atlas"))
    ledger.create(Agent.create(id="agt_1", name="Ann"))
    for id, above in (("root", None), ("page", "root"), ("low", "page")):
        ledger.create(Page.create(id=id, initiative_id="ini_1", title=id, parent_page_id=above, content=f"On {id}."))
    for id in ("parse", "print"):
        ledger.create(Phase.create(id=id, initiative_id="ini_1", name=id))
    ledger.create(Task.create(id="lex", title="lex", phase_id="parse"))
    ledger.create(Task.create(id="scan", title="scan", parent_task_id="lex"))
    ledger.create(Task.create(id="draw", title="draw", phase_id="print"))
    with ledger.unit() as unit:
        unit.edit(Phase, "print").add_dependency(depends_on_phase_id="parse")
        unit.edit(Task, "draw").add_dependency(depends_on_task_id="lex")
    return ledger


def create(target_type: str, id: str | None = None, **values: Any) -> dict[str, Any]:
    return {"action": "create", "target_type": target_type, "target_id": id, "values": values}


def update(target_type: str, id: str, **values: Any) -> dict[str, Any]:
    return {"action": "update", "target_type": target_type, "target_id": id, "values": values}


def delete(target_type: str, id: str) -> dict[str, Any]:
    return {"action": "delete", "target_type": target_type, "target_id": id}


def apply(ledger: Workledger, *changes: Mapping[str, Any], **about: Any) -> ChangeSet:
    with ledger.unit() as unit:
        return change_sets.apply(unit, changes=changes, **{"initiative_id": "ini_1", "agent_id": "agt_1"} | about)


def revert(ledger: Workledger, id: str) -> ChangeSet:
    with ledger.unit() as unit:
        return change_sets.revert(unit, ledger, id, by="user:ann")


def told(change_set: ChangeSet) -> list[tuple[str, str]]:
    return [(entry.action, entry.target_id) for entry in change_set.entries]


def anew(ledger: Workledger, id: str) -> dict[str, str]:
    """The ids of what a revert made anew, by those they had before."""
    event: Any = ledger.history(ChangeSet, id)[-1].event
    return {entry.restores: entry.target_id for entry in event.entries if entry.restores}


def test_what_is_created_may_refer_to_what_was_created_before(ledger: Workledger) -> None:
    apply(
        ledger,
        create("page", "new", title="New", parent_page_id="root", content={"type": "doc"}, sort_order=2),
        create("page", title="Below", parent_page_id="new"),
        create("phase", "ship", name="Ship", content="Then this.", depends_on=["print"]),
        create("task", "pack", title="Pack", phase_id="ship", priority="high", labels=["x"], depends_on=["draw"]),
        summary="Shipping.",
    )
    page, phase, task = ledger.get(Page, "new"), ledger.get(Phase, "ship"), ledger.get(Task, "pack")
    assert (page.title, page.content, page.sort_order) == ("New", {"type": "doc"}, 2)
    assert (phase.name, phase.content, phase.depends_on) == ("Ship", "Then this.", ("print",))
    assert (task.initiative_id, task.priority, task.labels, task.depends_on) == ("ini_1", "high", ("x",), ("draw",))
    assert len(ledger.holders("subpages_of:new")) == 1


def test_what_is_changed_has_the_values_that_are_given(ledger: Workledger) -> None:
    change_set = apply(
        ledger,
        update("page", "low", title="Lower", content=None, parent_page_id="root", sort_order=1),
        update("phase", "print", name="Render", depends_on=[]),
        update("task", "draw", description="By hand.", category="review", metadata={"n": 1}, phase_id=None),
        update("task", "lex", plan_order=3, title="lex"),
    )
    assert ledger.get(Page, "low").parent_page_id == "root"
    assert ledger.get(Phase, "print").depends_on == ()
    assert ledger.get(Task, "draw").phase_id is None
    assert [entry.fields for entry in change_set.entries] == [
        ("title", "content", "parent_page_id", "sort_order"),
        ("name", "depends_on"),
        ("description", "category", "metadata", "phase_id"),
        ("plan_order",),
    ]


def test_what_is_deleted_takes_what_is_below_it_and_the_dependencies_on_it(ledger: Workledger) -> None:
    """domain.md 3.5: each is an entry of its own."""
    change_set = apply(ledger, delete("phase", "parse"), delete("page", "page"))
    assert told(change_set) == [
        ("delete", "parse"),
        ("delete", "lex"),
        ("delete", "scan"),
        ("update", "print"),
        ("update", "draw"),
        ("delete", "page"),
        ("delete", "low"),
    ]
    assert ledger.get(Phase, "print").depends_on == ()
    assert ledger.get(Task, "draw").depends_on == ()


def test_it_is_one_append_and_one_entry_for_each_target(ledger: Workledger) -> None:
    before = ledger.head()
    change_set = apply(
        ledger,
        update("page", "low", title="Lower"),
        update("page", "low", title="Lowest"),
        create("page", "brief", title="Brief", parent_page_id="low"),
        delete("page", "brief"),
        update("task", "lex", title="Lexer"),
        delete("task", "lex"),
    )
    assert told(change_set) == [("update", "low"), ("delete", "lex"), ("delete", "scan"), ("update", "draw")]
    topics = [row.topic for row in ledger.read(before)]
    assert topics[-1] == "change_set.applied"
    assert topics.count("page.created") == 1


def test_the_values_before_and_after_are_those_of_the_targets_streams(ledger: Workledger) -> None:
    """However long they are, the change set holds none of them."""
    long = "x" * 99_000
    change_set = apply(
        ledger,
        *(update("page", id, content=long + id) for id in ("root", "page", "low")),
        create("page", "new", title="New", parent_page_id="low", content=long),
    )
    found = list(change_sets.differences(ledger, change_set))
    assert found[1] == ({"content": "On page."}, {"content": long + "page"})
    assert found[3] == (None, {"title": "New", "content": long, "parent_page_id": "low", "sort_order": 0})


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (update("page", "pag_0", title="Lost"), PageNotFound),
        (delete("task", "tsk_0"), NotFound),
        (create("page", title="Another root"), PageRootExists),
        (create("page"), InvalidInput),
        (create("page", title="Odd", colour="red"), InvalidInput),
        (create("page", "low", title="Taken", parent_page_id="root"), ConcurrencyConflict),
        (create("task", title="Wrong", priority="urgent"), InvalidInput),
        (create("task", title="Wrong", depends_on="lex"), InvalidInput),
        (create("task", title="Away", initiative_id="ini_2"), ChangeSetTargetElsewhere),
        (update("task", "draw", status="completed"), InvalidInput),
        (update("task", "draw", parent_task_id="lex"), InvalidInput),
        (update("page", "away", title="Mine"), ChangeSetTargetElsewhere),
        (delete("task", "loose"), ChangeSetTargetElsewhere),
        ({"action": "update", "target_type": "page", "values": {}}, InvalidInput),
        ({"action": "delete", "target_type": "page", "target_id": "low", "values": {"title": "x"}}, InvalidInput),
        ({"action": "burn", "target_type": "page", "target_id": "low"}, InvalidInput),
        (update("page", "low", title="low"), ChangeSetEmpty),
    ],
    ids=lambda value: "" if isinstance(value, type) else f"{value['action']} {value['target_type']}",
)
def test_what_cannot_be_done_is_refused_and_nothing_is_half_written(
    ledger: Workledger, change: dict[str, Any], refused: type[Exception]
) -> None:
    ledger.create(Initiative.create(id="ini_2", name="Borealis"))
    ledger.create(Page.create(id="away", initiative_id="ini_2", title="Away"))
    ledger.create(Task.create(id="loose", title="Loose"))
    head = ledger.head()
    first = update("page", "page", title="Half") if refused is not ChangeSetEmpty else update("page", "page")
    with pytest.raises(refused):
        apply(ledger, first, change)
    assert ledger.head() == head


def test_an_invalid_value_is_told_with_the_change_that_it_is_of(ledger: Workledger) -> None:
    with pytest.raises(InvalidInput) as refused:
        apply(ledger, update("page", "low", title="Lower"), update("task", "lex", priority="urgent"))
    assert str(refused.value).startswith("The input is invalid: to update a task: priority.")
    with pytest.raises(InvalidInput) as refused:
        apply(ledger, {"action": "delete", "target_type": "page"})
    assert "to delete a page, its target_id is needed" in str(refused.value)


def test_it_needs_its_initiative_and_its_agent(ledger: Workledger) -> None:
    with pytest.raises(AgentNotFound):
        apply(ledger, update("page", "low", title="Lower"), agent_id="agt_0")
    with pytest.raises(InitiativeNotFound):
        apply(ledger, create("phase", name="Lost"), initiative_id="ini_0")
    with pytest.raises(InvalidInput):
        apply(ledger)
    assert apply(ledger, update("page", "low", title="Lower"), agent_id=None).agent_id is None


def test_a_change_may_be_given_as_such(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        change = Change(action="update", target_type="page", target_id="low", values={"title": "Lower"})
        change_sets.apply(unit, initiative_id="ini_1", changes=[change])
    assert ledger.get(Page, "low").title == "Lower"


def test_what_is_in_work_is_not_deleted_by_one(ledger: Workledger) -> None:
    """It could not be made anew as it is; its own command deletes it."""
    with ledger.edit(Task, "scan") as task:
        task.assign(agent_id="agt_1")
    for change in (delete("task", "scan"), delete("task", "lex"), delete("phase", "parse")):
        with pytest.raises(ChangeSetTargetInWork) as refused:
            apply(ledger, change)
        assert refused.value.details["target_id"] == "scan"
    with ledger.edit(Phase, "print") as phase:
        phase.approve()
        phase.queue()
    with pytest.raises(ChangeSetTargetInWork):
        apply(ledger, delete("phase", "print"))


# Reverting


def test_changed_values_become_what_they_were(ledger: Workledger) -> None:
    """domain.md 2.8."""
    change_set = apply(
        ledger,
        update("page", "low", title="Lower", content=None, parent_page_id="root", sort_order=1),
        update("phase", "print", name="Render", content="…", depends_on=[]),
        update("task", "draw", description="By hand.", priority="low", labels=["x"], phase_id="parse", plan_order=9),
    )
    after = revert(ledger, change_set.id)
    assert after.status == "reverted"
    low, phase, task = ledger.get(Page, "low"), ledger.get(Phase, "print"), ledger.get(Task, "draw")
    assert (low.title, low.content, low.parent_page_id, low.sort_order) == ("low", "On low.", "page", 0)
    assert (phase.name, phase.content, phase.depends_on) == ("print", None, ("parse",))
    assert (task.description, task.priority, task.labels, task.phase_id, task.plan_order) == (
        None,
        "medium",
        (),
        "print",
        0,
    )


def test_what_was_created_is_deleted(ledger: Workledger) -> None:
    """domain.md 2.8: what is below it in the change set too, and what the change set put there comes back."""
    change_set = apply(
        ledger,
        create("page", "new", title="New", parent_page_id="root"),
        create("page", "below", title="Below", parent_page_id="new"),
        update("page", "low", parent_page_id="new"),
        create("phase", "ship", name="Ship"),
        create("task", "pack", title="Pack", phase_id="ship"),
        update("task", "draw", phase_id="ship", depends_on=["pack"]),
    )
    revert(ledger, change_set.id)
    gone = [ledger.find(kind, id) for kind, id in ((Page, "new"), (Page, "below"), (Phase, "ship"), (Task, "pack"))]
    assert gone == [None] * 4
    assert ledger.get(Page, "low").parent_page_id == "page"
    assert ledger.get(Task, "draw").depends_on == ("lex",)


def test_what_was_deleted_is_made_anew_under_another_id(ledger: Workledger) -> None:
    """domain.md 2.8: ids are not used again. What referred to it refers to what was made anew."""
    with ledger.unit() as unit:
        unit.edit(Phase, "parse").approve()
        unit.edit(Task, "scan").block(reason="dependency")
        unit.edit(Task, "lex").change_details(description="By hand.", category="research")
    rank = ledger.get(Task, "lex").rank
    change_set = apply(ledger, delete("phase", "parse"), delete("page", "page"))
    revert(ledger, change_set.id)
    ids = anew(ledger, change_set.id)
    assert set(ids) == {"parse", "lex", "scan", "page", "low"}
    phase, lex, scan = ledger.get(Phase, ids["parse"]), ledger.get(Task, ids["lex"]), ledger.get(Task, ids["scan"])
    assert (phase.name, phase.status) == ("parse", "approved")
    assert (lex.title, lex.description, lex.category, lex.rank) == ("lex", "By hand.", "research", rank)
    assert (lex.phase_id, lex.initiative_id) == (ids["parse"], "ini_1")
    assert (scan.parent_task_id, scan.initiative_id, scan.state, scan.blocked_reason) == (
        ids["lex"],
        None,
        "waiting",
        "dependency",
    )
    assert ledger.get(Phase, "print").depends_on == (ids["parse"],)
    assert ledger.get(Task, "draw").depends_on == (ids["lex"],)
    page, low = ledger.get(Page, ids["page"]), ledger.get(Page, ids["low"])
    assert (page.parent_page_id, page.content) == ("root", "On page.")
    assert (low.parent_page_id, low.content) == (ids["page"], "On low.")


def test_a_whole_tree_of_pages_that_was_replaced_comes_back(ledger: Workledger) -> None:
    change_set = apply(
        ledger,
        delete("page", "root"),
        create("page", "other", title="Other"),
        create("page", "under", title="Under", parent_page_id="other"),
    )
    revert(ledger, change_set.id)
    ids = anew(ledger, change_set.id)
    assert ledger.get(Page, ids["low"]).parent_page_id == ids["page"]
    assert ledger.holders("page_root:ini_1") == [f"page-{ids['root']}"]
    assert ledger.find(Page, "under") is None


def test_a_page_that_was_moved_out_of_what_was_deleted_comes_back_into_it(ledger: Workledger) -> None:
    change_set = apply(ledger, update("page", "low", parent_page_id="root"), delete("page", "page"))
    revert(ledger, change_set.id)
    assert ledger.get(Page, "low").parent_page_id == anew(ledger, change_set.id)["page"]


def test_what_was_deleted_child_first_comes_back_parent_first(ledger: Workledger) -> None:
    change_set = apply(ledger, delete("page", "low"), delete("page", "page"))
    revert(ledger, change_set.id)
    ids = anew(ledger, change_set.id)
    assert ledger.get(Page, ids["low"]).parent_page_id == ids["page"]


def test_a_revert_says_what_it_did_about_each_entry(ledger: Workledger) -> None:
    change_set = apply(
        ledger, update("page", "low", title="Lower"), create("phase", "ship", name="Ship"), delete("task", "draw")
    )
    before = ledger.head()
    revert(ledger, change_set.id)
    event: Any = ledger.history(ChangeSet, change_set.id)[-1].event
    assert [(entry.action, entry.restores) for entry in event.entries] == [
        ("update", None),
        ("delete", None),
        ("create", "draw"),
    ]
    assert event.by == "user:ann"
    assert ledger.read(before)[-1].topic == "change_set.reverted"


def test_it_is_put_back_once(ledger: Workledger) -> None:
    change_set = apply(ledger, update("page", "low", title="Lower"))
    revert(ledger, change_set.id)
    with ledger.edit(Page, "low") as page:
        page.rename(title="Lower")
    head = ledger.head()
    assert revert(ledger, change_set.id).status == "reverted"
    assert ledger.head() == head


def test_later_changes_of_other_values_are_kept(ledger: Workledger) -> None:
    change_set = apply(ledger, update("page", "low", title="Lower"))
    with ledger.edit(Page, "low") as page:
        page.change_content(content="Mine.")
    revert(ledger, change_set.id)
    low = ledger.get(Page, "low")
    assert (low.title, low.content) == ("low", "Mine.")


def test_change_sets_are_reverted_one_after_the_other_the_last_first(ledger: Workledger) -> None:
    first = apply(ledger, update("page", "low", title="Lower"))
    second = apply(ledger, update("page", "low", title="Lowest"))
    with pytest.raises(ChangeSetTargetsChanged):
        revert(ledger, first.id)
    revert(ledger, second.id)
    revert(ledger, first.id)
    assert ledger.get(Page, "low").title == "low"


CHANGES: dict[str, tuple[dict[str, Any], Any]] = {
    "a changed value was changed again": (
        update("page", "low", title="Lower"),
        lambda unit: unit.edit(Page, "low").rename(title="Mine"),
    ),
    "what was changed was deleted": (
        update("page", "low", title="Lower"),
        lambda unit: unit.edit(Page, "low").delete(),
    ),
    "what was created was changed": (
        create("page", "new", title="New", parent_page_id="root"),
        lambda unit: unit.edit(Page, "new").rename(title="Mine"),
    ),
    "what was created was deleted": (
        create("page", "new", title="New", parent_page_id="root"),
        lambda unit: unit.edit(Page, "new").delete(),
    ),
    "something was put below what was created": (
        create("page", "new", title="New", parent_page_id="root"),
        lambda unit: unit.create(Page.create(initiative_id="ini_1", title="Mine", parent_page_id="new")),
    ),
    "a task was put into a phase that was created": (
        create("phase", "new", name="New"),
        lambda unit: unit.create(Task.create(title="Mine", phase_id="new")),
    ),
    "something depends on what was created": (
        create("task", "new", title="New"),
        lambda unit: unit.edit(Task, "draw").add_dependency(depends_on_task_id="new"),
    ),
    "work on what was created has begun": (
        create("task", "new", title="New"),
        lambda unit: unit.edit(Task, "new").assign(agent_id="agt_1"),
    ),
    "a phase that was created was approved": (
        create("phase", "new", name="New"),
        lambda unit: unit.edit(Phase, "new").approve(),
    ),
    "what was above the deleted is gone": (
        delete("page", "low"),
        lambda unit: unit.edit(Page, "page").delete(),
    ),
    "what the deleted depended on is gone": (
        delete("task", "draw"),
        lambda unit: unit.edit(Task, "lex").delete(),
    ),
    "what the changed was below is gone": (
        update("page", "low", parent_page_id="root"),
        lambda unit: unit.edit(Page, "page").delete(),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_revert_is_refused_and_names_what_has_changed_since(ledger: Workledger, what: str) -> None:
    """domain.md 2.8: CHANGE_SET_TARGETS_CHANGED; nothing is put back."""
    change, since = CHANGES[what]
    change_set = apply(ledger, change, update("page", "root", title="Top"))
    with ledger.unit() as unit:
        since(unit)
    head = ledger.head()
    with pytest.raises(ChangeSetTargetsChanged) as refused:
        revert(ledger, change_set.id)
    assert refused.value.code == "CHANGE_SET_TARGETS_CHANGED"
    assert [one["target_id"] for one in refused.value.details["targets"]] == [change["target_id"]]
    assert ledger.head() == head
    assert ledger.get(ChangeSet, change_set.id).status == "applied"


def test_another_root_in_the_place_of_a_deleted_one_is_named(ledger: Workledger) -> None:
    change_set = apply(ledger, delete("page", "root"))
    ledger.create(Page.create(initiative_id="ini_1", title="Mine"))
    with pytest.raises(ChangeSetTargetsChanged) as refused:
        revert(ledger, change_set.id)
    assert str(refused.value) == "It cannot be reverted, because these have changed since: the page root."


def test_a_change_set_that_is_not_there_is_not_reverted(ledger: Workledger) -> None:
    with pytest.raises(ChangeSetNotFound):
        revert(ledger, "chs_0")


def test_what_is_put_there_while_it_is_reverted_is_seen(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The revert is decided again."""
    change_set = apply(ledger, create("page", "new", title="New", parent_page_id="root"))
    append, late = ledger.store.insert_events, ["late"]

    def too_late(*events: Any, **conditions: Any) -> Any:
        if late:
            id = late.pop()
            ledger.create(Page.create(id=id, initiative_id="ini_1", title="Late", parent_page_id="new"))
        return append(*events, **conditions)

    monkeypatch.setattr(ledger.store, "insert_events", too_late)
    with pytest.raises(ChangeSetTargetsChanged):
        revert(ledger, change_set.id)
    assert ledger.find(Page, "late")
