"""A reaction and its attempts: a policy reacts to one event, and is tried again when it fails."""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Policy, Reaction, RetryLater, unavailable
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.tables import ReadTables

ATTEMPTS, PAUSE_SECONDS = 3, 0.01
"""Attempts at a reaction before its event becomes a dead letter, and the first pause between two; each next one is four
times as long."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reacted:
    """The result of a reaction.

    Attributes:
        decided: whether the policy decided anything, if only to have it refused; else the event was of no concern.
        failure: the error of the last attempt, or the refusal that the policy retries on; None when it succeeded.
    """

    decided: bool
    failure: Exception | None = None


class Reactions:
    """The reactions of one policy."""

    def __init__(self, ledger: Ledger, tables: ReadTables, policy: Policy) -> None:
        self._ledger, self._tables, self._policy = ledger, tables, policy

    def react(self, row: Row) -> Reacted:
        """React to an event, in up to ATTEMPTS attempts.

        Raises:
            Exception: the database failed, which is no fault of the event: it stays to be reacted to.
        """
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE_SECONDS * 4**attempt)
            try:
                past = decode(row)
                if not self._policy.concerns(past):
                    return Reacted(decided=False)
                reaction = Reaction(self._ledger, self._policy, past)
                self._policy.react(reaction)
                return Reacted(decided=bool(reaction.outcomes))
            except RetryLater as later:
                return Reacted(decided=True, failure=later.refused)  # soon again would be refused again
            except Exception as error:
                if self._is_outage(error):
                    raise
                logger.warning("%s failed at %s at %d", self._policy.name, row.topic, row.position, exc_info=True)
                failure = error
        return Reacted(decided=True, failure=failure)

    def coalesced(self, rows: Sequence[Row], blocked_streams: Collection[str]) -> set[int]:
        """The positions of events that are passed over, as a later one among them has the same key."""
        latest: dict[str, int] = {}
        passed = set()
        for row in rows if self._policy.coalesce_by else ():
            key = None if row.stream_id in blocked_streams else self._key(row)
            if key is not None:
                passed.add(latest.get(key, 0))
                latest[key] = row.position
        return passed

    def _key(self, row: Row) -> str | None:
        assert self._policy.coalesce_by is not None
        try:
            past = decode(row)
            return self._policy.coalesce_by(past) if self._policy.concerns(past) else None
        except Exception:
            return None  # it fails again when it is reacted to, and is recorded then

    def _is_outage(self, error: Exception) -> bool:
        if isinstance(error, Refused):
            return unavailable(error)
        return isinstance(error, self._tables.bulk.outages)
