"""A redaction of a ledger: its log is looked through, and what it finds is erased, wherever it was copied to.

It goes on where it was interrupted. Its beginning and its end are events; only then is it over.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from workledger.adapters.bootstrap import Workledger
from workledger.adapters.erasing import files, progress, rows
from workledger.adapters.erasing.payloads import Found, Search
from workledger.adapters.erasing.progress import Progress
from workledger.adapters.failures import database_errors
from workledger.adapters.redaction import Redact, redact_secrets
from workledger.domain import redaction
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.rebuild import cancel, undo
from workledger.projections.engine.rebuild.rebuild import OnProgress, Rebuild
from workledger.projections.engine.state import held_leases, leases

PAGE = 100
"""Events that are looked at, and rewritten, at a time."""

LEASE = "redact"


class RedactionUnderWay(Refused):
    """Another process is redacting this ledger right now; let it finish."""

    code = "REDACTION_UNDER_WAY"


@dataclass
class Outcome:
    """What was found, and erased unless it was only looked for.

    Attributes:
        places: (position, topic, names of fields) of the events.
        emptied: no reader kept the database's write-ahead log from being emptied.
    """

    upto: int = 0
    events: int = 0
    texts: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    places: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    emptied: bool = True


Looked = Callable[[int, int], None]
"""Called with the position that was reached, and the last one."""


def look(
    ledger: Workledger, *, redact: Redact = redact_secrets, on_progress: Looked = lambda done, total: None
) -> Outcome:
    """Where the log has secrets; nothing is changed."""
    outcome = Outcome(upto=ledger.head())
    for found, position in _pages(ledger, Search(redact), 0, outcome.upto):
        _count(outcome, found)
        on_progress(position, outcome.upto)
    return outcome


def redact_ledger(
    ledger: Workledger,
    *,
    redact: Redact = redact_secrets,
    on_progress: Looked = lambda done, total: None,
    on_rebuild: OnProgress = lambda progress: None,
) -> Outcome:
    """Erase secrets from the events that are stored now, from all tables, and from the database's files.

    Read tables that have copies are rebuilt, those of the ledger's groups. Raises as `Rebuild.run` does, and:

    Raises:
        RedactionUnderWay: REDACTION_UNDER_WAY, another process is at it.
    """
    leases.wait_for_expiry(ledger.tables, {LEASE})
    with database_errors(), held_leases.hold(ledger.tables, {LEASE}, leases.new_owner()) as held:
        if held is None:
            raise RedactionUnderWay
        now = progress.begun(ledger.tables, ledger.head())
        with ledger.unit(f"{now.id}:begun") as unit:
            redaction.record_begin(unit, id=now.id, up_to_position=now.upto)
        outcome = Outcome(upto=now.upto)
        now = _erase(ledger, Search(redact), now, outcome, on_progress)
        ledger.forget()
        _erase_copies(ledger, now, on_rebuild)
        outcome.emptied = files.compact(ledger.tables.engine)
        with ledger.unit(f"{now.id}:finished") as unit:
            redaction.record_finish(unit, id=now.id, up_to_position=now.upto, events=now.events, texts=now.texts)
        progress.end(ledger.tables, now)
        outcome.events, outcome.texts = now.events, now.texts
        return outcome


def _erase(ledger: Workledger, search: Search, now: Progress, outcome: Outcome, on_progress: Looked) -> Progress:
    for found, position in _pages(ledger, search, now.position, now.upto):
        _count(outcome, found)
        texts = sum(one.texts for one in found)
        then = replace(now, position=position, events=now.events + len(found), texts=now.texts + texts)
        with ledger.tables.writing() as connection:
            files.overwrite(connection, True)
            if not progress.move(connection, now, then):
                raise RedactionUnderWay
            if found:
                rows.rewrite(connection, found)
            files.overwrite(connection, False)
        now = then
        on_progress(position, now.upto)
    return now


def _erase_copies(ledger: Workledger, now: Progress, on_rebuild: OnProgress) -> None:
    """After the events: whatever is made of them from here on has no secret."""
    with ledger.tables.writing() as connection:
        files.overwrite(connection, True)
        rows.clean_claims(connection)
        rows.drop_snapshots(connection)
        rows.clean_dead_letters(connection)
        files.overwrite(connection, False)
    if now.events:
        cancel.cancel(ledger.tables, ledger.groups)  # what an interrupted one has built so far may have copies
        Rebuild(ledger.store, ledger.tables, ledger.groups, on_progress=on_rebuild).run()
        undo.drop_old(ledger.tables, ledger.groups)


def _pages(ledger: Workledger, search: Search, after: int, upto: int) -> Iterator[tuple[Sequence[Found], int]]:
    """What is found in each page of the log, and the position of its last event."""
    while page := [Scanned(*row) for row in ledger.store.scan(after, PAGE, upto=upto)]:
        after = page[-1].position
        yield [found for event in page if (found := search.look(event))], after


def _count(outcome: Outcome, found: Sequence[Found]) -> None:
    outcome.events += len(found)
    outcome.texts += sum(one.texts for one in found)
    outcome.topics.update(one.topic for one in found)
    outcome.places += [(one.position, one.topic, one.fields) for one in found]
