"""The compiler: what it makes of each kind of event is what the tables declare, read slowly (R7)."""

import textwrap
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec
import orjson
import pytest
import sqlalchemy as sa
from pydantic import Field

from support import golden_events
from support.reference_fold import Reference, payload_of, said
from workledger import Workledger
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine import payloads
from workledger.projections.engine.changes import Changes
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.fold import compiler
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.payloads import WrittenByNewerRelease
from workledger.projections.engine.rules import ABSENT, Becomes, From, Stream, Sum, When
from workledger.projections.engine.table import Change, Table
from workledger.projections.groups import GROUPS

AT = "2026-11-21T06:00:00.000Z"
TAGS = {name: f"{name} Ω" for name in ("project", "task", "agent", "run", "session", "workspace")}
Told = dict[tuple[str, Any], tuple[str, dict[str, Any], dict[str, int]]]
"""By table and key: what becomes of the row, the values that are set, and the amounts that are added."""


def scanned(topic: str, payload: Any, *, encoded: bool, version: int = 1, tags: dict[str, str] = TAGS) -> Scanned:
    data: Any = orjson.dumps(payload)
    stream = f"{topic.partition('.')[0]}-the id"
    return Scanned(7, stream, 3, topic, version, AT, orjson.dumps(tags).decode(), data if encoded else data.decode())


def compiled(group: Group, past: Scanned, *, encoded: bool) -> Told:
    """What the compiled function writes into empty changes."""
    changes = tuple(Changes.none() for _ in group.tables)
    function = group.fold_function(past.topic, encoded)
    assert function is not None
    function(tuple(past), changes)
    told: Told = {}
    for table, (new, changed, gone) in zip(group.tables, changes, strict=True):
        told |= {(table.NAME, key): ("dies", {}, {}) for key in gone}
        for how, rows in (("born", new), ("touched", changed)):
            for key, row in rows.items():
                values = {name: row[at] for name, at in table.AT.items() if row[at] is not ABSENT}
                for name in values:
                    if table.COLUMNS[name].is_json and values[name] is not None:
                        assert isinstance(values[name], bytes if encoded else str)
                        values[name] = orjson.loads(values[name])
                adds = {name: row[at] for name, at in table.AMOUNT_AT.items() if row[at]}
                told[table.NAME, key] = (how, values, adds)
    return told


def declared(group: Group, past: Scanned) -> Told:
    """What the declarations come to."""
    told: Told = {}
    for table in group.tables:
        one = said(table, past)
        if one is None or one.key is None:
            continue
        refuse_null(table, past.topic, one.sets)
        sets, adds = one.sets, {name: amount for name, amount in one.adds.items() if amount}
        if one.how == "born":
            key = one.key if isinstance(one.key, tuple) else (one.key,)
            sets = dict.fromkeys(table.COLUMNS) | dict(zip(table.KEY, key, strict=True)) | sets
        told[table.NAME, one.key] = (one.how, {}, {}) if one.how == "dies" else (one.how, sets, adds)
    for table in group.tables:
        if fold := table.FOLDS.get(Event.TOPICS[past.topic]):
            for change in fold(past, payload_of(past), orjson.loads(past.tags)):
                how = "dies" if change.gone else "touched"
                before = told.get((table.NAME, change.key), (how, {}, {}))
                adds = {name: amount for name, amount in change.add.items() if amount}
                told[table.NAME, change.key] = (how, before[1] | change.set, before[2] | adds)
    return told


def refuse_null(table: type[Table], topic: str, sets: dict[str, Any]) -> None:
    """A field that sets a column which is never null may not be null either."""
    for name, column in table.COLUMNS.items():
        read = any(isinstance(rule, From) and topic in rule.topics and not rule.by for rule in column.rules)
        may_be_null = column.nullable or column.is_json or name in table.KEY
        if read and not may_be_null and sets.get(name, "") is None:
            raise msgspec.ValidationError(name)


def outcome(fold: Callable[..., Told], *arguments: Any, **also: Any) -> Told | type[Exception]:
    """What comes of it, if only the kind of error: some functions cannot do without a tag."""
    try:
        return fold(*arguments, **also)
    except (LookupError, msgspec.ValidationError) as error:
        return type(error)


