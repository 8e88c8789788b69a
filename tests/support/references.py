"""Every reference of a row to another, and what becomes of it when that is deleted (domain.md 3.5)."""

from typing import NamedTuple


class Reference(NamedTuple):
    """A column that names a row of another table, and what becomes of its own row when that is deleted.

    Attributes:
        whose: the system that has the rule (domain.md 1), or `ours`.
    """

    parent: str
    table: str
    column: str
    becomes: str
    whose: str


REFERENCES = [
    Reference(*line.split())
    for line in """
        workspaces        project_commits      workspace_id        gone  E
        projects          project_commits      project_id          gone  E
        projects          initiative_projects  project_id          gone  C
        projects          errands              project_id          gone  C
        projects          tasks                project_id          gone  A
        projects          agents               project_id          gone  A
        projects          agent_runs           project_id          gone  A
        projects          tool_calls           project_id          gone  A
        projects          sessions             project_id          gone  A
        projects          worktrees            project_id          gone  A
        projects          stage_runs           project_id          gone  E
        projects          write_operations     project_id          null  ours
        initiatives       phases               initiative_id       gone  C
        initiatives       tasks                initiative_id       gone  C
        initiatives       proposals            initiative_id       gone  C
        initiatives       pages                initiative_id       gone  C
        initiatives       initiative_projects  initiative_id       gone  C
        initiatives       chat_sessions        initiative_id       gone  C
        initiatives       change_sets          initiative_id       gone  ours
        initiatives       agents               initiative_id       null  C
        initiatives       agent_runs           initiative_id       null  C
        initiatives       conversations        initiative_id       null  C
        phases            phase_dependencies   phase_id            gone  C
        phases            phase_dependencies   depends_on_phase_id gone  C
        phases            tasks                phase_id            gone  C
        phases            review_comments      phase_id            gone  C
        phases            conversations        phase_id            null  C
        tasks             tasks                parent_task_id      gone  C
        tasks             task_dependencies    task_id             gone  C
        tasks             task_dependencies    depends_on_task_id  gone  C
        tasks             agents               current_task_id     null  C
        tasks             agent_runs           task_id             null  A
        tasks             conversations        task_id             null  C
        tasks             sessions             task_id             null  A
        tasks             worktrees            task_id             null  A
        tasks             tool_calls           task_id             null  A
        agents            proposals            agent_id            gone  C
        agents            conversations        from_agent_id       gone  C
        agents            conversations        to_agent_id         gone  C
        agents            agent_runs           agent_id            gone  A
        agents            tool_calls           agent_id            gone  A
        agents            chat_sessions        agent_id            null  C
        agents            errands              agent_id            null  C
        agents            sessions             agent_id            null  A
        agents            messages             sender_id           null  C
        agents            messages             recipient_id        null  C
        agents            change_sets          agent_id            null  ours
        agent_runs        run_models           agent_run_id        gone  ours
        pages             pages                parent_page_id      gone  C
        review_comments   review_comments      parent_comment_id   gone  ours
        chat_sessions     chat_messages        chat_session_id     gone  C
        change_sets       chat_messages        change_set_id       null  C
        change_sets       change_set_entries   change_set_id       gone  ours
        change_sets       proposals            change_set_id       null  ours
        messages          messages             parent_message_id   null  ours
        accounts          agents               account_id          null  C
        accounts          agent_runs           account_id          null  C
        stage_runs        project_commits      stage_run_id        null  E
        write_operations  project_commits      github_write_op_id  null  E
        sessions          session_participants session_id          gone  ours
    """.strip().splitlines()
]

CHAINS = [
    ("initiatives", "review_comments", "phase_id", "gone"),
    ("initiatives", "phase_dependencies", "depends_on_phase_id", "gone"),
    ("initiatives", "task_dependencies", "task_id", "gone"),
    ("initiatives", "chat_messages", "chat_session_id", "gone"),
    ("initiatives", "change_set_entries", "change_set_id", "gone"),
    ("initiatives", "conversations", "phase_id", "null"),
    ("initiatives", "conversations", "task_id", "null"),
    ("initiatives", "agents", "current_task_id", "null"),
    ("initiatives", "agent_runs", "task_id", "null"),
    ("initiatives", "sessions", "task_id", "null"),
    ("initiatives", "worktrees", "task_id", "null"),
    ("initiatives", "tool_calls", "task_id", "null"),
    ("phases", "task_dependencies", "depends_on_task_id", "gone"),
    ("phases", "conversations", "task_id", "null"),
    ("phases", "agents", "current_task_id", "null"),
    ("phases", "agent_runs", "task_id", "null"),
    ("phases", "tool_calls", "task_id", "null"),
    ("projects", "conversations", "from_agent_id", "gone"),
    ("projects", "proposals", "agent_id", "gone"),
    ("projects", "run_models", "agent_run_id", "gone"),
    ("projects", "session_participants", "session_id", "gone"),
    ("projects", "chat_sessions", "agent_id", "null"),
    ("projects", "change_sets", "agent_id", "null"),
    ("projects", "messages", "sender_id", "null"),
    ("agents", "run_models", "agent_run_id", "gone"),
]
"""What a deleted parent does to rows that do not name it, through those that do."""
