"""What the page is shown: a project made through the doors of a running service, the way agents and people make one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from itertools import count
from time import sleep
from typing import Any, Self

import httpx2

import workledger
from workledger.domain.agent_log import append_chunk
from workledger.domain.commit import CommitRecord
from workledger.domain.services.runs import start_tool_call
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls

NUMBERS = count(1)


class Service:
    """A running service, and the database it serves."""

    def __init__(self, url: str, database: str) -> None:
        self.url, self.database = url, database
        self.client = httpx2.Client(base_url=url, timeout=10, headers={"X-Actor": "user:ann"})

    @classmethod
    @contextmanager
    def serving(cls, database: str, port: int = 0) -> Iterator[Self]:
        """`workledger serve` as people start it, stopped at the end."""
        command = [
            sys.executable,
            "-m",
            "workledger.api.commandline.cli",
            "serve",
            "--db",
            database,
            "--port",
            str(port),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                serving = process.stdout.readline()
                service = cls(serving.split()[1], database)
                with service.client:
                    yield service
            finally:
                process.terminate()
                process.communicate(timeout=20)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/{path}", params=query).raise_for_status().json()

    def now(self, path: str) -> Any:
        """What a read gives once the read tables have all that was recorded."""
        return self.get(path, min_position=self.get("status")["head"])

    def settle(self) -> None:
        """Wait until the read tables have what was recorded."""
        for _ in range(20):
            if not any(group["lag"] for group in self.get("status")["groups"]):
                return
            sleep(0.5)

    def post(self, path: str, actor: str = "user:ann", **body: Any) -> Any:
        answer = self.client.post(f"/api/{path}", json=body, headers={"X-Actor": actor})
        assert answer.is_success, answer.text
        return answer.json()


class Project:
    """A project of a service, filled as a test needs it."""

    def __init__(self, service: Service, name: str | None = None) -> None:
        self.service = service
        self.name = name or f"Project {next(NUMBERS)}"
        self.id: str = service.post("projects", name=self.name, max_concurrent_agents=5)["id"]

    def link(self, view: str = "board", *rest: str) -> str:
        """The page's address of a view of this project, or of the inbox."""
        if view == "inbox":
            return f"{self.service.url}/#/inbox"
        return "/".join([f"{self.service.url}/#/p/{self.id}/{view}", *rest])

    def task(self, title: str, *, priority: str = "medium", labels: tuple[str, ...] = (), text: str = "") -> str:
        body = {"project_id": self.id, "title": title, "priority": priority, "labels": labels}
        return str(self.service.post("tasks", **body, **({"description": text} if text else {}))["id"])

    def tasks(self, number: int, title: str = "Task {}") -> list[str]:
        """So many tasks in the backlog, at once."""
        with workledger.open(self.service.database) as ledger, ledger.unit() as unit:
            titles = (title.format(n) for n in range(number))
            made = [unit.create(Task.create(project_id=self.id, title=title)).id for title in titles]
        self.service.settle()
        return made

    def agent(self, name: str, **body: Any) -> str:
        return str(self.service.post("agents", project_id=self.id, name=name, **body)["id"])

    def tell(self, task: str, command: str, **body: Any) -> None:
        self.service.post(f"tasks/{task}/{command}", **body)

    def start(self, task: str, agent: str) -> str:
        """The agent takes the task and runs; the id of its run."""
        name = self.service.now(f"agents/{agent}")["name"]
        branch = f"task/{task.replace('_', '-')}"
        self.tell(task, "assign", agent_id=agent, agent_name=name, branch=branch, actor="automation:dispatch")
        run = str(self.service.post("agent-runs", agent_id=agent, task_id=task, actor="automation:dispatch")["id"])
        self.service.post(f"agent-runs/{run}/report-process", pid=4711, provider_session_id="s-1")
        self.service.post(f"agent-runs/{run}/report-output", actor=f"agent:{agent}")
        return run

    def turns(self, run: str, number: int, *, first: int = 1) -> None:
        for turn in range(first, first + number):
            usage = {"tokens_in": 2900 + 31 * turn, "tokens_out": 210 + 17 * turn, "cost_usd": 0.021}
            self.service.post(f"agent-runs/{run}/report-turn", turn=turn, **usage)

    def tools(self, run: str, **calls: int) -> None:
        """Calls of tools by the run, told to the ledger as an agent's hook does."""
        with workledger.open(self.service.database) as ledger:
            for tool, times in calls.items():
                for _ in range(times):
                    id = start_tool_call(ledger, run, tool=tool, turn_number=1, input={"command": "pytest -q"})
                    with ledger.edit(ToolCalls, run) as edited:
                        edited.complete(tool_call_id=id, output="ok", duration_ms=420)

    def finish(self, task: str, run: str, agent: str, *, lines: tuple[int, int, int] = (3, 120, 14)) -> None:
        """The run ends, and its work asks for approval."""
        self.service.post(f"agent-runs/{run}/complete", result="Done.", actor=f"agent:{agent}")
        files, added, removed = lines
        diff = {"files_changed": files, "lines_added": added, "lines_removed": removed}
        summary = "Implemented as described, with tests that can fail."
        self.tell(task, "finish-work", turn_count=9, summary=summary, actor=f"agent:{agent}", **diff)

    def log(self, agent: str, content: str, session_number: int = 1) -> None:
        body = {"session_number": session_number, "content": content}
        self.service.post(f"agents/{agent}/logs", actor=f"agent:{agent}", **body)

    def long_log(self, agent: str, lines: int) -> None:
        """So many chunks at once, each a line of its own."""
        with workledger.open(self.service.database) as ledger, ledger.unit() as unit:
            for number in range(lines):
                about = {"agent_id": agent, "agent_name": "Ada", "project_id": self.id}
                append_chunk(unit, **about, session_number=1, content=said(f"Line {number} of the log."))

    def commits(self, subjects: list[str]) -> None:
        """Commits, the last one named being the newest; every fifth comes from a stage run."""
        with workledger.open(self.service.database) as ledger:
            stage = ledger.create(StageRun.create(project_id=self.id, stage="build", provider="anthropic"))
            for number, subject in enumerate(subjects):
                ledger.create(
                    CommitRecord.record(
                        project_id=self.id,
                        commit_sha=sha1(f"{self.id} {number}".encode()).hexdigest(),
                        commit_url="commit",
                        message=f"{subject}\n\nThe rule stands in the event, so that every door keeps it.",
                        files_changed=("domain/task.py", "tests/domain/test_task.py"),
                        triggered_by="agent",
                        author_name="Ada",
                        stage_run_id=stage.id if number % 5 == 0 else None,
                    )
                )


def said(text: str, role: str = "assistant") -> str:
    """A line of an agent's session, as Claude Code writes it."""
    return json.dumps({"type": role, "message": {"role": role, "content": [{"type": "text", "text": text}]}}) + "\n"


def called(tool: str, id: str, **given: Any) -> str:
    block = {"type": "tool_use", "id": id, "name": tool, "input": given}
    return json.dumps({"type": "assistant", "message": {"role": "assistant", "content": [block]}}) + "\n"


def answered(id: str, text: str, *, failed: bool = False) -> str:
    block = {"type": "tool_result", "tool_use_id": id, "content": text, "is_error": failed}
    return json.dumps({"type": "user", "message": {"role": "user", "content": [block]}}) + "\n"
