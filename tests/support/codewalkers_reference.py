"""The page of docs/reference that maps Codewalkers' tables, columns and functions to ours."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from support.codewalkers_functions import PORTS, Function
from support.codewalkers_mapping import OURS, place
from workledger.adapters.codewalkers.columns import Column, camel
from workledger.adapters.codewalkers.schema import TABLES
from workledger.domain.kernel.aggregate import Aggregate
from workledger.projections.engine.columns import STAMPS
from workledger.projections.engine.columns import Column as OurColumn
from workledger.projections.engine.rules import Becomes, Count, From, Position, Rule, Stream, Sum, Tag, Version, When

INTRODUCTION = """# Codewalkers

Where workledger has what a database of Codewalkers has. [Import it](../howto/import.md#a-database-of-codewalkers), and
every row comes back from the tables named here: ids and times are kept, and a value that is not what it was is told
below.

{made}
## Tables

*Here* is the column of a [read table](../explanation/projections.md), *from* are the fields of the
[events](events.md) that set it; `@` is the time of an event. *Goes* says what becomes of the row when the
one is deleted that a column refers to: it goes too (`cascade`), or the column becomes null (`null`).
"""

MEANS = {
    ("accounts", "config_json"): "a digest of it, and `config_ref` says where it is: secrets are in no event",
    ("accounts", "credentials"): "a digest of it, and `credentials_ref` says where it is: secrets are in no event",
    ("tasks", "initiative_id"): "that of its phase, where it has one",
    ("agents", "task_id"): "an agent is a worker, and its row in Codewalkers also one run of it, with the same id",
    ("agents", "worktree_id"): "the path that it is",
    ("agents", "status"): "derived from the run: idle, running, waiting_for_input, stopped, crashed",
    ("agents", "pending_questions"): "a list; what is none in Codewalkers is the only one in it",
    ("agents", "result"): 'JSON; text that is none is `{"raw": …}`',
    ("phases", "content"): 'JSON; text that is no object is `{"raw": …}`',
    ("pages", "content"): 'JSON; text that is no object is `{"raw": …}`',
    ("proposals", "metadata"): 'JSON; text that is no object is `{"raw": …}`',
    ("agent_log_chunks", "created_at"): "the order in a log is `seq`",
    ("chat_messages", "change_set_id"): "of a change set nothing else is known: it has no entries",
}
"""What differs from the value in Codewalkers, by table and column."""


def page(made: str) -> str:
    """The page.

    Args:
        made: the sentence that says what makes it.
    """
    lines = [INTRODUCTION.format(made=made)]
    for table, known in TABLES.items():
        lines += [f"### {table}\n", "| Column | Holds | Here | From | Goes | |", "|---|---|---|---|---|---|"]
        lines += [_line(table, name, column) for name, column in known.columns.items()]
        lines.append("")
    lines += [FUNCTIONS]
    for port, functions in PORTS.items():
        lines += [
            f"### {port}\n",
            "| Function | In Python | Over HTTP |",
            "|---|---|---|",
            *map(_function, functions),
            "",
        ]
    return "\n".join(lines)


FUNCTIONS = """## Functions

Each function of the fourteen ports, and what does the same here. A command is called on a draft (`ledger.edit`),
`create` with `ledger.create`; a query takes `ledger.tables`, a service the ledger.
"""


def _line(table: str, name: str, column: Column) -> str:
    ours, own = place(table, name)
    ruled = OURS[ours].COLUMNS[own]
    origin = ", ".join(dict.fromkeys(_origin(ours, ruled)))
    goes = ruled.references.on_delete if ruled.references else ""
    about = MEANS.get((table, name), "")
    return f"| `{camel(name)}` | {_holds(column)} | `{ours}.{own}` | {origin} | {goes} | {about} |"


def _holds(column: Column) -> str:
    if column.values:
        return " \\| ".join(f"**{one}**" if one == column.default else one for one in column.values)
    kind = {"object": "JSON", "json": "JSON", "time": "seconds or ms"}.get(column.kind, column.kind)
    if column.references:
        return f"id in `{column.references}`"
    return f"{kind}, **{column.default}**" if column.default not in (None, "", 0, False) else kind


def _origin(table: str, column: OurColumn) -> Iterator[str]:
    if column.name in STAMPS and not column.rules:
        yield {"created_at": "@ the first event", "updated_at": "@ the last event"}[column.name]
    for rule in column.rules:
        yield from _told(column.name, rule)


def _told(name: str, rule: Rule) -> Iterator[str]:
    match rule:
        case Stream():
            yield "the id of its stream"
        case From():
            yield from (f"`{topic}`.{rule.field or name}" for topic in rule.topics)
        case When():
            yield from (f"@ `{topic}`" for topic in rule.topics)
        case Becomes() | Version() | Position() | Count() | Sum() | Tag():
            yield from (f"`{topic}`" for topic in rule.topics)


def _function(one: Function) -> str:
    ours = ", ".join(f"`{name}`" for name in one.ours.split(", "))
    return f"| `{one.name}` | {ours} | {f'`{one.request}`' if one.request else ''} |"


def resolved(name: str) -> Any:
    """What a name on the page is: a command of an aggregate, or something in a module.

    Raises:
        AttributeError, ImportError, KeyError: it is nothing.
    """
    first, *rest = name.split(".")
    kinds: dict[str, Callable[..., Any]] = {kind.__name__: kind for kind in Aggregate.CATEGORIES.values()}
    if first in kinds:
        return getattr(kinds[first], rest[0])
    folder = {"services": "domain.services"}.get(first, first)
    return getattr(importlib.import_module(".".join(["workledger", folder, *rest[:-1]])), rest[-1])
