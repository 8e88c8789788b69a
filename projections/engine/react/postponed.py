"""Postponed events of a policy: those that failed, or that it retries later, kept as dead letters."""

import time
from collections.abc import Iterable
from dataclasses import replace

from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy
from workledger.projections.engine.follow.replay import Replayed
from workledger.projections.engine.react.attempts import Reactions
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0
"""Between two retries of what a policy retries later: doubled each time, up to the longest."""


class PostponedEvents:
    """The dead letters of a policy, and when they are retried.

    Those that failed wait for somebody who calls `retry`. Those refused with one of `Policy.retry_on` are retried
    automatically as the log grows, as what is missing may have been recorded since.

    Args:
        name: of the policy's checkpoint.
    """

    def __init__(self, ledger: Ledger, tables: ReadTables, policy: Policy, reactions: Reactions, name: str) -> None:
        self._ledger, self._tables, self._policy = ledger, tables, policy
        self._reactions, self._name = reactions, name
        self._tried_head = 0
        self._retry_at, self._interval = 0.0, RETRY_SECONDS

    def find(self, stream_id: str | None = None) -> list[DeadLetter]:
        """The dead letters, of one stream or of all, in the order of the log."""
        with self._tables.engine.connect() as connection:
            return dead_letters.find(connection, self._name, stream_id)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a dead letter; nothing happens if another process already has."""
        with self._tables.writing() as connection:
            at = checkpoints.find(connection, self._name, lock=True)
            existing = dead_letters.find(connection, self._name, letter.stream_id)
            if at is not None and letter.position in [one.position for one in existing]:
                dead_letters.delete(connection, letter)
                checkpoints.advance(connection, at, replace(at, dead_letters=at.dead_letters - 1))

    def retry(self, stream_ids: Iterable[str]) -> Replayed:
        """React to the dead letters of these streams, each in its order; a stream stops at the first that fails.

        Those that join behind meanwhile are reacted to as well.
        """
        done = left = 0
        for stream_id in stream_ids:
            while letters := self.find(stream_id):
                rows = self._ledger.read(letters[0].position - 1, 1, upto=letters[0].position)
                failure = self._reactions.react(rows[0]).failure if rows else None  # none when it was erased
                if failure is not None:
                    self._record(letters[0], failure)
                    left += len(letters)
                    break
                self.delete(letters[0])
                done += 1
        return Replayed(done, left)

    def restart_interval(self) -> None:
        """One more event was postponed: retry soon."""
        self._interval = RETRY_SECONDS
        self._retry_at = time.monotonic() + self._interval

    def retry_due(self, head: int) -> Replayed:
        """Retry what is retried automatically, when the log has grown since the last time, and the interval is over."""
        if head == self._tried_head or time.monotonic() < self._retry_at:
            return Replayed(0, 0)
        first = {letter.stream_id: letter for letter in reversed(self.find())}
        done = self.retry([stream_id for stream_id, letter in first.items() if self._is_retried(letter)])
        self._interval = RETRY_SECONDS if done.folded else min(self._interval * 2, LONGEST_RETRY_SECONDS)
        self._tried_head, self._retry_at = head, time.monotonic() + self._interval
        return done

    def _is_retried(self, letter: DeadLetter) -> bool:
        # Only the text of the error is stored; it begins with the name of the class.
        return (letter.error or "").partition(":")[0] in [kind.__name__ for kind in self._policy.retry_on]

    def _record(self, letter: DeadLetter, failure: Exception) -> None:
        """Store that an attempt failed; not that the same refusal came again, which may be so for days."""
        if dead_letters.error_text(failure) == letter.error and isinstance(failure, self._policy.retry_on):
            return
        with self._tables.writing() as connection:
            dead_letters.record_failure(connection, letter, failure)
