"""On whose behalf events are recorded, and what they belong to."""

import threading
from collections.abc import Iterator

import pytest

import workledger
from workledger import Workledger
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.task import Task


@pytest.fixture
def ledger() -> Iterator[Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def whose(ledger: Workledger, **ids: str) -> tuple[str, str | None, str | None]:
    """Who the envelope of an event recorded now names, and its correlation and causation ids."""
    task = ledger.create(Task.create(title="Whose?"), **ids)
    [past] = ledger.history(Task, task.id)
    return past.actor, past.correlation_id, past.causation_id


def test_the_system_acts_unless_somebody_does(ledger: Workledger) -> None:
    assert whose(ledger) == ("system", None, None)


def test_events_recorded_inside_carry_the_actor_and_the_ids(ledger: Workledger) -> None:
    with ledger.acting_as("user:ann", correlation_id="why", causation_id="because"):
        assert whose(ledger) == ("user:ann", "why", "because")
    assert whose(ledger) == ("system", None, None)


@pytest.mark.parametrize("actor", ["app", "app:shop", "service:billing", "worker:3", "automation", "import"])
def test_apps_and_services_act_too(ledger: Workledger, actor: str) -> None:
    with ledger.acting_as(actor):
        assert whose(ledger)[0] == actor


def test_an_actor_or_id_that_is_not_given_does_not_change(ledger: Workledger) -> None:
    with ledger.acting_as("user:ann", correlation_id="why"):
        with ledger.acting_as("agent:bob"):
            assert whose(ledger) == ("agent:bob", "why", None)
            with ledger.acting_as(causation_id="because"):
                assert whose(ledger) == ("agent:bob", "why", "because")
        assert whose(ledger) == ("user:ann", "why", None)


def test_an_error_ends_the_acting(ledger: Workledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.acting_as("user:ann"):
        raise ZeroDivisionError
    assert whose(ledger) == ("system", None, None)


def test_threads_act_for_themselves(ledger: Workledger) -> None:
    seen: list[str] = []
    with ledger.acting_as("user:ann"):
        thread = threading.Thread(target=lambda: seen.append(whose(ledger)[0]))
        thread.start()
        thread.join()
    assert seen == ["system"]


@pytest.mark.parametrize("actor", ["ann", "robot:r2", ":ann"])
def test_an_actor_is_of_a_known_kind(ledger: Workledger, actor: str) -> None:
    with pytest.raises(InvalidInput), ledger.acting_as(actor):
        pass


def test_the_command_id_is_in_every_envelope_of_its_unit(ledger: Workledger) -> None:
    with ledger.unit("once") as unit:
        unit.create(Task.create(title="One"))
        unit.create(Task.create(title="Two"))
    assert [row.command_id for row in ledger.read()] == ["once", "once"]


def test_events_have_ids_that_grow_with_time(ledger: Workledger) -> None:
    for _ in range(50):
        ledger.create(Task.create(title="Tick"))
    ids = [row.event_id for row in ledger.read()]
    assert ids == sorted(set(ids))
    assert {len(id) for id in ids} == {32}
