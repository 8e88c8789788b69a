"""The tables of a Codewalkers database (domain.md 1.2)."""

from workledger.adapters.codewalkers.columns import Column, Table

ID = Column(required=True)
TEXT = Column()
NEEDED = Column(default="")
"""Text that is never null."""
NAME = Column(default="", indexed=True)
INTEGER = Column("integer")
PLACE = Column("integer", default=0)
"""The place of a row among others."""
FLAG = Column("boolean", default=False)
TIME = Column("time")
DOCUMENT = Column("object")
"""A document of Tiptap, as JSON."""
SECRET = Column("secret")
STAMPS = {"created_at": TIME, "updated_at": TIME}


def enum(*values: str, default: str = "") -> Column:
    """A column with one of these values; the first stands for null and for any other, unless another does."""
    return Column(values=values, default=default or values[0])


def to(table: str, *, required: bool = False) -> Column:
    """A column that refers to a row of that table."""
    return Column(references=table, required=required)


TABLES = {
    "projects": Table(
        {"id": ID, "name": NAME, "url": NAME, "default_branch": Column(default="main"), "last_fetched_at": TIME}
        | STAMPS
    ),
    "accounts": Table(
        {
            "id": ID,
            "email": NEEDED,
            "provider": Column(default="claude", indexed=True),
            "config_json": SECRET,
            "credentials": SECRET,
            "is_exhausted": FLAG,
            "exhausted_until": TIME,
            "last_used_at": TIME,
            "sort_order": PLACE,
        }
        | STAMPS
    ),
    "initiatives": Table(
        {
            "id": ID,
            "name": NEEDED,
            "status": enum("active", "pending_review", "completed", "archived"),
            "branch": TEXT,
        }
        | STAMPS
    ),
    "initiative_projects": Table(
        {
            "initiative_id": to("initiatives", required=True),
            "project_id": to("projects", required=True),
            "created_at": TIME,
        },
        key=("initiative_id", "project_id"),
    ),
    "phases": Table(
        {
            "id": ID,
            "initiative_id": to("initiatives", required=True),
            "name": NEEDED,
            "content": DOCUMENT,
            "status": enum("pending", "approved", "in_progress", "completed", "blocked", "pending_review"),
            "merge_base": TEXT,
        }
        | STAMPS
    ),
    "phase_dependencies": Table(
        {"phase_id": to("phases", required=True), "depends_on_phase_id": to("phases", required=True)},
        key=("phase_id", "depends_on_phase_id"),
    ),
    "tasks": Table(
        {
            "id": ID,
            "phase_id": to("phases"),
            "initiative_id": to("initiatives"),
            "parent_task_id": to("tasks"),
            "name": NEEDED,
            "description": TEXT,
            "type": enum("auto"),
            "category": enum(
                *("execute", "research", "discuss", "plan", "detail", "refine", "verify", "merge", "review")
            ),
            "priority": enum("low", "medium", "high", default="medium"),
            "status": enum("pending", "in_progress", "completed", "blocked"),
            "order": PLACE,
            "summary": Column(apart=True),
            "retry_count": PLACE,
        }
        | STAMPS,
        parent="parent_task_id",
    ),
    "task_dependencies": Table(
        {"task_id": to("tasks", required=True), "depends_on_task_id": to("tasks", required=True)},
        key=("task_id", "depends_on_task_id"),
    ),
    "agents": Table(
        {
            "id": ID,
            "name": NAME,
            "task_id": to("tasks"),
            "initiative_id": to("initiatives"),
            "session_id": Column(indexed=True),
            "worktree_id": NEEDED,
            "provider": Column(default="claude", indexed=True),
            "account_id": to("accounts"),
            "status": enum("idle", "running", "waiting_for_input", "stopped", "crashed"),
            "mode": enum("execute", "discuss", "plan", "detail", "refine", "chat", "errand"),
            "pid": INTEGER,
            "exit_code": INTEGER,
            "prompt": Column(apart=True),
            "output_file_path": TEXT,
            "result": Column("json", apart=True),
            "pending_questions": Column("json", apart=True),
            "user_dismissed_at": TIME,
        }
        | STAMPS
    ),
    "agent_log_chunks": Table(
        {
            "id": ID,
            "agent_id": Column(required=True),
            "agent_name": NEEDED,
            "session_number": Column("integer", default=1),
            "content": NEEDED,
            "created_at": TIME,
        }
    ),
    "pages": Table(
        {
            "id": ID,
            "initiative_id": to("initiatives", required=True),
            "parent_page_id": to("pages"),
            "title": NEEDED,
            "content": DOCUMENT,
            "sort_order": PLACE,
        }
        | STAMPS,
        parent="parent_page_id",
    ),
    "proposals": Table(
        {
            "id": ID,
            "agent_id": to("agents", required=True),
            "initiative_id": to("initiatives", required=True),
            "target_type": enum("page", "phase", "task"),
            "target_id": TEXT,
            "title": NEEDED,
            "summary": TEXT,
            "content": TEXT,
            "metadata": Column("object"),
            "status": enum("pending", "accepted", "dismissed"),
            "sort_order": PLACE,
        }
        | STAMPS
    ),
    "chat_sessions": Table(
        {
            "id": ID,
            "target_type": enum("phase", "task"),
            "target_id": Column(required=True),
            "initiative_id": to("initiatives", required=True),
            "agent_id": to("agents"),
            "status": enum("active", "closed"),
        }
        | STAMPS
    ),
    "chat_messages": Table(
        {
            "id": ID,
            "chat_session_id": to("chat_sessions", required=True),
            "role": enum("user", "assistant", "system"),
            "content": NEEDED,
            "change_set_id": TEXT,
            "created_at": TIME,
        }
    ),
    "messages": Table(
        {
            "id": ID,
            "sender_type": enum("agent", "user"),
            "sender_id": to("agents"),
            "recipient_type": enum("agent", "user"),
            "recipient_id": to("agents"),
            "type": enum("question", "info", "error", "response", default="info"),
            "content": NEEDED,
            "requires_response": FLAG,
            "status": enum("pending", "read", "responded"),
            "parent_message_id": to("messages"),
        }
        | STAMPS,
        parent="parent_message_id",
    ),
    "conversations": Table(
        {
            "id": ID,
            "from_agent_id": to("agents", required=True),
            "to_agent_id": to("agents", required=True),
            "initiative_id": to("initiatives"),
            "phase_id": to("phases"),
            "task_id": to("tasks"),
            "question": NEEDED,
            "answer": Column(apart=True),
            "status": enum("pending", "answered"),
        }
        | STAMPS
    ),
    "errands": Table(
        {
            "id": ID,
            "description": NEEDED,
            "branch": NEEDED,
            "base_branch": Column(default="main"),
            "agent_id": to("agents"),
            "project_id": to("projects"),
            "status": enum("active", "pending_review", "conflict", "merged", "abandoned"),
        }
        | STAMPS
    ),
    "review_comments": Table(
        {
            "id": ID,
            "phase_id": to("phases", required=True),
            "file_path": NEEDED,
            "line_number": PLACE,
            "line_type": enum("added", "removed", "context"),
            "body": NEEDED,
            "author": Column(default="you"),
            "resolved": FLAG,
        }
        | STAMPS
    ),
}
"""The eighteen tables, by name, each after those that it refers to."""
