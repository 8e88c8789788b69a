"""Rows of Codewalkers that break a rule: what the closing line says of each, and what comes in."""

from typing import Any

TIMES = {"created_at": 1_760_000_000, "updated_at": 1_760_000_000}
LATER = {"created_at": 1_760_000_000, "updated_at": 1_760_000_500}

Rows = dict[str, list[dict[str, Any]]]
INITIATIVE = {"initiatives": [{"id": "i", "name": "Goal", **TIMES}]}
PHASE = INITIATIVE | {"phases": [{"id": "p", "initiative_id": "i", "name": "First", "status": "pending", **TIMES}]}
TASK = PHASE | {
    "tasks": [{"id": "t", "phase_id": "p", "initiative_id": "i", "name": "Do it", "status": "pending", **TIMES}]
}
AGENT = TASK | {"agents": [{"id": "a", "name": "calm-otter", "worktree_id": "/w", "status": "idle", **LATER}]}


def rows(*parts: Rows) -> Rows:
    """All rows of these, table by table."""
    found: Rows = {}
    for part in parts:
        for table, some in part.items():
            found[table] = [*found.get(table, []), *(one for one in some if one not in found.get(table, []))]
    return found


def task(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Task {id}", "status": "pending", **TIMES, **fields}


def page(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "initiative_id": "i", "title": f"Page {id}", **TIMES, **fields}


def agent(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "name": f"agent {id}", "worktree_id": "/w", "status": "idle", **LATER, **fields}


def message(id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "sender_type": "agent",
        "recipient_type": "user",
        "content": "Say",
        "status": "pending",
        **TIMES,
        **fields,
    }


def at(table: str, key: str, wanted: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """A row of ours, and what it has; nothing when it is not there."""
    return table, key, wanted


ODD: dict[str, tuple[Rows, str, tuple[str, str, dict[str, Any]]]] = {
    "a key that leads nowhere": (
        rows(PHASE, {"tasks": [task("t", phase_id="gone", initiative_id="i")]}),
        "tasks.phaseId: rows that are not there 1 (first: tasks:t)",
        at("tasks", "t", {"phase_id": None, "initiative_id": "i"}),
    ),
    "a task of another initiative than its phase's": (
        rows(
            PHASE,
            {
                "initiatives": [{"id": "j", "name": "Other", **TIMES}],
                "tasks": [task("t", phase_id="p", initiative_id="j")],
            },
        ),
        "tasks.initiativeId: another one than that of the phase (which counts) 1 (first: tasks:t)",
        at("tasks", "t", {"phase_id": "p", "initiative_id": "i"}),
    ),
    "tasks that are below each other": (
        {"tasks": [task("a", parent_task_id="b"), task("b", parent_task_id="a"), task("c", parent_task_id="b")]},
        "tasks.parentTaskId: rows in a circle 1 (first: tasks:a)",
        at("tasks", "b", {"parent_task_id": "a"}),
    ),
    "a task below itself": (
        {"tasks": [task("a", parent_task_id="a")]},
        "tasks.parentTaskId: rows in a circle 1 (first: tasks:a)",
        at("tasks", "a", {"parent_task_id": None}),
    ),
    "a task that came before its parent": (
        {"tasks": [task("c", parent_task_id="b"), task("b", parent_task_id="a"), task("a")]},
        "nothing",
        at("tasks", "c", {"parent_task_id": "b"}),
    ),
    "a second open review task": (
        rows(
            PHASE, {"tasks": [task("a", phase_id="p", category="review"), task("b", phase_id="p", category="review")]}
        ),
        "tasks.category: a second open review task of a phase (execute here) 1 (first: tasks:b)",
        at("tasks", "b", {"category": "execute"}),
    ),
    "a status that nobody knows": (
        {"tasks": [task("t", status="quality_review", priority="urgent")]},
        "tasks.status: values that are not known: 'quality_review' 1 (first: tasks:t)",
        at("tasks", "t", {"status": "pending", "priority": "medium"}),
    ),
    "numbers and times that are none": (
        {"tasks": [task("t", order="first", retry_count=None, created_at="soon")]},
        "tasks.order: numbers that are none 1 (first: tasks:t)",
        at("tasks", "t", {"order": 0, "retry_count": 0}),
    ),
    "a second root page": (
        rows(INITIATIVE, {"pages": [page("a"), page("b"), page("c", parent_page_id="b")]}),
        "pages.parentPageId: a second root of an initiative (below the first here) 1 (first: pages:b)",
        at("pages", "b", {"parent_page_id": "a"}),
    ),
    "a second agent of a name": (
        {"agents": [agent("first1", name="calm-otter"), agent("second2", name="calm-otter")]},
        "agents.name: names that another agent has (the id's end is added) 1 (first: agents:second2)",
        at("agents", "second2", {"name": "calm-otter-econd2"}),
    ),
    "a second project of a name and an address": (
        {
            "projects": [
                {"id": "first1", "name": "shop", "url": "https://x/y", **TIMES},
                {"id": "second2", "name": "shop", "url": "https://x/y", **TIMES},
            ]
        },
        "projects.url: addresses that another project has (left out) 1 (first: projects:second2)",
        at("projects", "second2", {"name": "shop-econd2", "url": None}),
    ),
    "two agents that work on one task": (
        rows(TASK, {"agents": [agent("a", status="running", task_id="t"), agent("b", status="running", task_id="t")]}),
        "agents.taskId: tasks that another agent works on (left out) 1 (first: agents:b)",
        at("agents", "b", {"task_id": None, "status": "running"}),
    ),
    "a completed phase with an open task": (
        rows(
            INITIATIVE,
            {
                "phases": [{"id": "p", "initiative_id": "i", "name": "First", "status": "completed", **LATER}],
                "tasks": [task("t", phase_id="p")],
            },
        ),
        "phases.status: completed while tasks are open (in progress here) 1 (first: phases:p)",
        at("phases", "p", {"status": "in_progress"}),
    ),
    "a completed initiative with an open phase": (
        rows(
            PHASE,
            {
                "initiatives": [{"id": "j", "name": "Done", "status": "completed", **LATER}],
                "phases": [{"id": "q", "initiative_id": "j", "name": "Open", "status": "approved", **LATER}],
            },
        ),
        "initiatives.status: completed while phases are open (active here) 1 (first: initiatives:j)",
        at("initiatives", "j", {"status": "active"}),
    ),
    "a phase of no initiative": (
        rows(PHASE, {"phases": [{"id": "q", "initiative_id": "gone", "name": "Lost", "status": "pending", **TIMES}]}),
        "phases.initiativeId: rows that are not there (left out) 1 (first: phases:q)",
        at("phases", "q", {}),
    ),
    "a task of a phase that was left out": (
        rows(
            INITIATIVE,
            {
                "phases": [{"id": "q", "initiative_id": "gone", "name": "Lost", "status": "pending", **TIMES}],
                "tasks": [task("t", phase_id="q", initiative_id="i")],
            },
        ),
        "tasks.phaseId: rows that are not there 1 (first: tasks:t)",
        at("tasks", "t", {"phase_id": None, "initiative_id": "i"}),
    ),
    "a dependency on itself": (
        rows(TASK, {"task_dependencies": [{"task_id": "t", "depends_on_task_id": "t"}]}),
        "dependencies of tasks refused with DEPENDENCY_CYCLE 1 (first: task_dependencies:t t)",
        at("task_dependencies", "t t", {}),
    ),
    "phases that wait for each other": (
        rows(
            PHASE,
            {
                "phases": [{"id": "q", "initiative_id": "i", "name": "Second", "status": "pending", **TIMES}],
                "phase_dependencies": [
                    {"phase_id": "p", "depends_on_phase_id": "q"},
                    {"phase_id": "q", "depends_on_phase_id": "p"},
                ],
            },
        ),
        "dependencies of phases refused with DEPENDENCY_CYCLE 1 (first: phase_dependencies:q p)",
        at("phase_dependencies", "p q", {"depends_on_phase_id": "q"}),
    ),
    "a dependency on nothing": (
        rows(TASK, {"task_dependencies": [{"task_id": "t", "depends_on_task_id": "gone"}]}),
        "task_dependencies.dependsOnTaskId: rows that are not there (left out) 1 (first: task_dependencies:t gone)",
        at("task_dependencies", "t gone", {}),
    ),
    "two active chats about one task": (
        rows(
            TASK,
            {
                "chat_sessions": [
                    {
                        "id": id,
                        "target_type": "task",
                        "target_id": "t",
                        "initiative_id": "i",
                        "status": "active",
                        "created_at": at,
                        "updated_at": at,
                    }
                    for id, at in (("a", 1_760_000_000), ("b", 1_760_000_009))
                ]
            },
        ),
        "chat_sessions.status: several active chats about one target (the latest stays) 1 (first: chat_sessions:a)",
        at("chat_sessions", "a", {"status": "closed"}),
    ),
    "an active chat about nothing": (
        rows(
            INITIATIVE,
            {
                "chat_sessions": [
                    {
                        "id": "a",
                        "target_type": "task",
                        "target_id": "gone",
                        "initiative_id": "i",
                        "status": "active",
                        **TIMES,
                    }
                ]
            },
        ),
        "chat_sessions.targetId: active chats about what is not there (closed here) 1 (first: chat_sessions:a)",
        at("chat_sessions", "a", {"status": "closed", "target_id": "gone"}),
    ),
    "a message that was responded to by none": (
        {"messages": [message("m", status="responded", updated_at=1_760_000_500)]},
        "messages.status: responded without a response (read here) 1 (first: messages:m)",
        at("messages", "m", {"status": "read"}),
    ),
    "a message of an agent that is gone": (
        {"messages": [message("m", sender_id="gone")]},
        "messages.senderId: rows that are not there 1 (first: messages:m)",
        at("messages", "m", {"sender_id": None}),
    ),
    "a conversation of an agent that is gone": (
        rows(
            AGENT,
            {
                "conversations": [
                    {
                        "id": "c",
                        "from_agent_id": "gone",
                        "to_agent_id": "a",
                        "question": "?",
                        "status": "pending",
                        **TIMES,
                    }
                ]
            },
        ),
        "conversations.fromAgentId: rows that are not there (left out) 1 (first: conversations:c)",
        at("conversations", "c", {}),
    ),
    "a row without an id": (
        {"tasks": [task("t"), {**task("x"), "id": None}]},
        "tasks without an id (left out) 1",
        at("tasks", "t", {"name": "Task t"}),
    ),
    "characters that no database holds": (
        {"tasks": [task("t", name="a\0b", description=b"\xff\xfe")]},
        "tasks.name: characters that no database holds 1 (first: tasks:t)",
        at("tasks", "t", {"name": "a\ufffdb", "description": "\ufffd\ufffd"}),
    ),
    "null where there must be something": (
        {
            "tasks": [
                {"id": "t", "name": None, "status": None, "category": None, "created_at": None, "updated_at": None}
            ]
        },
        "nothing",
        at("tasks", "t", {"name": "", "status": "pending", "category": "execute", "type": "auto"}),
    ),
    "JSON that would come back as something else": (
        rows(INITIATIVE, {"pages": [page("a", content='{"n": 12345678901234567890123, "n": NaN}')]}),
        "nothing",
        at("pages", "a", {"content": {"raw": '{"n": 12345678901234567890123, "n": NaN}'}}),
    ),
    "an id that is longer than an index takes": (
        {"errands": [{"id": "e" * 300, "description": "", "branch": "", "status": "active", **TIMES}]},
        "nothing",
        at("errands", "e" * 300, {"base_branch": "main"}),
    ),
}
