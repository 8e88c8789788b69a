"""Whatever stands in a payload stands in the tables, on the way in by COPY, by merging, or by prepared statements."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.examples import examples
from support.golden_events import append, card, chunk, happened
from support.reference_fold import Reference
from workledger import Workledger
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import Tasks
from workledger.projections.tool_calls import ToolCalls
from workledger.projections.write_operations import WriteOperations

TEXTS = (
    *("", " ", "null", "NULL", "\\N", "\\.", "a\n\\.\nb", "\\", 'a"b', "it's", "tab\there", "line\nline\r\nline\r"),
    *(
        "\x01",
        "\x02",
        "\x01\x02\x01",
        "x\x01\x01\x02",
        "\x7f",
        "\u2028",
        "Ünïcödé",
        "日本語",
        "🦀🏳️‍🌈",
        "{}",
        "%s %(a)s",
    ),
)
NUMBERS = (0, -1, 2**53, -(2**53), 2**31, 2**62)
JSON: tuple[Any, ...] = (
    *(None, "null", "", 0, 2**53, -(2**53), 0.1, 1e300, -0.0, True, False, [], {}, [None], {"": ""}),
    *({"a\x01\x02b": ["\n\\.\n", "\t", '"', "\\", "🦀"]}, ["x" * 200_000], {"deep": [[[[[[{"er": None}]]]]]]}),
)
texts = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
values = st.sampled_from(JSON) | st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@contextmanager
def few(ledger: Workledger, count: int) -> Iterator[None]:
    """PostgreSQL is given up to so many rows in one exchange, more by COPY."""
    bulk = sys.modules.get(f"{type(ledger.tables.bulk).__module__}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "FEW", count, raising=False)
        yield


def nothing_differs(ledger: Workledger) -> None:
    log = ledger.store.scan(0, 100_000, upto=ledger.head())
    for group in GROUPS:
        assert Reference(group).fold(log).differences(ledger) == []


@pytest.mark.parametrize("at_once", [-1, 1_000_000], ids=["many", "few"])
def test_every_awkward_value_is_read_back_as_it_was(database_ledger: Workledger, at_once: int) -> None:
    """Proves the quoting of COPY: it fails when `_quoted` does not double the quote, when control characters are
    not around each value, or when null is an empty field. `many` and `few` are PostgreSQL's two ways."""
    for number, text in enumerate(TEXTS):
        append(database_ledger, card(f"t{number}", title=text, description=text, labels=[text], metadata={text: text}))
        append(database_ledger, chunk("ann", text, agent_name=text))
    for number, value in enumerate(JSON):
        call = {"tool_call_id": f"c{number}", "task_id": None, "project_id": None}
        append(database_ledger, happened("tool_calls.call_started", "r", input=value, **call))
        append(database_ledger, happened("tool_calls.call_completed", "r", output=value, **call))
        append(database_ledger, happened("write_op.prepared", f"w{number}", proposed_changes=value))
    for number in NUMBERS:
        append(database_ledger, card(f"n{number}", plan_order=number))
    with few(database_ledger, at_once):
        Projector(database_ledger.store, database_ledger.tables, GROUPS).catch_up()
    nothing_differs(database_ledger)
    rows = {row["id"]: row for row in database_ledger.tables.all(Tasks.table.select())}
    assert [rows[f"t{number}"]["title"] for number in range(len(TEXTS))] == list(TEXTS)
    assert [rows[f"n{number}"]["plan_order"] for number in NUMBERS] == list(NUMBERS)
    calls = {row["id"]: row for row in database_ledger.tables.all(ToolCalls.table.select())}
    for column in ("input", "output"):
        assert [calls[f"c{number}"][column] for number in range(len(JSON))] == list(JSON)
    written = {row["id"]: row for row in database_ledger.tables.all(WriteOperations.table.select())}
    assert [written[f"w{number}"]["proposed_changes"] for number in range(len(JSON))] == list(JSON)


def test_null_and_the_text_null_are_told_apart(database_ledger: Workledger) -> None:
    """Proves that JSON null is SQL's null and "null" a text: it fails when `kept` compares without its quotes."""
    for id, value in (("nothing", None), ("text", "null")):
        append(database_ledger, happened("write_op.prepared", id, proposed_changes=value))
    database_ledger.catch_up()
    with database_ledger.tables.engine.connect() as connection:
        chosen = "select id from write_operations where proposed_changes is null"
        assert connection.exec_driver_sql(chosen).scalars().all() == ["nothing"]


patches = st.fixed_dictionaries({}, optional={"title": texts, "description": st.none() | texts, "priority": texts})


def append_some(data: st.DataObject, ledger: Workledger) -> None:
    """Cards that come and change, calls that start and end, chunks; all of them of a few streams."""
    start = ledger.head()
    for number in range(data.draw(st.integers(5, 12))):
        id, run = f"{start}.{number % 4}", f"r{start}"
        call = {"tool_call_id": f"c{number // 2}", "task_id": None, "project_id": None}
        started = happened("tool_calls.call_started", run, input=data.draw(values), tool=data.draw(texts), **call)
        completed = happened("tool_calls.call_completed", run, output=data.draw(values), **call)
        append(
            ledger,
            *[card(id, title=data.draw(texts), metadata={"": data.draw(values)})][: number < 4],
            happened("task.details_changed", id, only=True, **data.draw(patches)),
            happened("task.labels_changed", id, labels=data.draw(st.lists(texts, max_size=3))),
            completed if number % 2 else started,
            chunk(f"a{id}", data.draw(texts), agent_name=data.draw(texts)),
        )


@settings(max_examples=examples(6), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_values_are_the_same_in_tables_rebuilt_tables_and_a_fold_in_memory(
    database_ledger: Workledger, data: st.DataObject
) -> None:
    """14. Proves what the test above does, for values nobody has thought of, and in batches of any size."""
    append_some(data, database_ledger)
    store, tables = database_ledger.store, database_ledger.tables
    with few(database_ledger, data.draw(st.sampled_from([-1, 5, 1000]))):
        Projector(store, tables, GROUPS, batch=data.draw(st.integers(1, 30))).catch_up()
        nothing_differs(database_ledger)
        Rebuild(store, tables, GROUPS, batch=data.draw(st.integers(5, 100))).run()
    nothing_differs(database_ledger)
