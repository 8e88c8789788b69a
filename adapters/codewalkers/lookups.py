"""What rows need to know of rows of other tables: how many belong to them, the last of them."""

from workledger.adapters.codewalkers.database import Database

LOOKUPS = {
    "links": """
        select {initiative_projects.initiative_id}, count(*) from {initiative_projects} group by 1
    """,
    "sessions": """
        select {agent_log_chunks.agent_id}, max({agent_log_chunks.session_number}) from {agent_log_chunks} group by 1
    """,
    "said": """
        select {chat_messages.chat_session_id}, count(*) from {chat_messages} group by 1
    """,
    "later_chat": """
        select {t.chat_sessions.id}, 1 from {chat_sessions} t join {chat_sessions} l
        on {l.chat_sessions.target_type} = {t.chat_sessions.target_type}
        and {l.chat_sessions.target_id} = {t.chat_sessions.target_id} and {l.chat_sessions.status} = 'active'
        and ({l.chat_sessions.created_at}, {l.chat_sessions.id}) > ({t.chat_sessions.created_at}, {t.chat_sessions.id})
        where {t.chat_sessions.status} = 'active' group by 1
    """,
    "target": """
        select {t.chat_sessions.id}, 1 from {chat_sessions} t
        where {t.chat_sessions.target_type} = 'task' and {t.chat_sessions.target_id} in (select {tasks.id} from {tasks})
        or {t.chat_sessions.target_type} = 'phase' and {t.chat_sessions.target_id} in (select {phases.id} from {phases})
    """,
    "response_id": """
        select {messages.parent_message_id}, min({messages.id}) from {messages}
        where {messages.type} = 'response' and {messages.id} <> {messages.parent_message_id} group by 1
    """,
    "task_updated_at": """
        select {a.agents.id}, {t.tasks.updated_at} from {agents} a join {tasks} t on {t.tasks.id} = {a.agents.task_id}
        where {t.tasks.status} = 'in_progress' and {a.agents.status} in ('running', 'waiting_for_input')
    """,
    "initiative_updated_at": """
        select {l.initiative_projects.initiative_id} || ' ' || {l.initiative_projects.project_id},
        {i.initiatives.updated_at}
        from {initiative_projects} l join {initiatives} i on {i.initiatives.id} = {l.initiative_projects.initiative_id}
    """,
    "phase_updated_at": """
        select {d.phase_dependencies.phase_id} || ' ' || {d.phase_dependencies.depends_on_phase_id},
        {p.phases.updated_at}
        from {phase_dependencies} d join {phases} p on {p.phases.id} = {d.phase_dependencies.phase_id}
    """,
    "dependent_updated_at": """
        select {d.task_dependencies.task_id} || ' ' || {d.task_dependencies.depends_on_task_id}, {t.tasks.updated_at}
        from {task_dependencies} d join {tasks} t on {t.tasks.id} = {d.task_dependencies.task_id}
    """,
}
COUNTED = frozenset(("links", "said"))
"""Those that tell that a row was touched, as what belongs to it is more than it was."""

"""What is looked up, by name: SQL for keys of rows and values for them. Names of tables and columns stand in braces."""


def look_up(database: Database, name: str) -> None:
    """Fill the table `temp.{name}` with the keys and values, unless it was filled before."""
    database.remember(name, "key primary key, value", database.named(LOOKUPS[name]))
