"""The Claude Code importer: sessions from their transcripts, and later what was added to them."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import TITLES, about
from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.files import Transcript, default_folder, look, transcripts
from workledger.adapters.claude_code.reading import Reading, read
from workledger.adapters.claude_code.recording import Recording
from workledger.adapters.claude_code.records import records_of
from workledger.adapters.claude_code.sizes import OUTPUT
from workledger.adapters.claude_code.source import is_read
from workledger.adapters.claude_code.thread import Thread
from workledger.adapters.claude_code.who import Who
from workledger.adapters.importing import Progress, Report, silent
from workledger.adapters.redaction import Redact, redact
from workledger.domain.agent_run import AgentRun
from workledger.domain.import_source import ImportSource
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project


def import_claude_code(
    ledger: Ledger,
    source: Path | str | None = None,
    *,
    project_id: str | None = None,
    redact: Redact = redact,
    output_limit: int = OUTPUT,
    progress: Progress = silent,
    now: datetime | None = None,
) -> Report:
    """Record the sessions in Claude Code's transcripts that the ledger does not have yet, as the actor `import`.

    Every session becomes a session, an agent and a run of its own, and so does every sub-agent; their logs are the
    transcripts' lines, redacted. When a session goes on, the next import adds the rest.

    Args:
        source: a transcript or a folder of them; where Claude Code keeps them, unless given.
        project_id: a project that is there; otherwise one is taken or made for the folder a session ran in.
        output_limit: characters that are kept of a tool's output.
        now: the time by which a session may still be running.

    Raises:
        OSError: there is no such file or folder.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    path = Path(source).expanduser().resolve() if source is not None else default_folder()
    report = Report("claude_code")
    sessions, left_out = transcripts(path)
    report.left_out += left_out
    if project_id is not None:
        ledger.get(Project, project_id)
    importing = Importing(
        ledger,
        report,
        Who(ledger, report, redact, project_id),
        redact=redact,
        limit=output_limit,
        now=now or datetime.now(UTC),
        passed=_earlier(ledger, path),
    )
    files = [(file, session) for session in sessions for file in session]
    done, total = 0, sum(file.path.stat().st_size for file, _ in files)
    note = f"bytes of {len(sessions)} sessions"
    with ledger.acting_as("import"):
        for file, session in files:
            try:
                importing.file(file, session, partial(_further, progress, done, total, note))
            except Refused as refused:
                report.left_out[f"files refused with {refused.code}"] += 1
            done += file.path.stat().st_size
            progress(done, total, note)
    return report


def _further(progress: Progress, done: int, total: int, note: str, more: int) -> None:
    progress(done + more, total, note)


def _earlier(ledger: Ledger, path: Path) -> list[Transcript]:
    """What was imported from beside a single file and is older: the file may repeat it."""
    own = look(path) if path.is_file() else None
    if own is None:
        return []
    older = [file for files in transcripts(path.parent)[0] for file in files if file.place < own.place]
    there = ledger.existing(ImportSource.stream(file.source_id) for file in older)
    return [file for file in older if ImportSource.stream(file.source_id) in there]


class Importing:
    """Imports files in the order they were written; records that an earlier one has are skipped.

    Args:
        passed: earlier files, which are not given to it.
    """

    def __init__(
        self,
        ledger: Ledger,
        report: Report,
        who: Who,
        *,
        redact: Redact,
        limit: int,
        now: datetime,
        passed: Sequence[Transcript],
    ) -> None:
        self._ledger, self._report, self._who = ledger, report, who
        self._redact, self._limit, self._now = redact, limit, now
        self._passed = [*passed]
        self._seen: set[str] = set()

    def file(self, file: Transcript, session: Sequence[Transcript], progress: Callable[[int], None]) -> None:
        """Record what is new in a file of a session.

        Args:
            progress: called with the bytes of it that have been recorded.

        Raises:
            Refused: the ledger refuses; what was recorded of the file before stays.
        """
        source = self._ledger.find_any(ImportSource, file.source_id)
        if source is not None and is_read(source, file.path):
            self._report.left_out["files that have not changed"] += 1
            self._passed.append(file)
            return
        run = self._ledger.find(AgentRun, facts.run_id(file))
        reading = read(self._ledger, file, source, run.turn_count if run else 0, self._elsewhere())
        thread = Thread(reading, now=self._now, redact=self._redact, limit=self._limit)
        if thread.relevant:
            self._record(file, session, source, run, reading, thread, progress)
        else:
            deque(thread.new_records(), 0)  # to count
        self._report.left_out += thread.left_out + Counter(
            {"malformed lines": reading.malformed, "half-written last lines (next time)": int(reading.half_written)}
        )
        self._report.imported += Counter(
            {
                "files read again (replaced or cut short)": int(reading.again),
                "unknown records (kept in the log)": thread.unknown,
            }
        )
        self._seen |= {one.uuid for one in reading.records if one.uuid}

    def _record(
        self,
        file: Transcript,
        session: Sequence[Transcript],
        source: ImportSource | None,
        run: AgentRun | None,
        reading: Reading,
        thread: Thread,
        progress: Callable[[int], None],
    ) -> None:
        own = list(thread.own())
        subject = about(own, self._redact)
        whose = self._who.whose(file, session, own, subject, run)
        recording = Recording(self._ledger, whose, reading, thread, source, self._report)
        at = None
        for record in thread.new_records():
            if at is None and run is None:
                recording.begin(subject, record.at, str(self._redact(str(file.path))))
            elif at is None and run is not None:
                recording.go_on(run, record.at)
            at = record.at
            recording.add(record)
            if recording.is_full and record.index + 1 < len(reading.records):
                recording.flush(record.index + 1)
                progress(reading.records[record.index].start)
        if at is not None and run is not None and file.subagent_id is None:
            self._renew(recording, whose, reading, at)
        if not thread.live and (at is not None or (run is not None and run.live)):
            recording.finish(subject.result)
        recording.flush(len(reading.records))

    def _renew(self, recording: Recording, whose: Whose, reading: Reading, at: datetime) -> None:
        """What was added may have given the session another title, or the agent another name."""
        added = [one for index, one in enumerate(reading.records) if not reading.past.has(index, one)]
        named = about(added, self._redact)
        if named.title and any(one.kind in TITLES for one in added):
            recording.retitle(named.title, at)
        if named.agent_name:
            self._who.rename(whose, named.agent_name, at)

    def _elsewhere(self) -> set[str]:
        """The ids of the records of earlier files."""
        while self._passed:
            self._seen.update(one.uuid for one in records_of(self._passed.pop().path) if one.uuid)
        return self._seen
