"""Events of an older version: readable for ever, by ledger and projections, once there is an upcaster (R7)."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import pytest
import sqlalchemy as sa

from workledger import Workledger
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import UnknownTopic
from workledger.domain.kernel.store import Conditions, Stored
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rules import From, Stream
from workledger.projections.engine.table import Table


@dataclass
class Parcels:
    """A domain of tests: parcels that are sent."""

    kind: type[Aggregate]
    group: Group
    table: type[Table]


@pytest.fixture
def parcels(monkeypatch: pytest.MonkeyPatch) -> Parcels:
    """Version 1 had one name; version 2 split it; version 3 renamed its parts and added a weight."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Aggregate, "CATEGORIES", dict(Aggregate.CATEGORIES))
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class ParcelSent(Event, topic="parcel.sent", version=3):
        to_first: str
        to_last: str
        grams: int

        @classmethod
        def upcast_v1_v2(cls, payload: dict[str, Any]) -> dict[str, Any]:
            first, _, last = payload["name"].partition(" ")
            return {"first": first, "last": last}

        @classmethod
        def upcast_v2_v3(cls, payload: dict[str, Any]) -> dict[str, Any]:
            return {"to_first": payload["first"], "to_last": payload["last"], "grams": 0}

    class Parcel(Aggregate, category="parcel", prefix="par"):
        to_first: str
        to_last: str
        grams: int

    class ParcelRow(Stamped):
        id: Annotated[str, Stream()]
        to_last: Annotated[str, From(ParcelSent)]
        grams: Annotated[int, From(ParcelSent)]

    class ParcelsSent(Table, row=ParcelRow, name="parcels", born=(ParcelSent,)):
        pass

    return Parcels(Parcel, Group("parcels", [ParcelsSent]), ParcelsSent)


def old(version: int, payload: bytes, topic: str = "parcel.sent") -> Stored:
    return Stored(
        originator_id=f"parcel-{version}",
        originator_version=1,
        topic=topic,
        state=payload,
        schema_version=version,
        at="2020-01-01T00:00:00.000Z",
    )


@pytest.fixture
def log(ledger: Workledger) -> Workledger:
    ledger.store.insert_events(
        [
            old(1, b'{"name":"Ann Miller"}'),
            old(2, b'{"first":"Bob","last":"Baker"}'),
            old(3, b'{"to_first":"Cyd","to_last":"Cook","grams":7}'),
        ],
        conditions=Conditions(),
    )
    return ledger


def test_the_ledger_reads_old_events_as_new_ones(log: Workledger, parcels: Parcels) -> None:
    """R7."""
    for id, first, last, grams in (("1", "Ann", "Miller", 0), ("2", "Bob", "Baker", 0), ("3", "Cyd", "Cook", 7)):
        parcel: Any = log.get(parcels.kind, id)
        assert (parcel.to_first, parcel.to_last, parcel.grams) == (first, last, grams)
        [past] = log.history(parcels.kind, id)
        assert past.event.payload() == {"to_first": first, "to_last": last, "grams": grams}


def test_the_projections_read_old_events_as_new_ones(log: Workledger, parcels: Parcels) -> None:
    """R7."""
    events = log.store.scan(0, 100, upto=log.head())
    with log.tables.writing() as connection:
        shadow.create(connection, parcels.group)
        TableSet(connection, log.tables.bulk, parcels.group).apply(events)
    rows = log.tables.all(sa.select(parcels.table.c.id, parcels.table.c.to_last, parcels.table.c.grams))
    assert sorted(tuple(row.values()) for row in rows) == [("1", "Miller", 0), ("2", "Baker", 0), ("3", "Cook", 7)]


def test_the_projections_read_an_event_that_lacks_fields_added_since(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their defaults, without a step, whether or not the version was raised for them."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class ParcelLabelled(Event, topic="parcel.labelled", version=2):
        text: str
        colours: tuple[str, ...] = ("white",)
        copies: int = 1

    class LabelRow(Stamped):
        id: Annotated[str, Stream()]
        text: Annotated[str, From(ParcelLabelled)]
        colours: Annotated[list[str], From(ParcelLabelled)]
        copies: Annotated[int, From(ParcelLabelled)]

    class Labels(Table, row=LabelRow, name="labels", born=(ParcelLabelled,)):
        """Labels of parcels."""

    group = Group("labels", [Labels])
    added = b'{"text":"c","colours":["red"],"copies":2}'
    payloads = {"a": (1, b'{"text":"a"}'), "b": (2, b'{"text":"b"}'), "c": (2, added)}
    stored = [
        replace(old(version, payload, "parcel.labelled"), originator_id=f"parcel-{id}")
        for id, (version, payload) in payloads.items()
    ]
    ledger.store.insert_events(stored, conditions=Conditions())
    events = ledger.store.scan(0, 100, upto=ledger.head())
    with ledger.tables.writing() as connection:
        shadow.create(connection, group)
        TableSet(connection, ledger.tables.bulk, group).apply(events)
    rows = ledger.tables.all(sa.select(Labels.c.id, Labels.c.colours, Labels.c.copies).order_by(Labels.c.id))
    assert [tuple(row.values()) for row in rows] == [("a", ["white"], 1), ("b", ["white"], 1), ("c", ["red"], 2)]


def test_upcasting_does_not_change_stored_events(log: Workledger, parcels: Parcels) -> None:
    log.get(parcels.kind, "1")
    assert [(row.schema_version, row.data) for row in log.read(limit=1)] == [(1, '{"name":"Ann Miller"}')]


def test_a_topic_of_a_newer_release_is_refused_when_loaded_and_passed_over_by_projections(
    ledger: Workledger, parcels: Parcels
) -> None:
    ledger.store.insert_events([old(1, b"{}", topic="parcel.teleported")], conditions=Conditions())
    with pytest.raises(UnknownTopic) as unknown:
        ledger.get(parcels.kind, "1")
    assert unknown.value.details == {"topic": "parcel.teleported", "position": 1}
    assert ledger.catch_up() == 1
