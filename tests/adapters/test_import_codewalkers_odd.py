"""Rows of Codewalkers that break a rule come in as far as they can, and the closing line names them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import workledger
from support import codewalkers_mapping as mapping
from support.codewalkers_database import Codewalkers
from support.codewalkers_oddities import AGENT, ODD, TIMES, Rows, agent, rows, task
from workledger.adapters.codewalkers.importer import import_codewalkers
from workledger.adapters.importing import Report


@pytest.fixture
def database(tmp_path: Path) -> Codewalkers:
    return Codewalkers(tmp_path / "cw.db", rules=False).make()


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def imported(ledger: workledger.Workledger, database: Codewalkers, rows: Rows) -> Report:
    for table, some in rows.items():
        database.insert(table, *some)
    report = import_codewalkers(ledger, database.path)
    ledger.catch_up()
    return report


@pytest.mark.parametrize("name", ODD)
def test_a_row_that_breaks_a_rule_comes_in_as_far_as_it_can(
    memory: workledger.Workledger, database: Codewalkers, name: str
) -> None:
    some, named, (table, key, wanted) = ODD[name]
    said = str(
        imported(memory, database, {"agents": [agent("fine", name="fine")]} | some if "agents" not in some else some)
    )
    told = said.partition("skipped: ")[2]
    assert named in told, said
    found = mapping.rows(memory.tables, table)
    assert {name: found[key][name] for name in wanted} == wanted if wanted else key not in found
    head = memory.head()
    import_codewalkers(memory, database.path)
    assert memory.head() == head, "again adds nothing"


def test_nothing_stops_the_rest(memory: workledger.Workledger, database: Codewalkers) -> None:
    for number, (some, *_) in enumerate(ODD.values()):
        for table, members in some.items():
            own = [{name: _own(name, value, number) for name, value in row.items()} for row in members]
            database.insert(table, *own)
    report = import_codewalkers(memory, database.path)
    memory.catch_up()
    assert sum(report.left_out.values()) >= len([one for one in ODD.values() if one[1] != "nothing"])
    assert len(mapping.rows(memory.tables, "tasks")) == len([one for one in database.rows("tasks") if one["id"]])


def _own(name: str, value: Any, number: int) -> Any:
    """The same row among all others: ids and names end in the number of its example."""
    named = name in ("id", "name", "url", "target_id") or (name.endswith("_id") and name != "worktree_id")
    return f"{value}{number}" if named and isinstance(value, str) else value


def test_a_table_that_is_broken_does_not_stop_the_others(memory: workledger.Workledger, tmp_path: Path) -> None:
    database = Codewalkers(tmp_path / "cw.db", rules=False).make()
    database.insert("tasks", *(task(f"t{n}", description="x" * 3000) for n in range(200)))
    database.insert("errands", {"id": "e", "description": "Do", "branch": "b", "status": "active", **TIMES})
    with database.connection() as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'tasks'").fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    data = bytearray(database.path.read_bytes())
    at = (root + 40) * size
    data[at : at + size] = b"\xee" * size
    database.path.write_bytes(bytes(data))
    said = str(import_codewalkers(memory, database.path))
    assert "tables that cannot be read to their ends" in said  # tasks, and those that refer to them
    memory.catch_up()
    assert "e" in mapping.rows(memory.tables, "errands")


@pytest.mark.parametrize("kind", ["", "without rowid"])
def test_what_is_not_known_or_not_there_is_named(memory: workledger.Workledger, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"create table Tasks (id text primary key, name text, mood text, createdAt integer) {kind}")
        connection.execute("create table previews (id)")
        connection.execute(
            "insert into Tasks values ('b', 'Second', 'calm', 1760000000), ('a', 'First', null, 1760000001)"
        )
        connection.commit()
    said = str(import_codewalkers(memory, path))
    assert "tasks 2" in said
    assert "not imported: tasks.mood, previews" in said
    assert "not there: projects, accounts, initiatives" in said
    memory.catch_up()
    row = mapping.rows(memory.tables, "tasks")["a"]
    assert (row["name"], row["status"], row["updated_at"]) == ("First", "pending", row["created_at"])


def test_secrets_are_not_taken(memory: workledger.Workledger, database: Codewalkers) -> None:
    secrets = {
        "config_json": '{"oauthAccount": "ann"}',
        "credentials": '{"accessToken": "sk-ant-oat01-abcdefghijklmnop"}',
    }
    account = {"id": "V1StGXR8_Z5jdHi6B-myT", "email": "ann@example.com", "provider": "claude", **secrets, **TIMES}
    report = imported(memory, database, {"accounts": [account]})
    assert report.redacted == 2
    log = "".join(row.data for row in memory.read())
    assert "oauthAccount" not in log
    assert "sk-ant" not in log
    [row] = mapping.rows(memory.tables, "accounts").values()
    assert row["credentials"].startswith("sha256:")
    assert "codewalkers:accounts/V1StGXR8_Z5jdHi6B-myT#credentials" in log


def test_secrets_in_texts_are_taken(memory: workledger.Workledger, database: Codewalkers) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    chunk = {"agent_id": "a", "agent_name": "x", "session_number": 1, "created_at": 1}
    some = rows(
        AGENT,
        {
            "tasks": [task("secret", description=f"Use {token}.")],
            "agents": [
                agent("told", prompt=f"password = {token}", result=f'{{"said": "{token}"}}', worktree_id="/home/ann/w")
            ],
            "agent_log_chunks": [
                {"id": "c1", "content": f"It is {token[:20]}", **chunk},
                {"id": "c2", "content": f"{token[20:]}, and more", **chunk},
            ],
        },
    )
    report = imported(memory, database, some)
    log = "".join(row.data for row in memory.read())
    assert token[:20] not in log
    assert token[20:] not in log
    assert "/home/ann/w" in log
    assert report.redacted == 5, report
    assert mapping.rows(memory.tables, "tasks")["secret"]["description"] == "Use [redacted]."


def test_long_values_come_in_up_to_the_size_of_an_event(memory: workledger.Workledger, database: Codewalkers) -> None:
    long = "word " * 30_000  # longer than any command takes
    huge = "ü" * 400_000
    some = rows(
        AGENT,
        {
            "agents": [agent("big", name="n" * 5_000, prompt=huge, result=f'["{huge}"]')],
            "errands": [{"id": "e", "description": long, "branch": "b", "status": "active", **TIMES}],
            "agent_log_chunks": [
                {
                    "id": "c",
                    "agent_id": "a",
                    "agent_name": "calm-otter",
                    "session_number": 1,
                    "content": huge,
                    "created_at": 1,
                }
            ],
        },
    )
    report = imported(memory, database, some)
    assert report.shortened == 4
    assert "cut: texts 4" in str(report)
    assert mapping.rows(memory.tables, "errands")["e"]["description"] == long
    assert mapping.rows(memory.tables, "agents")["big"]["prompt"].startswith("ü" * 100_000)
    assert list(mapping.rows(memory.tables, "agents")["big"]["result"]) == ["raw"]
    assert mapping.rows(memory.tables, "agent_log_chunks")
