"""The reactor: it walks along the log for policies, and has them react to each event that they are about.

It stands on the bookkeeping of the read tables, checkpoints, dead letters and leases, and is no projection: it has no
tables, and nothing that makes tables anew runs it. Each policy has a checkpoint of its own, which begins at the head
of the log when the policy is first enabled: what has happened before is not enacted again.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.follow.replay import DeadLetterNotFound, Replayed
from workledger.projections.engine.react.follower import FINGERPRINT, Follower, name_of
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

BATCH = 500
"""Events read at a time."""

KEEP_SECONDS = 1.0
"""How long a place is not written down that only events of no concern have led to."""


class Reactor:
    """Runs policies. Any number may run: every reaction has its effect once, and checkpoints settle who was first.

    Args:
        from_start: policies that have never been enabled begin at the start of the log.
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
        self._followers = {policy.name: Follower(ledger, tables, policy, batch=batch) for policy in self.policies}
        if len(self._followers) < len(self.policies):
            raise ValueError("two policies have one name")
        self._turn = threading.RLock()
        self._keep_at = 0.0

    def prepare(self) -> None:
        """Begin the policies that have never been enabled."""
        if self._prepared:
            return
        missing = {name_of(policy) for policy in self.policies} - set(self._found())
        if missing:
            head = 0 if self._from_start else self.ledger.head()
            for follower in self._followers.values():
                if follower.name in missing:
                    follower.begin(head)
        self._prepared = True

    def standing(self) -> dict[Policy, Checkpoint]:
        """Where each policy stands; one that was never enabled stands at 0."""
        found = self._found()
        return {
            policy: found.get(name_of(policy)) or Checkpoint(name_of(policy), 0, FINGERPRINT)
            for policy in self.policies
        }

    @property
    def position(self) -> int:
        """The position that all policies have come to, as far as is known here."""
        return min((follower.position for follower in self._followers.values()), default=0)

    def forward(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """React to what is in the log by now; whether there was anything. What follows from it is for the next time.

        Args:
            go_on: asked before each event; when it says no, the rest is left for the next time.
        """
        with self._turn:
            if self._reacting:
                return False  # called by what a reaction has just recorded
            with self._at_it():
                self.prepare()
                return self._forward(go_on)

    def catch_up(self) -> int:
        """React to all there is, and to what follows from it; the position that all policies have come to then."""
        while self.forward():
            pass
        self.keep()
        return self.position

    def keep(self) -> None:
        """Write down how far each policy has come."""
        with self._turn:
            ahead = [follower for follower in self._followers.values() if follower.ahead]
            if not ahead:
                return
            try:
                with self.tables.writing() as connection:
                    self.tables.bulk.relax(connection)
                    places = [follower.keep(connection) for follower in ahead]
            except Superseded:
                for follower in ahead:
                    follower.forget()
            else:
                for follower, at in zip(ahead, places, strict=True):
                    follower.kept(at)

    def forget(self) -> None:
        """Look again where the policies stand, after the database was away."""
        for follower in self._followers.values():
            follower.forget()

    def skip(self, policy: Policy) -> int:
        """Have a policy go on from the head of the log: what has happened since it was last enabled stays as it is."""
        self.prepare()
        with self._turn:
            follower = self._followers[policy.name]
            follower.skip(self.ledger.head())
            return follower.position

    def retry(self, policy: Policy, *, position: int | None = None) -> Replayed:
        """React to what a policy has set aside: of one stream, when a position in it is given, or of all.

        A stream whose event fails again stays as it is from there on; others go on.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
        """
        with self._turn, self._at_it():
            follower = self._followers[policy.name]
            letters = follower.letters() if position is None else self._behind(follower, position)
            return follower.retry(dict.fromkeys(letter.stream_id for letter in letters))

    def drop(self, policy: Policy, position: int) -> Replayed:
        """Let go of one event for good, and react to what waits behind it.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
        """
        with self._turn, self._at_it():
            follower = self._followers[policy.name]
            letters = self._behind(follower, position)
            [dropped] = [letter for letter in letters if letter.position == position]
            follower.drop(dropped)
            return follower.retry([dropped.stream_id] if letters[0] is dropped else [])

    @contextmanager
    def _at_it(self) -> Iterator[None]:
        self._reacting = True
        try:
            yield
        finally:
            self._reacting = False

    def _forward(self, go_on: Callable[[], bool]) -> bool:
        head, busy = self.ledger.head(), False
        for follower in self._followers.values():
            try:
                busy |= follower.follow(head, go_on)
            except Superseded:
                follower.forget()
                busy = True
        if time.monotonic() > self._keep_at:
            self.keep()
            self._keep_at = time.monotonic() + KEEP_SECONDS
        return busy

    def _behind(self, follower: Follower, position: int) -> list[DeadLetter]:
        """The letters of the stream that has one at that position."""
        letters = follower.letters()
        streams = {letter.stream_id for letter in letters if letter.position == position}
        if not streams:
            raise DeadLetterNotFound(name=follower.name, position=position)
        return [letter for letter in letters if letter.stream_id in streams]

    def _found(self) -> dict[str, Checkpoint]:
        with self.tables.engine.connect() as connection:
            return checkpoints.found(connection, [name_of(policy) for policy in self.policies])
