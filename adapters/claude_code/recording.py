"""Records one thread in the ledger, a few hundred events in an append, each with the records that it imports."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import About
from workledger.adapters.claude_code.adoption import SESSION_NUMBER
from workledger.adapters.claude_code.entries import Correction, Entry, Logged, NewRecord, ToolEnded, ToolUsed, Turn
from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.source import Source
from workledger.adapters.importing import BATCH, Report
from workledger.adapters.redaction import Redact
from workledger.domain.agent import Agent, AgentSessionStarted
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed, AgentTurnAlreadyRecorded
from workledger.domain.import_source import ImportedAlready
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused, Unavailable
from workledger.domain.kernel.unit import Unit
from workledger.domain.session import Session
from workledger.domain.session.events import SessionResumed, SessionTitleChanged
from workledger.domain.tool_calls import ToolCalls

LOST_RACES = (ConcurrencyConflict, ImportedAlready, AgentTurnAlreadyRecorded)
"""Another import has recorded the same in between."""

OF_ALL = (*LOST_RACES, Unavailable)
"""Refusals that no single record is to blame for."""


@dataclass
class Step:
    """Events that belong together: what one record adds, or what begins and ends a run."""

    record: NewRecord | None = None
    actions: list[Callable[[Unit], object]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Recording:
    """Collects the events of a thread until they are flushed. The report counts them once they are recorded.

    Args:
        place: names a line of the file for the report.
    """

    def __init__(
        self,
        ledger: Ledger,
        whose: Whose,
        source: Source,
        report: Report,
        redact: Redact,
        place: Callable[[int], str],
    ) -> None:
        self._ledger, self._whose, self._source, self._report = ledger, whose, source, report
        self._redact, self._place = redact, place
        self._steps: list[Step] = []

    @property
    def is_full(self) -> bool:
        return sum(len(step.actions) for step in self._steps) >= BATCH

    def begin(self, about: About, at: datetime, output_file: str) -> None:
        """Begin the run, and the session unless another thread has opened it."""
        whose, step = self._whose, self._step()
        session = self._ledger.find_any(Session, whose.session_id)
        if session is None:
            _add(step, Session, whose.session_id, at, *facts.session(whose, about.title))
            step.counts["sessions"] += 1
        started = AgentSessionStarted(session_number=SESSION_NUMBER, agent_run_id=whose.run_id)
        _add(step, Agent, whose.agent_id, at, started)
        _add(step, AgentRun, whose.run_id, at, *facts.run(whose, about, output_file))
        _add(step, ToolCalls, whose.run_id, at, facts.tool_calls(whose))
        step.counts["runs"] += 1

    def go_on(self, run: AgentRun, at: datetime) -> None:
        """The file has grown: resume the run and the session that had ended."""
        step = self._step()
        if not run.live:
            _add(step, AgentRun, run.id, at, AgentRunResumed(session_number=run.session_number))
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and session.status == "closed" and session.agent_id == self._whose.agent_id:
            _add(step, Session, session.id, at, SessionResumed(by="import"))

    def retitle(self, title: str, at: datetime) -> None:
        """The session was given another title."""
        session = self._ledger.find(Session, self._whose.session_id)
        if session is not None and title != session.title:
            _add(self._step(), Session, session.id, at, SessionTitleChanged(title=title))

    def add(self, record: NewRecord) -> None:
        """Everything that one record adds."""
        step = self._step(record)
        step.counts["unknown records (kept in the log)"] += record.unknown
        for entry in record.entries:
            self._entry(step, entry, record.at)

    def late(self, entries: Sequence[Turn | Correction]) -> None:
        """Turns and corrections that come with no new record."""
        for entry in entries:
            self._entry(self._step(), entry, entry.turn.at if isinstance(entry, Correction) else entry.at)

    def ends(self, ends: Iterable[tuple[datetime, ToolEnded]]) -> None:
        """Ends of calls that come with no new record."""
        for at, end in ends:
            self._entry(self._step(), end, at)

    def finish(self, result: str | None, began: datetime, ended: datetime) -> None:
        """The run is over, and if the thread is the session's own, so is the session."""

        def complete(unit: Unit) -> None:
            run = unit.state(AgentRun, self._whose.run_id)
            unit.record(AgentRun, run.id, [facts.run_end(run, result, began, ended)], at=ended)

        def close(unit: Unit) -> None:
            session = unit.find(Session, self._whose.session_id)
            if session is not None and session.agent_id == self._whose.agent_id and session.status != "closed":
                unit.record(Session, session.id, facts.session_end(), at=ended)

        self._step().actions += [complete, close]

    def flush(self) -> None:
        """Append what was collected. When the ledger refuses it, each record goes by itself, and the bad ones are left
        out.

        Raises:
            ConcurrencyConflict, ImportedAlready, AgentTurnAlreadyRecorded: another import has recorded the same.
            Refused: the ledger refuses what begins or ends the run.
        """
        steps, self._steps = self._steps, []
        try:
            self._append(steps)
        except OF_ALL:
            raise
        except Refused:
            if len(steps) == 1:
                raise
            for step in steps:
                self._append_alone(step)

    def _append_alone(self, step: Step) -> None:
        try:
            self._append([step])
        except OF_ALL:
            raise
        except Refused as refused:
            if step.record is None:
                raise
            self._report.skip(f"records refused with {refused.code}", self._place(step.record.number))

    def _append(self, steps: Sequence[Step]) -> None:
        if not any(step.actions for step in steps):
            return
        records = [id for step in steps if step.record for id in step.record.ids]

        def record(unit: Unit) -> None:
            for step in steps:
                for action in step.actions:
                    action(unit)
            self._source.record(unit, self._whose, records)

        with self._ledger.unit() as unit:
            unit.decide(lambda: record(unit))
        self._source.recorded()
        for step in steps:
            self._report.imported.update(step.counts)

    def _step(self, record: NewRecord | None = None) -> Step:
        self._steps.append(Step(record))
        return self._steps[-1]

    def _entry(self, step: Step, entry: Entry, at: datetime) -> None:
        run_id, counts = self._whose.run_id, step.counts
        match entry:
            case Logged():
                content = orjson.dumps(entry.body).decode()
                step.actions.append(lambda unit: self._chunk(unit, content, at))
                counts["log chunks"] += 1
            case ToolUsed():
                _add(step, ToolCalls, run_id, at, facts.tool_call(entry, self._whose))
                counts["tool calls"] += 1
            case ToolEnded():
                _add(step, ToolCalls, entry.call.run_id or run_id, at, facts.tool_end(entry, self._whose))
            case Turn():
                _add(step, AgentRun, run_id, entry.at, facts.turn(entry, self._redact))
                counts["turns"] += 1
                _count(counts, entry)
            case Correction():
                _add(step, AgentRun, entry.run_id, entry.turn.at, facts.correction(entry.turn, self._redact))
                counts["corrected turns"] += 1
                _count(counts, entry.turn)

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


def _add(step: Step, kind: type[Aggregate], id: str, at: datetime, *events: Event) -> None:
    step.actions.append(lambda unit: unit.record(kind, id, events, at=at))


def _count(counts: Counter[str], turn: Turn) -> None:
    counts["tokens in"] += turn.usage.tokens_in
    counts["tokens out"] += turn.usage.tokens_out
