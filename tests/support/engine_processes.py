"""What the engine does in processes of tests: it folds, follows and rebuilds, and dies or waits where it is told to."""

import itertools
import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa

import workledger
from support.reference_fold import Reference
from workledger import Workledger
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild import rebuild as rebuilding
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.exclusive import RebuildCancelled
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.checkpoints import CHECKPOINTS, Superseded
from workledger.projections.engine.state.progress import REBUILDS, Progress
from workledger.projections.groups import GROUPS


def nothing_differs(ledger: Workledger) -> None:
    """Every table is what the log says: nothing is missing, nothing is counted twice."""
    log = ledger.store.scan(0, 1_000_000, upto=ledger.head())
    for group in GROUPS:
        assert Reference(group).fold(log).differences(ledger) == []


def dump(ledger: Workledger) -> dict[str, list[Any]]:
    """Every row of every table, as the database has it."""
    with ledger.tables.engine.connect() as connection:
        return {
            table.NAME: sorted(map(repr, connection.exec_driver_sql(f'select * from "{table.NAME}"')))
            for group in GROUPS
            for table in group.tables
        }


def left_behind(ledger: Workledger) -> list[Any]:
    """Tables, checkpoints, leases and progress of a rebuild that is over; old tables are kept on purpose."""
    names = sa.inspect(ledger.tables.engine).get_table_names()
    found: list[Any] = [name for name in names if shadow.SHADOW in name or shadow.SCRATCH in name]
    with ledger.tables.engine.connect() as connection:
        found += connection.scalars(sa.select(CHECKPOINTS.c.name).where(CHECKPOINTS.c.name.contains("__sha"))).all()
        found += connection.scalars(sa.select(leases.LEASES.c.name)).all()
        found += connection.scalars(sa.select(REBUILDS.c.name)).all()
    return found


def fold_and_die(pipe: Connection, url: str, moment: str, batch: int, at_once: int) -> None:
    """Fold a batch, and die in the next one at that moment; where the batch is committed by then, die in the first."""
    from workledger.adapters.postgres import bulk, small_write
    from workledger.adapters.sqlite import bulk as sqlite_bulk

    bulk.FEW = at_once
    committed_by_then = moment.startswith("committed")
    with workledger.open(url) as ledger:
        batches, groups = itertools.count(1), itertools.count(1)
        fold, write, rows, statements, exchange = (
            writing.write,
            TableSet.write,
            sqlite_bulk.write,
            small_write._statements,
            ledger.tables.bulk.small_write,
        )
        doomed = threading.Event()

        def next_batch(*given: Any) -> Any:
            if next(batches) == 2 or committed_by_then:
                doomed.set()
            return fold(*given)

        def die() -> None:
            if doomed.is_set():
                os.kill(os.getpid(), signal.SIGKILL)

        def commit_and_die(connection: sa.Connection) -> None:
            driver: Any = connection.connection.driver_connection
            if hasattr(driver, "pgconn"):
                driver.pgconn.send_query(b"commit")
                driver.pgconn.flush()
            else:
                driver.execute("commit")
            die()

        writing.write = next_batch
        match moment:
            case "rows half written":
                TableSet.write = lambda *given: (write(*given), next(groups) % 4 == 3 and die())
                sqlite_bulk.write = lambda *given: (rows(*given), die())
            case "rows written":
                sa.event.listen(ledger.tables.engine, "commit", lambda connection: die())
            case "committed":
                sa.event.listen(ledger.tables.engine, "commit", commit_and_die)
            case "exchange begun":
                small_write._statements = lambda writings: (die(), statements(writings))[1]
            case "committed in one exchange":
                ledger.tables.bulk.small_write = lambda *given: (exchange(*given), die())[0]
        Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()


def follow(pipe: Connection, url: str, lease_seconds: float, batch: int = 5000, wait: bool = False) -> None:
    """Follow the log until told to stop, and say what is folded: {group: (from, to)}, or which groups others had.

    Told to look, it renews its leases, and says the names of the groups that it held before, as a tuple.

    Args:
        wait: before the first batch is written, say so, and wait for a sign.
    """
    go_on, write, speaking = threading.Event(), writing.write, threading.Lock()

    def say(what: object) -> None:
        with speaking:
            pipe.send(what)

    def written(tables: Any, begun: Any, *rest: Any) -> Any:
        if wait and not go_on.is_set():
            say("about to write")
            go_on.wait()
        try:
            advanced = write(tables, begun, *rest)
        except Superseded:
            say([group.name for group in begun])
            raise
        say({group.name: (at.position, advanced[group].position) for group, at in begun.items()})
        return advanced

    with workledger.open(url) as ledger:
        writing.write = written
        loop = ProjectorLoop(Projector(ledger.store, ledger.tables, GROUPS, batch=batch), lease_seconds=lease_seconds)
        ledger.listen(loop.wake)
        loop.start()
        say("following")
        while (told := pipe.recv()) != "stop":
            if told == "look":
                say(tuple(group.name for group in loop.held))
                loop._look_again.set()
                loop.wake()
            else:
                go_on.set()
        loop.stop()
        say("stopped")


def rebuild(pipe: Connection, url: str, batch: int, lease_seconds: float) -> None:
    """Rebuild all groups; after each batch say where it is, and wait for a sign. At the end say what came of it."""
    leases.SECONDS = lease_seconds
    rebuilding.SAVE_SECONDS = 0

    def report(progress: Progress) -> None:
        if progress.phase == "indexing":
            return
        pipe.send(progress.position)
        pipe.recv()

    with workledger.open(url) as ledger:
        try:
            pipe.send(("rebuilt", Rebuild(ledger.store, ledger.tables, GROUPS, batch=batch, on_progress=report).run()))
        except RebuildCancelled as refused:
            pipe.send(("refused", refused.code))
