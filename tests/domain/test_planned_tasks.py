"""A task in a plan: it is of a phase and an initiative that are there, and they neither end nor go without it."""

from collections.abc import Callable
from typing import Any

import pytest

from support.golden_events import append, happened
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.phase import Phase
from workledger.domain.phase.refusals import (
    PhaseNotFound,
    PhaseOfAnotherInitiative,
    PhaseTasksOpen,
    ReviewTaskOpen,
)
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskAlreadyAssigned, TaskNotFound

Command = Callable[[Any], object]


@pytest.fixture(autouse=True)
def plan(ledger: Workledger) -> None:
    """The initiative `i` with the phases `a` and `b`, which are in progress, and `j` with the phase `c`."""
    for initiative, *phases in (("i", "a", "b"), ("j", "c")):
        ledger.create(Initiative.create(id=initiative, name=initiative, execution_mode="yolo"))
        for id in phases:
            ledger.create(Phase.create(id=id, initiative_id=initiative, name=id))
            tell(ledger, Phase, id, lambda phase: phase.approve(), lambda phase: phase.start())


def card(ledger: Workledger, id: str = "t", **details: Any) -> Task:
    return ledger.create(Task.create(id=id, title=id, **details))


def tell(ledger: Workledger, kind: Any, id: str, *commands: Command) -> None:
    with ledger.edit(kind, id) as one:
        for command in commands:
            command(one)


def done(task: Task) -> None:
    task.assign(agent_id="ann")
    task.finish_work(approval="none")


def move(phase_id: str | None) -> Command:
    return lambda task: task.move_to_phase(phase_id=phase_id)


def in_review(task: Task) -> None:
    task.change_details(category="review")


def merge(phase: Phase) -> None:
    phase.merge()


def drop(task: Task) -> None:
    task.cancel(to="dropped")


def reopen(task: Task) -> None:
    task.reopen(reason="Again.")


def delete(one: Any) -> None:
    one.delete()


class TestPlace:
    """Its phase and its initiative are there, and belong together."""

    def test_a_task_of_a_phase_is_of_its_initiative(self, ledger: Workledger) -> None:
        assert card(ledger, phase_id="a").initiative_id == "i"
        assert ledger.history(Task, "t")[0].tags.items() >= {"initiative": "i", "phase": "a"}.items()

    def test_both_may_be_given(self, ledger: Workledger) -> None:
        assert card(ledger, phase_id="a", initiative_id="i").phase_id == "a"

    @pytest.mark.parametrize(
        ("place", "why"),
        [
            ({"phase_id": "nowhere"}, PhaseNotFound),
            ({"phase_id": "nowhere", "initiative_id": "i"}, PhaseNotFound),
            ({"initiative_id": "nowhere"}, InitiativeNotFound),
            ({"initiative_id": "nowhere", "phase_id": "a"}, InitiativeNotFound),
            ({"initiative_id": "j", "phase_id": "a"}, PhaseOfAnotherInitiative),
        ],
        ids=str,
    )
    def test_what_is_not_there_or_does_not_belong_together_is_refused(
        self, ledger: Workledger, place: dict[str, str], why: type[Exception]
    ) -> None:
        with pytest.raises(why):
            card(ledger, **place)

    def test_it_is_moved_to_a_phase_of_its_initiative_and_out_of_it(self, ledger: Workledger) -> None:
        card(ledger, phase_id="a")
        with pytest.raises(PhaseOfAnotherInitiative):
            tell(ledger, Task, "t", move("c"))
        with pytest.raises(PhaseNotFound):
            tell(ledger, Task, "t", move("nowhere"))
        tell(ledger, Task, "t", move("b"))
        assert (ledger.holders("tasks_of_phase:a"), ledger.holders("tasks_of_phase:b")) == ([], ["task-t"])
        tell(ledger, Task, "t", move(None))
        task = ledger.get(Task, "t")
        assert (task.phase_id, task.initiative_id) == (None, "i")

    def test_one_of_no_initiative_comes_into_that_of_its_first_phase(self, ledger: Workledger) -> None:
        card(ledger)
        tell(ledger, Task, "t", move("c"))
        assert ledger.get(Task, "t").initiative_id == "j"
        assert ledger.holders("tasks_of_initiative:j") == ["task-t"]

    def test_a_phase_and_its_tasks_may_begin_in_one_append(self, ledger: Workledger) -> None:
        with ledger.unit() as unit:
            unit.create(Initiative.create(id="k", name="New"))
            unit.create(Phase.create(id="new", initiative_id="k", name="New"))
            unit.create(Task.create(id="t", title="t", phase_id="new"))
        assert ledger.get(Task, "t").initiative_id == "k"

    def test_a_run_is_of_an_initiative_that_is_there(self, ledger: Workledger) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        with pytest.raises(InitiativeNotFound), ledger.unit() as unit:
            start_run(unit, agent_id="ann", initiative_id="nowhere")
        with ledger.unit() as unit:
            assert start_run(unit, agent_id="ann", initiative_id="i").id


