"""A redaction of a ledger: secrets that were stored before leave the log and all that was made of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import workledger
from support.stores import append, happened
from workledger import Workledger
from workledger.adapters.erasing import redactor
from workledger.adapters.erasing.redactor import RedactionUnderWay, look, redact_ledger
from workledger.adapters.redaction import GONE, redact_secrets
from workledger.adapters.redaction.structures import JSON
from workledger.domain.agent_log import append_chunk
from workledger.domain.kernel import appender
from workledger.domain.kernel.envelope import Row
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.domain.task import Task
from workledger.projections import projects, tasks
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import held_leases, leases
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.state.dead_letters import add as add_dead_letters
from workledger.projections.engine.state.dead_letters import find as find_dead_letters

TOKEN = "ghp" + "_" + "aB3dE5fG7h" * 4
"""Of a kind that nobody gave out."""


@pytest.fixture(autouse=True)
def snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few events are enough for one."""
    monkeypatch.setattr(appender, "SNAPSHOT_EVERY", 3)


@pytest.fixture
def ledger(database_ledger: Workledger) -> Workledger:
    """With a token in a project's name and address, in a task, and split over two chunks of a log."""
    fill(database_ledger)
    return database_ledger


def fill(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        created = ProjectCreated(name=f"board {TOKEN}", repository_url=f"https://{TOKEN}@example.com/a/b")
        project = unit.record(Project, "prj_1", [created])
        task = unit.create(
            Task.create(id="tsk_1", project_id=project.id, title="Use the password", description=f"it is {TOKEN}.")
        )
        for content in (f"it is {TOKEN[:20]}", f"{TOKEN[20:]} now", "and nothing else"):
            append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=content)
    for number in range(5):
        with ledger.unit() as unit:
            unit.edit(Task, task.id).change_details(title=f"Use the password {number}")
    ledger.catch_up()
    rebuild_once(ledger)


def rebuild_once(ledger: Workledger) -> None:
    """So that there are tables from before."""
    redactor.Rebuild(ledger.store, ledger.tables, ledger.groups).run()


def everything(ledger: Workledger) -> str:
    """All that all tables hold, as text."""
    found = sa.MetaData()
    with ledger.tables.engine.connect() as connection:
        found.reflect(connection)
        rows = [row for table in found.sorted_tables for row in connection.execute(table.select()).fetchall()]
    return "\n".join(
        bytes(one).decode() if isinstance(one, bytes | memoryview) else str(one) for row in rows for one in row
    )


def frames(rows: list[Row]) -> list[tuple[Any, ...]]:
    """All of the events but their payloads."""
    return [row._replace(data="")[:] for row in rows]


def test_what_was_stored_before_is_gone_from_every_table(ledger: Workledger) -> None:
    before = list(ledger.read(limit=10_000))
    assert TOKEN in everything(ledger)
    outcome = redact_ledger(ledger)
    assert (outcome.events, outcome.upto) == (4, before[-1].position)
    left = everything(ledger)
    assert not [piece for piece in (TOKEN, TOKEN[:20], TOKEN[20:]) if piece in left]
    after = list(ledger.read(limit=10_000))
    assert frames(after[: len(before)]) == frames(before)
    assert [row.topic for row in after[len(before) :]] == ["redaction.begun", "redaction.finished"]
    changed = [row.position for row, old in zip(after, before, strict=False) if row.data != old.data]
    assert changed == [at for at, _, _ in outcome.places]


def test_the_tables_agree_with_the_log_and_aggregates_with_their_events(ledger: Workledger) -> None:
    redact_ledger(ledger)
    for group in ledger.groups:
        assert not verify(ledger.store, ledger.tables, group).differences
    task = tasks.get(ledger.tables, "tsk_1")
    assert task
    assert (task["title"], task["description"]) == ("Use the password 4", f"it is {GONE}.")
    assert ledger.get(Task, "tsk_1").description == f"it is {GONE}."
    assert ledger.get(Task, "tsk_1", version=1).description == f"it is {GONE}."
    project = projects.get(ledger.tables, "prj_1")
    assert project
    assert (project["name"], project["repository_url"]) == (f"board {GONE}", f"https://{GONE}@example.com/a/b")


def test_names_and_addresses_that_were_redacted_are_still_taken_and_can_be_given_up(ledger: Workledger) -> None:
    redact_ledger(ledger)
    with pytest.raises(workledger.Refused, match="called"), ledger.unit() as unit:
        unit.create(Project.create(name=f"board {GONE}"))
    with ledger.unit() as unit:
        unit.edit(Project, "prj_1").change_details(name="other")
    with ledger.unit() as unit:
        unit.create(Project.create(name=f"board {GONE}"))


def test_what_could_not_be_read_is_redacted_too_and_so_is_the_error_about_it(file: Path) -> None:
    """The event is set aside as a dead letter, whose error quotes the payload."""
    with workledger.open(f"sqlite:///{file}") as ledger:
        poison = {"topic": "task.details_changed", "state": f'{{"title": 7, "it is {TOKEN}'.encode()}
        append(ledger.store, happened("task-tsk_1", **poison))
        ledger.catch_up()
        with ledger.tables.writing() as connection:
            of_policy = DeadLetter("policy", 1, "task-tsk_1", "task.details_changed", f"ValueError: {TOKEN}", 1)
            add_dead_letters(connection, [of_policy])
        assert redact_ledger(ledger).events == 5
        assert TOKEN not in everything(ledger)
        with ledger.tables.engine.connect() as connection:
            assert {"board", "policy"} <= {letter.name for letter in find_dead_letters(connection)}


