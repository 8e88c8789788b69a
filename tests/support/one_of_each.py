"""What one of each noun is begun with over HTTP, once there is what it belongs to."""

from typing import Any

from support.http_client import Doors
from workledger.domain.account import Account
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.commit import CommitRecord
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.stage_run import StageRun
from workledger.domain.worktree import Worktree

BEGUN: dict[str, tuple[type[Aggregate], dict[str, Any]]] = {
    "accounts": (Account, {"email": "ann@example.com"}),
    "workspaces": (Aggregate.CATEGORIES["workspace"], {"name": "Office"}),
    "projects": (Project, {"name": "Other"}),
    "initiatives": (Initiative, {"name": "Sign in"}),
    "tasks": (Aggregate.CATEGORIES["task"], {"title": "Write it", "project_id": "prj_1"}),
    "agents": (Aggregate.CATEGORIES["agent"], {"name": "bob"}),
    "agent-runs": (Aggregate.CATEGORIES["agent_run"], {"agent_id": "agt_1"}),
    "sessions": (Aggregate.CATEGORIES["session"], {"project_id": "prj_1"}),
    "worktrees": (Worktree, {"project_id": "prj_1", "branch": "parser", "path": "x"}),
    "stage-runs": (StageRun, {"project_id": "prj_1", "stage": "prd", "provider": "cli"}),
    "write-operations": (
        Aggregate.CATEGORIES["write_op"],
        {"repo_full_name": "acme/atlas", "base_branch": "main", "write_branch": "w", "project_id": "prj_1"},
    ),
    "commits": (CommitRecord, {"project_id": "prj_1", "commit_sha": "c0ffee", "commit_url": "u", "message": "m"}),
    "phases": (Phase, {"initiative_id": "ini_1", "name": "Agree"}),
    "review-comments": (
        ReviewComment,
        {"phase_id": "pha_1", "file_path": "a.py", "line_number": 1, "line_type": "added", "body": "Why?"},
    ),
    "pages": (Page, {"initiative_id": "ini_1", "title": "Decisions", "content": {"type": "doc"}}),
    "proposals": (
        Proposal,
        {"agent_id": "agt_1", "initiative_id": "ini_1", "target_type": "page", "title": "Open questions"},
    ),
    "change-sets": (
        ChangeSet,
        {
            "initiative_id": "ini_1",
            "changes": [{"action": "update", "target_type": "phase", "target_id": "pha_1", "values": {"content": "A"}}],
        },
    ),
    "chat-sessions": (ChatSession, {"target_type": "phase", "target_id": "pha_1", "initiative_id": "ini_1"}),
    "messages": (
        Message,
        {"sender_type": "user", "recipient_type": "agent", "recipient_id": "agt_1", "content": "Hm."},
    ),
    "conversations": (Conversation, {"from_agent_id": "agt_1", "to_agent_id": "agt_2", "question": "Why?"}),
    "errands": (Errand, {"id": "typo", "description": "Mend the typo", "branch": "errand/typo"}),
}
"""What one of each noun is begun with."""


def found(doors: Doors) -> None:
    """What they belong to: a project, two agents, and an initiative with a phase."""
    doors.do("projects", id="prj_1", name="Atlas")
    doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
    doors.do("agents", id="agt_2", name="ben", project_id="prj_1")
    doors.do("initiatives", id="ini_1", name="Come in", project_ids=["prj_1"])
    doors.do("phases", id="pha_1", initiative_id="ini_1", name="Knock")
