"""The simulated past in a ledger: days of a team's work, recorded in seconds with the times they happened at."""

from datetime import UTC, datetime, timedelta
from itertools import groupby, islice, takewhile

import orjson

from workledger.adapters.importing import Progress, silent
from workledger.adapters.simulation.crew import LABEL
from workledger.adapters.simulation.past import UNFOLDED, Happening
from workledger.adapters.simulation.tempo import PAST
from workledger.adapters.simulation.workload import events
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import format_timestamp, parse_timestamp
from workledger.domain.kernel.unit import Unit

BATCH = 2000
"""Events in one append."""
LENGTH = timedelta(hours=17)
"""How far back the past begins."""


def history(
    ledger: Ledger,
    seed: object,
    *,
    until: datetime | None = None,
    length: timedelta = LENGTH,
    progress: Progress = silent,
) -> int:
    """Record the past of the seed, unless it is recorded, and go on with it where it was interrupted.

    Args:
        until: the moment it ends at, now unless given. A past that was begun ends where it was to end then.

    Returns:
        how many events it has.
    """
    until = _begun(ledger, seed) or until or datetime.now(UTC)
    start = until - length
    story = events(seed, start=start, tempo=PAST, metadata={"seed": str(seed), "until": format_timestamp(until)})
    told = takewhile(lambda one: one.at <= until, story)
    count = 0
    for batch in iter(lambda: list(islice(told, BATCH)), []):
        command_id = f"{LABEL}:{seed}:{count}"
        if ledger.store.done(command_id) is None:
            record(ledger, batch, command_id)
        count += len(batch)
        done = (batch[-1].at - start) / length
        progress(int(done * 100), 100, "simulated past, in percent")
    progress(100, 100, "simulated past, in percent")
    return count


def _begun(ledger: Ledger, seed: object) -> datetime | None:
    """When the past of the seed ends that was begun here; None when none was."""
    positions = ledger.store.done(f"{LABEL}:{seed}:0")
    if not positions:
        return None
    first = ledger.read(positions[0] - 1, 1)[0]
    return parse_timestamp(orjson.loads(first.data)["metadata"]["until"])


def record(ledger: Ledger, happenings: list[Happening], command_id: str | None = None) -> None:
    """Record what happened in one append, each event by its actor and at its moment.

    Raises:
        Refused: a claim of theirs is not met, or one of the streams has changed meanwhile.
    """
    with ledger.unit(command_id) as unit:
        for _, together in groupby(happenings, key=lambda one: (one.kind, one.id, one.at, one.actor)):
            _retell(ledger, unit, list(together))


def _retell(ledger: Ledger, unit: Unit, together: list[Happening]) -> None:
    first = together[0]
    said = [one.event for one in together]
    with ledger.acting_as(first.actor):
        if first.kind in UNFOLDED:
            unit.log(first.kind.stream(first.id), said, tags=first.tags, at=first.at)
        else:
            unit.record(first.kind, first.id, said, at=first.at)