def test_looking_changes_nothing_and_shows_no_secret(ledger: Workledger) -> None:
    before = everything(ledger)
    outcome = look(ledger)
    assert [(topic, names) for _, topic, names in outcome.places] == [
        ("project.created", ("name", "repository_url")),
        ("task.created", ("description",)),
        ("agent_log.chunk_appended", ("content",)),
        ("agent_log.chunk_appended", ("content",)),
    ]
    assert TOKEN not in str(outcome)
    assert everything(ledger) == before


def test_a_second_pass_finds_nothing(ledger: Workledger) -> None:
    redact_ledger(ledger)
    assert redact_ledger(ledger).events == 0


class Stop(Exception):
    pass


@pytest.mark.parametrize("texts", [2, 6, 20])
def test_what_was_interrupted_goes_on_where_it_was(ledger: Workledger, monkeypatch: Any, texts: int) -> None:
    """By an error in the middle; each event is counted once, and one pair of events tells of it."""
    monkeypatch.setattr(redactor, "PAGE", 2)
    seen = 0

    def stopping(value: JSON) -> JSON:
        nonlocal seen
        seen += 1
        if seen == texts:
            raise Stop
        return redact_secrets(value)

    with pytest.raises(Stop):
        redact_ledger(ledger, redact=stopping)
    outcome = redact_ledger(ledger)
    assert outcome.events == 4
    assert TOKEN not in everything(ledger)
    told = [row.topic for row in ledger.read(limit=10_000) if row.topic.startswith("redaction.")]
    assert told == ["redaction.begun", "redaction.finished"]


def test_of_two_at_once_one_is_refused(ledger: Workledger) -> None:
    with held_leases.hold(ledger.tables, {redactor.LEASE}, leases.new_owner()) as held:
        assert held
        with pytest.raises(RedactionUnderWay):
            redact_ledger(ledger)


def test_a_page_that_another_process_has_rewritten_is_not_counted_again(ledger: Workledger) -> None:
    """The lease may be lost while a process hangs; the progress is what counts."""
    done = False

    def other_first(value: JSON) -> JSON:
        nonlocal done
        if not done:
            done = True
            with ledger.tables.writing() as connection:
                connection.execute(sa.text("update workledger set value = '{}' where key = 'redacting'"))
        return redact_secrets(value)

    with pytest.raises(RedactionUnderWay):
        redact_ledger(ledger, redact=other_first)
    assert TOKEN in everything(ledger)


def test_appends_go_on_meanwhile(ledger: Workledger) -> None:
    """What is appended after the beginning is not looked at, and not lost."""
    appended = 0

    def appending(value: JSON) -> JSON:
        nonlocal appended
        if appended < 20:
            appended += 1
            with ledger.unit() as unit:
                append_chunk(unit, agent_id="agt_2", agent_name="bob", session_number=1, content=f"chunk {appended}")
        return redact_secrets(value)

    redact_ledger(ledger, redact=appending)
    ledger.catch_up()
    chunks = [row for row in ledger.read(limit=10_000) if row.stream_id == "agent_log-agt_2:1"]
    assert [row.version for row in chunks] == list(range(1, 21))
    for group in ledger.groups:
        assert not verify(ledger.store, ledger.tables, group).differences


@pytest.fixture
def file(sqlite_store_url: str) -> Path:
    with workledger.open(sqlite_store_url) as ledger:
        fill(ledger)
    return Path(sqlite_store_url.removeprefix("sqlite:///"))


def stored(file: Path) -> bytes:
    """All bytes of the database's files."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def test_no_byte_of_it_is_left_in_the_files_of_sqlite(file: Path) -> None:
    with workledger.open(f"sqlite:///{file}") as serving:
        tasks.get(serving.tables, "tsk_1")
        with workledger.open(f"sqlite:///{file}") as ledger:
            assert TOKEN.encode() in stored(file)
            assert redact_ledger(ledger).emptied
            assert TOKEN[:20].encode() not in stored(file)
            assert TOKEN[20:].encode() not in stored(file)


KILLED = """
import sys, time, workledger
from workledger.adapters.erasing import redactor
from workledger.adapters.redaction import redact_secrets
from workledger.projections.engine.state import leases
redactor.PAGE, leases.SECONDS = 1, 0.5
def slowly(value):
    print(".", flush=True)
    time.sleep(0.02)
    return redact_secrets(value)
with workledger.open(sys.argv[1]) as ledger:
    redactor.redact_ledger(ledger, redact=slowly)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise here")
@pytest.mark.parametrize("lines", [3, 9])
def test_a_kill_in_the_middle_loses_nothing(file: Path, monkeypatch: Any, lines: int) -> None:
    url = f"sqlite:///{file}"
    with workledger.open(url) as ledger:
        before = frames(list(ledger.read(limit=10_000)))
    process = subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE)
    assert process.stdout
    for _ in range(lines):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    monkeypatch.setattr(leases, "SECONDS", 0.1)
    with workledger.open(url) as ledger:
        began = time.monotonic()
        assert redact_ledger(ledger).events == 4
        assert time.monotonic() - began < 60
        assert frames(list(ledger.read(limit=10_000)))[: len(before)] == before
        for group in ledger.groups:
            assert not verify(ledger.store, ledger.tables, group).differences
    assert TOKEN[:20].encode() not in stored(file)
