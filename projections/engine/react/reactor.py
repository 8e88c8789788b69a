"""The reactor: it runs policies, each with a subscription to the log of its own.

It uses the checkpoints, dead letters and leases of the read tables, but it is no projection: it has no tables, and no
rebuild runs it. The checkpoint of a policy starts at the head of the log when the policy is first enabled: earlier
events are not reacted to.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.follow.replay import DeadLetterNotFound, Replayed
from workledger.projections.engine.react.subscription import FINGERPRINT, PolicySubscription, checkpoint_name
from workledger.projections.engine.state import checkpoints as stored
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

BATCH = 500
"""Events read at a time."""

SAVE_SECONDS = 1.0
"""Between saves of positions that only events without a decision have led to."""


class Reactor:
    """Runs policies. Any number of processes may: command ids make every reaction count once.

    Args:
        from_start: policies that were never enabled start at the start of the log.
        batch: events read at a time.

    Raises:
        ValueError: two policies have the same name.
    """

    def __init__(
        self,
        ledger: Ledger,
        tables: ReadTables,
        policies: Sequence[Policy],
        *,
        from_start: bool = False,
        batch: int = BATCH,
    ) -> None:
        self.ledger, self.tables, self.policies = ledger, tables, tuple(policies)
        self._from_start, self._prepared, self._reacting = from_start, False, False
        self._subscriptions = {
            policy.name: PolicySubscription(ledger, tables, policy, batch=batch) for policy in self.policies
        }
        if len(self._subscriptions) < len(self.policies):
            raise ValueError("two policies have one name")
        self._turn = threading.RLock()
        self._save_at = 0.0

    def prepare(self) -> None:
        """Create the checkpoints of policies that were never enabled."""
        if self._prepared:
            return
        missing = {checkpoint_name(policy) for policy in self.policies} - set(self._stored())
        if missing:
            start = 0 if self._from_start else self.ledger.head()
            for subscription in self._subscriptions.values():
                if subscription.name in missing:
                    subscription.create(start)
        self._prepared = True

    def checkpoints(self) -> dict[Policy, Checkpoint]:
        """The checkpoint of each policy; at position 0 when it was never enabled."""
        found = self._stored()
        return {
            policy: found.get(checkpoint_name(policy)) or Checkpoint(checkpoint_name(policy), 0, FINGERPRINT)
            for policy in self.policies
        }

    @property
    def position(self) -> int:
        """The position that all policies have reached, as far as this process knows."""
        return min((subscription.position for subscription in self._subscriptions.values()), default=0)

    def forward(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """React to the events in the log; whether there were any. What their reactions append is for the next call.

        Args:
            go_on: asked before each event; when False, the rest is left for the next call.
        """
        with self._turn:
            if self._reacting:
                return False  # a reaction appended an event, and a listener called us
            with self._reacting_block():
                self.prepare()
                return self._forward(go_on)

    def catch_up(self) -> int:
        """React to all events, and to those that the reactions append; the position that all policies have reached."""
        while self.forward():
            pass
        self.save()
        return self.position

    def save(self) -> None:
        """Advance the checkpoints to the positions that the policies have reached."""
        with self._turn:
            ahead = [subscription for subscription in self._subscriptions.values() if subscription.ahead]
            if not ahead:
                return
            try:
                with self.tables.writing() as connection:
                    self.tables.bulk.without_fsync(connection)
                    saved = [subscription.save(connection) for subscription in ahead]
            except Superseded:
                for subscription in ahead:
                    subscription.forget()
            else:
                for subscription, at in zip(ahead, saved, strict=True):
                    subscription.saved(at)

    def forget(self) -> None:
        """Load the checkpoints again, after the database was unreachable or another process has run the policies."""
        for subscription in self._subscriptions.values():
            subscription.forget()

    def skip(self, policy: Policy) -> int:
        """Have a policy go on from the head of the log, and not react to what happened since it was last enabled; the
        position of its checkpoint."""
        self.prepare()
        with self._turn:
            subscription = self._subscriptions[policy.name]
            subscription.skip_to(self.ledger.head())
            return subscription.position

    def retry(self, policy: Policy, *, position: int | None = None) -> Replayed:
        """React to the dead letters of a policy: of the stream that has one at `position`, or of all streams.

        A stream stops at the first that fails again; other streams go on.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
        """
        with self._turn, self._reacting_block():
            subscription = self._subscriptions[policy.name]
            letters = subscription.postponed.find() if position is None else self._of_stream(subscription, position)
            return subscription.retry(dict.fromkeys(letter.stream_id for letter in letters))

    def drop(self, policy: Policy, position: int) -> Replayed:
        """Delete one dead letter, and react to those that wait behind it.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
        """
        with self._turn, self._reacting_block():
            subscription = self._subscriptions[policy.name]
            letters = self._of_stream(subscription, position)
            [dropped] = [letter for letter in letters if letter.position == position]
            subscription.drop(dropped)
            return subscription.retry([dropped.stream_id] if letters[0] is dropped else [])

    @contextmanager
    def _reacting_block(self) -> Iterator[None]:
        self._reacting = True
        try:
            yield
        finally:
            self._reacting = False

    def _forward(self, go_on: Callable[[], bool]) -> bool:
        head, busy = self.ledger.head(), False
        for subscription in self._subscriptions.values():
            try:
                busy |= subscription.follow(head, go_on)
            except Superseded:
                subscription.forget()
                busy = True
        if time.monotonic() > self._save_at:
            self.save()
            self._save_at = time.monotonic() + SAVE_SECONDS
        return busy

    def _of_stream(self, subscription: PolicySubscription, position: int) -> list[DeadLetter]:
        """The dead letters of the stream that has one at that position."""
        letters = subscription.postponed.find()
        stream_ids = {letter.stream_id for letter in letters if letter.position == position}
        if not stream_ids:
            raise DeadLetterNotFound(name=subscription.name, position=position)
        return [letter for letter in letters if letter.stream_id in stream_ids]

    def _stored(self) -> dict[str, Checkpoint]:
        with self.tables.engine.connect() as connection:
            return stored.find_all(connection, [checkpoint_name(policy) for policy in self.policies])