class TestCompletion:
    """A phase is completed when each of its tasks is done, dropped, deleted or moved elsewhere."""

    @pytest.mark.parametrize("end", [done, drop, delete, move("b"), move(None)])
    def test_it_waits_for_its_tasks(self, ledger: Workledger, end: Command) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger, phase_id="a")
        for command in (merge, lambda phase: phase.request_review()):
            with pytest.raises(PhaseTasksOpen, match="task-t"):
                tell(ledger, Phase, "a", command)
        tell(ledger, Task, "t", end)
        tell(ledger, Phase, "a", merge)

    @pytest.mark.parametrize("end", [done, drop])
    def test_it_waits_for_a_task_that_was_opened_again(self, ledger: Workledger, end: Command) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger, phase_id="a")
        tell(ledger, Task, "t", end, reopen)
        with pytest.raises(PhaseTasksOpen):
            tell(ledger, Phase, "a", merge)

    @pytest.mark.parametrize("end", [done, drop])
    def test_it_does_not_wait_for_a_finished_task_that_was_moved_into_it(
        self, ledger: Workledger, end: Command
    ) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger)
        tell(ledger, Task, "t", end, move("a"))
        tell(ledger, Phase, "a", merge)

    def test_a_task_that_is_sent_back_to_the_backlog_is_waited_for(self, ledger: Workledger) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger, phase_id="a")
        tell(ledger, Task, "t", lambda task: task.assign(agent_id="ann"), lambda task: task.cancel())
        with pytest.raises(PhaseTasksOpen):
            tell(ledger, Phase, "a", merge)

    def test_a_task_may_come_late_and_keeps_a_reviewed_phase_from_completion(self, ledger: Workledger) -> None:
        tell(ledger, Phase, "a", lambda phase: phase.request_review())
        card(ledger, phase_id="a")
        with pytest.raises(PhaseTasksOpen):
            tell(ledger, Phase, "a", lambda phase: phase.approve_review())


class TestReviewTask:
    """X16: a phase has one open review task at most."""

    def test_a_second_one_is_refused_while_the_first_is_open(self, ledger: Workledger) -> None:
        card(ledger, "one", phase_id="a", category="review")
        with pytest.raises(ReviewTaskOpen) as refused:
            card(ledger, "two", phase_id="a", category="review")
        assert refused.value.details.items() >= {"phase_id": "a", "holder": "task-one"}.items()
        card(ledger, "elsewhere", phase_id="b", category="review")
        card(ledger, "of no phase", category="review")
        card(ledger, "other", phase_id="a")

    @pytest.mark.parametrize(
        "end", [done, drop, delete, move("b"), lambda task: task.change_details(category="execute")]
    )
    def test_the_next_may_come_when_it_is_over(self, ledger: Workledger, end: Command) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger, "one", phase_id="a", category="review")
        tell(ledger, Task, "one", end)
        card(ledger, "two", phase_id="a", category="review")

    @pytest.mark.parametrize("way", ["by its category", "by its phase", "by its life"])
    def test_no_other_way_leads_to_a_second(self, ledger: Workledger, way: str) -> None:
        other = {"by its category": {"phase_id": "a"}, "by its phase": {"phase_id": "b", "category": "review"}}
        card(ledger, "two", **other.get(way, {"phase_id": "a", "category": "review"}))
        if way == "by its life":
            tell(ledger, Task, "two", drop)
        card(ledger, "one", phase_id="a", category="review")
        command = {"by its category": in_review, "by its phase": move("a"), "by its life": reopen}[way]
        with pytest.raises(ReviewTaskOpen):
            tell(ledger, Task, "two", command)

    def test_the_category_of_a_finished_one_is_anybodys(self, ledger: Workledger) -> None:
        card(ledger, "one", phase_id="a")
        tell(ledger, Task, "one", drop, in_review)
        card(ledger, "two", phase_id="a", category="review")


