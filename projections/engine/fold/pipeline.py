"""The fold pipeline of a rebuild: one thread reads the log ahead, one folds, one writes the batch before."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.log_reader import LogReader
from workledger.projections.engine.fold.writing import Checkpoints, FoldedEvents
from workledger.projections.engine.tables import ReadTables


class FoldPipeline:
    """Fills the table sets of a suffix, which nobody reads yet, from the log.

    Args:
        batch: events in a batch, at most.
        before_page: called before each page is folded; what it raises ends the run between two batches.
        after_write: called with the position reached, by the writing thread.
        after_batch: called after that, by the thread that runs the pipeline.
    """

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        suffix: str,
        batch: int,
        *,
        before_page: Callable[[], None],
        after_write: Callable[[int], None],
        after_batch: Callable[[], None],
    ) -> None:
        self._store, self._tables, self._suffix, self._batch = store, tables, suffix, batch
        self._before_page, self._after_write, self._after_batch = before_page, after_write, after_batch

    def run(self, checkpoints: Checkpoints, target: int) -> Checkpoints:
        """Fold up to the target position: groups that are behind first, then all of them in one pass."""
        single = len(checkpoints) == 1
        while (lowest := min(at.position for at in checkpoints.values())) < target:
            stop = min([at.position for at in checkpoints.values() if at.position > lowest], default=target)
            behind = {group: at for group, at in checkpoints.items() if at.position == lowest}
            checkpoints = checkpoints | self._pass(behind, min(stop, target), only_its_topics=single)
        return checkpoints

    def _pass(self, checkpoints: Checkpoints, upto: int, *, only_its_topics: bool) -> Checkpoints:
        """One pass over the log, for groups at the same position."""
        [position] = {at.position for at in checkpoints.values()}
        overlaps = self._tables.bulk.overlaps
        topics = tuple({topic for group in checkpoints for topic in group.plan}) if only_its_topics else ()
        reader = LogReader(self._store, position, upto, batch=self._batch, topics=topics, ahead=overlaps)
        with ThreadPoolExecutor(1, "workledger-writing") as writer, closing(reader.pages()) as pages:
            written: Future[Checkpoints] | None = None
            folded = FoldedEvents(self._tables, checkpoints)
            for rows, reached, completes_batch in pages:
                self._before_page()
                folded.add(rows)
                if not completes_batch:
                    continue
                if written is not None:
                    before, checkpoints = checkpoints, written.result()
                    self._after_batch()
                    if _blocked_streams(before) != _blocked_streams(checkpoints):
                        # The batch before had a poison event; this one was folded as if its stream were not blocked.
                        folded = FoldedEvents(self._tables, checkpoints, folded.rows)
                written = writer.submit(self._write, checkpoints, folded, reached)
                if not overlaps:
                    checkpoints = written.result()
                folded = FoldedEvents(self._tables, checkpoints)
            if written is not None:
                checkpoints = written.result()
                self._after_batch()
        return checkpoints

    def _write(self, checkpoints: Checkpoints, folded: FoldedEvents, position: int) -> Checkpoints:
        advanced = writing.write(self._tables, checkpoints, folded, position, self._suffix)
        self._after_write(position)
        return advanced


def _blocked_streams(checkpoints: Checkpoints) -> list[frozenset[str]]:
    return [at.blocked_streams for at in checkpoints.values()]
