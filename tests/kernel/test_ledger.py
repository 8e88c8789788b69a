"""The ledger: aggregates are begun, edited, found again as they are or were, and never half."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

import workledger
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.commit import CommitRecord
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.mapping import LARGEST, encode
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput, NameTaken, PayloadTooLarge
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated, TaskDetailsChanged, TaskLabelsChanged
from workledger.domain.task.events import subtasks_of
from workledger.domain.task.refusals import TaskInvalidTransition, TaskNotFound
from workledger.domain.workspace import Workspace


@pytest.fixture
def ledger() -> Iterator[Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def task(ledger: Workledger) -> Task:
    return ledger.create(Task.create(title="Bake a CRUNCHY-LOAF", labels=("bread",)))


def test_a_created_aggregate_is_returned_and_can_be_loaded(ledger: Workledger, task: Task) -> None:
    assert (task.title, task.version, task.labels) == ("Bake a CRUNCHY-LOAF", 1, ("bread",))
    assert ledger.get(Task, task.id) == ledger.find(Task, task.id) == task


def test_ids_are_kept_as_they_are_given(ledger: Workledger) -> None:
    """Ids from elsewhere are accepted as they are: opaque, of at most 200 characters, blanks and slashes and all."""
    for id in ("42", "nano-ID_x", "a:b", "two words", "a/b#c", "100%", "...", "задача-1", "🦀", "x" * 200):
        assert ledger.create(Task.create(id=id, title="Import")).id == id
        assert ledger.get(Task, id).id == id
        [past] = ledger.history(Task, id)
        assert past.stream_id == f"task-{id}"
    for id in ("", "x" * 201, "..", "line\n"):
        with pytest.raises(InvalidInput):
            Task.create(id=id, title="Import")


def test_an_id_in_use_is_refused_at_once(ledger: Workledger, task: Task) -> None:
    began = datetime.now(UTC)
    with pytest.raises(ConcurrencyConflict):
        ledger.create(Task.create(id=task.id, title="Another"))

    def two_at_once() -> None:
        with ledger.unit() as unit:
            unit.create(Task.create(title="Not this one either"))
            unit.create(Task.create(id=task.id, title="Another"))

    with pytest.raises(ConcurrencyConflict):
        two_at_once()
    assert datetime.now(UTC) - began < timedelta(seconds=2), "nothing is gained by trying again"
    assert ledger.head() == 1


@pytest.mark.parametrize("between", ["nothing", "a deletion"])
def test_an_id_is_not_created_twice_in_one_unit(ledger: Workledger, between: str) -> None:
    """Its stream would have two first events."""
    head = ledger.head()

    def create_twice() -> None:
        with ledger.unit() as unit:
            unit.create(Task.create(id="tsk_1", title="One"))
            if between == "a deletion":
                unit.edit(Task, "tsk_1").delete()
            unit.create(Task.create(id="tsk_1", title="Two"))

    with pytest.raises(ConcurrencyConflict):
        create_twice()
    assert ledger.head() == head


def test_a_subtree_is_deleted_however_deep_it_is(ledger: Workledger) -> None:
    """Deeper than Python calls itself; its lowest part is of the same unit."""
    about = {"project_id": ledger.create(Project.create(name="Bakery")).id, "title": "Part"}
    with ledger.unit() as unit:
        top = below = unit.create(Task.create(**about))
        for _ in range(1100):
            below = unit.create(Task.create(parent_task_id=below.id, **about))
    with ledger.unit() as unit:
        lowest = unit.create(Task.create(parent_task_id=below.id, **about))
        unit.edit(Task, top.id).delete()
    assert ledger.find(Task, below.id) is None
    assert ledger.find(Task, lowest.id) is None


@pytest.mark.parametrize(("parent", "child"), [("a", "b"), ("b", "a")])
def test_what_is_below_goes_first_whichever_key_it_is_found_by(ledger: Workledger, parent: str, child: str) -> None:
    """The child holds the key of the phase too, and for longer than its parent does."""
    ledger.create(Initiative.create(id="ini_1", name="Atlas"))
    ledger.create(Phase.create(id="pha_1", initiative_id="ini_1", name="Parse"))
    ledger.create(Task.create(id=parent, title="Parent"))
    ledger.create(Task.create(id=child, title="Child", parent_task_id=parent, phase_id="pha_1"))
    with ledger.edit(Task, parent) as task:
        task.move_to_phase(phase_id="pha_1")
    head = ledger.head()
    with ledger.edit(Phase, "pha_1") as phase:
        phase.delete()
    assert [row.stream_id for row in ledger.read(head)] == [f"task-{child}", f"task-{parent}", "phase-pha_1"]


def test_a_unit_knows_who_holds_a_key_once_it_is_appended(ledger: Workledger, task: Task) -> None:
    ledger.create(Task.create(id="one", title="One", parent_task_id=task.id))
    key = subtasks_of(task.id)
    with ledger.unit() as unit:
        assert unit.holders(key) == ["task-one"]
        unit.create(Task.create(id="two", title="Two", parent_task_id=task.id))
        assert unit.holders(key) == ["task-one", "task-two"]
        unit.edit(Task, "one").delete()
        assert unit.holders(key) == ["task-two"]
        with suppress(TaskNotFound):  # a step that is refused leaves nothing behind
            unit.decide(lambda: (unit.edit(Task, "two").delete(), unit.edit(Task, "three"))[1])
        assert unit.holders(key) == ["task-two"]
    assert ledger.holders(key) == ["task-two"]


def test_edits_are_recorded_when_the_block_ends(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        draft.change_details(title="Bake two")
        draft.change_labels(labels=("bread", "urgent"))
        assert (draft.title, draft.labels, draft.version) == ("Bake two", ("bread", "urgent"), 3)
        assert ledger.get(Task, task.id).version == 1
    assert ledger.get(Task, task.id).version == 3
    assert [type(past.event) for past in ledger.history(Task, task.id)] == [
        TaskCreated,
        TaskDetailsChanged,
        TaskLabelsChanged,
    ]


def test_an_error_inside_the_block_records_nothing(ledger: Workledger, task: Task) -> None:

    def bake_two(then: Callable[[Task], object]) -> None:
        with ledger.edit(Task, task.id) as draft:
            draft.change_details(title="Bake two")
            then(draft)

    with pytest.raises(ZeroDivisionError):
        bake_two(lambda draft: 1 / 0)
    with pytest.raises(TaskInvalidTransition):
        bake_two(lambda draft: draft.finish_work(turn_count=1))
    assert ledger.get(Task, task.id) == task


def test_a_command_that_changes_nothing_records_nothing(ledger: Workledger, task: Task) -> None:
    with ledger.unit() as unit:
        unit.edit(Task, task.id).change_details(title=task.title)
    assert unit.receipt is not None
    assert (unit.receipt.position, list(unit.receipt.positions), unit.receipt.repeated) == (1, [], False)
    assert ledger.head() == 1


@pytest.mark.parametrize("kind", [one for one in Aggregate.CATEGORIES.values() if one.__module__.startswith("workled")])
def test_a_missing_aggregate_is_not_found(ledger: Workledger, kind: type[Aggregate]) -> None:
    assert ledger.find(kind, "nobody") is None
    with pytest.raises(kind.NOT_FOUND) as missing:
        ledger.get(kind, "nobody")
    assert missing.value.code.endswith("_NOT_FOUND")
    with pytest.raises(kind.NOT_FOUND), ledger.edit(kind, "nobody"):
        pass


def test_a_deleted_aggregate_is_not_found_but_its_history_is_readable(ledger: Workledger, task: Task) -> None:
    """domain.md 3.5, rule 1."""
    with ledger.edit(Task, task.id) as draft:
        draft.delete()
    assert ledger.find(Task, task.id) is None
    for missing in (lambda: ledger.get(Task, task.id), lambda: ledger.get(Task, task.id, version=2)):
        with pytest.raises(TaskNotFound):
            missing()
    with pytest.raises(TaskNotFound), ledger.edit(Task, task.id):
        pass
    with pytest.raises(ConcurrencyConflict):
        ledger.create(Task.create(id=task.id, title="Reborn"))
    assert ledger.get(Task, task.id, version=1) == task
    assert len(ledger.history(Task, task.id)) == 2


def test_a_child_of_what_is_deleted_takes_no_commands(ledger: Workledger) -> None:
    """domain.md 3.5, rule 4."""
    project = ledger.create(Project.create(name="Bakery"))
    task = ledger.create(Task.create(title="Bake", project_id=project.id))
    with ledger.edit(Project, project.id) as draft:
        draft.delete()
    with pytest.raises(ProjectNotFound), ledger.edit(Task, task.id) as orphan:
        orphan.change_details(title="Bake on")
    with pytest.raises(ProjectNotFound):
        ledger.create(Task.create(title="Bake more", project_id=project.id))
    assert ledger.head() == 3


def test_a_name_is_taken_until_its_agent_is_deleted(ledger: Workledger) -> None:
    """domain.md 3.3, X2."""
    ann = ledger.create(Agent.create(name="Ann"))
    with pytest.raises(NameTaken) as taken:
        ledger.create(Agent.create(name="Ann"))
    assert taken.value.details == {"name": "Ann", "key": "agent_name::Ann", "holder": f"agent-{ann.id}"}
    assert str(taken.value) == "Another agent is called Ann."
    with ledger.edit(Agent, ann.id) as draft:
        draft.delete()
    ledger.create(Agent.create(name="Ann"))


def test_an_expected_version_is_insisted_on(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id, expected_version=1) as draft:
        draft.change_details(title="Bake two")
    with (
        pytest.raises(ConcurrencyConflict) as conflict,
        ledger.edit(Task, task.id, expected_version=1) as draft,
    ):
        draft.change_details(title="Bake three")
    assert conflict.value.details == {"stream": f"task-{task.id}", "expected": 1, "actual": 2}

    def too_slow() -> None:
        with ledger.edit(Task, task.id, expected_version=2) as draft:
            draft.change_details(title="Bake three")
            with ledger.edit(Task, task.id) as faster:
                faster.change_details(title="Bake four")

    with pytest.raises(ConcurrencyConflict):
        too_slow()
    assert ledger.get(Task, task.id).title == "Bake four"


def test_without_an_expected_version_the_command_is_decided_again(ledger: Workledger, task: Task) -> None:
    with ledger.edit(Task, task.id) as draft:
        draft.change_labels(labels=("second",))
        with ledger.edit(Task, task.id) as faster:
            faster.change_details(title="First")
    after = ledger.get(Task, task.id)
    assert (after.title, after.labels, after.version) == ("First", ("second",), 3)


def test_a_replayed_command_may_be_refused_on_the_new_state(ledger: Workledger, task: Task) -> None:
    ann = ledger.create(Agent.create(name="Ann"))

    def too_slow() -> None:
        with ledger.edit(Task, task.id) as draft:
            draft.assign(agent_id=ann.id)
            with ledger.edit(Task, task.id) as faster:
                faster.delete()

    with pytest.raises(TaskNotFound):
        too_slow()
    assert len(ledger.history(Task, task.id)) == 2


def test_the_state_at_any_past_version_is_the_fold_up_to_it(ledger: Workledger, task: Task) -> None:
    """R2."""
    states = [task]
    for number in range(2, 12):
        with ledger.edit(Task, task.id) as draft:
            draft.change_details(title=f"Bake {number}")
        states.append(ledger.get(Task, task.id))
    history = ledger.history(Task, task.id)
    for version, state in enumerate(states, 1):
        assert ledger.get(Task, task.id, version=version) == state
        assert Task.fold(task.id, (past.event for past in history[:version])) == state
        assert [past.version for past in history[:version]][-1] == state.version
    with pytest.raises(TaskNotFound):
        ledger.get(Task, task.id, version=0)


def test_the_state_at_any_past_moment_is_the_fold_up_to_it(ledger: Workledger) -> None:
    """R2."""
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for minute, title in enumerate(("One", "Two", "Three")):
        event = TaskCreated(title=title, rank="V") if minute == 0 else TaskDetailsChanged(title=title)
        with ledger.unit() as unit:
            unit.record(Task, "old", [event], at=noon + timedelta(minutes=minute))
    for minute, title in enumerate(("One", "Two", "Three")):
        assert ledger.get(Task, "old", at=noon + timedelta(minutes=minute)).title == title
        assert ledger.get(Task, "old", at=noon + timedelta(minutes=minute, seconds=59)).title == title
    with pytest.raises(TaskNotFound):
        ledger.get(Task, "old", at=noon - timedelta(milliseconds=1))


def test_an_event_has_at_most_256_kilobytes(ledger: Workledger, task: Task) -> None:
    """domain.md 5.1."""
    empty = len(encode(TaskCreated(title="Bake", rank="V", metadata={"text": ""})))
    for too_many in (0, 1):
        event = TaskCreated(title="Bake", rank="V", metadata={"text": "x" * (LARGEST - empty + too_many)})
        if too_many:
            with pytest.raises(PayloadTooLarge) as large, ledger.unit() as unit:
                unit.record(Task, "large", [event])
            assert large.value.details == {"topic": "task.created", "size": LARGEST + 1, "limit": LARGEST}
        else:
            with ledger.unit() as unit:
                unit.record(Task, "fits", [event])
    assert ledger.existing(["task-fits", "task-large"]) == {"task-fits"}


@pytest.mark.parametrize("value", ["nul \x00", 2**64, "lone \ud800"])
def test_a_value_that_no_database_stores_is_refused_before_the_append(
    ledger: Workledger, task: Task, value: object
) -> None:
    with pytest.raises(InvalidInput), ledger.edit(Task, task.id) as draft:
        draft.change_metadata(metadata={"deep": [value]})
    assert ledger.head() == 1


def test_a_commit_is_recorded_once_for_each_project_and_sha(ledger: Workledger) -> None:
    """E9, domain.md 3.3, X10."""
    project = ledger.create(Project.create(name="Bakery"))
    for id in (project.id, ledger.create(Project.create(name="Brewery")).id):
        ledger.create(CommitRecord.record(project_id=id, commit_sha="abc", commit_url="u", message="First"))
    with pytest.raises(ConcurrencyConflict):
        ledger.create(CommitRecord.record(project_id=project.id, commit_sha="abc", commit_url="u", message="Again"))
    assert ledger.get(CommitRecord, CommitRecord.id_of(project.id, "abc")).message == "First"


def test_a_run_and_its_agent_are_saved_together_or_not_at_all(ledger: Workledger) -> None:
    ann = ledger.create(Agent.create(name="Ann"))
    with ledger.unit() as unit:
        run = start_run(unit, agent_id=ann.id)
    assert (ledger.get(Agent, ann.id).session_count, ledger.get(AgentRun, run.id).session_number) == (1, 1)
    head = ledger.head()
    with pytest.raises(Exception, match="live run"), ledger.unit() as unit:
        start_run(unit, agent_id=ann.id)
    assert (ledger.head(), ledger.get(Agent, ann.id).session_count) == (head, 1)


def test_the_log_is_read_by_what_it_is_about(ledger: Workledger) -> None:
    workspace = ledger.create(Workspace.create(name="Ours"))
    project = ledger.create(Project.create(name="Bakery", workspace_id=workspace.id))
    task = ledger.create(Task.create(title="Bake", project_id=project.id))
    assert [row.topic for row in ledger.read(tag=("project", project.id))] == ["project.created", "task.created"]
    assert [row.topic for row in ledger.read(tag=("workspace", workspace.id))] == [
        "workspace.created",
        "project.created",
    ]
    assert [row.position for row in ledger.read(topics=["task.created"])] == [3]
    assert [row.position for row in ledger.read(after=1, limit=1)] == [2]
    assert ledger.existing([Task.stream(task.id), "task-nobody"]) == {Task.stream(task.id)}


def test_facts_begin_an_aggregate_that_is_not_there(ledger: Workledger) -> None:
    """Nothing of it is loaded, and one that is there is refused at once."""
    first = TaskCreated(title="Told", rank="m")

    def begin() -> None:
        with ledger.unit() as unit:
            unit.decide(lambda: unit.begin(Task, "t", [first]))

    begin()
    started = time.monotonic()
    with pytest.raises(ConcurrencyConflict):
        begin()
    assert time.monotonic() - started < 5, "it is not tried again"
    assert [past.event for past in ledger.history(Task, "t")] == [first]
    with ledger.unit() as unit:
        assert unit.begin(Task, "u", [first]).title == "Told"
        unit.edit(Task, "u").change_labels(labels=("new",))
    assert ledger.get(Task, "u").labels == ("new",)
