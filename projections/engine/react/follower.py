"""A follower: one policy's walk along the log, with its checkpoint, and what it had to set aside."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Later, Policy, Reaction, unavailable
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.follow.replay import Replayed
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

FINGERPRINT = "policy"
ATTEMPTS, NAP = 3, 0.01
"""Times that a reaction is tried before its event is set aside, and a nap between, each four times as long."""

TRY_AGAIN_SECONDS, LONGEST_SECONDS = 1.0, 60.0
"""So long lies between attempts at what is to be tried later: twice as long each time, at most."""

logger = logging.getLogger(__name__)


class Follower:
    """It may be ahead of its checkpoint by events of no concern, until `keep` writes that down.

    What a reaction leads to and the checkpoint are not written together. They need not be: a reaction that is begun
    again, here or elsewhere, finds its command ids used.
    """

    def __init__(self, ledger: Ledger, tables: ReadTables, policy: Policy, *, batch: int) -> None:
        self.policy, self.name = policy, name_of(policy)
        self._ledger, self._tables, self._batch = ledger, tables, batch
        self._at: Checkpoint | None = None
        self._read = self._tried_at = 0
        self._try_at, self._nap = 0.0, TRY_AGAIN_SECONDS

    @property
    def position(self) -> int:
        """How far it has come, as far as is known here."""
        return self._read

    def begin(self, position: int) -> None:
        """Stand at that position if it stands nowhere yet."""
        try:
            with self._tables.writing() as connection:
                if checkpoints.find(connection, self.name) is None:
                    at = checkpoints.begin(connection, self.name, FINGERPRINT)
                    checkpoints.advance(connection, at, replace(at, position=position))
        except sa.exc.IntegrityError:
            logger.debug("%s has been begun elsewhere", self.name)

    def skip(self, position: int) -> None:
        """Go on from that position, and let go of what lies between."""
        self._move(self._load(), max(position, self._read))

    def forget(self) -> None:
        """Look again where it stands."""
        self._at = None

    def follow(self, head: int, go_on: Callable[[], bool]) -> bool:
        """React to events up to a position; whether there were any.

        Raises:
            Superseded: somebody else has moved the checkpoint.
        """
        at, busy = self._at or self._load(), False
        if at.letters and self.policy.later:
            busy = self._try_again(head)
        while self._read < head and go_on():
            rows = self._ledger.read(self._read, self._batch, upto=head, topics=self.policy.topics)
            busy |= bool(rows)
            self._answer(rows, rows[-1].position if len(rows) == self._batch else head, go_on)
        return busy

    @property
    def ahead(self) -> bool:
        """Whether it has come further than is written down."""
        return self._at is not None and self._read > self._at.position

    def keep(self, connection: sa.Connection) -> Checkpoint:
        """Write down how far it has come; `kept` is to be told when that is committed.

        Raises:
            Superseded: somebody else has moved the checkpoint.
        """
        assert self._at is not None
        return checkpoints.advance(connection, self._at, replace(self._at, position=self._read))

    def kept(self, at: Checkpoint) -> None:
        self._at = at

    def retry(self, streams: Iterable[str]) -> Replayed:
        """React to what was set aside of streams, in order. One that fails again holds up its stream.

        What is set aside meanwhile, because it came behind, is reacted to as well.
        """
        done = left = 0
        for stream in streams:
            while letters := self.letters(stream):
                rows = self._ledger.read(letters[0].position - 1, 1, upto=letters[0].position)
                failure = self._react(rows[0])[1] if rows else None  # erased since: nothing is left to react to
                if failure is not None:
                    self._failed_again(letters[0], failure)
                    left += len(letters)
                    break
                self.drop(letters[0])
                done += 1
        return Replayed(done, left)

    def letters(self, stream: str | None = None) -> list[DeadLetter]:
        """What is set aside, of one stream or of all, in the order of the log."""
        with self._tables.engine.connect() as connection:
            return dead_letters.listed(connection, self.name, stream)

    def drop(self, letter: DeadLetter) -> None:
        """Have done with what was set aside; whoever else has had done with it was first."""
        with self._tables.writing() as connection:
            at = checkpoints.find(connection, self.name, hold=True)
            there = dead_letters.listed(connection, self.name, letter.stream_id)
            if at is not None and letter.position in [one.position for one in there]:
                dead_letters.remove(connection, letter)
                checkpoints.advance(connection, at, replace(at, letters=at.letters - 1))
        self.forget()

    def _answer(self, rows: Sequence[Row], reached: int, go_on: Callable[[], bool]) -> None:
        stood_for = self._stood_for(rows)
        for row in rows:
            if not go_on():
                return
            if row.position not in stood_for:
                self._one(row)
            self._read = row.position
        self._read = reached

    def _one(self, row: Row) -> None:
        assert self._at is not None
        if row.stream_id in self._at.held_up:
            self._move(self._at, row.position, DeadLetter.of(self.name, _scanned(row), None))
            return
        acted, failure = self._react(row)
        if failure is not None:
            self._move(self._at, row.position, DeadLetter.of(self.name, _scanned(row), failure))
            self._nap = TRY_AGAIN_SECONDS
            self._try_at = time.monotonic() + self._nap
        elif acted:
            self._move(self._at, row.position)

    def _react(self, row: Row) -> tuple[bool, Exception | None]:
        """Whether anything was decided about the event, and what went wrong in the end.

        Raises:
            Exception: the database is away, which is no event's fault.
        """
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(NAP * 4**attempt)
            try:
                past = decode(row)
                if not self.policy.when(past):
                    return False, None
                reaction = Reaction(self._ledger, self.policy, past)
                self.policy.react(reaction)
                return bool(reaction.outcomes), None
            except Later as later:
                return True, later.refused
            except Exception as error:
                if self._away(error):
                    raise
                logger.warning("%s failed at %s at %d", self.name, row.topic, row.position, exc_info=True)
                failure = error
        return True, failure

    def _away(self, error: Exception) -> bool:
        """Whether it is the database that failed."""
        if isinstance(error, Refused):
            return unavailable(error)
        driver = self._tables.engine.dialect.loaded_dbapi
        names = ("OperationalError", "InterfaceError", "InternalError", "ProgrammingError")
        kinds = [getattr(errors, name) for errors in (sa.exc, driver) for name in names]
        return isinstance(error, (*kinds, sa.exc.TimeoutError))

    def _stood_for(self, rows: Sequence[Row]) -> set[int]:
        """The positions of events that a later one of the batch stands for."""
        latest: dict[str, int] = {}
        found = set()
        for row in rows if self.policy.alike else ():
            key = self._alike(row)
            if key is not None:
                found.add(latest.get(key, 0))
                latest[key] = row.position
        return found

    def _alike(self, row: Row) -> str | None:
        assert self._at is not None
        assert self.policy.alike is not None
        if row.stream_id in self._at.held_up:
            return None
        try:
            return self.policy.alike(decode(row))
        except Exception:
            return None  # it fails again when it is reacted to

    def _try_again(self, head: int) -> bool:
        """React to what was to be tried later, when the log has grown since it was tried."""
        if head == self._tried_at or time.monotonic() < self._try_at:
            return False
        first = {letter.stream_id: letter for letter in reversed(self.letters())}
        tried = self.retry([stream for stream, letter in first.items() if self._is_later(letter)])
        self._nap = TRY_AGAIN_SECONDS if tried.folded else min(self._nap * 2, LONGEST_SECONDS)
        self._tried_at, self._try_at = head, time.monotonic() + self._nap
        if self._at is None:
            self._load()
        return tried.folded > 0

    def _is_later(self, letter: DeadLetter) -> bool:
        return (letter.error or "").partition(":")[0] in [kind.__name__ for kind in self.policy.later]

    def _failed_again(self, letter: DeadLetter, failure: Exception) -> None:
        if dead_letters.said(failure) == letter.error and isinstance(failure, self.policy.later):
            return
        with self._tables.writing() as connection:
            dead_letters.failed_again(connection, letter, failure)

    def _load(self) -> Checkpoint:
        with self._tables.engine.connect() as connection:
            at = checkpoints.find(connection, self.name)
        assert at is not None, f"{self.name} has not begun"
        self._at, self._read = at, at.position
        return at

    def _move(self, at: Checkpoint, position: int, *letters: DeadLetter) -> None:
        """Write down a place, with what is set aside there."""
        to = replace(
            at,
            position=position,
            letters=at.letters + len(letters),
            held_up=at.held_up | {letter.stream_id for letter in letters},
        )
        with self._tables.writing() as connection:
            self._tables.bulk.relax(connection)
            dead_letters.add(connection, letters)
            checkpoints.advance(connection, at, to)
        self._at, self._read = to, position


def name_of(policy: Policy) -> str:
    """What its checkpoint and its dead letters are kept under."""
    return f"policy:{policy.name}"


def _scanned(row: Row) -> Scanned:
    return Scanned(*(getattr(row, name) for name in Scanned._fields))
