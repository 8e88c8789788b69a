"""A Codewalkers database is imported again, after it has changed, while it is used, and after an import was killed."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.codewalkers_database import Codewalkers
from support.codewalkers_filling import Size, make
from support.codewalkers_rows import assert_same
from workledger.adapters.codewalkers.importer import import_codewalkers
from workledger.adapters.codewalkers.schema import TABLES
from workledger.domain.phase import Phase
from workledger.domain.services.retention import purge_agent_log
from workledger.domain.task import Task

SMALL = Size(initiatives=2, phases=6, tasks=7)


@pytest.fixture
def database(tmp_path: Path) -> Codewalkers:
    return make(tmp_path / "cw.db", SMALL)


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def test_importing_again_adds_nothing(memory: workledger.Workledger, database: Codewalkers, tmp_path: Path) -> None:
    import_codewalkers(memory, database.path)
    head = memory.head()
    report = import_codewalkers(memory, database.path)
    assert memory.head() == head
    assert not report.imported.total()
    copy = tmp_path / "a copy.db"
    copy.write_bytes(database.path.read_bytes())
    import_codewalkers(memory, copy)
    assert memory.head() == head, "wherever the file is"


CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a project": ("projects", "prj1", {"name": "store", "default_branch": "next", "last_fetched_at": 1_761_000_000}),
    "an account": ("accounts", "acc0", {"is_exhausted": 1, "exhausted_until": 1_761_000_000, "sort_order": 9}),
    "the use of an account": (
        "accounts",
        "acc1",
        {"is_exhausted": 0, "exhausted_until": None, "last_used_at": 1_761_000_000},
    ),
    "the credentials of an account": ("accounts", "acc1", {"credentials": '{"token": "another"}', "config_json": None}),
    "an initiative": ("initiatives", "ini0", {"name": "Another goal", "branch": "cw/x", "status": "archived"}),
    "a phase": ("phases", "pha0-4", {"name": "Other", "content": '{"type": "doc"}'}),
    "a phase that is opened again": ("phases", "pha0-0", {"status": "in_progress"}),
    "a phase that is blocked": ("phases", "pha0-2", {"status": "blocked", "merge_base": "abc"}),
    "a phase that goes on": ("phases", "pha0-3", {"status": "in_progress"}),
    "a phase that is sent back": ("phases", "pha0-1", {"status": "in_progress"}),
    "a task": (
        "tasks",
        "pha0-4-0",
        {"name": "Other", "description": "x", "category": "merge", "priority": "high", "order": 40},
    ),
    "a task that is done": ("tasks", "pha0-4-6", {"status": "completed", "summary": "Found it"}),
    "a task that is begun": ("tasks", "pha0-4-0", {"status": "in_progress"}),
    "a task that is given back": ("tasks", "pha0-4-6", {"status": "pending"}),
    "a task that is opened again": ("tasks", "pha0-4-3", {"status": "pending", "summary": None}),
    "a task that is blocked": ("tasks", "pha0-4-6", {"status": "blocked", "retry_count": 3}),
    "a task that is unblocked": ("tasks", "pha0-4-1", {"status": "pending"}),
    "the retries of a task": ("tasks", "pha0-4-3", {"retry_count": 0}),
    "the phase of a task": ("tasks", "pha0-4-4", {"phase_id": "pha0-5"}),
    "an agent that goes on": (
        "agents",
        "agt0",
        {"status": "running", "pid": 77, "session_id": "5e55-new", "exit_code": None},
    ),
    "an agent that ends": ("agents", "agt2", {"status": "idle", "result": '{"summary": "done"}', "exit_code": 0}),
    "an agent that asks": ("agents", "agt2", {"status": "waiting_for_input", "pending_questions": '[{"id": "q"}]'}),
    "an agent that is answered": ("agents", "agt4", {"status": "running", "pending_questions": None}),
    "an agent that crashes": ("agents", "agt2", {"status": "crashed", "exit_code": 9, "name": "new-name"}),
    "another account of an agent": ("agents", "agt2", {"account_id": "acc3"}),
    "a page": ("pages", "pag0-2", {"title": "Other", "content": None, "parent_page_id": "pag0-1", "sort_order": 7}),
    "a proposal": ("proposals", "pro0-0", {"status": "accepted"}),
    "a message": ("messages", "msg0-3", {"status": "read"}),
    "a conversation": ("conversations", "cnv0-0", {"status": "answered", "answer": "Yes."}),
    "a chat": ("chat_sessions", "cht0-2", {"status": "closed", "agent_id": None}),
    "an errand": ("errands", "errand 0/0", {"status": "merged", "agent_id": "agt0"}),
    "an errand that is sent back": ("errands", "errand 0/1", {"status": "active", "agent_id": None}),
    "a review comment": ("review_comments", "rvc-pha0-0-1", {"body": "Oh", "resolved": 0}),
}


def rounds() -> list[list[str]]:
    """The changes, so that no two of one round are of one row."""
    found: list[list[str]] = []
    for name, (table, id, _) in CHANGES.items():
        free = (one for one in found if (table, id) not in [CHANGES[other][:2] for other in one])
        one = next(free, None)
        if one is None:
            found.append(one := [])
        one.append(name)
    return found


def test_what_has_changed_there_is_brought_in(memory: workledger.Workledger, database: Codewalkers) -> None:
    import_codewalkers(memory, database.path)
    for number, names in enumerate(rounds()):
        for table, id, values in map(CHANGES.__getitem__, names):
            database.update(table, id, **values, updated_at=1_761_000_100 + number)
        report = import_codewalkers(memory, database.path)
        assert report.left_out.keys() == {"rows that have not changed", "log chunks imported before"}, report
        assert report.imported.total() == len(names), report
        memory.catch_up()
        for table in TABLES:
            assert_same(memory, database, table)
        head = memory.head()
        import_codewalkers(memory, database.path)
        assert memory.head() == head


def test_a_change_that_no_command_makes_is_named(memory: workledger.Workledger, database: Codewalkers) -> None:
    import_codewalkers(memory, database.path)
    database.update("messages", "msg0-3", content="Something else", updated_at=1_761_000_000)
    database.update("phases", "pha0-0", status="pending", updated_at=1_761_000_000)
    database.update("phases", "pha0-4", name="Begun", status="in_progress", updated_at=1_761_000_000)
    said = str(import_codewalkers(memory, database.path))
    assert "messages.content: changes that no command makes 1 (first: messages:msg0-3)" in said
    assert "phases.status: changes that no command makes 1 (first: phases:pha0-0)" in said
    waits = "phases.status: in_progress before the phases that it waits for (as it was here) 1 (first: phases:pha0-4)"
    assert waits in said
    assert memory.get(Phase, "pha0-4").name == "Begun"


def test_new_rows_come_in_alone(memory: workledger.Workledger, database: Codewalkers) -> None:
    import_codewalkers(memory, database.path)
    head = memory.head()
    at = {"created_at": 1_761_000_000, "updated_at": 1_761_000_000}
    database.insert("tasks", {"id": "new", "name": "New", "phase_id": "pha0-4", "initiative_id": "ini0", **at})
    database.insert("task_dependencies", {"task_id": "new", "depends_on_task_id": "pha0-4-0"})
    database.insert(
        "chat_messages",
        {"id": "m", "chat_session_id": "cht0-2", "role": "user", "content": "And?", "created_at": at["created_at"]},
    )
    database.update("chat_sessions", "cht0-2", updated_at=at["updated_at"])
    database.insert(
        "agent_log_chunks",
        {
            "id": "c",
            "agent_id": "agt0",
            "agent_name": "x",
            "session_number": 1,
            "content": "more",
            "created_at": 1_761_000_000,
        },
    )
    report = import_codewalkers(memory, database.path)
    assert dict(report.imported) == {
        "tasks": 1,
        "dependencies of tasks": 1,
        "chat messages": 1,
        "changed chats": 1,
        "log chunks": 1,
    }
    assert memory.head() - head < 12
    memory.catch_up()
    for table in TABLES:
        assert_same(memory, database, table)


def test_rows_that_are_gone_there_stay_and_are_named(memory: workledger.Workledger, database: Codewalkers) -> None:
    import_codewalkers(memory, database.path)
    other = make(database.path.with_name("other.db"), Size(initiatives=1, phases=1, tasks=1))
    with database.connection() as connection:
        connection.execute("delete from tasks where id = 'pha0-4-0'")
        connection.execute("delete from initiative_projects")
    said = str(import_codewalkers(memory, database.path))
    assert memory.get(Task, "pha0-4-0").title == "Task 0 of pha0-4"
    assert "tasks that are there no more (they stay here) 2 (first: tasks:pha0-4-0)" in said
    assert "links to projects that are there no more (they stay here) 1 (first: initiative_projects:ini1 prj0)" in said
    assert "there no more" not in str(import_codewalkers(memory, other.path)), "it never had them"


def test_what_was_done_here_stays(memory: workledger.Workledger, database: Codewalkers) -> None:
    import_codewalkers(memory, database.path)
    with memory.edit(Task, "pha0-4-0") as task:
        task.change_details(title="Named here")
    with memory.edit(Task, "pha0-5-0") as task:
        task.delete()
    purge_agent_log(memory, agent_id="agt0", session_number=1)
    database.update("tasks", "pha0-4-0", description="Written there", updated_at=1_761_000_000)
    database.update("tasks", "pha0-5-0", name="Too late", updated_at=1_761_000_000)
    said = str(import_codewalkers(memory, database.path))
    task = memory.get(Task, "pha0-4-0")
    assert (task.title, task.description) == ("Named here", "Written there")
    assert memory.find(Task, "pha0-5-0") is None
    assert "tasks that were deleted here 1 (first: tasks:pha0-5-0)" in said
    assert "log chunks of logs that were purged here" in said


def test_a_database_in_use_is_read_as_it_is_at_one_moment(memory: workledger.Workledger, database: Codewalkers) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as codewalkers:
        codewalkers.execute("pragma journal_mode = wal")
        codewalkers.execute(
            "insert into tasks (id, name, created_at, updated_at) values ('late', 'Late', 1760000000, 1760000000)"
        )
        before = sorted(path.name for path in database.path.parent.iterdir())

        def write(done: int, total: int, note: str) -> None:
            codewalkers.execute("update tasks set name = name || '!'")

        import_codewalkers(memory, database.path, progress=write)
        assert sorted(path.name for path in database.path.parent.iterdir()) == before
    assert memory.get(Task, "late").title == "Late"
    assert memory.get(Task, "pha0-4-0").title == "Task 0 of pha0-4"


def test_nothing_is_written_to_the_database(memory: workledger.Workledger, database: Codewalkers) -> None:
    before = database.path.read_bytes()
    import_codewalkers(memory, database.path)
    assert database.path.read_bytes() == before
    assert [path.name for path in database.path.parent.iterdir()] == [database.path.name]


KILLED = """
import os, signal, sys
import workledger
from workledger.adapters.codewalkers.importer import import_codewalkers

def progress(done, total, note):
    if done > total * float(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

with workledger.open(sys.argv[1]) as ledger:
    import_codewalkers(ledger, sys.argv[2], progress=progress)
"""


def test_a_killed_import_is_resumed(tmp_path: Path) -> None:
    database = make(tmp_path / "cw.db", Size(initiatives=2, phases=6, tasks=9))
    url = f"sqlite:///{tmp_path}/work.db"
    for part in ("0.2", "0.6", "0.9"):
        killed = subprocess.run([sys.executable, "-c", KILLED, url, str(database.path), part], check=False)
        assert killed.returncode == -signal.SIGKILL
    with workledger.open(url) as ledger, workledger.open("memory:") as other:
        import_codewalkers(ledger, database.path)
        import_codewalkers(other, database.path)
        assert sorted(_told(ledger)) == sorted(_told(other))
        ledger.catch_up()
        for table in TABLES:
            assert_same(ledger, database, table)


def _told(ledger: workledger.Workledger) -> Iterator[tuple[str, int, str, str, str]]:
    """All events but those that say which rows came in together."""
    for row in ledger.read(limit=100_000):
        if not row.topic.startswith("imported_rows."):
            yield row.stream_id, row.version, row.topic, row.at, row.data
