"""A ledger with a redaction: what is recorded has no secret, whoever records it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.erasing.redactor import look
from workledger.adapters.redaction import GONE, redact_secrets
from workledger.domain.account import Account
from workledger.domain.account.events import AccountConfigChanged
from workledger.domain.agent_log import append_chunk
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.session_feed import publish
from workledger.domain.task import Task
from workledger.projections import accounts, projects

TOKEN = "ghp" + "_" + "aB3dE5fG7h" * 4

EMAILS = (
    "ann@example.com",
    "ann.lee+claude1@example.co.uk",
    "password.reset@example.com",
    "api-key+token@example.com",
    "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6@relay.example.com",
    "AbCdEfGhIjKlMnOpQrStUv12@example.com",
    "runner-42@project-391817.iam.gserviceaccount.com",
    "bücher@example.com",
)
PLACES = (
    "vault:claude/ann#login",
    "env:CLAUDE_CODE_OAUTH_TOKEN",
    "file:/home/ann/.claude/.credentials.json",
    "secret:acc_01a21533a33c7001b194d3c2c7e097f2/credentials",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:claude-AbCdEf",
)


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


@pytest.mark.parametrize("email", EMAILS)
def test_the_e_mail_of_an_account_stays(ledger: Workledger, email: str) -> None:
    account = ledger.create(Account.create(email=email))
    row = accounts.get(ledger.tables, account.id)
    assert row is not None
    assert row["email"] == email


def test_where_a_secret_is_kept_stays_and_a_secret_in_its_place_does_not(ledger: Workledger) -> None:
    """A reference must lead to the secret. Commands refuse what looks like one; what is imported is redacted."""
    account = ledger.create(Account.create(email="ann@example.com"))
    for place in PLACES:
        with ledger.edit(Account, account.id) as draft:
            draft.refresh_credentials(secret_ref=place, fingerprint=f"sha256:{'0a1b2c3d' * 8}")
        seen = ledger.get(Account, account.id)
        assert (seen.credentials_ref, seen.credentials_fingerprint) == (place, f"sha256:{'0a1b2c3d' * 8}")
    with ledger.unit() as unit:
        unit.record(Account, account.id, [AccountConfigChanged(secret_ref=f"env:{TOKEN}")])
    assert ledger.get(Account, account.id).config_ref == f"env:{GONE}"
    assert TOKEN not in data(ledger)
    assert look(ledger).events == 0


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
