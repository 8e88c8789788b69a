"""A ledger with a redaction: what is recorded has no secret, whoever records it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.redaction import GONE, redact_secrets
from workledger.domain.agent_log import append_chunk
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.session_feed import publish
from workledger.domain.task import Task
from workledger.projections import projects

TOKEN = "ghp" + "_" + "aB3dE5fG7h" * 4


@pytest.fixture
def ledger(sqlite_store_url: str) -> Iterator[Workledger]:
    with workledger.open(sqlite_store_url, redact=redact_secrets, project="inline") as ledger:
        yield ledger


def data(ledger: Workledger) -> str:
    return "\n".join(row.data for row in ledger.read())


def test_chunks_feeds_and_texts_have_none(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        project = unit.create(Project.create(name="board", url=f"https://{TOKEN}@example.com/a"))
        unit.create(Task.create(project_id=project.id, title="Rotate", description=f"DB_PASSWORD={TOKEN[4:14]}"))
        session = unit.create(Session.create(project_id=project.id))
        append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=f'{{"text":"{TOKEN}"}}')
        publish(unit, session_id=session.id, channel="chunks", type="text", data={"env": {"TOKEN": TOKEN}})
    stored = data(ledger)
    assert TOKEN not in stored
    assert stored.count(GONE) == 4
    shown = projects.get(ledger.tables, project.id)
    assert shown
    assert shown["repository_url"] == f"https://{GONE}@example.com/a"
    assert ledger.holders(f"project_url:https://{GONE}@example.com/a") == [Project.stream(project.id)]


def test_a_token_that_is_split_over_chunks_is_gone(ledger: Workledger) -> None:
    for content in (f"it is {TOKEN[:17]}", f"{TOKEN[17:]} now", "and more"):
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=content)
    assert [orjson.loads(row.data)["content"] for row in ledger.read()] == [f"it is {GONE}", f"{GONE} now", "and more"]


@pytest.mark.parametrize(
    "title",
    [
        "Reset the password: step 2",
        "Tokens of the parser",
        "Password field in /home/ann/app",
        "secret: be kind",
        "key=value",
    ],
)
def test_titles_and_paths_about_secrets_stay(ledger: Workledger, title: str) -> None:
    with ledger.unit() as unit:
        project = unit.create(Project.create(name=title, path=f"/home/ann/{title}"))
        task = unit.create(Task.create(project_id=project.id, title=title))
    assert (ledger.get(Task, task.id).title, ledger.get(Project, project.id).name) == (title, title)
    assert ledger.get(Project, project.id).repository_path == f"/home/ann/{title}"


def test_ids_stay_whatever_they_look_like(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        project = unit.create(Project.create(id=TOKEN, name="board"))
        task = unit.create(Task.create(project_id=project.id, title="a"))
    assert ledger.get(Task, task.id).project_id == TOKEN


def test_so_has_what_is_recorded_in_a_transaction_of_the_apps_own(ledger: Workledger) -> None:
    with closing(sqlite3.connect(ledger.url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("begin immediate")
        with ledger.on(connection).unit() as unit:
            append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=TOKEN)
        connection.execute("commit")
    assert GONE in data(ledger)


def test_without_one_everything_is_stored_as_it_is(sqlite_store_url: str) -> None:
    with workledger.open(sqlite_store_url) as ledger:
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="agt_1", agent_name="ann", session_number=1, content=TOKEN)
        assert TOKEN in data(ledger)
