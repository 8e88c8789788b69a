"""Records one thread in batches of a few hundred events, each with the place in its file."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import orjson

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import About
from workledger.adapters.claude_code.facts import SESSION_NUMBER, Whose
from workledger.adapters.claude_code.happenings import Happening, Moment, Said, ToolEnded, ToolUsed, Turn
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
    """Gathers the events of a thread until they are flushed, and counts them in the report after that.

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
        """The session, unless another thread has opened it, and the run."""
        whose = self._whose
        if not self._ledger.existing([Session.stream(whose.session_id)]):
            self._tell(Session, whose.session_id, at, *facts.session(whose, about.title))
            self._counts["sessions"] += 1
        started = AgentSessionStarted(session_number=SESSION_NUMBER, agent_run_id=whose.run_id)
        self._tell(Agent, whose.agent_id, at, started)
        self._tell(AgentRun, whose.run_id, at, *facts.run(whose, about, output_file))
        self._tell(ToolCalls, whose.run_id, at, facts.tool_calls(whose))
        self._counts["runs"] += 1

    def go_on(self, run: AgentRun, at: datetime) -> None:
        """The file has grown: resume its ended run."""
        if not run.live:
            self._tell(AgentRun, run.id, at, AgentRunResumed(session_number=run.session_number))
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and session.status == "closed" and session.agent_id == self._whose.agent_id:
            self._tell(Session, session.id, at, SessionResumed(by="import"))

    def retitle(self, title: str, at: datetime) -> None:
        """The session was given another title."""
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and session.agent_id == self._whose.agent_id and title != session.title:
            self._tell(Session, session.id, at, SessionTitleChanged(title=title))

    def tell(self, moment: Moment) -> None:
        """All that one record says."""
        for happening in moment.happenings:
            self._happened(happening, moment.at)

    def finish(self, result: str | None) -> None:
        """The run is over, and if the thread is the session's own, so is the session."""
        began, ended = self._thread.began, self._thread.ended
        for turn in self._thread.late():
            self._happened(turn, ended)

        def complete(unit: Unit) -> None:
            run = unit.state(AgentRun, self._whose.run_id)
            unit.record(AgentRun, run.id, [facts.run_end(run, result, began, ended)], at=ended)

        def close(unit: Unit) -> None:
            session = unit.find(Session, self._whose.session_id)
            if session is not None and session.agent_id == self._whose.agent_id and session.status != "closed":
                unit.record(Session, session.id, facts.session_end(), at=ended)

        self._steps += [complete, close]

    def flush(self, done: int) -> None:
        """Record what was gathered, and that so many of the file's records are recorded.

        Raises:
            ConcurrencyConflict: another import has recorded the file.
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

    def _happened(self, happening: Happening, at: datetime) -> None:
        run_id = self._whose.run_id
        match happening:
            case Said():
                content = orjson.dumps(happening.body).decode()
                self._steps.append(lambda unit: self._chunk(unit, content, at))
                self._counts["log chunks"] += 1
            case ToolUsed():
                self._tell(ToolCalls, run_id, at, facts.tool_call(happening, self._whose))
                self._counts["tool calls"] += 1
            case ToolEnded():
                self._tell(ToolCalls, run_id, at, facts.tool_end(happening, self._whose))
            case Turn():
                self._tell(AgentRun, run_id, at, facts.turn(happening))
                self._counts["turns"] += 1
                self._counts["tokens in"] += happening.usage.tokens_in
                self._counts["tokens out"] += happening.usage.tokens_out

    def _tell(self, kind: type[Aggregate], id: str, at: datetime, *events: Event) -> None:
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
