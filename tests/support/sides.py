"""Workspaces with one of everything in each, so that each reference of a row has a row to point to."""

from collections.abc import Iterable

from support.golden_events import append, happened
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.proposal import Proposal, ProposalAccepted
from workledger.domain.review_comment import ReviewComment
from workledger.domain.services import change_sets, commits
from workledger.domain.services.runs import start_run, start_tool_call
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.worktree import Worktree
from workledger.domain.write_operation import WriteOperation


def build(ledger: Workledger, sides: Iterable[str]) -> None:
    """Build one for each of these sides, which is the end of all its ids: `p_a` is the project of `a`."""
    for side in sides:
        ledger.decide(lambda unit, side=side: _Side(unit, side).build())  # type: ignore[misc]
        start_tool_call(ledger, f"run_{side}", tool="Bash", turn_number=1, tool_call_id="call")
        # A run of an import, which holds no keys: whoever has a live one of ours cannot be deleted.
        tags = {"run": f"old_{side}", "agent": f"bob_{side}", "task": f"top_{side}"}
        about = {"agent_id": f"bob_{side}", "task_id": f"top_{side}", "initiative_id": f"i_{side}"}
        place = {"project_id": f"p_{side}", "account_id": f"acc_{side}", "session_id": None, "worktree_id": None}
        append(ledger, happened("agent_run.started", f"old_{side}", tags, **about, **place))
        with ledger.edit(AgentRun, f"run_{side}") as run:
            run.fail(cause="crash", error="Killed.")


class _Side:
    def __init__(self, unit: Unit, side: str) -> None:
        self.unit, self.side = unit, side

    def id(self, name: str) -> str:
        return f"{name}_{self.side}"

    def build(self) -> None:
        self.owners()
        self.plan()
        self.tasks()
        self.words()
        self.work()
        self.delivery()

    def owners(self) -> None:
        unit, id = self.unit, self.id
        unit.create(Workspace.create(id=id("ws"), name="Ours"))
        unit.create(Project.create(id=id("p"), name="Bakery", workspace_id=id("ws")))
        unit.create(Account.create(id=id("acc"), email="ann@example.org", provider=id("claude")))
        for name in ("ann", "bob"):
            unit.create(Agent.create(id=id(name), name=name, project_id=id("p"), provider=id("claude")))

    def plan(self) -> None:
        unit, id = self.unit, self.id
        unit.create(Initiative.create(id=id("i"), name="User auth", project_ids=(id("p"),)))
        for name, before in (("pre", None), ("ph", "pre"), ("post", "ph")):
            unit.create(Phase.create(id=id(name), initiative_id=id("i"), name=name))
            if before:
                unit.edit(Phase, id(name)).add_dependency(depends_on_phase_id=id(before))
        for name, above in (("root", None), ("kid", "root"), ("leaf", "kid")):
            parent = id(above) if above else None
            unit.create(Page.create(id=id(name), initiative_id=id("i"), title=name, parent_page_id=parent))
        for name, answered in (("rvc", None), ("answer", "rvc"), ("again", "answer")):
            about = {"file_path": "a.py", "line_number": 1, "line_type": "added", "body": "Hash it."}
            parent = id(answered) if answered else None
            unit.create(
                ReviewComment.create(id=id(name), phase_id=id("ph"), parent_comment_id=parent, **about)  # type: ignore[arg-type]
            )

    def tasks(self) -> None:
        unit, id = self.unit, self.id
        for name, phase, above in (
            ("before", "pre", None),
            ("top", "ph", None),
            ("mid", "ph", "top"),
            ("low", "ph", "mid"),
            ("review", "ph", None),
            ("after", "post", None),
            ("loose", None, None),
            ("elsewhere", None, None),
        ):
            category = "review" if name == "review" else "execute"
            unit.create(
                Task.create(
                    id=id(name),
                    title=name,
                    category=category,
                    project_id=id("p"),
                    initiative_id=None if name == "elsewhere" else id("i"),
                    phase_id=id(phase) if phase else None,
                    parent_task_id=id(above) if above else None,
                )
            )
        for name, before in (("top", "before"), ("after", "top"), ("elsewhere", "low"), ("loose", "top")):
            unit.edit(Task, id(name)).add_dependency(depends_on_task_id=id(before))
        for name in ("mid", "review"):
            unit.edit(Task, id(name)).queue()

    def words(self) -> None:
        unit, id = self.unit, self.id
        change_sets.apply(
            unit,
            id=id("cs"),
            initiative_id=id("i"),
            agent_id=id("ann"),
            changes=[{"action": "update", "target_type": "page", "target_id": id("kid"), "values": {"title": "Rules"}}],
        )
        about = {"agent_id": id("ann"), "initiative_id": id("i"), "target_type": "page"}
        unit.create(Proposal.create(id=id("pro"), title="More", **about))  # type: ignore[arg-type]
        unit.record(Proposal, id("pro"), [ProposalAccepted(change_set_id=id("cs"))])
        unit.create(ChatSession.create(id=id("chat"), target_type="task", target_id=id("top"), agent_id=id("ann")))
        chat = unit.edit(ChatSession, id("chat"))
        chat.post_message(message_id=id("question"), role="user", content="How?")
        chat.post_message(message_id=id("reply"), role="assistant", content="So.", change_set_id=id("cs"))
        unit.create(
            Message.create(
                id=id("told"), sender_type="agent", sender_id=id("ann"), recipient_type="user", content="Done."
            )
        )
        unit.create(
            Message.create(
                id=id("thanks"),
                sender_type="user",
                recipient_type="agent",
                recipient_id=id("ann"),
                content="Good.",
                parent_message_id=id("told"),
            )
        )
        for name, asking, asked in (("asks", "ann", "bob"), ("asked", "bob", "ann")):
            place = {"initiative_id": id("i"), "phase_id": id("ph"), "task_id": id("top")}
            unit.create(
                Conversation.create(id=id(name), from_agent_id=id(asking), to_agent_id=id(asked), question="?", **place)
            )
        unit.create(
            Errand.create(id=id("err"), description="Fix it", branch="fix", project_id=id("p"), agent_id=id("ann"))
        )

    def work(self) -> None:
        """A run of `ann` on the task `low`, which has ended but may be resumed."""
        unit, id = self.unit, self.id
        about = {"project_id": id("p"), "task_id": id("low")}
        unit.create(Session.create(id=id("ses"), agent_id=id("ann"), **about))
        session = unit.edit(Session, id("ses"))
        session.activate()
        session.join(user_id="ann")
        unit.create(Worktree.create(id=id("wtr"), branch="w", path=id("/w"), **about))
        start_run(unit, id=id("run"), agent_id=id("ann"), initiative_id=id("i"), account_id=id("acc"), **about)
        run = unit.edit(AgentRun, id("run"))
        run.report_output()
        run.report_turn(turn=1, tokens_in=1, model="opus")

    def delivery(self) -> None:
        unit, id = self.unit, self.id
        unit.create(StageRun.create(id=id("stage"), project_id=id("p"), stage="build", provider="cli"))
        about = {"repo_full_name": "r", "base_branch": "main", "write_branch": "w", "project_id": id("p")}
        unit.create(WriteOperation.create(id=id("op"), **about))  # type: ignore[arg-type]
        commits.commit(
            unit,
            id("op"),
            commit_sha="abc",
            commit_url="u",
            message="Did it.",
            workspace_id=id("ws"),
            stage_run_id=id("stage"),
        )
