"""The types of rows: each table and each query gives, at run time, what type checkers are told."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_type_hints

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from workledger import Workledger, projections
from workledger.domain.account import Account
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.services import proposals as propose
from workledger.domain.services.change_sets import apply, revert
from workledger.domain.services.runs import start_run
from workledger.domain.session_feed import publish
from workledger.domain.task import Task
from workledger.domain.worktree import Worktree
from workledger.projections import (
    accounts,
    agent_logs,
    agent_runs,
    agents,
    change_sets,
    chat_sessions,
    commits,
    conversations,
    errands,
    inbox,
    initiatives,
    messages,
    pages,
    phase_dependencies,
    phases,
    plan,
    proposals,
    review_comments,
    run_models,
    session_feed,
    sessions,
    task_dependencies,
    task_places,
    tasks,
    tool_calls,
    worktrees,
)
from workledger.projections import projects as project_rows
from workledger.projections.engine.statement import Plan
from workledger.projections.engine.tables import ReadTables
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import TaskRow, Tasks

Query = Callable[..., Any]
TABLES = [table for group in GROUPS for table in group.tables]

CALLS: dict[Query, tuple[Any, ...]] = {
    accounts.get: ("acc_1",),
    accounts.of_provider: ("claude",),
    accounts.exhausted: (),
    agent_logs.sessions: ("ann_a",),
    agent_logs.session_count: ("ann_a",),
    agent_logs.chunks: ("ann_a",),
    agent_logs.tail: ("ann_a", 1),
    agent_runs.get: ("run_a",),
    agent_runs.by_provider_session: ("claude-1",),
    agent_runs.of_task: ("leaf_a",),
    agents.get: ("ann_a",),
    agents.by_name: ("Ann", "p_a"),
    agents.by_status: ("idle",),
    change_sets.get: ("chs_a",),
    change_sets.entries: ("chs_a",),
    chat_sessions.get: ("chat_a",),
    chat_sessions.active: ("task", "leaf_a"),
    chat_sessions.active_by_agent: ("ann_a",),
    chat_sessions.messages: ("chat_a",),
    commits.history: ("p_a",),
    commits.count: ("p_a",),
    commits.by_sha: ("p_a", "abc"),
    inbox.counts: (),
    inbox.first: (10,),
    initiatives.get: ("ini_a",),
    initiatives.by_status: ("active",),
    initiatives.find_all: (),
    initiatives.projects_of: ("ini_a",),
    initiatives.of_project: ("p_a",),
    pages.get: ("pag_a",),
    pages.root: ("ini_a",),
    pages.children: ("pag_a",),
    phase_dependencies.dependencies: ("pha_b",),
    phase_dependencies.dependents: ("pha_a",),
    phases.get: ("pha_a",),
    phases.of_initiative: ("ini_a",),
    phases.counts: ("ini_a",),
    phases.task_counts: ("pha_a",),
    plan.initiatives: ("p_a", 10),
    plan.loose_tasks: ("ini_a", 10),
    plan.phases: ("ini_a",),
    plan.tasks: ("pha_a", 10),
    conversations.get: ("conversation_a",),
    conversations.pending_for_agent: ("ann_b",),
    errands.get: ("errand_a",),
    errands.find: ("p_a", "active"),
    messages.get: ("message_a",),
    messages.pending_for_user: (),
    messages.requiring_response: (),
    messages.replies: ("message_a",),
    project_rows.get: ("p_a",),
    project_rows.recent: (),
    proposals.get: ("pro_a",),
    proposals.of_agent: ("ann_a", "accepted"),
    proposals.count: ("ann_a", "accepted"),
    proposals.counts: (),
    review_comments.get: ("rvc_a",),
    review_comments.of_phase: ("pha_a",),
    review_comments.open_on: ("pha_a",),
    run_models.totals: (),
    session_feed.since: ("s_a",),
    sessions.get: ("s_a",),
    sessions.participants: ("s_a",),
    task_dependencies.dependencies: ("other_a",),
    task_dependencies.dependents: ("leaf_a",),
    task_places.before: ("p_a", "backlog", "leaf_a", "mid_a"),
    task_places.count: ("p_a", "backlog", "leaf_a"),
    task_places.neighbours: ("p_a", "backlog", "leaf_a", 1),
    task_places.others: ("p_a", "backlog", "leaf_a"),
    task_places.position: ({"id": "z", "rank": "zz", "board_column": "backlog", "project_id": "p_a"},),
    tasks.get: ("leaf_a",),
    tasks.of_initiative: ("ini_a",),
    tasks.of_parent: ("mid_a",),
    tasks.of_phase: ("pha_a",),
    tasks.board: ("p_a",),
    tasks.column: ("p_a", "backlog"),
    tasks.counts: ("p_a",),
    tasks.counts_in: (),
    tool_calls.of_run: ("run_a",),
    worktrees.get: ("wt_a",),
    worktrees.of_project: ("p_a",),
    worktrees.by_branch: ("p_a", "feature"),
}
"""Every query of the read tables, and what it is asked for."""


@pytest.fixture
def full(office: Workledger) -> Workledger:
    """A ledger in which no table is empty."""
    office.create(Account.create(id="acc_1", email="ann@example.com"))
    office.create(Account.create(id="acc_2", email="bob@example.com"))
    with office.edit(Account, "acc_2") as account:
        account.mark_exhausted()
    with office.unit() as unit:
        start_run(unit, id="run_c", agent_id="ann_b", task_id="leaf_b")
    with office.edit(AgentRun, "run_c") as run:
        run.report_process(provider_session_id="claude-1")
        run.report_turn(turn=1, tokens_in=1, model="opus")
    office.create(Worktree.create(id="wt_a", project_id="p_a", branch="feature", path="/work/feature"))
    planned(office)
    write(office)
    talk(office)
    with office.unit() as unit:
        publish(unit, session_id="s_a", type="said", channel="chunks", data={"text": "Hello"})
        append_chunk(unit, agent_id="ann_a", agent_name="Ann", session_number=1, content="Hello")
    office.catch_up()
    return office


def planned(office: Workledger) -> None:
    """An initiative with two phases, a task and a comment."""
    with office.unit() as unit:
        unit.create(Initiative.create(id="ini_a", name="Sign in", project_ids=("p_a",)))
        for id in ("pha_a", "pha_b"):
            unit.create(Phase.create(id=id, initiative_id="ini_a", name=id, content="{}"))
        unit.edit(Phase, "pha_b").add_dependency(depends_on_phase_id="pha_a")
        unit.create(Task.create(title="Plan it", phase_id="pha_a"))
        line: dict[str, Any] = {"file_path": "x.py", "line_number": 1, "line_type": "added", "body": "Why?"}
        unit.create(ReviewComment.create(id="rvc_a", phase_id="pha_a", **line))


def write(office: Workledger) -> None:
    """Pages, a proposal that was accepted, and a change set that was reverted."""
    with office.unit() as unit:
        unit.create(Page.create(id="pag_a", initiative_id="ini_a", title="Vision", content={"type": "doc"}))
        unit.create(Page.create(initiative_id="ini_a", title="Parser", parent_page_id="pag_a"))
        about: dict[str, Any] = {"agent_id": "ann_a", "initiative_id": "ini_a", "target_type": "page"}
        unit.create(Proposal.create(id="pro_a", title="Lexer", content="By hand.", metadata={"x": 1}, **about))
        propose.accept(unit, "pro_a", by="user:ann")
    with office.unit() as unit:
        unit.create(Page.create(id="pag_b", initiative_id="ini_a", title="Draft", parent_page_id="pag_a"))
        delete: dict[str, Any] = {"action": "delete", "target_type": "page", "target_id": "pag_b"}
        rename = {"action": "update", "target_type": "page", "target_id": "pag_a", "values": {"title": "Goal"}}
        apply(unit, id="chs_a", initiative_id="ini_a", agent_id="ann_a", changes=[delete, rename])
    with office.unit() as unit:
        revert(unit, office, "chs_a", by="user:ann")


def talk(office: Workledger) -> None:
    """A chat, a question to another agent, a reply to one that waits for the user, and an errand."""
    office.create(ChatSession.create(id="chat_a", target_type="task", target_id="leaf_a", agent_id="ann_a"))
    with office.edit(ChatSession, "chat_a") as chat:
        chat.post_message(role="user", content="Shorter, please.")
    office.create(Conversation.create(id="conversation_a", from_agent_id="ann_a", to_agent_id="ann_b", question="Why?"))
    to_user: dict[str, Any] = {"sender_type": "agent", "sender_id": "ann_a", "recipient_type": "user", "content": "?"}
    office.create(Message.create(id="message_a", **to_user, requires_response=True))
    office.create(Message.create(**to_user, parent_message_id="message_a"))
    office.create(Errand.create(id="errand_a", description="Fix it", branch="b", project_id="p_a"))


def queries() -> Iterator[Query]:
    """The public functions of projections that read tables."""
    for found in iter_modules(projections.__path__):
        module = import_module(f"workledger.projections.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            public = function.__module__ == module.__name__ and not name.startswith("_")
            if public and ReadTables in get_type_hints(function).values():
                yield function


def test_the_rows_of_every_table_are_of_the_type_it_declares(full: Workledger) -> None:
    for table in TABLES:
        rows = full.tables.all(table.table.select(), table.ROW)
        assert rows, f"{table.NAME} is empty"
        TypeAdapter(list[table.ROW]).validate_python(rows, strict=True)  # type: ignore[name-defined]


def test_every_query_gives_what_its_signature_says(full: Workledger) -> None:
    for query, given in CALLS.items():
        told = get_type_hints(query)["return"]
        found = query(full.tables, *given)
        assert found, query.__qualname__
        TypeAdapter(told).validate_python(found, strict=True)


def test_a_query_that_was_asked_before_is_not_compiled_again(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [query(full.tables, *given) for query, given in CALLS.items()]
    for kind, work in ((Plan, "__init__"), (ReadTables, "_read")):
        monkeypatch.setattr(kind, work, lambda *_, **__: pytest.fail("a query is built when it is asked"))
    assert [query(full.tables, *given) for query, given in CALLS.items()] == before


def test_every_query_is_tried_here_and_none_gives_rows_of_no_type() -> None:
    assert set(queries()) == set(CALLS)
    for query in CALLS:
        assert "dict[str, typing.Any]" not in str(inspect.signature(query))


def test_a_row_may_be_the_model_of_a_response() -> None:
    """Proves that FastAPI takes it, on Python 3.11 too: it fails when TableRow comes from `typing` there."""
    schema = TypeAdapter(TaskRow).json_schema()
    assert schema["properties"]["title"] == {"title": "Title", "type": "string"}
    assert {"status", "cost_usd", "last_position"} <= set(schema["required"])


def test_a_query_that_selects_other_columns_than_its_row_has_is_refused(full: Workledger) -> None:
    with pytest.raises(TypeError, match="TaskRow is not what is selected: id, title"):
        full.tables.all(sa.select(Tasks.c.id, Tasks.c.title), TaskRow)
    with pytest.raises(TypeError, match="TaskRow"):
        full.tables.first(tasks.ALL_CARDS, TaskRow)
