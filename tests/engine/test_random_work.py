"""Random work: tables built batch by batch, rebuilt ones, a slow fold, and the aggregates themselves agree (R1)."""

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workledger
from support.examples import examples
from support.random_commands import Office, Wish
from support.reference_fold import Reference
from support.rows import references_point_to_rows, rows_of
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

WISHES = st.lists(
    st.builds(Wish, *(st.integers(0, 255),) * 3, b=st.integers(0, 4), c=st.integers(0, 7)), min_size=20, max_size=130
)
BATCHES, REBUILT = st.integers(2, 40), st.integers(15, 100)

TABLES: dict[type[Aggregate], str] = {
    Workspace: "workspaces",
    Project: "projects",
    Task: "tasks",
    Agent: "agents",
    AgentRun: "agent_runs",
    Session: "sessions",
    StageRun: "stage_runs",
    WriteOperation: "write_operations",
    Initiative: "initiatives",
    Phase: "phases",
    ReviewComment: "review_comments",
    Page: "pages",
    Proposal: "proposals",
    ChangeSet: "change_sets",
    ChatSession: "chat_sessions",
    Message: "messages",
    Conversation: "conversations",
    Errand: "errands",
    Account: "accounts",
}
NULLED = {
    "agent_runs": {"task_id", "initiative_id", "account_id"},
    "sessions": {"task_id", "agent_id"},
    "write_operations": {"project_id"},
    "proposals": {"change_set_id"},
    "change_sets": {"agent_id"},
    "chat_sessions": {"agent_id"},
    "messages": {"sender_id", "recipient_id", "parent_message_id"},
    "conversations": {"task_id"},
    "errands": {"agent_id"},
}
"""Columns that are set to null when what they point to goes (domain.md 3.5)."""


def dump(ledger: Workledger) -> dict[str, list[Any]]:
    """Every row of every table, as the database has it."""
    with ledger.tables.engine.connect() as connection:
        return {
            table.NAME: sorted(map(repr, connection.exec_driver_sql(f'select * from "{table.NAME}"')))
            for group in GROUPS
            for table in group.tables
        }


def work(ledger: Workledger, wishes: list[Wish], batch: int) -> Office:
    """Fulfil the wishes, and catch up now and then."""
    office = Office(ledger)
    projector = Projector(ledger.store, ledger.tables, GROUPS, batch=batch)
    for number, wish in enumerate(wishes):
        office.fulfil(wish)
        if number % 16 == wish.b:
            projector.catch_up()
    projector.catch_up()
    return office


def nothing_differs_from_a_rebuild(ledger: Workledger, batch: int) -> None:
    """Of all groups in one pass, or of one after the other."""
    before = dump(ledger)
    assert [verify(ledger.store, ledger.tables, group).differences for group in GROUPS] == [[]] * len(GROUPS)
    Rebuild(ledger.store, ledger.tables, GROUPS, batch=batch).run()
    assert dump(ledger) == before
    for group in GROUPS:
        Rebuild(ledger.store, ledger.tables, group, batch=batch + 1).run()
    assert dump(ledger) == before


def nothing_differs_from_a_slow_fold(ledger: Workledger) -> None:
    log = ledger.store.scan(0, 100_000, upto=ledger.head())
    for group in GROUPS:
        assert Reference(group).fold(log).differences(ledger) == []


def as_text(value: Any) -> Any:
    """As events have it."""
    return format_timestamp(value) if isinstance(value, datetime) else value


def logged(name: str) -> set[str]:
    """Columns whose values stay in the log: their rows have positions."""
    table = next(one for group in GROUPS for one in group.tables if name == one.NAME)
    return {column for column, one in table.COLUMNS.items() if one.is_logged}


