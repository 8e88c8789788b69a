"""What is particular to SQLite."""

import contextlib
import itertools
import random
import sqlite3
import threading
from pathlib import Path

import orjson
import pytest

import workledger
from support.sqlite_writers import Steps, happened
from workledger import Workledger
from workledger.adapters.sqlite import append, position_index
from workledger.adapters.sqlite.file import File
from workledger.adapters.sqlite.store import cursor_of
from workledger.adapters.sqlite.writer import Writer
from workledger.domain.kernel.store import EventStore, Stored
from workledger.domain.task import Task

NORMAL, FULL = 1, 2
"""How SQLite counts the settings of `synchronous`."""

TOPICS = ["sample.a", "sample.b", "sample.c"]


def tagged(number: int, **tags: str) -> Stored:
    return happened(f"s-{number}", topic=TOPICS[number % 3], tags=orjson.dumps(tags).decode())


def test_the_file_is_where_the_url_says(tmp_path: Path) -> None:
    workledger.open(f"sqlite:///{tmp_path}/deep work.db").close()
    assert (tmp_path / "deep work.db").is_file()


def test_a_closed_ledger_leaves_one_file(tmp_path: Path) -> None:
    with workledger.open(f"sqlite:///{tmp_path}/work.db") as ledger:
        ledger.create(Task.create(title="Tidy up"))
    assert [file.name for file in tmp_path.iterdir()] == ["work.db"]


def test_what_was_recorded_survives_a_power_cut(sqlite_url: str) -> None:
    """Every append reaches the disk: WAL with synchronous = full. What the tables lose, their checkpoints lose too."""
    with workledger.open(sqlite_url) as ledger, ledger.tables.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == NORMAL
        with Writer(File(sqlite_url)).transaction() as cursor:
            assert cursor.execute("pragma synchronous").fetchone() == (FULL,)


