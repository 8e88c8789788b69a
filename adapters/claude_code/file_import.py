"""The import of one transcript file: each thread in it, as far as it is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import TITLES, about
from workledger.adapters.claude_code.adoption import in_log
from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.files import Transcript
from workledger.adapters.claude_code.ownership import ownership
from workledger.adapters.claude_code.reading import Part, Reading, read
from workledger.adapters.claude_code.recording import Recording
from workledger.adapters.claude_code.records import mapping
from workledger.adapters.claude_code.sizes import Sizes
from workledger.adapters.claude_code.source import Source
from workledger.adapters.claude_code.thread import Thread, logged
from workledger.adapters.claude_code.told import calls, holders, turns
from workledger.adapters.claude_code.walking import shown
from workledger.adapters.claude_code.who import Who
from workledger.adapters.importing import Report
from workledger.adapters.redaction import JSON, Redact
from workledger.domain.agent_run import AgentRun
from workledger.domain.import_source import ImportSource
from workledger.domain.kernel.ledger import Ledger


@dataclass(frozen=True)
class Settings:
    """What all files of an import share.

    Attributes:
        redact: counts what it redacts; `plain` is the same without counting.
        place: names a path in the report.
    """

    ledger: Ledger
    report: Report
    redact: Redact
    plain: Redact
    sizes: Sizes
    now: datetime
    place: Callable[[str], str]

    def as_logged(self, body: dict[str, JSON]) -> JSON:
        """The body of a record as the log has it, without counting what that takes."""
        return logged(mapping(self.plain(body)), Sizes(self.sizes.limit))


class FileImport:
    """One file; records that are imported already, from wherever, are skipped.

    Args:
        session: the files of its session.
        progress: called with the bytes of it that have been recorded.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        who: Who,
        file: Transcript,
        session: Sequence[Transcript],
        progress: Callable[[int], None],
    ) -> None:
        self._settings, self._who, self._file, self._session = settings, who, file, session
        self._ledger, self._report, self._progress = settings.ledger, settings.report, progress
        self._source = Source(settings.ledger, file)
        self._whose: Whose | None = None
        self._live = False

    def run(self) -> None:
        """Record what is new in the file.

        Raises:
            OSError: it cannot be read.
            ConcurrencyConflict, ImportedAlready, AgentTurnAlreadyRecorded: it is imported elsewhere at the same time.
            Refused: the ledger refuses; what was recorded of the file before stays.
        """
        if self._source.is_read:
            self._report.left_out["files that have not changed"] += 1
            return
        self._report.imported["files read again (replaced or cut short)"] += self._source.replaced
        reading = read(self._file, self._settings.as_logged)
        self._tell_faults(reading)
        taken = [self._part(reading, part) for part in reading.parts]
        if reading.parts and not any(taken):
            self._report.skip("files of metadata only", self._settings.place(str(self._file.path)))
        elif not self._source.stands_at(reading.limit, self._live):
            with self._ledger.unit() as unit:
                unit.decide(lambda: self._source.finish(unit, self._whose, reading, self._live))

    def _part(self, reading: Reading, part: Part) -> bool:
        """Record what is new in the records of one thread; False when they are only metadata of no known thread."""
        run = self._ledger.find(AgentRun, facts.run_id(part.thread))
        thread = self._thread(reading, part, run)
        if run is None and not thread.talks:
            self._leave_out(thread)
            return thread.repeats
        own = thread.own()
        subject = about(own, self._settings.plain)
        whose = self._who.whose(part.thread, self._session, own, subject, run, thread.began)
        self._whose = self._whose or whose
        recording = Recording(self._ledger, whose, self._source, self._report, self._settings.plain, self._line)
        at = None
        for record in thread.new_records():
            if at is None and run is None:
                path = str(self._settings.plain(shown(self._file.path)))
                recording.begin(subject, record.at, path)
            elif at is None and run is not None:
                recording.go_on(run, record.at)
            at = record.at
            recording.add(record)
            if recording.is_full:
                recording.flush()
                self._progress(record.start)
        if at is not None and part.thread.subagent_id is None:
            self._name(recording, whose, thread, at)
        recording.late(thread.late())
        if run is not None:
            recording.ends(thread.answered_before(lambda: in_log(self._ledger, part.thread, whose.agent_id).records))
        if not thread.live and (at is not None or (run is not None and run.live)):
            recording.finish(subject.result, thread.began, thread.ended)
        recording.flush()
        self._live = self._live or thread.live
        self._leave_out(thread)
        return True

    def _thread(self, reading: Reading, part: Part, run: AgentRun | None) -> Thread:
        messages = [one.message_id(id) for one, id in zip(part.records, part.ids, strict=True)]
        recorded = turns(self._ledger, {message for message in messages if message})
        return Thread(
            part,
            messages,
            ownership(
                part,
                holders=holders(self._ledger, [*part.ids, *filter(None, part.traits)]),
                sources={self._source.stream, ImportSource.stream(part.thread.source_id)},
                read_before=self._source.read_before,
            ),
            began=reading.began,
            half_written=reading.half_written is not None,
            read_before=self._source.read_before,
            recorded=recorded,
            run_id=facts.run_id(part.thread),
            turn_count=run.turn_count if run else 0,
            calls=cache(lambda of: calls(self._ledger, of or facts.run_id(part.thread)) if of or run else {}),
            now=self._settings.now,
            redact=self._settings.redact,
            sizes=self._settings.sizes,
        )

    def _name(self, recording: Recording, whose: Whose, thread: Thread, at: datetime) -> None:
        """What was added may give the session another title, or the agent another name."""
        added = thread.added()
        named = about(added, self._settings.plain, thread.own())
        if named.title and any(one.kind in TITLES for one in added):
            recording.retitle(named.title, at)
        if named.agent_name:
            self._who.rename(whose, named.agent_name, at)

    def _tell_faults(self, reading: Reading) -> None:
        for reason, line in reading.faults:
            if line.start >= self._source.read_before:
                self._report.skip(reason, self._line(line.number))
        if reading.half_written:
            self._report.skip("half-written last lines (next time)", self._line(reading.half_written))

    def _leave_out(self, thread: Thread) -> None:
        for reason, count in thread.left_out.items():
            self._report.skip(reason, self._line(thread.first[reason]) if reason in thread.first else "", count)

    def _line(self, number: int) -> str:
        return f"{self._settings.place(str(self._file.path))}:{number}"
