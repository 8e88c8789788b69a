"""What is raised was not stored, and what is stored is not raised: what goes wrong after an append is logged."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

import workledger
from workledger import Workledger
from workledger.adapters.snapshots import SnapshotStore
from workledger.domain.agent import Agent
from workledger.domain.kernel import appender
from workledger.domain.services.queue import assign_or_queue
from workledger.domain.task import Task
from workledger.projections import tasks


def fail(*args: Any, **kwargs: Any) -> None:
    raise sa.exc.OperationalError("insert", {}, Exception("disk full"))


@pytest.fixture
def heard() -> list[int]:
    return []


@pytest.fixture
def inline(store_url: str, heard: list[int]) -> Iterator[Workledger]:
    with workledger.open(store_url, project="inline") as ledger:
        ledger.create(Task.create(title="0", id="t"))
        ledger.listen(heard.append)
        yield ledger


def rename(ledger: Workledger, title: str) -> None:
    with ledger.edit(Task, "t") as draft:
        draft.change_details(title=title)


def test_a_snapshot_that_cannot_be_stored_is_left_out(
    inline: Workledger, heard: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 2)
    monkeypatch.setattr(SnapshotStore, "insert_events", fail)
    rename(inline, "1")
    assert (inline.get(Task, "t").title, [one for one in heard if one]) == ("1", [2])
    assert "no snapshot of task-t at version 2" in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 2)
    rename(inline, "2")
    rename(inline, "3")
    assert inline.get(Task, "t").title == "3"


def test_a_snapshot_that_cannot_be_taken_is_left_out(inline: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its aggregate is read anew, which may fail as well."""
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 2)
    with inline.edit(Task, "t") as draft:
        draft.change_details(title="1")
        monkeypatch.setattr(type(inline.store), "select_events", fail)
    monkeypatch.undo()
    assert inline.get(Task, "t").title == "1"


def test_tables_that_cannot_follow_are_behind_until_they_can(
    inline: Workledger, heard: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inline.projector, "forward", fail)
    rename(inline, "1")
    created = inline.create(Task.create(title="Another"))
    assert created.version == 1
    assert [one for one in heard if one] == [2, 3]
    assert (inline.head(), inline.projector.position()) == (3, 1)
    assert "the read tables are behind position 2" in caplog.text
    monkeypatch.undo()
    rename(inline, "2")
    assert inline.projector.position() == 4
    assert tasks.get(inline.tables, "t")["title"] == "2"


def test_a_listener_that_fails_fails_alone(
    inline: Workledger, heard: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    inline.listen(fail)
    inline.listen(heard.append)
    with caplog.at_level(logging.ERROR):
        rename(inline, "1")
    assert [one for one in heard if one] == [2, 2]
    assert "a listener failed at position 2" in caplog.text


def test_an_assignment_is_answered_without_reading_it_again(
    memory_ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = memory_ledger.create(Agent.create(name="Ann"))
    task = memory_ledger.create(Task.create(title="Once"))
    monkeypatch.setattr(memory_ledger, "get", fail)
    assert assign_or_queue(memory_ledger, task.id, agent_id=ann.id).agent_id == ann.id
