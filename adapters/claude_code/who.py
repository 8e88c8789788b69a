"""The project, agent and task of a transcript: those that exist, or new ones."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.about import About, project_name, subagents
from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.files import Transcript
from workledger.adapters.claude_code.records import Record, records_of
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
        project_id: the project of all of them, unless each goes to the one for its folder.
    """

    def __init__(self, ledger: Ledger, report: Report, redact: Redact, project_id: str | None) -> None:
        self._ledger, self._report, self._redact, self._project_id = ledger, report, redact, project_id
        self._labels: dict[str, dict[str, str]] = {}

    def whose(
        self,
        file: Transcript,
        session: Sequence[Transcript],
        own: Sequence[Record],
        about: About,
        run: AgentRun | None,
    ) -> Whose:
        """The agent of a thread, existing or new.

        Args:
            session: the files of its session, its own first.
            own: the records of the thread, and `about` what they are about.
            run: of the thread, when it was recorded before.

        Raises:
            AgentNotFound: the agent was deleted here.
            Refused: the project or the agent cannot be made.
        """
        id, at = facts.agent_id(file), next((one.at for one in own if one.at), file.first)
        agent = self._ledger.get(Agent, id) if self._ledger.existing([Agent.stream(id)]) else None
        if agent is None:
            project = self._project(session[0], about, at)
            agent = self._agent(file, id, project, self._names(file, session, own, about), about.model, at)
        self._report.project_ids.update([agent.project_id] if agent.project_id else [])
        return Whose(
            session_id=file.session_id,
            agent_id=id,
            agent_name=agent.name,
            run_id=facts.run_id(file),
            project_id=agent.project_id or "",
            task_id=run.task_id if run else None if file.subagent_id else self._task(about.branch, agent.project_id),
        )

    def rename(self, whose: Whose, name: str, at: datetime) -> None:
        """The agent was given a name in the meantime."""
        wanted = _called(name, whose.session_id[:8])
        if wanted != whose.agent_name:
            with self._ledger.unit() as unit:
                unit.record(Agent, whose.agent_id, [AgentRenamed(name=wanted)], at=at)

    def _project(self, first: Transcript, about: About, at: datetime) -> str:
        main = self._ledger.find(Agent, facts.agent_id(first))
        if self._project_id or (main and main.project_id):
            return self._project_id or str(main and main.project_id)
        cwd = about.cwd or str(first.path.parent)
        created = ProjectCreated(
            name=project_name(str(self._redact(cwd))),
            repository_path=about.folder,
            max_concurrent_agents=AT_ONCE,
        )
        id = f"{Project.PREFIX}_{digest('folder', cwd)}"
        return ensure_project(self._ledger, id, created, at=at, report=self._report)

    def _agent(
        self, file: Transcript, id: str, project: str, names: Iterable[str], model: str | None, at: datetime
    ) -> Agent:
        """One with the first of the names that is free."""
        *others, last = names
        config = AgentConfig(max_turns=facts.TURNS, model=model or DEFAULT_MODEL)
        type = "background" if file.subagent_id else "conversational"
        for name in (*others, last):
            created = AgentCreated(name=name, project_id=project, type=type, config=config)
            try:
                begin(self._ledger, Agent, id, created, at)
            except NameTaken:
                if name == last:
                    raise
            else:
                self._report.imported["sub-agents" if file.subagent_id else "agents"] += 1
                break
        return self._ledger.get(Agent, id)

    def _names(
        self, file: Transcript, session: Sequence[Transcript], own: Sequence[Record], about: About
    ) -> tuple[str, str]:
        if file.subagent_id is None:
            return _called(about.agent_name, file.session_id[:8]), _called(about.agent_name, file.session_id)
        prompt = next((one.text for one in own if one.kind == "user"), "")
        labels = self._labels_of(session)
        label = labels.get(file.subagent_id) or labels.get(prompt) or _kind(file.subagent_id)
        return _called(label, file.subagent_id), _called(label, f"{file.session_id}/{file.subagent_id}")

    def _labels_of(self, session: Sequence[Transcript]) -> dict[str, str]:
        """The names that the threads of the session give to the agents that they start."""
        id = session[0].session_id
        if id not in self._labels:
            records = (one for file in session for one in records_of(file.path))
            self._labels = {id: {name: str(self._redact(label)) for name, label in subagents(records).items()}}
        return self._labels[id]

    def _task(self, branch: str | None, project_id: str | None) -> str | None:
        """The task in the project that a branch is named after."""
        task = self._ledger.find(Task, branch) if branch else None
        return task.id if task is not None and task.project_id == project_id else None


def _called(label: str | None, id: str) -> str:
    return f"{label[:LABEL]} ({id})" if label else f"claude-{id}"


def _kind(subagent_id: str) -> str:
    return "compaction" if subagent_id.startswith("acompact-") else "sub-agent"
