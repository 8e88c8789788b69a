"""A policy's subscription to the log: it reads the events of the policy's topics, from a checkpoint of its own."""

import logging
from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa

from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.follow.replay import Replayed
from workledger.projections.engine.react.attempts import Reactions
from workledger.projections.engine.react.postponed import PostponedEvents
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

FINGERPRINT = "policy"
"""Of the checkpoint: a policy has no tables whose declaration could change."""

logger = logging.getLogger(__name__)


class PolicySubscription:
    """Reacts to events, and advances the checkpoint.

    The checkpoint may lag behind the position by events that no decision followed from, until `save` stores it. Nor are
    a decision and the checkpoint written in one transaction. They need not be: a reaction that is repeated, here or in
    another process, finds its command ids used.

    Args:
        batch: events read at a time.
    """

    def __init__(self, ledger: Ledger, tables: ReadTables, policy: Policy, *, batch: int) -> None:
        self.policy, self.name = policy, checkpoint_name(policy)
        self._ledger, self._tables, self._batch = ledger, tables, batch
        self._reactions = Reactions(ledger, tables, policy)
        self.postponed = PostponedEvents(ledger, tables, policy, self._reactions, self.name)
        self._at: Checkpoint | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """The position it has read up to, as far as this process knows."""
        return self._position

    def create(self, position: int) -> None:
        """Create the checkpoint at that position, unless it exists."""
        try:
            with self._tables.writing() as connection:
                if checkpoints.find(connection, self.name) is None:
                    at = checkpoints.create(connection, self.name, FINGERPRINT)
                    checkpoints.advance(connection, at, at.moved_to(position))
        except sa.exc.IntegrityError:
            logger.debug("another process has created the checkpoint of %s", self.name)

    def skip_to(self, position: int) -> None:
        """Go on from that position; the events before it are not reacted to."""
        self._advance(self._load(), max(position, self._position))

    def forget(self) -> None:
        """Load the checkpoint again when it is next needed."""
        self._at = None

    def follow(self, head: int, go_on: Callable[[], bool]) -> bool:
        """React to the events up to a position; whether there were any.

        Args:
            go_on: asked before each event; when False, the rest is left.

        Raises:
            Superseded: another process has advanced the checkpoint.
        """
        at, busy = self._at or self._load(), False
        if at.dead_letters and self.policy.retry_on and self.postponed.retry_due(head).folded:
            busy = True
            self._load()
        while self._position < head and go_on():
            rows = self._ledger.read(self._position, self._batch, upto=head, topics=self.policy.topics)
            busy |= bool(rows)
            self._react_to(rows, rows[-1].position if len(rows) == self._batch else head, go_on)
        return busy

    @property
    def ahead(self) -> bool:
        """Whether it has read further than the checkpoint."""
        return self._at is not None and self._position > self._at.position

    def save(self, connection: sa.Connection) -> Checkpoint:
        """Advance the checkpoint to the position; call `saved` with it once that is committed.

        Raises:
            Superseded: another process has advanced the checkpoint.
        """
        assert self._at is not None
        return checkpoints.advance(connection, self._at, self._at.moved_to(self._position))

    def saved(self, at: Checkpoint) -> None:
        self._at = at

    def retry(self, stream_ids: Iterable[str]) -> Replayed:
        """See PostponedEvents.retry."""
        done = self.postponed.retry(stream_ids)
        self.forget()
        return done

    def drop(self, letter: DeadLetter) -> None:
        """Delete a dead letter: its event is not reacted to."""
        self.postponed.delete(letter)
        self.forget()

    def _react_to(self, rows: Sequence[Row], reached: int, go_on: Callable[[], bool]) -> None:
        assert self._at is not None
        passed = self._reactions.coalesced(rows, self._at.blocked_streams)
        for row in rows:
            if not go_on():
                return
            if row.position not in passed:
                self._react(row)
            self._position = row.position
        self._position = reached

    def _react(self, row: Row) -> None:
        assert self._at is not None
        if row.stream_id in self._at.blocked_streams:
            self._advance(self._at, row.position, DeadLetter.deferred(self.name, _scanned(row)))
            return
        reacted = self._reactions.react(row)
        if reacted.failure is not None:
            self._advance(self._at, row.position, DeadLetter.failed(self.name, _scanned(row), reacted.failure))
            self.postponed.restart_interval()
        elif reacted.decided:
            self._advance(self._at, row.position)

    def _load(self) -> Checkpoint:
        with self._tables.engine.connect() as connection:
            at = checkpoints.find(connection, self.name)
        assert at is not None, f"{self.name} has no checkpoint"
        self._at, self._position = at, at.position
        return at

    def _advance(self, at: Checkpoint, position: int, *letters: DeadLetter) -> None:
        """Advance the checkpoint, with the dead letters of that position."""
        to = at.moved_to(position, [letter.stream_id for letter in letters])
        with self._tables.writing() as connection:
            self._tables.bulk.without_fsync(connection)
            dead_letters.add(connection, letters)
            checkpoints.advance(connection, at, to)
        self._at, self._position = to, position


def checkpoint_name(policy: Policy) -> str:
    """The name of a policy's checkpoint and dead letters."""
    return f"policy:{policy.name}"


def _scanned(row: Row) -> Scanned:
    return Scanned(*(getattr(row, name) for name in Scanned._fields))