class TestDeletes:
    """C5: a phase takes its tasks, an initiative those of its phases and its own, each with an event of its own."""

    def test_a_phase_takes_its_tasks_with_their_subtasks(self, ledger: Workledger) -> None:
        card(ledger, phase_id="a")
        card(ledger, "sub", parent_task_id="t")
        card(ledger, "other", phase_id="b")
        tell(ledger, Phase, "a", delete)
        assert [ledger.find(Task, id) for id in ("t", "sub")] == [None, None]
        assert ledger.find(Task, "other")
        assert ledger.holders("task_open:t") == []
        with pytest.raises(TaskNotFound):
            tell(ledger, Task, "t", reopen)

    def test_an_initiative_takes_all_its_tasks(self, ledger: Workledger) -> None:
        card(ledger, phase_id="a")
        card(ledger, "no phase", initiative_id="i")
        card(ledger, "moved out", phase_id="b")
        tell(ledger, Task, "moved out", move(None))
        card(ledger, "other", phase_id="c")
        tell(ledger, Initiative, "i", delete)
        assert [ledger.find(Task, id) for id in ("t", "no phase", "moved out")] == [None] * 3
        assert ledger.find(Task, "other")
        with pytest.raises(PhaseNotFound):
            card(ledger, "late", phase_id="a")

    @pytest.mark.parametrize(("kind", "id"), [(Phase, "a"), (Initiative, "i")])
    def test_neither_goes_while_a_run_of_one_of_its_tasks_is_live(self, ledger: Workledger, kind: Any, id: str) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        card(ledger, phase_id="a")
        with ledger.unit() as unit:
            start_run(unit, agent_id="ann", task_id="t")
        with pytest.raises(TaskAlreadyAssigned):
            tell(ledger, kind, id, delete)
        assert ledger.find(kind, id)

    def test_a_queued_task_gives_its_place_back(self, ledger: Workledger) -> None:
        card(ledger, phase_id="a")
        tell(ledger, Task, "t", lambda task: task.queue())
        tell(ledger, Phase, "a", delete)
        assert ledger.holders("queue:") == []


class TestOlderLedger:
    """Tasks that were recorded when a phase was a label only: the new rules are for new events."""

    @pytest.fixture(autouse=True)
    def old(self, ledger: Workledger) -> None:
        tags = {"task": "old"}
        place = {"phase_id": "label", "initiative_id": None, "project_id": None, "parent_task_id": None}
        append(ledger, happened("task.created", "old", tags, title="Old", category="review", rank="M", **place))

    def test_it_is_edited_worked_on_and_deleted_as_before(self, ledger: Workledger) -> None:
        ledger.create(Agent.create(id="ann", name="Ann"))
        tell(ledger, Task, "old", lambda task: task.change_details(title="New"), done, reopen, delete)
        assert ledger.find(Task, "old") is None

    def test_it_leaves_its_label_for_a_phase(self, ledger: Workledger) -> None:
        tell(ledger, Task, "old", move("a"))
        task = ledger.get(Task, "old")
        assert (task.phase_id, task.initiative_id) == ("a", "i")
        with pytest.raises(PhaseTasksOpen):
            tell(ledger, Phase, "a", merge)

    def test_an_initiative_that_was_a_label_gives_way_to_that_of_the_phase(self, ledger: Workledger) -> None:
        tags = {"task": "older"}
        place = {"phase_id": None, "initiative_id": "label", "project_id": None, "parent_task_id": None}
        append(ledger, happened("task.created", "older", tags, title="Older", rank="M", **place))
        tell(ledger, Task, "older", move("c"))
        assert ledger.get(Task, "older").initiative_id == "j"

    def test_it_takes_no_new_label(self, ledger: Workledger) -> None:
        with pytest.raises(PhaseNotFound):
            tell(ledger, Task, "old", move("other label"))
