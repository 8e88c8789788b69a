"""The project, agent and task of a thread: those that exist, or new ones."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import About, project_name, subagents
from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.files import ThreadId, Transcript
from workledger.adapters.claude_code.lines import lines_of
from workledger.adapters.claude_code.records import Record, record
from workledger.adapters.claude_code.repository import repository_of
from workledger.adapters.claude_code.walking import shown
from workledger.adapters.importing import Report, begin, digest, ensure_project
from workledger.adapters.redaction import Redact
from workledger.domain.agent import Agent, AgentConfig, AgentCreated, AgentRenamed
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import NameTaken
from workledger.domain.project import Project
from workledger.domain.project.events import DEFAULT_MODEL, ProjectCreated
from workledger.domain.task import Task

LABEL = 80
"""Characters of what an agent is called; behind it stands the id that makes it the only one."""

AT_ONCE = 10
"""Agents that may run at once in a project made here: the most that a project allows."""


class Who:
    """Finds or creates the project and the agent of each thread of an import.

    Args:
        project_id: the project of all of them, unless each goes to the one for its repository.
    """

    def __init__(self, ledger: Ledger, report: Report, redact: Redact, project_id: str | None) -> None:
        self._ledger, self._report, self._redact, self._project_id = ledger, report, redact, project_id
        self._labels: dict[str, dict[str, str]] = {}

    def whose(
        self,
        thread: ThreadId,
        session: Sequence[Transcript],
        own: list[Record],
        about: About,
        run: AgentRun | None,
        began: datetime,
    ) -> Whose:
        """The agent of a thread, existing or new.

        Args:
            session: the files that were found of its session.
            own: the records of the thread, `about` what they are about, and `began` when the first was written.
            run: of the thread, when it was recorded before.

        Raises:
            AgentNotFound: the agent was deleted here.
            Refused: the project or the agent cannot be made.
        """
        id = facts.agent_id(thread)
        agent = self._ledger.get(Agent, id) if self._ledger.existing([Agent.stream(id)]) else None
        if agent is None:
            project = self._project(thread, session, about, own, began)
            agent = self._agent(thread, id, project, self._names(thread, session, own, about), about.model, began)
        self._report.project_ids.update([agent.project_id] if agent.project_id else [])
        return Whose(
            session_id=thread.session_id,
            agent_id=id,
            agent_name=agent.name,
            run_id=facts.run_id(thread),
            project_id=agent.project_id or "",
            task_id=self._task(thread, about, agent.project_id, run),
            folder=None if about.cwd is None else str(self._redact(about.cwd)),
        )

    def rename(self, whose: Whose, name: str, at: datetime) -> None:
        """The agent was given a name in the meantime."""
        wanted = _called(name, whose.session_id[:8])
        if wanted != whose.agent_name:
            with self._ledger.unit() as unit:
                unit.record(Agent, whose.agent_id, [AgentRenamed(name=wanted)], at=at)

    def _project(
        self, thread: ThreadId, session: Sequence[Transcript], about: About, own: list[Record], at: datetime
    ) -> str:
        main = self._ledger.find(Agent, facts.agent_id(thread.main))
        if self._project_id or (main and main.project_id):
            return self._project_id or str(main and main.project_id)
        folder = shown(session[0].path.parent) if session else thread.session_id
        repository = repository_of(about.cwd, own) if about.cwd else folder
        created = ProjectCreated(
            name=project_name(str(self._redact(repository))),
            repository_path=str(self._redact(repository)) if about.cwd else None,
            max_concurrent_agents=AT_ONCE,
        )
        id = f"{Project.PREFIX}_{digest('folder', repository)}"
        return ensure_project(self._ledger, id, created, at=at, report=self._report)

    def _agent(
        self, thread: ThreadId, id: str, project: str, names: Iterable[str], model: str | None, at: datetime
    ) -> Agent:
        """One with the first of the names that is free."""
        *others, last = names
        config = AgentConfig(max_turns=facts.TURNS, model=model or DEFAULT_MODEL)
        type = "background" if thread.subagent_id else "conversational"
        for name in (*others, last):
            created = AgentCreated(name=name, project_id=project, type=type, config=config)
            try:
                begin(self._ledger, Agent, id, created, at)
            except NameTaken:
                if name == last:
                    raise
            else:
                self._report.imported["sub-agents" if thread.subagent_id else "agents"] += 1
                break
        return self._ledger.get(Agent, id)

    def _names(
        self, thread: ThreadId, session: Sequence[Transcript], own: Sequence[Record], about: About
    ) -> tuple[str, str]:
        id, subagent = thread
        if subagent is None:
            return _called(about.agent_name, id[:8]), _called(about.agent_name, id)
        prompt = next((one.text for one in own if one.kind == "user"), "")
        labels = self._labels_of(id, session)
        label = labels.get(subagent) or labels.get(prompt) or _kind(subagent)
        return _called(label, subagent), _called(label, f"{id}/{subagent}")

    def _labels_of(self, session_id: str, session: Sequence[Transcript]) -> dict[str, str]:
        """The names that the threads of the session give to the agents that they start."""
        if session_id not in self._labels:
            records: list[Record] = []
            for file in session:
                with suppress(OSError):
                    lines = lines_of(file.path.read_bytes())
                    records += (one for line in lines if (one := record(line)))
            self._labels = {session_id: {id: str(self._redact(label)) for id, label in subagents(records).items()}}
        return self._labels[session_id]

    def _task(self, thread: ThreadId, about: About, project_id: str | None, run: AgentRun | None) -> str | None:
        """The task in the project that the branch is named after."""
        if run is not None or thread.subagent_id:
            return run.task_id if run else None
        task = self._ledger.find(Task, about.branch) if about.branch else None
        return task.id if task is not None and task.project_id == project_id else None


def _called(label: str | None, id: str) -> str:
    return f"{label[:LABEL]} ({id})" if label else f"claude-{id}"


def _kind(subagent_id: str) -> str:
    return "compaction" if subagent_id.startswith("acompact-") else "sub-agent"
