"""The page that maps Codewalkers to workledger is true: every name on it is one, and every rule of a delete is kept."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

import workledger
from support import codewalkers_mapping as mapping
from support.codewalkers_functions import PORTS
from support.codewalkers_reference import MEANS, resolved
from support.codewalkers_schema import SCHEMA
from support.reference_pages import load
from workledger.adapters.codewalkers.schema import TABLES
from workledger.api.app import create_app

FUNCTIONS = [(port, one) for port, functions in PORTS.items() for one in functions]
CREATE = re.compile(r"create table `(?!__)(\w+)` \((.*?)\n\);", re.DOTALL)
COLUMN = re.compile(r"(?:^|,)\s*`(\w+)` (?:text|integer)([^,]*)", re.MULTILINE)
KEY = re.compile(r"foreign key \(`(\w+)`\) references `(\w+)`\(`id`\) on delete (cascade|set null)")
DECLARED: dict[str, str] = dict(CREATE.findall(SCHEMA))


@pytest.fixture(scope="module")
def requests() -> Iterator[dict[str, Any]]:
    load()
    with workledger.open("memory:") as ledger:
        yield create_app(ledger).openapi()["paths"]


def test_all_tables_and_columns_are_mapped() -> None:
    assert DECLARED.keys() == TABLES.keys()
    assert len(TABLES) == 18
    for table, body in DECLARED.items():
        assert {name for name, _ in COLUMN.findall(body)} == {*TABLES[table].columns}, table


def test_every_column_is_one_of_ours() -> None:
    for table, known in TABLES.items():
        for name in known.columns:
            ours, own = mapping.place(table, name)
            assert own in mapping.OURS[ours].COLUMNS, f"{table}.{name}"
    assert all(column in TABLES[table].columns for table, column in MEANS)


def test_defaults_are_those_of_codewalkers() -> None:
    for table, body in DECLARED.items():
        for name, rest in COLUMN.findall(body):
            said = re.search(r"default ('?)(\w+)\1", rest)
            if said:
                default = TABLES[table].columns[name].default
                assert str(int(default) if isinstance(default, bool) else default) == said[2], f"{table}.{name}"


def test_deletes_do_what_they_do_in_codewalkers() -> None:
    declared = {
        (table, column): (to, action.removeprefix("set "))
        for table, body in DECLARED.items()
        for column, to, action in KEY.findall(body)
    }
    assert len(declared) == 31
    declared["chat_messages", "change_set_id"] = ("change_sets", "null")  # a table that is described nowhere
    for (table, column), (to, action) in declared.items():
        ours, own = mapping.place(table, column)
        references = mapping.OURS[ours].COLUMNS[own].references
        assert references is not None, f"{table}.{column}"
        assert (references.table, references.on_delete) == (to, action), f"{table}.{column}"


def test_all_functions_of_the_ports_are_mapped() -> None:
    assert len(PORTS) == 14
    plain = ("create", "findById", "findAll", "update", "delete")
    assert len([one for _, one in FUNCTIONS if one.name not in plain]) == 41  # and Errand's findAll, which filters


@pytest.mark.parametrize(("port", "function"), FUNCTIONS, ids=[f"{port}.{one.name}" for port, one in FUNCTIONS])
def test_every_function_is_there(requests: dict[str, Any], port: str, function: Any) -> None:
    for name in function.ours.split(", "):
        assert callable(resolved(name)), f"{port}.{function.name}: {name}"
    if function.request:
        method, _, rest = function.request.partition(" ")
        path, _, query = rest.partition("?")
        operation = requests[path][method.lower()]
        known = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert set(re.findall(r"(\w+)=", query)) <= known
