"""Records one thread in the ledger, a few hundred events in an append, each with the place reached in its file."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import orjson

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import About
from workledger.adapters.claude_code.entries import Entry, Logged, NewRecord, ToolEnded, ToolUsed, Turn
from workledger.adapters.claude_code.facts import SESSION_NUMBER, Whose
from workledger.adapters.claude_code.reading import Reading
from workledger.adapters.claude_code.source import fingerprint
from workledger.adapters.claude_code.thread import Thread
from workledger.adapters.importing import BATCH, Report
from workledger.domain.agent import Agent, AgentSessionStarted
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed
from workledger.domain.import_source import ImportSource, ImportSourceRead
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.unit import Unit
from workledger.domain.session import Session
from workledger.domain.session.events import SessionResumed, SessionTitleChanged
from workledger.domain.tool_calls import ToolCalls


class Recording:
    """Collects the events of a thread until they are flushed. The report counts them once they are recorded.

    Args:
        source: how far the file was recorded before.
    """

    def __init__(
        self,
        ledger: Ledger,
        whose: Whose,
        reading: Reading,
        thread: Thread,
        source: ImportSource | None,
        report: Report,
    ) -> None:
        self._ledger, self._whose, self._reading, self._thread, self._report = ledger, whose, reading, thread, report
        self._source, self._version = source, source.version if source else 0
        self._fingerprint = fingerprint(reading.file.path, reading.limit)
        self._steps: list[Callable[[Unit], object]] = []
        self._counts: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        return len(self._steps) >= BATCH

    def begin(self, about: About, at: datetime, output_file: str) -> None:
        """Begin the run, and the session unless another thread has opened it."""
        whose = self._whose
        if not self._ledger.existing([Session.stream(whose.session_id)]):
            self._add(Session, whose.session_id, at, *facts.session(whose, about.title))
            self._counts["sessions"] += 1
        started = AgentSessionStarted(session_number=SESSION_NUMBER, agent_run_id=whose.run_id)
        self._add(Agent, whose.agent_id, at, started)
        self._add(AgentRun, whose.run_id, at, *facts.run(whose, about, output_file))
        self._add(ToolCalls, whose.run_id, at, facts.tool_calls(whose))
        self._counts["runs"] += 1

    def go_on(self, run: AgentRun, at: datetime) -> None:
        """The file has grown: resume the run and the session that had ended."""
        if not run.live:
            self._add(AgentRun, run.id, at, AgentRunResumed(session_number=run.session_number))
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and session.status == "closed" and session.agent_id == self._whose.agent_id:
            self._add(Session, session.id, at, SessionResumed(by="import"))

    def retitle(self, title: str, at: datetime) -> None:
        """The session was given another title."""
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and session.agent_id == self._whose.agent_id and title != session.title:
            self._add(Session, session.id, at, SessionTitleChanged(title=title))

    def add(self, record: NewRecord) -> None:
        """Everything that one record adds."""
        for entry in record.entries:
            self._entry(entry, record.at)

    def finish(self, result: str | None) -> None:
        """The run is over, and if the thread is the session's own, so is the session."""
        began, ended = self._thread.began, self._thread.ended
        for turn in self._thread.late():
            self._entry(turn, ended)

        def complete(unit: Unit) -> None:
            run = unit.state(AgentRun, self._whose.run_id)
            unit.record(AgentRun, run.id, [facts.run_end(run, result, began, ended)], at=ended)

        def close(unit: Unit) -> None:
            session = unit.find(Session, self._whose.session_id)
            if session is not None and session.agent_id == self._whose.agent_id and session.status != "closed":
                unit.record(Session, session.id, facts.session_end(), at=ended)

        self._steps += [complete, close]

    def flush(self, done: int) -> None:
        """Append what was collected, and that so many of the file's records are recorded.

        Raises:
            ConcurrencyConflict: another import of the file has recorded the same.
            Refused: the ledger refuses.
        """
        place = self._place(done)
        if not self._steps and self._source is not None and self._source.is_at(place):
            return
        steps, self._steps = self._steps, []
        counts, self._counts = self._counts, Counter()
        with self._ledger.unit() as unit:
            unit.decide(lambda: self._record(unit, steps, place))
        self._version += 1
        self._report.imported.update(counts)

    def _record(self, unit: Unit, steps: Sequence[Callable[[Unit], object]], place: ImportSourceRead) -> None:
        id = self._reading.file.source_id
        source = unit.find(ImportSource, id)
        version = source.version if source else 0
        if version != self._version:
            raise ConcurrencyConflict(stream=ImportSource.stream(id), expected=self._version, actual=version)
        for step in steps:
            step(unit)
        unit.record(ImportSource, id, [place])

    def _place(self, done: int) -> ImportSourceRead:
        start, end, count = self._reading.cursor(done)
        return ImportSourceRead(
            kind="claude_code",
            session_id=self._whose.session_id,
            project_id=self._whose.project_id,
            agent_id=self._whose.agent_id,
            fingerprint=self._fingerprint,
            start=start,
            end=end,
            done=count,
            held=self._thread.turns.held,
            live=self._thread.live,
            again=self._reading.again and start != end,
        )

    def _entry(self, entry: Entry, at: datetime) -> None:
        run_id = self._whose.run_id
        match entry:
            case Logged():
                content = orjson.dumps(entry.body).decode()
                self._steps.append(lambda unit: self._chunk(unit, content, at))
                self._counts["log chunks"] += 1
            case ToolUsed():
                self._add(ToolCalls, run_id, at, facts.tool_call(entry, self._whose))
                self._counts["tool calls"] += 1
            case ToolEnded():
                self._add(ToolCalls, run_id, at, facts.tool_end(entry, self._whose))
            case Turn():
                self._add(AgentRun, run_id, at, facts.turn(entry))
                self._counts["turns"] += 1
                self._counts["tokens in"] += entry.usage.tokens_in
                self._counts["tokens out"] += entry.usage.tokens_out

    def _add(self, kind: type[Aggregate], id: str, at: datetime, *events: Event) -> None:
        self._steps.append(lambda unit: unit.record(kind, id, events, at=at))

    def _chunk(self, unit: Unit, content: str, at: datetime) -> None:
        whose = self._whose
        append_chunk(
            unit,
            agent_id=whose.agent_id,
            agent_name=whose.agent_name,
            session_number=SESSION_NUMBER,
            content=content,
            project_id=whose.project_id,
            run_id=whose.run_id,
            task_id=whose.task_id,
            session_id=whose.session_id,
            at=at,
        )
