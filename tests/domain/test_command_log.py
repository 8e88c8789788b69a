"""Command ids are forgotten when they are old enough, and that is recorded (domain.md 3.6)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from workledger import Workledger
from workledger.adapters import recorder
from workledger.adapters.schema import CLAIM_LIMITS, COMMANDS
from workledger.domain.command_log import CommandLogTrimmed
from workledger.domain.kernel import ids
from workledger.domain.project import Project
from workledger.domain.services.retention import trim_commands
from workledger.domain.task import Task

MONTH = timedelta(days=30)
Ago = Callable[[timedelta], None]


@pytest.fixture
def ago(monkeypatch: pytest.MonkeyPatch) -> Ago:
    """Have what is recorded from now on be recorded so long ago."""
    now = time.time_ns()

    class Clock:
        behind = 0

        @staticmethod
        def time_ns() -> int:
            return now - Clock.behind

    def turn(back: timedelta) -> None:
        Clock.behind = int(back.total_seconds()) * 1_000_000_000
        monkeypatch.setattr(ids, "_last", 0)

    monkeypatch.setattr(ids, "time", Clock)
    return turn


def remembered(ledger: Workledger) -> list[str]:
    with ledger.tables.engine.connect() as connection:
        return list(connection.scalars(sa.select(COMMANDS.c.command_id).order_by(COMMANDS.c.command_id)))


def test_old_ids_are_forgotten_and_young_ones_kept(database_ledger: Workledger, ago: Ago) -> None:
    ledger = database_ledger
    ago(MONTH * 2)
    for name in ("a", "b"):
        ledger.create(Task.create(title=name, id=name), command_id=name)
    ledger.decide(lambda unit: None, command_id="nothing, long ago")
    ago(timedelta(days=29))
    with ledger.edit(Task, "a", command_id="c") as draft:
        draft.change_details(title="young")
    ledger.decide(lambda unit: None, command_id="nothing, of late")
    ago(timedelta(0))
    assert trim_commands(ledger, older_than=MONTH) == 2
    assert remembered(ledger) == ["c", "nothing, long ago", "nothing, of late"], "no event says when it was"
    [trimmed] = [row for row in ledger.read() if row.topic == CommandLogTrimmed.TOPIC]
    assert trim_commands(ledger, older_than=timedelta(days=28)) == 2
    assert remembered(ledger) == ["nothing, of late"]
    assert trimmed.position == 4


def test_the_trimming_is_recorded_before_anything_is_forgotten(
    memory_ledger: Workledger, ago: Ago, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption in between leaves ids that the next trimming forgets."""
    ago(MONTH * 2)
    memory_ledger.create(Task.create(title="Once"), command_id="once")
    ago(timedelta(0))

    def interrupt(upto: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(memory_ledger.store, "forget_commands", interrupt)
    with pytest.raises(KeyboardInterrupt):
        trim_commands(memory_ledger, older_than=MONTH)
    assert [row.topic for row in memory_ledger.read()] == ["task.created", "command_log.trimmed"]
    monkeypatch.undo()
    ago(timedelta(0))
    assert trim_commands(memory_ledger, older_than=MONTH) == 1
    assert remembered(memory_ledger) == []


def test_an_id_that_was_forgotten_may_be_used_again(memory_ledger: Workledger, ago: Ago) -> None:
    ago(MONTH * 2)
    memory_ledger.create(Task.create(title="Once"), command_id="once")
    ago(timedelta(0))
    assert trim_commands(memory_ledger, older_than=MONTH) == 1
    assert memory_ledger.create(Task.create(title="Twice"), command_id="once").title == "Twice"


def test_events_that_happened_long_ago_but_were_recorded_now_keep_their_ids(memory_ledger: Workledger) -> None:
    """As an import does: it must not bring in again what it brought in just now."""
    with memory_ledger.unit("import:7") as unit:
        unit.create(Task.create(title="From the old board"), at=datetime(2020, 1, 1, tzinfo=UTC))
    assert trim_commands(memory_ledger, older_than=timedelta(days=1)) == 0


def test_many_are_forgotten_a_few_at_a_time(
    database_ledger: Workledger, ago: Ago, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "FORGOTTEN_PAGE", 4)
    ago(MONTH * 2)
    for number in range(11):
        database_ledger.create(Task.create(title="Many"), command_id=f"c-{number}")
    ago(timedelta(0))
    assert trim_commands(database_ledger, older_than=MONTH) == 11
    assert remembered(database_ledger) == []
    assert trim_commands(database_ledger, older_than=MONTH) == 0
    assert database_ledger.head() == 12


def test_an_empty_ledger_has_none(database_ledger: Workledger) -> None:
    assert trim_commands(database_ledger, older_than=timedelta(0)) == 0
    assert database_ledger.head() == 0


def test_a_deleted_project_leaves_no_limit_behind(database_ledger: Workledger) -> None:
    project = database_ledger.create(Project.create(name="Shop", max_concurrent_agents=3))
    with database_ledger.edit(Project, project.id) as draft:
        draft.delete()
    with database_ledger.tables.engine.connect() as connection:
        assert connection.execute(sa.select(CLAIM_LIMITS)).all() == []
