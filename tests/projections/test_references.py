"""What becomes of rows whose parent is deleted (domain.md 3.5): every cascade and every set-null is a row of a table.

The judge is SQLite itself: it is given the rows as they were, the table below as foreign keys, and deletes the same.
So chains are judged too, as far as they go: what a deleted phase takes along sets to null what pointed to that.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from shutil import copyfile
from typing import Any, NamedTuple

import pytest

import workledger
from support.references import CHAINS, REFERENCES, Reference
from support.sides import build
from workledger import Workledger
from workledger.adapters.schema import CLAIMS
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.initiative import Initiative
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.policies import CASCADE_PROJECT
from workledger.domain.project import Project
from workledger.domain.review_comment import ReviewComment
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.table import Table
from workledger.projections.groups import GROUPS

DELETED: dict[str, tuple[type[Any], str]] = {
    "workspaces": (Workspace, "ws"),
    "projects": (Project, "p"),
    "initiatives": (Initiative, "i"),
    "phases": (Phase, "ph"),
    "tasks": (Task, "top"),
    "agents": (Agent, "ann"),
    "pages": (Page, "root"),
    "review_comments": (ReviewComment, "rvc"),
    "chat_sessions": (ChatSession, "chat"),
    "change_sets": (ChangeSet, "cs"),
    "messages": (Message, "told"),
    "accounts": (Account, "acc"),
    "stage_runs": (StageRun, "stage"),
    "write_operations": (WriteOperation, "op"),
}
"""What is deleted of each table, each on a side of its own."""

ENDED_WITH = {"agent_runs": "agents", "sessions": "projects"}
"""Rows that no command deletes by themselves: the parent that takes them along."""

DERIVED = ("task_counts", "audited_agents", "audited_projects", "audited_tasks", "run_tools")
"""Tables that no other system has: counts, and what the group of the tool calls keeps of others' rows."""

Rows = dict[str, set[tuple[Any, ...]]]
"""Of each table the rows: their key, and the columns that name other rows."""


def columns_of(table: type[Table]) -> list[str]:
    pointing = [reference.column for reference in REFERENCES if reference.table == table.NAME]
    return [*dict.fromkeys((*table.KEY, *pointing))]


TABLES = {table.NAME: table for group in GROUPS for table in group.tables if table.NAME not in DERIVED}
COLUMNS = {name: columns_of(table) for name, table in TABLES.items()}


def rows_of(ledger: Workledger) -> Rows:
    found: Rows = {}
    for name, table in TABLES.items():
        rows = ledger.tables.all(table.table.select().with_only_columns(*(table.c[one] for one in COLUMNS[name])))
        found[name] = {tuple(row[one] for one in COLUMNS[name]) for row in rows}
    return found


def judged(before: Rows) -> Rows:
    """What SQLite makes of the rows when the parents are deleted."""
    with closing(sqlite3.connect(":memory:")) as database:
        for name, columns in COLUMNS.items():
            keys = [
                f"foreign key ({one.column}) references {one.parent} (id) on delete "
                + {"gone": "cascade", "null": "set null"}[one.becomes]
                for one in REFERENCES
                if one.table == name
            ]
            database.execute(f"create table {name} ({', '.join([*columns, f'primary key ({_list(name)})', *keys])})")
            marks = ", ".join("?" * len(columns))
            database.executemany(f"insert into {name} values ({marks})", before[name])
        database.commit()
        database.execute("pragma foreign_keys = on")
        assert database.execute("pragma foreign_key_check").fetchall() == []
        for parent in DELETED:
            database.execute(f"delete from {parent} where id = ?", [id_of(parent)])
        return {name: {*database.execute(f"select * from {name}").fetchall()} for name in COLUMNS}


def id_of(parent: str) -> str:
    return f"{DELETED[parent][1]}_{parent}"


def _list(name: str) -> str:
    return ", ".join(TABLES[name].KEY)


class Outcome(NamedTuple):
    """What was there before, what is there after the deletions by each way of getting there, and what should be."""

    before: Rows
    folded: Rows
    rebuilt: Rows
    expected: Rows
    claims: list[tuple[str, str]]