def rows_say_what_the_aggregates_say(office: Office) -> None:
    for kind, name in TABLES.items():
        rows = {row["id"]: row for row in rows_of(office.ledger, name)}
        assert set(rows) == surviving(office, kind)
        for id, row in rows.items():
            state = office.ledger.get(kind, id)
            expected = state.model_dump(mode="json")
            for column in (set(row) & set(expected)) - {"cost_usd", *logged(name)}:
                nulled = column in NULLED.get(name, ()) and row[column] is None
                assert nulled or as_text(row[column]) == expected[column], (name, id, column)


ABOVE: dict[type[Aggregate], dict[str, type[Aggregate]]] = {
    Task: {
        "project_id": Project,
        "initiative_id": Initiative,
        "phase_id": Phase,
        "parent_task_id": Task,
    },
    AgentRun: {"project_id": Project, "agent_id": Agent},
    Agent: {"project_id": Project},
    Session: {"project_id": Project},
    StageRun: {"project_id": Project},
    Phase: {"initiative_id": Initiative},
    ReviewComment: {"phase_id": Phase, "parent_comment_id": ReviewComment},
    Page: {"initiative_id": Initiative, "parent_page_id": Page},
    Proposal: {"initiative_id": Initiative, "agent_id": Agent},
    ChangeSet: {"initiative_id": Initiative},
    ChatSession: {"initiative_id": Initiative},
    Conversation: {"from_agent_id": Agent, "to_agent_id": Agent},
    Errand: {"project_id": Project},
}
"""What each belongs to: its row goes with that one's (domain.md 3.5)."""


def surviving(office: Office, kind: type[Aggregate]) -> set[str]:
    """What is neither deleted nor below anything that is (domain.md 3.5)."""
    return {id for id in office.ids[kind] if stands(office.ledger, kind, id)}


def stands(ledger: Workledger, kind: type[Aggregate], id: str | None) -> bool:
    if id is None:
        return True
    state: Any = ledger.find_any(kind, id)
    if state is None or state.deleted:
        return False
    return all(stands(ledger, above, getattr(state, field)) for field, above in ABOVE.get(kind, {}).items())


def counts_agree_with_the_lists(ledger: Workledger) -> None:
    """A6, A10 and E4, whatever happened."""
    tasks = [row for row in rows_of(ledger, "tasks") if row["project_id"] and row["status"] != "cancelled"]
    counted = {(row["project_id"], row["board_column"]): row["count"] for row in rows_of(ledger, "task_counts")}
    listed = dict.fromkeys(counted, 0)
    for row in tasks:
        key = (row["project_id"], row["board_column"])
        listed[key] = listed.get(key, 0) + 1
    assert counted == listed
    commits = [row["project_id"] for row in rows_of(ledger, "project_commits")]
    assert {row["id"]: row["commit_count"] for row in rows_of(ledger, "projects")} == {
        row["id"]: commits.count(row["id"]) for row in rows_of(ledger, "projects")
    }


@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(WISHES, BATCHES, REBUILT)
def test_whatever_happens_the_tables_are_what_the_log_says(wishes: list[Wish], batch: int, rebuilt: int) -> None:
    """R1, on SQLite."""
    with workledger.open("memory:") as ledger:
        office = work(ledger, wishes, batch)
        nothing_differs_from_a_slow_fold(ledger)
        nothing_differs_from_a_rebuild(ledger, rebuilt)
        rows_say_what_the_aggregates_say(office)
        counts_agree_with_the_lists(ledger)
        references_point_to_rows(ledger)


@settings(max_examples=examples(3), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_happens_the_tables_are_what_the_log_says_on_postgres(
    postgres_server: Any, data: st.DataObject
) -> None:
    """R1, on PostgreSQL."""
    wishes, batch = data.draw(WISHES), data.draw(BATCHES)
    with postgres_server.database() as url, workledger.open(url) as ledger:
        office = work(ledger, wishes, batch)
        nothing_differs_from_a_slow_fold(ledger)
        nothing_differs_from_a_rebuild(ledger, data.draw(REBUILT))
        rows_say_what_the_aggregates_say(office)
        counts_agree_with_the_lists(ledger)