def variants(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The golden payload; the same with null wherever that may be; of a patch, also each field alone; of others, also
    without the fields that may have been added after it was stored."""
    payload, fields = line["payload"], line["fields"]
    optional = [] if line["patch"] else [name.rstrip("?") for name in fields if name.endswith("?")]
    may_be_null = [name.rstrip("?") for name, kind in fields.items() if isinstance(kind, str) and kind.endswith("None")]
    alone = [{name: payload[name]} for name in payload] if line["patch"] else []
    old = {name: value for name, value in payload.items() if name not in optional}
    return [payload, {**payload, **dict.fromkeys(may_be_null)}, old, *alone]


@pytest.mark.parametrize("encoded", [True, False], ids=["bytes", "text"])
@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_every_event_is_folded_as_the_tables_declare(group: Group, encoded: bool) -> None:
    """Proves every branch of the compiler: it fails, say, when `default` is None for patches, or a Tag looks at the
    stream, or a rule that is absent sets null."""
    seen = set()
    for line in golden_events.LINES:
        if line["topic"] in group.plan:
            seen.add(line["topic"])
            for payload in variants(line):
                for tags in (TAGS, {}):
                    past = scanned(line["topic"], payload, encoded=encoded, tags=tags)
                    expected = outcome(declared, group, past)
                    assert outcome(compiled, group, past, encoded=encoded) == expected, (line["topic"], payload)
    assert seen == set(group.plan)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Group:
    """A table of tests. Version 1 of its event had other fields, version 2 other names for them."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class LetterSent(Event, topic="letter.sent", version=3):
        to: str
        grams: int
        about: dict[str, Any]

        @classmethod
        def upcast_v1_v2(cls, payload: dict[str, Any]) -> dict[str, Any]:
            return {"name": payload["nm"], "about": {"was": None}}

        @classmethod
        def upcast_v2_v3(cls, payload: dict[str, Any]) -> dict[str, Any]:
            return {"to": payload["name"], "grams": len(payload["name"]), "about": payload["about"]}

    class LetterRow(Stamped):
        id: Annotated[str, Stream()]
        to: Annotated[str, From(LetterSent)]
        about: Annotated[dict[str, Any], From(LetterSent)]

    class Letters(Table, row=LetterRow, name="letters", born=(LetterSent,)):
        pass

    class BagRow(TableRow):
        to: Annotated[str, From(LetterSent)]
        grams: Annotated[int, Sum("grams", LetterSent)]
        heavy_at: Annotated[str | None, When(LetterSent, only="grams")]

    class Bags(Table, row=BagRow, name="bags", key=("to",)):
        pass

    return Group("letters", [Letters, Bags])


@pytest.mark.parametrize("encoded", [True, False], ids=["bytes", "text"])
@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (1, {"nm": "Ann"}),
        (2, {"name": "Ann", "about": {"was": None}}),
        (3, {"to": "Ann", "grams": 3, "about": {"was": None}}),
    ],
)
def test_an_old_event_is_folded_as_it_would_be_today(
    letters: Group, version: int, payload: dict[str, Any], encoded: bool
) -> None:
    """Proves that an upcast comes before a field is read: it fails without the line `data = upcast(…)`."""
    past = scanned("letter.sent", payload, encoded=encoded, version=version)
    told = compiled(letters, past, encoded=encoded)
    assert told == declared(letters, past)
    assert told["letters", "the id"][1]["about"] == {"was": None}
    assert told["bags", "Ann"] == ("touched", {"heavy_at": AT}, {"grams": 3})


def test_a_row_that_an_event_of_another_stream_begins_is_of_version_1(letters: Group) -> None:
    """Its own stream has said nothing yet: it fails when the version is that of the other stream."""

    class ParcelSent(Event, topic="parcel.sent"):
        to: str

    class PostRow(Stamped):
        id: Annotated[str, Stream(), Stream(ParcelSent)]
        to: Annotated[str, From(Event.TOPICS["letter.sent"], ParcelSent)]

    class Post(Table, row=PostRow, name="post", born=(Event.TOPICS["letter.sent"], ParcelSent)):
        pass

    group = Group("post", [Post])
    past = scanned("parcel.sent", {"to": "Ann"}, encoded=True)
    told = compiled(group, past, encoded=True)
    assert told == declared(group, past)
    assert (past.version, told["post", "the id"][1]["version"]) == (3, 1)


def test_an_event_of_a_version_to_come_is_not_folded(letters: Group) -> None:
    """Proves that nobody guesses: it fails when upcast takes a newer version for the one it knows."""
    with pytest.raises(WrittenByNewerRelease, match=r"letter\.sent of version 4; this release knows 3"):
        compiled(letters, scanned("letter.sent", {"to": "Ann"}, encoded=True, version=4), encoded=True)


class Upcast(Exception):
    """A payload left the fast path."""


