"""Undo: the tables from before the last rebuild are back at once, and are brought up to the log (13)."""

import pytest
import sqlalchemy as sa

from commandline.typed import wait_until
from support import engine_processes
from support.golden_events import work
from workledger import Workledger
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.undo import NothingToUndo, drop_old, undo
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import held_leases
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import Tasks

BOARD = GROUPS[0]


@pytest.fixture
def rebuilt(database_ledger: Workledger) -> Workledger:
    """A ledger whose tables were rebuilt at 20; in the old ones a card has another title. Now the log is at 30."""
    work(database_ledger, 4)
    database_ledger.catch_up()
    with database_ledger.tables.writing() as connection:
        connection.execute(Tasks.table.update().where(Tasks.c.id == "t1").values(title="Before"))
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run()
    work(database_ledger, 2, 4)
    database_ledger.catch_up()
    return database_ledger


def title(ledger: Workledger) -> str:
    [task] = ledger.tables.all(sa.select(Tasks.c.title).where(Tasks.c.id == "t1"))
    return str(task["title"])


def cards(ledger: Workledger) -> int:
    [counted] = ledger.tables.all(sa.select(sa.func.count().label("tasks")).select_from(Tasks.table))
    return int(counted["tasks"])


def names(ledger: Workledger) -> list[str]:
    return [name for name in sa.inspect(ledger.tables.engine).get_table_names() if "__" in name]


def test_the_tables_from_before_the_rebuild_are_back_at_once_and_catch_up(rebuilt: Workledger) -> None:
    """Proves that old tables keep their checkpoint: it fails when they come back with that of the new ones, as then
    what was appended meanwhile is left out."""
    assert (title(rebuilt), cards(rebuilt)) == ("title Ω", 6)
    assert undo(rebuilt.tables, GROUPS) == 20
    assert (title(rebuilt), cards(rebuilt)) == ("Before", 4)
    assert rebuilt.catch_up() == 30
    assert cards(rebuilt) == 6
    [difference] = verify(rebuilt.store, rebuilt.tables, BOARD).differences
    assert (difference.table, difference.key) == ("tasks", ("t1",))


def test_an_undo_is_undone(rebuilt: Workledger) -> None:
    undo(rebuilt.tables, GROUPS)
    rebuilt.catch_up()
    assert undo(rebuilt.tables, GROUPS) == 30
    assert title(rebuilt) == "title Ω"
    engine_processes.nothing_differs(rebuilt)
    assert undo(rebuilt.tables, GROUPS) == 30
    assert title(rebuilt) == "Before"


def test_tables_and_their_indexes_go_together(rebuilt: Workledger) -> None:
    """Proves that indexes get other names each time: it fails when `_turn` always says the same letter."""
    inspector = sa.inspect(rebuilt.tables.engine)
    had = sorted(str(index["column_names"]) for index in inspector.get_indexes("tasks"))
    for _ in range(3):
        undo(rebuilt.tables, GROUPS)
        Rebuild(rebuilt.store, rebuilt.tables, BOARD).run()
        inspector = sa.inspect(rebuilt.tables.engine)
        for name in ("tasks", "tasks" + shadow.OLD):
            assert sorted(str(index["column_names"]) for index in inspector.get_indexes(name)) == had
    rebuilt.catch_up()
    engine_processes.nothing_differs(rebuilt)


def test_there_is_nothing_to_undo_before_a_rebuild(database_ledger: Workledger) -> None:
    with pytest.raises(NothingToUndo) as refused:
        undo(database_ledger.tables, GROUPS)
    assert refused.value.code == "REBUILD_NOTHING_TO_UNDO"
    assert str(refused.value) == "There are no tables of board from before a rebuild."


def test_all_of_the_groups_are_undone_or_none(rebuilt: Workledger) -> None:
    drop_old(rebuilt.tables, GROUPS[2:3])
    with pytest.raises(NothingToUndo, match="agent_logs"):
        undo(rebuilt.tables, GROUPS)
    assert (title(rebuilt), rebuilt.projector.position()) == ("title Ω", 30)
    undo(rebuilt.tables, [BOARD])
    assert title(rebuilt) == "Before"
    rebuilt.catch_up()


def test_old_tables_are_let_go_of(rebuilt: Workledger) -> None:
    assert names(rebuilt)
    drop_old(rebuilt.tables, GROUPS)
    assert names(rebuilt) == []
    with pytest.raises(NothingToUndo):
        undo(rebuilt.tables, GROUPS)
    engine_processes.nothing_differs(rebuilt)


def test_the_next_rebuild_lets_go_of_the_old_tables_when_it_begins(rebuilt: Workledger) -> None:
    Rebuild(rebuilt.store, rebuilt.tables, [BOARD]).build()
    left = names(rebuilt)
    assert not any(name == table.NAME + shadow.OLD for name in left for table in BOARD.tables)
    assert "run_tools" + shadow.OLD in left, "those of other groups stay"
    Rebuild(rebuilt.store, rebuilt.tables, [BOARD]).run()
    undo(rebuilt.tables, [BOARD])
    assert title(rebuilt) == "title Ω", "the tables before the last rebuild, not those before the first"


def test_a_loop_that_runs_brings_the_tables_up_though_nothing_is_appended(
    rebuilt: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a loop looks again where its groups stand: it fails when only the log wakes it, as the log stands."""
    monkeypatch.setattr(held_leases, "RENEWALS", 200)
    loop = ProjectorLoop(rebuilt.projector, lease_seconds=60.0)
    loop.start()
    try:
        assert loop.wait_for(30, 60)
        undo(rebuilt.tables, GROUPS)
        wait_until(lambda: rebuilt.projector.position() == 30)
        assert (title(rebuilt), cards(rebuilt)) == ("Before", 6)
    finally:
        loop.stop()
