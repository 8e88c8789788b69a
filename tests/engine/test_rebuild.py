"""Rebuilding beside the live tables, and verifying them: readers notice nothing, and a difference is told (R1)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from workledger import Workledger
from workledger.domain.project import Project
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.projections import commits, tasks
from workledger.projections.agents import Agents
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild import verify as verification
from workledger.projections.engine.rebuild.rebuild import Progress, Rebuild
from workledger.projections.engine.rebuild.undo import undo
from workledger.projections.engine.rebuild.verify import Difference, verify
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.table import Table
from workledger.projections.groups import GROUPS
from workledger.projections.projects import Projects
from workledger.projections.tasks import Tasks

BOARD = GROUPS[0]


@pytest.fixture
def full(database_ledger: Workledger) -> Workledger:
    """A ledger whose tables have read forty cards."""
    database_ledger.create(Project.create(id="p", name="Bakery"))
    with database_ledger.unit() as unit:
        for number in range(40):
            unit.create(Task.create(id=f"t{number:02}", title=f"Task {number}", project_id="p"))
    database_ledger.catch_up()
    return database_ledger


def change(ledger: Workledger, statement: sa.Executable) -> None:
    with ledger.tables.writing() as connection:
        connection.execute(statement)


def indexes(ledger: Workledger, table: str) -> list[tuple[str | None, ...]]:
    found = sa.inspect(ledger.tables.engine).get_indexes(table)
    return sorted(tuple(index["column_names"]) for index in found)


def left_behind(ledger: Workledger) -> list[str]:
    """Tables that are neither live nor kept for an undo."""
    names = sa.inspect(ledger.tables.engine).get_table_names()
    return [name for name in names if "__" in name and not name.endswith(shadow.OLD)]


def test_a_rebuild_mends_the_tables(full: Workledger) -> None:
    before = full.tables.all(Tasks.table.select().order_by(Tasks.c.id))
    had = indexes(full, "tasks")
    change(full, Tasks.table.update().values(title="Spoilt"))
    change(full, Tasks.table.delete().where(Tasks.c.id > "t20"))
    assert Rebuild(full.store, full.tables, BOARD).run() == full.head()
    assert full.tables.all(Tasks.table.select().order_by(Tasks.c.id)) == before
    assert indexes(full, "tasks") == had
    assert left_behind(full) == []


def test_tables_are_rebuilt_any_number_of_times(full: Workledger) -> None:
    had = indexes(full, "tasks")
    for _ in range(4):
        Rebuild(full.store, full.tables, BOARD).run()
        assert verify(full.store, full.tables, BOARD).differences == []
    assert indexes(full, "tasks") == had
    full.create(Task.create(title="Later", project_id="p"))
    full.catch_up()
    assert tasks.counts(full.tables, "p")["backlog"] == 41


def test_a_rebuild_of_an_empty_log_leaves_empty_tables(database_ledger: Workledger) -> None:
    for group in GROUPS:
        assert Rebuild(database_ledger.store, database_ledger.tables, group).run() == 0
        assert verify(database_ledger.store, database_ledger.tables, group).rows == 0
    database_ledger.create(Project.create(id="p", name="Bakery"))
    assert database_ledger.catch_up() == 1


def test_a_rebuild_reports_how_far_it_has_come(full: Workledger) -> None:
    seen: list[tuple[str, str, int, int]] = []

    def report(progress: Progress) -> None:
        assert progress.rate > 0
        assert progress.seconds_left >= 0
        seen.append((progress.group, progress.phase, progress.position, progress.target))

    Rebuild(full.store, full.tables, BOARD, batch=20, on_progress=report).run()
    assert seen == [
        ("board", "reading", 20, 41),
        ("board", "reading", 40, 41),
        ("board", "reading", 41, 41),
        ("board", "indexing", 41, 41),
    ]


@pytest.mark.parametrize("moment", ["in the middle", "before its indexes", "before the swap"])
def test_a_killed_rebuild_goes_on_where_it_was(full: Workledger, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    had, read = indexes(full, "tasks"), full.store.scan
    with monkeypatch.context() as killed:
        if moment == "in the middle":
            killed.setattr(
                full.store, "scan", lambda after, *rest, **also: 1 / 0 if after else read(after, *rest, **also)
            )
        else:
            killed.setattr(shadow, "index" if moment == "before its indexes" else "swap", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Rebuild(full.store, full.tables, BOARD, batch=20).run()
    starts: list[int] = []
    monkeypatch.setattr(
        full.store, "scan", lambda after, *rest, **also: starts.append(after) or read(after, *rest, **also)
    )
    assert Rebuild(full.store, full.tables, BOARD, batch=20).run() == 41
    assert starts == ([20, 40] if moment == "in the middle" else [])
    assert indexes(full, "tasks") == had
    assert verify(full.store, full.tables, BOARD).differences == []
    assert left_behind(full) == []


def test_what_is_left_of_a_rebuild_by_another_release_is_not_used(full: Workledger) -> None:
    Rebuild(full.store, full.tables, BOARD).build()
    change(
        full,
        checkpoints.CHECKPOINTS.update()
        .where(checkpoints.CHECKPOINTS.c.name == "board__shadow")
        .values(fingerprint="old", position=30),
    )
    change(full, Tasks.named("tasks__shadow").delete())
    Rebuild(full.store, full.tables, BOARD).run()
    assert verify(full.store, full.tables, BOARD).differences == []


def test_readers_and_writers_notice_nothing_of_a_rebuild(full: Workledger) -> None:
    """Writers append, a projector folds and readers poll: never an error, and never fewer rows than before."""
    full.create(StageRun.create(project_id="p", stage="build", provider="cli"))
    full.catch_up()
    finished, errors = threading.Event(), list[BaseException]()

    def until_finished(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                while not finished.is_set():
                    work()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    rows = threading.local()

    def read_cards() -> None:
        cards = len(tasks.column(full.tables, "p", "backlog", 10_000))
        assert cards >= getattr(rows, "seen", 40)
        rows.seen = cards

    def read_counts() -> None:
        count = tasks.counts(full.tables, "p")["backlog"]
        assert count >= getattr(rows, "seen", 40)
        rows.seen = count

    def read_history() -> None:
        assert commits.history(full.tables, "p") == []

    def write() -> None:
        full.create(Task.create(title="More", project_id="p"))

    threads = [
        until_finished(work)
        for work in (
            read_cards,
            read_cards,
            read_counts,
            read_history,
            read_history,
            write,
            lambda: full.catch_up() and None,
        )
    ]
    try:
        for _ in range(3):
            Rebuild(full.store, full.tables, BOARD).run()
    finally:
        finished.set()
        for thread in threads:
            thread.join()
    assert errors == []
    full.catch_up()
    assert verify(full.store, full.tables, BOARD).differences == []
    assert tasks.counts(full.tables, "p")["backlog"] == full.head() - 2


def test_verifying_finds_every_planted_difference(full: Workledger) -> None:
    verdict = verify(full.store, full.tables, BOARD)
    assert (verdict.name, verdict.position, verdict.differences) == ("board", 41, [])
    assert verdict.rows == 42
    change(full, Tasks.table.update().where(Tasks.c.id == "t01").values(title="Changed"))
    change(full, Tasks.table.delete().where(Tasks.c.id == "t02"))
    change(full, Projects.table.insert().from_select(Projects.table.c.keys(), extra_project()))
    change(full, board_counts().update().values(count=7))
    found = {(one.table, one.key): one for one in verify(full.store, full.tables, BOARD).differences}
    assert found.keys() == {
        ("tasks", ("t01",)),
        ("tasks", ("t02",)),
        ("projects", ("extra",)),
        ("task_counts", ("p", "backlog")),
    }
    changed = found["tasks", ("t01",)]
    assert changed.expected is not None
    assert changed.expected["title"] == "Task 1"
    assert changed.found == {**changed.expected, "title": "Changed"}
    assert found["tasks", ("t02",)].found is None
    assert found["projects", ("extra",)].expected is None
    assert left_behind(full) == []
    Rebuild(full.store, full.tables, BOARD).run()
    assert verify(full.store, full.tables, BOARD).differences == []


def extra_project() -> sa.Select[tuple[object, ...]]:
    columns = [sa.literal("extra").label("id") if column.name == "id" else column for column in Projects.table.columns]
    return sa.select(*columns)


def board_counts() -> sa.Table:
    return Projects.METADATA.tables["task_counts"]


def test_verifying_compares_at_the_checkpoint_not_at_the_head(full: Workledger) -> None:
    full.create(Task.create(title="Not folded yet", project_id="p"))
    verdict = verify(full.store, full.tables, BOARD)
    assert (verdict.position, verdict.differences) == (41, [])


def test_verifying_holds_nobody_up(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that appends and the projector go on while rows are compared: it fails when the checkpoint is held still
    until they are, and when what they write is compared too."""
    differences = verification._differences

    def meanwhile(
        connection: sa.Connection, table: type[Table], expected: sa.Table, dialect: sa.Dialect
    ) -> Iterator[Difference]:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(full.create, Task.create(title="Meanwhile", project_id="p")).result(60)
            elsewhere.submit(full.catch_up).result(60)
        yield from differences(connection, table, expected, dialect)

    monkeypatch.setattr(verification, "_differences", meanwhile)
    verdict = verify(full.store, full.tables, BOARD)
    assert (verdict.position, verdict.differences) == (41, [])
    assert full.projector.position() == full.head() == 41 + len(BOARD.tables)


def test_verifying_begins_again_when_the_tables_were_undone(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    Rebuild(full.store, full.tables, BOARD).run()
    full.create(Task.create(title="After the rebuild", project_id="p"))
    full.catch_up()
    build = Rebuild.build

    def undone(self: Rebuild, upto: int | None = None) -> Any:
        built = build(self, upto)
        if upto == 42:
            undo(full.tables, [BOARD])
        return built

    monkeypatch.setattr(Rebuild, "build", undone)
    verdict = verify(full.store, full.tables, BOARD)
    assert (verdict.position, verdict.differences) == (41, [])


def test_a_column_that_was_added_is_there_after_the_rebuild(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release with another column in a table: its projector makes the table anew, with all that the log has."""
    change(full, sa.text("alter table agents drop column last_error"))
    assert "last_error" not in {column["name"] for column in sa.inspect(full.tables.engine).get_columns("agents")}
    monkeypatch.setattr("workledger.projections.engine.table.REVISION", 2)
    group = Group(BOARD.name, BOARD.tables)
    Rebuild(full.store, full.tables, group).run()
    assert full.tables.all(Agents.table.select()) == []
    assert verify(full.store, full.tables, group).differences == []
