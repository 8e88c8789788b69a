"""Where workledger has what a Codewalkers database has: each column of each table, and each function of its ports."""

from collections.abc import Mapping
from typing import Any

from workledger.adapters.codewalkers.schema import TABLES
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.groups import GROUPS

OURS: dict[str, type[Table]] = {table.NAME: table for group in GROUPS for table in group.tables}

OTHER_NAMES: dict[str, dict[str, str]] = {
    "projects": {"url": "repository_url"},
    "accounts": {"config_json": "config_fingerprint", "credentials": "credentials_fingerprint"},
    "initiative_projects": {"created_at": "linked_at"},
    "tasks": {"name": "title", "order": "plan_order"},
    "agents": {
        "task_id": "agent_runs.task_id",
        "initiative_id": "agent_runs.initiative_id",
        "session_id": "agent_runs.provider_session_id",
        "worktree_id": "agent_runs.worktree_path",
        "account_id": "agent_runs.account_id",
        "status": "status_c",
        **{
            name: f"agent_runs.{name}"
            for name in (*("mode", "pid", "exit_code", "prompt", "output_file_path", "result", "pending_questions"),)
        },
    },
    "agent_log_chunks": {"id": "chunk_id"},
}
"""Columns that are called otherwise here, or are in another table."""


def place(table: str, column: str) -> tuple[str, str]:
    """Our table and column for a column of Codewalkers."""
    name = OTHER_NAMES.get(table, {}).get(column, column)
    other, _, own = name.rpartition(".")
    return other or table, own


def rows(tables: ReadTables, table: str) -> dict[str, dict[str, Any]]:
    """Our rows as those of a Codewalkers table, by their keys."""
    columns = TABLES[table].columns
    needed = {place(table, column)[0] for column in columns}
    of_each: dict[str, dict[str, Mapping[str, Any]]] = {
        one: {_key(table, row, one): row for row in tables.all(OURS[one].table.select())} for one in needed
    }
    found = {}
    for key in of_each[table]:
        places = {column: place(table, column) for column in columns}
        found[key] = {column: of_each[one][key][own] for column, (one, own) in places.items()}
    return found


def _key(table: str, row: Mapping[str, Any], of: str) -> str:
    names = ("id",) if of != table else [place(table, column)[1] for column in TABLES[table].key]
    return " ".join(str(row[name]) for name in names)
