"""Filling: the log folded into tables that nobody reads yet, one batch written while the next is folded."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.fold import folding
from workledger.projections.engine.fold.folding import Folded, Standing
from workledger.projections.engine.fold.reading import Reading
from workledger.projections.engine.tables import ReadTables


class Filling:
    """The tables of that suffix, filled from the log.

    Args:
        batch: events folded and written at a time, at most.
        check: called before each batch; what it raises ends the filling between batches.
        wrote: called with the position reached, by the thread that has written a batch.
        report: called after that, by the thread that fills.
    """

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        suffix: str,
        batch: int,
        *,
        check: Callable[[], None],
        wrote: Callable[[int], None],
        report: Callable[[], None],
    ) -> None:
        self._store, self._tables, self._suffix, self._batch = store, tables, suffix, batch
        self._check, self._wrote, self._report = check, wrote, report

    def upto(self, standing: Standing, target: int) -> Standing:
        """Fill them up to a position: those that are behind first, then all in one pass."""
        alone = len(standing) == 1
        while (lowest := min(at.position for at in standing.values())) < target:
            stop = min([at.position for at in standing.values() if at.position > lowest], default=target)
            together = {group: at for group, at in standing.items() if at.position == lowest}
            standing = standing | self._pass(together, min(stop, target), chosen=alone)
        return standing

    def _pass(self, standing: Standing, upto: int, *, chosen: bool) -> Standing:
        """For groups that stand at the same position; `chosen`: only the kinds of events that they fold are read."""
        [position] = {at.position for at in standing.values()}
        overlaps = self._tables.bulk.overlaps
        topics = tuple({topic for group in standing for topic in group.plan}) if chosen else ()
        reading = Reading(self._store, position, upto, batch=self._batch, topics=topics, ahead=overlaps)
        with ThreadPoolExecutor(1, "workledger-writing") as writer, closing(reading.pages()) as pages:
            writing: Future[Standing] | None = None
            folded = Folded(self._tables, standing)
            for rows, reached, full in pages:
                self._check()
                folded.add(rows)
                if not full:
                    continue
                if writing is not None:
                    before, standing = standing, writing.result()
                    self._report()
                    if _held_up(before) != _held_up(standing):
                        folded = Folded(self._tables, standing, folded.rows)
                writing = writer.submit(self._write, standing, folded, reached)
                if not overlaps:
                    standing = writing.result()
                folded = Folded(self._tables, standing)
            if writing is not None:
                standing = writing.result()
                self._report()
        return standing

    def _write(self, standing: Standing, folded: Folded, reached: int) -> Standing:
        standing = folding.write(self._tables, standing, folded.batches, folded.rows, reached, self._suffix)
        self._wrote(reached)
        return standing


def _held_up(standing: Standing) -> list[frozenset[str]]:
    return [at.held_up for at in standing.values()]
