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
from workledger.projections.engine.fold import folding
from workledger.projections.engine.fold.table_set import Side
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild import rebuild as rebuilding
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import Progress, Rebuild, RebuildCancelled
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.checkpoints import CHECKPOINTS, Superseded
from workledger.projections.engine.state.progress import REBUILDS
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

    bulk.FEW = at_once
    committed_by_then = moment.startswith("committed")
    with workledger.open(url) as ledger:
        batches, groups = itertools.count(1), itertools.count(1)
        fold, write, statements, exchange = (
            folding.write,
            Side.write,
            small_write._statements,
            ledger.tables.bulk.at_once,
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

        folding.write = next_batch
        match moment:
            case "rows half written":
                Side.write = lambda *given: (write(*given), next(groups) % 4 == 3 and die())
            case "rows written":
                sa.event.listen(ledger.tables.engine, "commit", lambda connection: die())
            case "committed":
                sa.event.listen(ledger.tables.engine, "commit", commit_and_die)
            case "exchange begun":
                small_write._statements = lambda writings: (die(), statements(writings))[1]
            case "committed in one exchange":
                ledger.tables.bulk.at_once = lambda *given: (exchange(*given), die())[0]
        Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()


def follow(pipe: Connection, url: str, lease_seconds: float, batch: int = 5000, wait: bool = False) -> None:
    """Follow the log until told to stop, and say what is folded: {group: (from, to)}, or which groups others had.

    Args:
        wait: before the first batch is written, say so, and wait for a sign.
    """
    go_on, write = threading.Event(), folding.write

    def written(tables: Any, standing: Any, *rest: Any) -> Any:
        if wait and not go_on.is_set():
            pipe.send("about to write")
            go_on.wait()
        try:
            moved = write(tables, standing, *rest)
        except Superseded:
            pipe.send([group.name for group in standing])
            raise
        pipe.send({group.name: (at.position, moved[group].position) for group, at in standing.items()})
        return moved

    with workledger.open(url) as ledger:
        folding.write = written
        loop = ProjectorLoop(Projector(ledger.store, ledger.tables, GROUPS, batch=batch), lease_seconds=lease_seconds)
        ledger.listen(loop.wake)
        loop.start()
        pipe.send("following")
        while pipe.recv() != "stop":
            go_on.set()
        loop.stop()
        pipe.send("stopped")


def rebuild(pipe: Connection, url: str, batch: int, lease_seconds: float) -> None:
    """Rebuild all groups; after each batch say where it is, and wait for a sign. At the end say what came of it."""
    leases.SECONDS = lease_seconds
    rebuilding.KEEP_SECONDS = 0

    def report(progress: Progress) -> None:
        if progress.phase == "indexing":
            return
        pipe.send(progress.position)
        pipe.recv()

    with workledger.open(url) as ledger:
        try:
            pipe.send(("rebuilt", Rebuild(ledger.store, ledger.tables, GROUPS, batch=batch, report=report).run()))
        except RebuildCancelled as refused:
            pipe.send(("refused", refused.code))
