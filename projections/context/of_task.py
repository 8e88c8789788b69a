"""What the context of a task is made of: pages and phase, the work it builds on, and its chat (domain.md 3.8)."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from workledger.projections import tasks
from workledger.projections.chat_sessions import ChatMessages, ChatSessions
from workledger.projections.context.entries import Part, Sources, missing
from workledger.projections.context.plan import content_of_phase, pages_of
from workledger.projections.engine.narrowing import among
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.tables import ReadTables
from workledger.projections.task_dependencies import TaskDependencies
from workledger.projections.tasks import TaskRow, Tasks

LEVELS = 10
"""How far dependencies of dependencies are followed."""

MOST = 200
"""Tasks whose summaries are looked up."""

PAGE = 50
"""Messages read at a time."""


_EDGE = TaskDependencies.c
NEXT = Statement(
    sa.select(
        _EDGE.depends_on_task_id.label("id"),
        *(Tasks.c[name] for name in ("title", "status", "summary", "completed_at")),
    )
    .distinct()
    .select_from(TaskDependencies.table.outerjoin(Tasks.table, Tasks.c.id == _EDGE.depends_on_task_id))
    .where(among(_EDGE.task_id, "ahead"))
    .order_by(_EDGE.depends_on_task_id)
)
_CHAT = ChatMessages.table.join(ChatSessions.table, ChatSessions.c.id == ChatMessages.c.chat_session_id)
_OF_TASK = sa.and_(ChatSessions.c.target_type == "task", ChatSessions.c.target_id == sa.bindparam("id"))
MESSAGE_COUNT = Statement(sa.select(sa.func.count().label("messages")).select_from(_CHAT).where(_OF_TASK))
NEWEST_MESSAGES = Statement(
    sa.select(ChatMessages.table)
    .select_from(_CHAT)
    .where(_OF_TASK, ChatMessages.c.position < sa.bindparam("before"))
    .order_by(ChatMessages.c.position.desc())
    .limit(PAGE)
)


def of_task(tables: ReadTables, id: str) -> Sources | None:
    """What a task's context is made of; None when there is no such task."""
    task = tasks.get(tables, id)
    if task is None:
        return None
    counted = tables.run_first(MESSAGE_COUNT, id=id)
    return Sources(
        persistent=_plan(tables, task),
        summaries=_summaries(tables, id),
        newest=_newest_messages(tables, id),
        messages=counted["messages"] if counted else 0,
        silence=missing("missing: messages: nobody has talked about this task"),
    )


def _plan(tables: ReadTables, task: TaskRow) -> list[Part]:
    content, of_phase = content_of_phase(tables, task["phase_id"])
    initiative_id = task["initiative_id"] or of_phase
    pages = pages_of(tables, initiative_id) if initiative_id else []
    return [*pages, *content] or [missing("missing: pages: this task belongs to no initiative")]


def _summaries(tables: ReadTables, id: str) -> list[Part]:
    """What the tasks before it have found, in the order in which they were done; then those that are missing."""
    found, more = _before(tables, id)
    done = [one for one in found if one["status"] == "completed"]
    done.sort(key=lambda one: (one["completed_at"], one["id"]))
    parts = [_summary(one) for one in (*done, *(one for one in found if one["status"] != "completed"))]
    if more:
        parts.append(missing(f"further tasks that it depends on: only {MOST} are looked up, and {LEVELS} levels"))
    return parts or [missing("missing: summaries: this task depends on no other")]


def _summary(task: dict[str, Any]) -> Part:
    name = f"{task['title']} ({task['id']})" if task["title"] else task["id"]
    if task["status"] == "completed" and task["summary"]:
        return Part("summary", task["summary"], task["id"], task["title"], at=task["completed_at"])
    reason = {
        None: "there is no such task",
        "completed": "it is done, but has none",
        "cancelled": "it was dropped",
    }.get(task["status"], "it is not done yet")
    return missing(f"missing: the summary of {name}: {reason}", task["id"], task["title"])


def _before(tables: ReadTables, id: str) -> tuple[list[dict[str, Any]], bool]:
    """The tasks that it depends on, directly or not, the nearest first; whether there are more than are looked up."""
    found: dict[str, dict[str, Any]] = {}
    ahead = [id]
    for level in range(LEVELS + 1):
        new = [row for row in tables.run(NEXT, ahead=ahead) if row["id"] != id and row["id"] not in found]
        if not new:
            return [*found.values()], False
        if level == LEVELS:
            break
        room = MOST - len(found)
        found |= {row["id"]: row for row in new[:room]}
        if len(new) > room:
            break
        ahead = [row["id"] for row in new]
    return [*found.values()], True


def _newest_messages(tables: ReadTables, id: str) -> Iterator[Part]:
    """What was said in its chats, newest first; a page at a time, as long as more are asked for."""
    before = 2**63 - 1
    while rows := tables.run(NEWEST_MESSAGES, id=id, before=before):
        for row in rows:
            if row["content"] is None:
                yield missing(f"missing: a message of the {row['role']}, which was erased", row["id"])
            else:
                yield Part("message", row["content"], row["id"], role=row["role"], at=row["created_at"])
        before = rows[-1]["position"]
