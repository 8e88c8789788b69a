"""The Codewalkers importer: all that its database has, and later what has changed in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import DatabaseError

from workledger.adapters.codewalkers import logs
from workledger.adapters.codewalkers.database import Database
from workledger.adapters.codewalkers.life import Life
from workledger.adapters.codewalkers.links import ChatMessages, InitiativeProjects, PhaseDependencies, TaskDependencies
from workledger.adapters.codewalkers.marks import gone, load_marks
from workledger.adapters.codewalkers.noun import Noun
from workledger.adapters.codewalkers.nouns.agents import Agents
from workledger.adapters.codewalkers.nouns.plan import Initiatives, Phases
from workledger.adapters.codewalkers.nouns.projects import Accounts, Projects
from workledger.adapters.codewalkers.nouns.talk import ChatSessions, Conversations, Errands, Messages, ReviewComments
from workledger.adapters.codewalkers.nouns.tasks import Tasks
from workledger.adapters.codewalkers.nouns.writing import Pages, Proposals
from workledger.adapters.codewalkers.recording import Recording, fact_of
from workledger.adapters.codewalkers.rows import Row, Rows, marked_names
from workledger.adapters.importing import LISTED, Progress, Report, silent
from workledger.adapters.redaction import Redact, counted, redact_secrets
from workledger.domain.kernel.ledger import Ledger

initiatives, phases, agents, chats, messages = Initiatives(), Phases(), Agents(), ChatSessions(), Messages()

PASSES: Sequence[tuple[Noun, bool]] = (
    (Projects(), False),
    (Accounts(), False),
    (initiatives, True),
    (InitiativeProjects(), False),
    (phases, True),
    (agents, True),
    (Tasks(), False),
    (agents, False),
    (TaskDependencies(), False),
    (phases, False),
    (PhaseDependencies(), False),
    (initiatives, False),
    (Pages(), False),
    (Proposals(), False),
    (chats, True),
    (ChatMessages(), False),
    (chats, False),
    (messages, True),
    (messages, False),
    (Conversations(), False),
    (Errands(), False),
    (ReviewComments(), False),
)
"""The order in which tables are read: whether their rows only begin, so that others can refer to them."""


def import_codewalkers(
    ledger: Ledger, source: Path | str, *, redact: Redact = redact_secrets, progress: Progress = silent
) -> Report:
    """Record what is in a Codewalkers database, with the ids and times that it has there, as the actor `import`.

    A row that has not changed since the last import changes nothing, so what was done here stays. A column that has is
    brought in where a command could do the same, and told otherwise. The database is only read, and may be in use.

    Args:
        source: the SQLite file.
        redact: takes secrets from texts; unless given, folders stay as they are, as work goes on in them.

    Raises:
        OSError: there is no such file.
        CodewalkersFailed: it is no database of Codewalkers, or cannot be read.
    """
    path = Path(source).expanduser().resolve(strict=True)
    report, redacted = Report("codewalkers"), counted(redact)
    with Database(path) as database, ledger.acting_as("import"):
        Import(ledger, database, report, redacted, progress).run()
        _note(report, database)
    report.redacted += redacted.count
    return report


@dataclass
class Import:
    """An import of one database."""

    ledger: Ledger
    database: Database
    report: Report
    redact: Redact
    progress: Progress
    done: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        self.recording = Recording(self.ledger, self.report, self.database.digest)

    def run(self) -> None:
        """Record what is new or has changed, table after table. One that cannot be read to its end does not end it."""
        self.total = sum(map(self.database.count, (*(noun.table for noun, _ in PASSES), logs.TABLE)))
        self._load_marks()
        for noun, beginning in PASSES:
            with self._table(noun.table):
                self._read(noun, beginning=beginning)
        with self._table(logs.TABLE):
            logs.import_chunks(self.ledger, self.database, self.report, self.redact, self._further)

    def _read(self, noun: Noun, *, beginning: bool) -> None:
        told = Report("") if beginning else self.report  # what is wrong is told once
        rows = Rows(self.database, noun.table, told, self.redact, noun.lookups, noun.order)
        try:
            for page, read in rows.pages():
                for row, life in self._living(noun, page):
                    if (whole := self.recording.begun(row)) is not None:
                        self.recording.add(fact_of(noun, whole, life, beginning=beginning))
                self._further(read)
        finally:
            self.recording.flush()
        told.skip("rows that have not changed", count=rows.unchanged)
        if not beginning:
            count, first = gone(self.database, noun.table)
            told.skip(f"{noun.what} that are there no more (they stay here)", f"{noun.table}:{first}", count)

    def _living(self, noun: Noun, page: Sequence[Row]) -> Iterator[tuple[Row, Life]]:
        """The rows whose aggregates were not deleted here, each with that."""
        there = self.ledger.existing({noun.kind.stream(row.key) for row in page})
        for row in page:
            stream = noun.kind.stream(row.key)
            state = self.ledger.find_any(noun.kind, row.key) if stream in there else None
            if state is None or not state.deleted:
                yield row, Life(self.ledger, states={stream: state})
            else:
                self.report.skip(f"{noun.what} that were deleted here", row.place)

    def _further(self, rows: int) -> None:
        self.done += rows
        self.progress(self.done, self.total, f"rows of {self.database.path.name}")

    @contextmanager
    def _table(self, table: str) -> Iterator[None]:
        try:
            yield
        except DatabaseError:
            self.report.skip("tables that cannot be read to their ends", table)
            self.database.begin_again()
            self._load_marks()

    def _load_marks(self) -> None:
        names = {noun.table: marked_names(noun.table, noun.lookups) for noun, _ in PASSES}
        load_marks(self.ledger, self.database, names)


def _note(report: Report, database: Database) -> None:
    """Say what of the database is not known here, and what it lacks."""
    for what, names in (("not imported", database.foreign), ("not there", database.missing)):
        if names:
            more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
            report.notes.append(f"{what}: {', '.join(names[:LISTED])}{more}")