def delete_all(ledger: Workledger) -> Outcome:
    """Delete them, folded event by event, and by a rebuild, which folds all events at once."""
    build(ledger, (*DELETED, "kept"))
    ledger.catch_up()
    before = rows_of(ledger)
    reactor = Reactor(ledger, ledger.tables, (CASCADE_PROJECT,))
    reactor.prepare()
    for parent, (kind, _) in DELETED.items():
        with ledger.edit(kind, id_of(parent)) as one:
            one.delete()
    Projector(ledger.store, ledger.tables, GROUPS, batch=1).catch_up()
    folded = rows_of(ledger)
    Rebuild(ledger.store, ledger.tables, GROUPS).run()
    rebuilt = rows_of(ledger)
    reactor.catch_up()
    with ledger.tables.engine.connect() as connection:
        claims = [(row.key, row.holder) for row in connection.execute(CLAIMS.select())]
    return Outcome(before, folded, rebuilt, judged(before), claims)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """What comes of the deletions on each database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("references") / "work.db"
        copyfile(request.getfixturevalue("sqlite_template"), path)
        with workledger.open(f"sqlite:///{path}") as ledger:
            yield delete_all(ledger)
    else:
        with request.getfixturevalue("postgres_copies").copy() as url, workledger.open(url) as ledger:
            yield delete_all(ledger)


def column(rows: Rows, table: str, name: str) -> list[Any]:
    return [row[COLUMNS[table].index(name)] for row in rows[table]]


def of_side(rows: Rows, side: str) -> Rows:
    """The rows that are of that side, or point to some that are."""
    end = f"_{side}"
    return {name: {row for row in found if any(str(one).endswith(end) for one in row)} for name, found in rows.items()}


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda one: f"{one.parent} of {one.table}.{one.column}")
def test_rows_are_deleted_or_set_to_null_as_a_database_would(outcome: Outcome, reference: Reference) -> None:
    """C5, C6, C7, C18, C19, E7, E8, A12 and A18, as far as they are about rows."""
    side = ENDED_WITH.get(reference.parent, reference.parent)
    before, expected = of_side(outcome.before, side), of_side(outcome.expected, side)
    gone = _ids(before[reference.parent]) - _ids(expected[reference.parent])
    pointing = [one for one in column(before, reference.table, reference.column) if one in gone]
    assert pointing, "no row points to what is deleted: the rule would not be tried"
    for after in (of_side(outcome.folded, side), of_side(outcome.rebuilt, side)):
        assert not {*column(after, reference.table, reference.column)} & gone
        assert after[reference.table] == expected[reference.table]


@pytest.mark.parametrize(("parent", "table", "name", "becomes"), CHAINS)
def test_chains_go_as_far_as_rows_point_to_each_other(
    outcome: Outcome, parent: str, table: str, name: str, becomes: str
) -> None:
    """C5: what goes along with a parent sets to null what pointed to it."""
    before = of_side(outcome.before, parent)[table]
    place, key = COLUMNS[table].index(name), len(TABLES[table].KEY)
    pointing = {row[:key] for row in before if row[place] is not None}
    assert pointing
    for after in (of_side(outcome.folded, parent), of_side(outcome.rebuilt, parent)):
        left = {row[:key]: row[place] for row in after[table]}
        if becomes == "null":
            assert any(left.get(one, "gone") is None for one in pointing)
        else:
            assert pointing - left.keys()


@pytest.mark.parametrize("parent", [*DELETED, "kept"])
def test_no_other_row_changes(outcome: Outcome, parent: str) -> None:
    expected = of_side(outcome.expected, parent)
    assert of_side(outcome.folded, parent) == expected
    assert of_side(outcome.rebuilt, parent) == expected
    assert (expected == of_side(outcome.before, parent)) == (parent == "kept")


@pytest.mark.parametrize("parent", DELETED)
def test_what_is_gone_holds_nothing_that_belongs_to_others(outcome: Outcome, parent: str) -> None:
    """domain.md 3.5, rule 3: names and places can be used again. A key that names something gone is asked for by
    nobody, as ids are not used again."""
    before, after = of_side(outcome.before, parent), of_side(outcome.folded, parent)
    nouns = [name for name, table in TABLES.items() if table.KEY == ("id",)]
    gone = {id for name in nouns for id in _ids(before[name]) - _ids(after[name])}
    assert gone
    held = [
        (key, holder)
        for key, holder in outcome.claims
        if holder.partition("-")[2] in gone and not {*key.split(":")} & gone
    ]
    assert held == []


def _ids(rows: set[tuple[Any, ...]]) -> set[Any]:
    return {row[0] for row in rows}


def test_the_table_has_every_reference_that_is_declared() -> None:
    declared = {
        (
            one.references.table,
            table.NAME,
            one.name,
            {"cascade": "gone", "null": "null"}[one.references.on_delete],
        )
        for table in GROUPS[0].tables
        for one in table.COLUMNS.values()
        if one.references and table.NAME not in DERIVED
    }
    assert declared == {one[:4] for one in REFERENCES if one.table != "tool_calls"}