@pytest.fixture
def no_upcast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is upcast is noticed."""

    def noticed(event: type[Event], data: Any, version: int) -> Any:
        raise Upcast(f"{event.TOPIC} of version {version}")

    monkeypatch.setattr(compiler, "upcast", noticed)
    monkeypatch.setattr(Event, "upcast", classmethod(noticed))


@pytest.fixture
def parcels(monkeypatch: pytest.MonkeyPatch) -> Group:
    """Version 2 of the event added optional fields, without a step; version 2 of the other renamed one, with a step,
    and version 3 added an optional one."""
    monkeypatch.setattr(Event, "TOPICS", dict(Event.TOPICS))
    monkeypatch.setattr(Table, "METADATA", sa.MetaData())

    class ParcelSent(Event, topic="parcel.sent", version=2):
        to: str
        priority: str = "normal"
        labels: tuple[str, ...] = ()
        stamps: list[int] = Field(default_factory=lambda: [7])
        note: str | None = None
        grams: int = 5

    class ParcelLost(Event, topic="parcel.lost", version=3):
        where: str
        sure: bool = True

        @classmethod
        def upcast_v1_v2(cls, payload: dict[str, Any]) -> dict[str, Any]:
            return {"where": payload["place"]}

    class ParcelRow(Stamped):
        id: Annotated[str, Stream()]
        to: Annotated[str, From(ParcelSent)]
        priority: Annotated[str, From(ParcelSent)]
        labels: Annotated[list[str], From(ParcelSent)]
        postage: Annotated[int, From(ParcelSent, field="stamps", by=sum)]
        note: Annotated[str | None, From(ParcelSent)]
        urgent: Annotated[bool, Becomes({ParcelSent: lambda data: data["priority"] == "high"})]
        grams: Annotated[int, Sum("grams", ParcelSent)]
        lost_at: Annotated[str | None, From(ParcelLost, field="where")]

    class Parcels(Table, row=ParcelRow, name="parcels", born=(ParcelSent,)):
        FOLDS: ClassVar[dict[Any, Any]] = {
            ParcelSent: lambda past, data, tags: [Change("noted", set={"note": data["note"]})]
        }

    return Group("parcels", [Parcels])


ADDED = {"priority": "high", "labels": ["x"], "stamps": [1, 2], "note": "hi", "grams": 9}


@pytest.mark.usefixtures("no_upcast")
@pytest.mark.parametrize("encoded", [True, False], ids=["bytes", "text"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("added", [{}, ADDED], ids=["as it was stored", "with all fields"])
def test_an_event_that_lacks_optional_fields_has_their_defaults_and_stays_on_the_fast_path(
    parcels: Group, version: int, added: dict[str, Any], encoded: bool
) -> None:
    """A version without a step only added optional fields. It fails when any other version is upcast, and when a field
    that is missing is null."""
    past = scanned("parcel.sent", {"to": "Ann", **added}, encoded=encoded, version=version)
    told = compiled(parcels, past, encoded=encoded)
    how, sets, adds = told["parcels", "the id"]
    assert (how, adds) == ("born", {"grams": 9 if added else 5})
    assert {name: sets[name] for name in ("to", "priority", "labels", "postage", "note", "urgent")} == {
        "to": "Ann",
        "priority": "high" if added else "normal",
        "labels": ["x"] if added else [],
        "postage": 3 if added else 7,
        "note": "hi" if added else None,
        "urgent": bool(added),
    }
    assert told["parcels", "noted"] == ("touched", {"note": "hi" if added else None}, {})


@pytest.mark.usefixtures("no_upcast")
def test_what_a_step_changes_is_upcast_and_what_lies_behind_the_last_step_is_not(parcels: Group) -> None:
    """It fails when a step is looked for only right before the newest version."""
    with pytest.raises(Upcast, match=r"parcel\.lost of version 1"):
        compiled(parcels, scanned("parcel.lost", {"place": "Rome"}, encoded=True), encoded=True)
    for version in (2, 3):
        past = scanned("parcel.lost", {"where": "Rome"}, encoded=True, version=version)
        assert compiled(parcels, past, encoded=True)["parcels", "the id"][1]["lost_at"] == "Rome"
    with pytest.raises(Upcast, match=r"parcel\.lost of version 4"):
        compiled(parcels, scanned("parcel.lost", {"where": "Rome"}, encoded=True, version=4), encoded=True)


def test_a_whole_payload_has_the_defaults_too(parcels: Group) -> None:
    """As barriers are given it."""
    sent = Event.TOPICS["parcel.sent"]
    for data in (b'{"to":"Ann"}', '{"to":"Ann"}'):
        whole = payloads.load(sent, data, 1)
        assert whole == {"to": "Ann", "priority": "normal", "labels": [], "stamps": [7], "note": None, "grams": 5}
    with pytest.raises(WrittenByNewerRelease):
        payloads.load(sent, b"{}", 3)


def test_the_compiler_s_docstring_shows_the_function_that_it_generates() -> None:
    [source] = [one for group in GROUPS if (one := group.fold_source("agent_log.chunk_appended"))]
    assert textwrap.indent(source, "    ") in str(compiler.__doc__)


@pytest.mark.parametrize(
    ("field", "wrong"), [("to", 7), ("to", ["Ann"]), ("grams", "3"), ("grams", 0.5), ("grams", True)]
)
@pytest.mark.parametrize("encoded", [True, False], ids=["bytes", "text"])
def test_what_does_not_fit_a_column_is_not_folded(letters: Group, field: str, wrong: Any, encoded: bool) -> None:
    """Proves that both databases refuse the same: SQLite would keep it as it is, PostgreSQL may write it as Python
    does. It fails when fields are decoded as Any."""
    payload = {"to": "Ann", "grams": 3, "about": {}, field: wrong}
    with pytest.raises(ValueError, match="Expected"):
        compiled(letters, scanned("letter.sent", payload, encoded=encoded, version=3), encoded=encoded)


def test_the_reference_itself_notices_a_row_that_differs(ledger: Workledger) -> None:
    golden_events.work(ledger, 3)
    log = ledger.store.scan(0, 100, upto=ledger.head())
    assert Reference(GROUPS[0]).fold(log).differences(ledger) != []
    ledger.catch_up()
    for group in GROUPS:
        assert Reference(group).fold(log).differences(ledger) == []
