"""What one of each noun is begun with over HTTP, once there are a project and an agent."""

from typing import Any

from workledger.domain.account import Account
from workledger.domain.commit import CommitRecord
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.project import Project
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
}
"""What one of each noun is begun with."""