def test_a_writer_waits_for_a_transaction_of_another_process(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
            other.execute("begin immediate")
            writing = threading.Thread(target=lambda: ledger.create(Task.create(title="Wait")))
            writing.start()
            writing.join(0.2)
            assert writing.is_alive()
            assert ledger.head() == 0, "readers do not wait"
            other.rollback()
        writing.join(60)
        assert ledger.head() == 1


def test_a_writer_whose_connection_broke_opens_another(sqlite_url: str) -> None:
    """It fails when a connection that cannot even be rolled back is used again."""
    with workledger.open(sqlite_url), contextlib.closing(Writer(File(sqlite_url))) as writer:
        with pytest.raises(sqlite3.ProgrammingError), writer.transaction() as cursor:
            cursor.connection.close()
        with writer.transaction() as cursor:
            assert cursor.execute("select count(*) from events").fetchone() == (0,)


def test_positions_are_never_used_again(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        ledger.create(Task.create(title="One", id="one"))
        ledger.create(Task.create(title="Two", id="two"))
        ledger.store.erase("task-two", "task.created", 1)
        ledger.create(Task.create(title="Three", id="three"))
        assert [row.position for row in ledger.read()] == [1, 3]


def test_of_what_was_erased_nothing_is_left_in_the_file(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some SQLites overwrite what is deleted, and others only when they are told to."""
    connect, secret = File.connect, b"correct horse battery staple"

    def careless(file: File, **how: bool) -> sqlite3.Connection:
        made = connect(file, **how)
        made.execute("pragma secure_delete = off")
        return made

    monkeypatch.setattr(File, "connect", careless)
    with workledger.open(sqlite_url) as ledger:
        ledger.store.insert_events([happened("s-1", state=b'"%s"' % secret), happened("s-1", topic="sample.kept")])
        ledger.store.erase("s-1", "sample.happened", 1)
        assert [row.topic for row in ledger.read()] == ["sample.kept"]
    assert secret not in Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()


def test_many_threads_may_read_a_ledger_in_memory() -> None:
    with workledger.open("memory:") as ledger:
        task = ledger.create(Task.create(title="Read me"))
        read = [0]

        def look(ledger: Workledger) -> None:
            for _ in range(20):
                assert ledger.get(Task, task.id).title == "Read me"
            read[0] += 1

        threads = [threading.Thread(target=look, args=(ledger,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(20):
            ledger.create(Task.create(title=f"Write {number}"))
        for thread in threads:
            thread.join()
        assert read == [8]


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position_index, "SEGMENT", 10)


def wanted(store: EventStore, topics: list[str], tag: tuple[str, str] | None) -> list[int]:
    """What a reader of all the log finds."""
    return [
        row.position
        for row in store.read(0, 10_000)
        if (not topics or row.topic in topics) and (tag is None or orjson.loads(row.tags).get(tag[0]) == tag[1])
    ]


@pytest.mark.usefixtures("short_segments")
def test_what_is_read_by_topic_and_by_tag_is_what_a_reader_of_everything_finds(sqlite_url: str) -> None:
    """Many segments, appends of all sizes, events that were erased, pages of all lengths, and a last segment that is
    not full."""
    chance = random.Random(5)
    with workledger.open(sqlite_url) as ledger:
        store = ledger.store
        while store.head() < 1234:
            number = chance.choice([1, 1, 1, 2, 9, 40])
            events = [tagged(chance.randrange(30), project=chance.choice("pqr")) for _ in range(number)]
            store.insert_events([*events, tagged(3, task="t")][chance.randrange(2) :])
        store.erase("s-4", "sample.b", 10_000)
        store.erase("s-1", "sample.b", 5)
        kinds = [
            (topics, tag)
            for topics in ([], ["sample.b"], ["sample.a", "sample.c"], ["sample.none"])
            for tag in (None, ("project", "q"), ("task", "t"), ("task", "none"))
        ]
        for topics, tag in kinds:
            expected = wanted(store, topics, tag)
            for after, limit, upto in itertools.product((0, 7, 555, 1200, 9999), (1, 30, 9999), (None, 600)):
                found = store.read(after, limit, upto=upto, topics=topics, tag=tag)
                due = [position for position in expected if after < position <= (upto or 9999)]
                assert [row.position for row in found] == due[:limit], (topics, tag, after, limit, upto)


@pytest.mark.usefixtures("short_segments")
def test_no_read_by_stream_position_topic_or_tag_goes_through_the_log(sqlite_url: str) -> None:
    statements = {
        append.VERSIONS: ("[]",),
        append.DONE: ("once",),
        position_index.COVERED: (),
        position_index.LOOKUP: ("[]", "project", "[]"),
        position_index.ROWS: ("[]",),
        "select * from events where stream_id = ? and version > ? order by version": ("s-1", 0),
        "select * from events where position > ? order by position limit ?": (0, 10),
    }
    with workledger.open(sqlite_url) as ledger, ledger.tables.engine.connect() as connection:
        cursor = cursor_of(connection)
        for statement, values in statements.items():
            plan = [line[3] for line in cursor.execute(f"explain query plan {statement}", values)]
            assert not [line for line in plan if line.startswith("SCAN") and "json_each" not in line], plan
            assert not [line for line in plan if "TEMP B-TREE" in line], plan


def test_a_page_by_tag_takes_as_much_work_in_a_long_log_as_in_a_short_one(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    with workledger.open(sqlite_url) as ledger:
        store, costs = ledger.store, []
        for start in range(0, 40_000, 10_000):
            events = [tagged(number, project="p") for number in range(start, start + 9_999)]
            store.insert_events([*events, tagged(start, task="rare")])
            costs.append(steps.of(lambda start=start: store.read(start, 5, tag=("task", "rare"), topics=TOPICS)))
            costs.append(steps.of(lambda start=start: store.read(start, 5, tag=("project", "p"))))
        assert [row.position for row in store.read(0, 9, tag=("task", "rare"))] == [10_000, 20_000, 30_000, 40_000]
        assert max(costs) < 100, costs


@pytest.mark.usefixtures("short_segments")
def test_what_was_written_past_the_store_or_before_there_was_an_index_is_found_too(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        ledger.store.insert_events([tagged(number, project="p") for number in range(25)])
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as past, past:
        past.execute("drop table event_places")
        past.execute("update workledger set value = '1' where key = 'version'")
    with workledger.open(sqlite_url) as ledger:
        assert len(ledger.read(tag=("project", "p"))) == 25
        with ledger.tables.engine.connect() as connection:
            assert position_index.covered(cursor_of(connection)) == 20
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as past, past:
            columns = "stream_id, version, topic, schema_version, at, actor, event_id, tags, data"
            past.execute(
                f"insert into events ({columns}) select {columns.replace('version,', 'version + 50,', 1)} from events"
            )
        assert len(ledger.read(tag=("project", "p"))) == 50
        ledger.store.insert_events([tagged(number, project="p") for number in range(25)])
        assert len(ledger.read(tag=("project", "p"))) == 75
        with ledger.tables.engine.connect() as connection:
            assert position_index.covered(cursor_of(connection)) == 70


@pytest.mark.usefixtures("short_segments")
def test_an_event_whose_tags_are_no_json_is_in_nobodys_way(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        ledger.store.insert_events([happened("s-1", tags="nonsense"), happened("s-1", tags="[]")])
        assert ledger.read(tag=("project", "p")) == []
        ledger.store.insert_events([tagged(number, project="p") for number in range(25)])
        assert len(ledger.read(topics=["sample.happened"])) == 2
        assert len(ledger.read(tag=("project", "p"))) == 25
