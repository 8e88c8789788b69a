"""An office where anything may be asked of anybody: random commands through a ledger, most of them sensible."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from support import planning_commands
from support.random_planning import Planning
from workledger import Refused, Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.project import Project
from workledger.domain.services import retention
from workledger.domain.services.commits import commit
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.session import Session
from workledger.domain.session_feed import publish
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation

A = TypeVar("A", bound=Aggregate)

STAGES = ("prd", "build")
COMMANDS: dict[type[Aggregate], tuple[Callable[[Any, "Wish"], object], ...]] = {
    Workspace: (
        lambda one, wish: one.update(name=f"Office {wish.c}"),
        lambda one, wish: one.update(settings={"theme": wish.b}),
        lambda one, wish: one.delete() if wish.c == 0 else None,
    ),
    Project: (
        lambda one, wish: one.change_details(priority=wish.b, metadata={"b": [wish.c]}),
        lambda one, wish: one.change_details(name=f"Project {wish.c}"),
        lambda one, wish: one.change_config(patch={"max_turns": wish.b + 1}),
        lambda one, wish: one.change_concurrency_limit(limit=wish.b + 1),
        lambda one, wish: one.change_stage(stage=STAGES[wish.b % 2]),
        lambda one, wish: one.change_status(status=("paused", "active", "completed", "archived")[wish.b % 4]),
        lambda one, wish: one.link_github(owner="ann", repo=f"repo-{wish.b}"),
        lambda one, wish: one.unlink_github(),
        lambda one, wish: one.attach_credential(credential_id=f"crd_{wish.b}"),
        lambda one, wish: one.detach_credential(),
        lambda one, wish: one.link_repository(url=f"https://example.org/{one.id}/{wish.b}"),
        lambda one, wish: one.report_fetch(head_sha="abc"),
        lambda one, wish: one.delete() if wish.c < 2 else None,
    ),
    Task: (
        lambda one, wish: one.change_details(title=f"Title {wish.b}", priority=("low", "high")[wish.c % 2]),
        lambda one, wish: one.change_labels(labels=("x", "y")[: wish.b]),
        lambda one, wish: one.change_metadata(metadata={"ü": wish.b}),
        lambda one, wish: one.reorder(plan_order=wish.b),
        lambda one, wish: one.move_to_phase(phase_id=(None, "pha_1")[wish.b % 2]),
        lambda one, wish: one.place(rank="BCDEF"[wish.b % 5]),
        lambda one, wish: one.queue(anyway=wish.b == 0),
        lambda one, wish: one.dequeue(),
        lambda one, wish: one.finish_work(
            turn_count=1, files_changed=wish.b, approval=("required", "none")[wish.c % 2]
        ),
        lambda one, wish: one.finish_work(turn_count=2, diff_summary="+1", summary="Done."),
        lambda one, wish: one.approve(approved_by="ann"),
        lambda one, wish: one.approve(),
        lambda one, wish: one.reject(reason="More."),
        lambda one, wish: one.cancel(to=("backlog", "dropped")[wish.b % 2]),
        lambda one, wish: one.reopen(reason="Again."),
        lambda one, wish: one.block(reason=("dependency", "manual")[wish.b % 2]),
        lambda one, wish: one.unblock(),
        lambda one, wish: one.schedule_retry(run_id=f"run_{wish.b}"),
        lambda one, wish: one.retry(anyway=True),
        lambda one, wish: one.delete(),
    ),
    Agent: (
        lambda one, wish: one.rename(name=f"Agent {wish.b}"),
        lambda one, wish: one.change_config(patch={"temperature": wish.b / 10}),
        lambda one, wish: one.dismiss(),
        lambda one, wish: one.delete() if wish.c < 3 else None,
    ),
    AgentRun: (
        lambda one, wish: one.report_turn(turn=one.turn_count + 1, tokens_in=wish.b, cost_usd=wish.c / 7),
        lambda one, wish: one.report_turn(
            turn=one.turn_count + 1, tokens_out=wish.b, cache_tokens=wish.c, model="opus"
        ),
        lambda one, wish: one.report_output(),
        lambda one, wish: one.report_process(pid=wish.b, provider_session_id=f"claude-{one.id}"),
        lambda one, wish: one.report_exit(exit_code=wish.b),
        lambda one, wish: one.pause(reason="user"),
        lambda one, wish: one.ask_user(questions=[f"Which {wish.b}?"]),
        lambda one, wish: one.resume(extra_turns=(None, 2)[wish.b % 2]),
        lambda one, wish: one.switch_account(account_id=f"acc_{wish.b}"),
        lambda one, wish: one.fail(
            cause=("crash", "execution_error", "provider_limit")[wish.b % 3], error="Boom.", exit_code=wish.b
        ),
        lambda one, wish: one.complete(result={"b": wish.b}),
        lambda one, wish: one.stop(duration_ms=wish.b),
    ),
    Session: (
        lambda one, wish: one.activate(),
        lambda one, wish: one.join(user_id=f"user_{wish.b}", role=("owner", "viewer")[wish.c % 2]),
        lambda one, wish: one.leave(user_id=f"user_{wish.b}"),
        lambda one, wish: one.change_title(title=f"Title {wish.b}"),
        lambda one, wish: one.pause(),
        lambda one, wish: one.resume(),
        lambda one, wish: one.record_error(code="SYNC_ERROR"),
        lambda one, wish: one.fail(),
        lambda one, wish: one.begin_closing(),
        lambda one, wish: one.close(**({"message_count": wish.b} if wish.c % 2 else {})),
    ),
    StageRun: (
        lambda one, wish: one.start(worker_id="w"),
        lambda one, wish: one.succeed(metadata={"b": wish.b}),
        lambda one, wish: one.fail(error_summary="Boom."),
        lambda one, wish: one.cancel(),
        lambda one, wish: one.delete(),
    ),
    WriteOperation: (
        lambda one, wish: one.open_pull_request(pr_number=wish.b + 1, pr_url="https://example.org"),
        lambda one, wish: one.merge(),
        lambda one, wish: one.close(),
        lambda one, wish: one.fail(error="Boom."),
        lambda one, wish: one.delete(),
    ),
    Account: (
        lambda one, wish: one.use(agent_run_id=f"run_{wish.b}"),
        lambda one, wish: one.mark_exhausted(until=(None, "2999-01-01T00:00:00Z")[wish.b % 2]),
        lambda one, wish: one.clear_exhaustion(),
        lambda one, wish: one.clear_expired_exhaustion(),
        lambda one, wish: one.refresh_credentials(secret_ref=f"vault:claude/{wish.b}"),
        lambda one, wish: one.validate_credentials(),
        lambda one, wish: one.expire_credentials(),
        lambda one, wish: one.change_config(secret_ref=(None, "file:/etc/claude.json")[wish.b % 2]),
        lambda one, wish: one.reorder(sort_order=wish.c),
        lambda one, wish: one.delete() if wish.c == 0 else None,
    ),
    ToolCalls: (
        lambda one, wish: one.start(
            tool=("Read", "Bash", "Teleport")[wish.b % 3], turn_number=1, tool_call_id=wish.call
        ),
        lambda one, wish: one.complete(tool_call_id=wish.call, output=[wish.b], duration_ms=wish.c),
        lambda one, wish: one.fail(tool_call_id=wish.call, error="Boom.", duration_ms=wish.c),
    ),
}
"""What may be asked of each; a command of None is none."""

COMMANDS.update(planning_commands.COMMANDS)


class Wish(NamedTuple):
    """Something to ask: what of, which one, and how."""

    what: int
    which: int
    how: int
    b: int
    c: int

    @property
    def call(self) -> str:
        return f"call_{self.b % 3}"


class Office(Planning):
    """Fulfils wishes as far as the ledger lets it; `ids` are those of all that ever began."""

    def __init__(self, ledger: Workledger) -> None:
        self.ledger = ledger
        self.ids: dict[type[Aggregate], list[str]] = {kind: [] for kind in COMMANDS}
        self.deeds: Sequence[Callable[[Wish], object]] = (
            *(self.begin,) * 4,
            *(self.tell,) * 12,
            *(self.start_run,) * 3,
            *(self.assign,) * 2,
            self.resume_run,
            self.depend,
            self.commit,
            self.retry_stage_run,
            *(self.write,) * 2,
            self.purge,
            *self.planning_deeds,
        )

    def fulfil(self, wish: Wish) -> None:
        with suppress(Refused):
            self.deeds[wish.what % len(self.deeds)](wish)

    def begin(self, wish: Wish) -> None:
        """A new workspace, project, task, agent, session, stage run, write operation or account."""
        project = self.one(Project, wish.c)
        number = sum(map(len, self.ids.values()))
        new: Any = (
            lambda name: Workspace.create(id=name, name="Office"),
            lambda name: Project.create(
                id=name, name=name, workspace_id=self.one(Workspace, wish.b), max_concurrent_agents=2
            ),
            lambda name: Task.create(id=name, title=name, project_id=project, rank="BCDEF"[wish.b % 5]),
            lambda name: Task.create(id=name, title=name, **self.below(wish.b)),
            lambda name: Agent.create(id=name, name=name, project_id=project, config={"max_turns": 5}),
            lambda name: Session.create(
                id=name, project_id=project, task_id=self.one(Task, wish.b), agent_id=self.one(Agent, wish.b)
            ),
            lambda name: StageRun.create(id=name, project_id=project, stage=STAGES[wish.b % 2], provider="cli"),
            lambda name: WriteOperation.create(
                id=name, repo_full_name="r", base_branch="main", write_branch="w", project_id=project
            ),
            lambda name: Account.create(id=f"acc_{wish.b}", email="ann@example.com", sort_order=wish.c),
        )[wish.how % 9](f"{wish.how % 9}_{number}")
        self.ledger.create(new)
        self.ids[new.kind].append(new.id)

    def tell(self, wish: Wish) -> None:
        """One of its commands to anything."""
        kind = list(COMMANDS)[wish.which % len(COMMANDS)]
        if id := self.one(kind, wish.c):
            with self.ledger.edit(kind, id) as one:
                COMMANDS[kind][wish.how % len(COMMANDS[kind])](one, wish)

    def start_run(self, wish: Wish) -> None:
        id = f"run_{len(self.ids[AgentRun])}"
        with self.ledger.unit() as unit:
            start_run(
                unit,
                id=id,
                agent_id=self.one(Agent, wish.which) or "nobody",
                task_id=self.one(Task, wish.b) if wish.c % 2 else None,
                session_id=self.one(Session, wish.c),
            )
        self.ids[AgentRun].append(id)
        self.ids[ToolCalls].append(id)

    def assign(self, wish: Wish) -> None:
        with self.ledger.edit(Task, self.one(Task, wish.which) or "nobody") as task:
            task.assign(agent_id=self.one(Agent, wish.b) or "nobody", branch="b", rank="BCDEF"[wish.c % 5])

    def resume_run(self, wish: Wish) -> None:
        with self.ledger.unit() as unit:
            resume_run(unit, self.one(AgentRun, wish.which) or "nobody", new_process=wish.b % 2 == 0, extra_turns=1)

    def depend(self, wish: Wish) -> None:
        with self.ledger.edit(Task, self.one(Task, wish.which) or "nobody") as task:
            other = self.one(Task, wish.b) or "nobody"
            if wish.c % 3:
                task.add_dependency(depends_on_task_id=other)
            else:
                task.remove_dependency(depends_on_task_id=other)

    def commit(self, wish: Wish) -> None:
        project, sha = self.one(Project, wish.which) or "nobody", f"sha{wish.c}"
        with self.ledger.unit() as unit:
            if wish.b % 2 and (operation := self.one(WriteOperation, wish.c)):
                commit(unit, operation, commit_sha=sha, commit_url="u", message="Did it.")
            else:
                about = {"workspace_id": self.one(Workspace, wish.b), "stage_run_id": self.one(StageRun, wish.c)}
                unit.create(
                    CommitRecord.record(project_id=project, commit_sha=sha, commit_url="u", message="Did it.", **about)
                )

    def retry_stage_run(self, wish: Wish) -> None:
        new = self.ledger.get(StageRun, self.one(StageRun, wish.which) or "nobody").retry()
        self.ledger.create(new)
        self.ids[StageRun].append(new.id)

    def write(self, wish: Wish) -> None:
        """A chunk of a log, or an entry of a feed."""
        with self.ledger.unit() as unit:
            if wish.how % 2 and (session := self.one(Session, wish.which)):
                publish(unit, session_id=session, channel="terminal", type="line", data={"b": wish.b})
            else:
                agent = self.one(Agent, wish.which) or "nobody"
                append_chunk(
                    unit, agent_id=agent, agent_name="Ann", session_number=1 + wish.b % 2, content="ä" * wish.c
                )

    def purge(self, wish: Wish) -> None:
        if wish.how % 2:
            retention.purge_session_feed(
                self.ledger, session_id=self.one(Session, wish.which) or "nobody", up_to_offset=(None, 2)[wish.b % 2]
            )
        else:
            retention.purge_agent_log(
                self.ledger, agent_id=self.one(Agent, wish.which) or "nobody", session_number=1 + wish.b % 2
            )

    def below(self, number: int) -> dict[str, str | None]:
        """Where a subtask belongs: to another task, and its project."""
        tasks = [task for id in self.ids[Task] if (task := self.ledger.find(Task, id))]
        if not tasks:
            return {}
        above = tasks[number % len(tasks)]
        return {"parent_task_id": above.id, "project_id": above.project_id}

    def one(self, kind: type[A], number: int) -> str | None:
        ids = self.ids[kind]
        return ids[number % len(ids)] if ids else None
