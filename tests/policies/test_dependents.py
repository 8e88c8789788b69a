"""What follows when a dependency is no more: those that waited for it go on, once the last one is gone."""

import pytest

from support.policy_desk import Desk, assign, depend_on, finish
from workledger import Workledger
from workledger.domain.policies import UNBLOCK_DEPENDENTS
from workledger.domain.task.events import TaskUnblocked, dependents_of

FREED = TaskUnblocked(cause="dependency", status="pending")


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    """A report waits for two others."""
    desk = Desk(memory_ledger, UNBLOCK_DEPENDENTS)
    desk.card("lex")
    desk.card("parse")
    desk.card("report", depend_on("lex", "parse"), lambda task: task.block(reason="dependency"))
    return desk


def done(desk: Desk, id: str) -> None:
    desk.task(id, assign("ann"), finish)


def test_the_last_dependency_frees_those_that_wait(desk: Desk) -> None:
    done(desk, "lex")
    assert desk.follows() == []
    done(desk, "parse")
    assert desk.follows() == [FREED]
    assert desk.state("report") == "ready"


def test_both_done_at_once_free_it_once(desk: Desk) -> None:
    done(desk, "lex")
    done(desk, "parse")
    assert desk.follows() == [FREED]


def test_all_that_wait_for_it_are_freed(desk: Desk) -> None:
    for id in ("one", "two"):
        desk.card(id, depend_on("lex"), lambda task: task.block(reason="dependency"))
    done(desk, "lex")
    assert desk.follows() == [FREED, FREED]
    assert (desk.state("one"), desk.state("two")) == ("ready", "ready")


def test_one_that_is_at_work_goes_on_there(desk: Desk) -> None:
    desk.card("print", assign("ann"), depend_on("lex"), lambda task: task.block(reason="dependency"))
    done(desk, "lex")
    assert desk.follows() == [TaskUnblocked(cause="dependency", status="in_progress")]


def test_one_that_is_blocked_for_another_reason_stays_so(desk: Desk) -> None:
    desk.card("print", assign("ann"), depend_on("lex"), lambda task: task.block(reason="manual"))
    done(desk, "lex")
    assert desk.follows() == []


def test_a_dependency_that_is_deleted_or_given_up_frees_too(desk: Desk) -> None:
    """domain.md 10.3: deleting satisfies."""
    desk.task("lex", lambda task: task.delete())
    assert desk.follows() == []
    desk.task("report", lambda task: task.remove_dependency(depends_on_task_id="parse"))
    assert desk.follows() == [FREED]


def test_a_dependency_that_is_dropped_does_not(desk: Desk) -> None:
    """domain.md 10.3: dropping does not."""
    desk.task("lex", lambda task: task.cancel(to="dropped"))
    done(desk, "parse")
    assert desk.follows() == []


def test_one_that_is_reopened_by_then_is_waited_for(desk: Desk) -> None:
    done(desk, "lex")
    done(desk, "parse")
    desk.task("parse", lambda task: task.reopen(reason="More."))
    assert desk.follows() == []


def test_what_was_blocked_later_waits_for_something_else(desk: Desk) -> None:
    desk.card("print", depend_on("lex"))
    done(desk, "lex")
    desk.task("print", lambda task: task.block(reason="dependency"))
    assert desk.follows() == []


def test_chains_go_step_by_step_and_end(desk: Desk) -> None:
    desk.card("send", depend_on("report"), lambda task: task.block(reason="dependency"))
    done(desk, "lex")
    done(desk, "parse")
    assert desk.follows() == [FREED]
    done(desk, "report")
    assert desk.follows() == [FREED]


def test_who_depends_on_a_task_is_known_at_once(desk: Desk) -> None:
    """Claims say it, in the transaction that stores the dependency."""

    def known(*ids: str) -> list[list[str]]:
        return [list(desk.ledger.store.holders(dependents_of(id))) for id in ids]

    assert known("lex", "parse", "report") == [["task-report"], ["task-report"], []]
    desk.task("report", lambda task: task.remove_dependency(depends_on_task_id="lex"))
    assert known("lex", "parse") == [[], ["task-report"]]
    desk.task("report", lambda task: task.delete())
    assert known("lex", "parse") == [[], []]


def test_one_that_is_deleted_by_then_is_no_error(desk: Desk) -> None:
    done(desk, "lex")
    done(desk, "parse")
    desk.task("report", lambda task: task.delete())
    assert desk.follows() == []


def test_it_is_done_once_for_each_that_waits(desk: Desk) -> None:
    """Every one has a command id of its own: one that is refused keeps no other from going on."""
    desk.card("one", depend_on("lex"), lambda task: task.block(reason="dependency"))
    done(desk, "lex")
    desk.follows()
    completed = desk.log(0, "task.completed")[0].event_id
    assert desk.ledger.store.done(f"unblock_dependents:{completed}:one")
    nothing = desk.ledger.store.done(f"unblock_dependents:{completed}:report")
    assert nothing is not None
    assert list(nothing) == []
