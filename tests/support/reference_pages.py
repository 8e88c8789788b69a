"""The pages of docs/reference that are made from the code: `make docs` writes them, a test finds them out of date."""

import importlib
import inspect
import pkgutil
import re
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import typer

import workledger
from support import codewalkers_reference, state_machines
from workledger.api.app import create_app
from workledger.api.commandline.app import app as command_line
from workledger.api.web.problems import refusals
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import Refused

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
COMMAND_LINE = typer.main.get_command(command_line)
MADE = "This page is made from the code by `make docs`.\n"
SOURCES = re.compile(r" \((?:[A-Z]+\d|\d+\.\d|Elmer|AgentPane|domain\.md)[^()]*\)")
OF_COMMANDS = ("workledger.api.commandline.", "workledger.api.benchmarks.")
SHORT = {type(None): "None", Ellipsis: "..."}

EVENTS = f"""# Events

Each event is stored under its topic. Topics, field names and schema versions are the storage format: they never
change; a field is added or dropped by a new schema version and an upcasting step. A field with a default (marked `?`)
may be left out. Events marked *patch* store and apply only the fields that were given.

{MADE}"""

ERRORS = f"""# Errors

What breaks a rule raises a `workledger.Refused`: its class says what was refused, `code` never changes, `details` holds
what the message names. Over HTTP it is a problem document (RFC 9457) of type `application/problem+json` with the same
code and the status given here, which the class carries: what an app derives from one of them is answered with the
same, unless it says `status = …`. A refusal of the command line alone has none, and its exit code is 1.

{MADE}
| Code | HTTP | Message |
|---|---|---|
"""

COMMANDS = f"""# Command line

Results are printed on stdout; progress, notes and errors on stderr. An error is one line that ends in a code: see
[errors](errors.md). `--db` may also stand before the command.

`import`, `demo` and `serve` create the database if it does not exist; all other commands refuse (DATABASE_NOT_FOUND).

| Exit code | Means |
|---|---|
| 0 | success, also of what runs until it is stopped |
| 1 | refused, or the check failed: rows differ, tables are missing, dead letters are left |
| 2 | wrong usage |
| 130 | interrupted before it was done |

{MADE}"""

HTTP = f"""# HTTP

What the service answers to. Bodies are JSON; `GET /api/openapi.json` has their schemas.

- **Who.** `X-Actor: user:ann` says on whose behalf a write is, in UTF-8; `user:local` unless given.
- **Once.** `Idempotency-Key` is the command's id: a write that is repeated with it records nothing and gets the first
  answer again, with `Idempotent-Replayed: true`. The same key with another command or another body is refused (409,
  IDEMPOTENCY_KEY_REUSED); how its JSON is written is no matter. Where what it recorded has been erased since, it is
  refused with EVENTS_ERASED.
- **Versions.** `ETag` is `"version-digest"`: the version of what was answered, and a digest of the body, as a row is
  also shown with what other things change. A read with `If-None-Match` is answered with 304 when the body is the same.
  A write with `If-Match`, which takes an ETag or a version such as `"3"`, is refused with 412 when another version is
  there; without it, it is decided on what is there. What begins something takes none.
- **One's own writes.** Every write answers its `position`; a read with `min_position` waits until the read tables have
  come so far, and is refused with READ_TABLES_BEHIND after 5 s; a position that the log has not come to is refused at
  once (POSITION_UNKNOWN). `X-Position` says how far they were.
- **Ids** are percent-encoded in a path, so that `a/b c` is `a%2Fb%20c`. Those that importers recorded may be any text.
  Browsers and some libraries cannot ask for an id that is `.` or `..`; clients that keep `%2E` as it is can.
- **Methods.** HEAD is answered as GET is, OPTIONS and 405 by `Allow`.
- **What is not known is refused**: names of a query or a body, names that occur twice, topics that are neither
  declared nor in the log, bodies that are not `application/json` or that are encoded (415).
- **State.** A row of what has a [state machine](state-machines.md) carries its `state`, and the `commands` that may
  change something in it: each is the last part of a path below.
- **Null** clears a detail that may be empty; what a body leaves out stays as it is.
- **Lists** are `items` and `pagination` with `next_cursor`, `prev_cursor` and `has_more`. Ask with `cursor`, `limit`
  (100 at most), `sort` and `order`. A cursor fits the filters and the sort it came from, and no others.
- **Refusals** are problem documents with a `code`: see [errors](errors.md). The schema has the shape of every answer,
  its headers, and the codes of each status.

{MADE}"""


def load() -> None:
    """Import all of workledger, so that every event and refusal is known."""
    for module in pkgutil.walk_packages(workledger.__path__, "workledger."):
        importlib.import_module(module.name)


def paragraph(documentation: str | None) -> str:
    """The first paragraph, on one line, without what it says about its sources."""
    line = " ".join(inspect.cleandoc(documentation or "").partition("\n\n")[0].split())
    return "" if line.startswith("Raises:") else SOURCES.sub("", line)


def paragraphs(help: str) -> str:
    """All of a help text, each paragraph on one line."""
    return "\n\n".join(" ".join(one.split()) for one in inspect.cleandoc(help).split("\n\n"))


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def spelled(annotation: Any) -> str:
    """A type as one writes it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " | ".join(spelled(one) for one in arguments)
    if annotation in SHORT:
        return SHORT[annotation]
    if origin is None:
        return getattr(annotation, "__name__", str(annotation))
    if getattr(origin, "__name__", "") == "Literal":
        return " | ".join(f'"{one}"' for one in arguments)
    return f"{getattr(origin, '__name__', origin)}[{', '.join(spelled(one) for one in arguments)}]"


def events() -> dict[str, list[type[Event]]]:
    """The events of each category, by topic."""
    load()
    found: dict[str, list[type[Event]]] = defaultdict(list)
    for topic, event in sorted(Event.TOPICS.items()):
        if topic != "-" and event.__module__.startswith("workledger."):
            found[topic.partition(".")[0]].append(event)
    return found


def event_line(event: type[Event]) -> str:
    marks = [f"version {event.VERSION}"] * (event.VERSION > 1) + ["patch"] * event.PATCH
    fields = [
        f"`{name}: {spelled(info.annotation)}`" + ("" if info.is_required() else "?")
        for name, info in event.model_fields.items()
    ]
    marked = "".join(f", *{mark}*" for mark in marks)
    return f"- **`{event.TOPIC}`** `{event.__name__}`{marked}: {', '.join(fields) or 'nothing'}"


def events_page() -> str:
    page = [EVENTS]
    for category, members in events().items():
        kind = Aggregate.CATEGORIES.get(category)
        about = paragraph(inspect.getmodule(kind).__doc__) if kind else ""
        page += [f"## {category}\n", *([f"{about}\n"] if about else []), *map(event_line, members), ""]
    return "\n".join(page)


def ours() -> list[type[Refused]]:
    load()
    return [kind for kind in refusals() if kind.__module__.startswith("workledger.")]


def messages() -> dict[str, list[str]]:
    """What is said under each code."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind in ours():
        message = paragraph(vars(kind).get("__doc__"))
        if message and message not in found[kind.code]:
            found[kind.code].append(message)
    return found


def statuses() -> dict[str, str]:
    """The statuses that each code is answered with; that of the command line alone has none."""
    found: dict[str, list[int]] = defaultdict(list)
    for kind in ours():
        if not kind.__module__.startswith(OF_COMMANDS) and kind.status not in found[kind.code]:
            found[kind.code].append(kind.status)
    return {code: " / ".join(map(str, numbers)) for code, numbers in found.items()}


def errors_page() -> str:
    answered = statuses()
    rows = [
        f"| `{code}` | {answered.get(code, '')} | {cell(' / '.join(said))} |"
        for code, said in sorted(messages().items())
    ]
    return ERRORS + "\n".join(rows) + "\n"


def commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def option(parameter: Any) -> str:
    """An option or argument, and what it is for."""
    names = [*parameter.opts, *parameter.secondary_opts]
    name = " / ".join(names) if parameter.param_type_name == "option" else parameter.metavar or parameter.name.upper()
    if parameter.param_type_name == "option" and parameter.metavar:
        name += f" {parameter.metavar}"
    shown = parameter.default not in (None, False, True) and not callable(parameter.default)
    return f"- `{name}`: {parameter.help or ''}" + (f" Default: `{parameter.default}`." if shown else "")


def commands_page() -> str:
    page = [COMMANDS]
    for path, command in commands(COMMAND_LINE, "workledger"):
        page += [f"## {path}\n", f"{paragraphs(command.help)}\n", *map(option, command.params), ""]
    return "\n".join(page)


def http_page() -> str:
    with workledger.open("memory:") as ledger:
        paths = create_app(ledger).openapi()["paths"]
    rows: dict[str, list[str]] = defaultdict(list)
    for path, operations in paths.items():
        for method, operation in operations.items():
            about = re.sub(r"\bNone\b", "null", paragraph(operation["description"]))
            heading = (operation.get("tags") or ["service"])[0]
            rows[heading].append(f"| `{method.upper()} {path}` | {cell(about)} |")
    page = [HTTP]
    for heading, members in rows.items():
        page += [f"## {heading}\n", "| Request | Does |", "|---|---|", *members, ""]
    return "\n".join(page)


def codewalkers_page() -> str:
    load()
    return codewalkers_reference.page(MADE)


PAGES: dict[str, Callable[[], str]] = {
    "codewalkers.md": codewalkers_page,
    "events.md": events_page,
    "errors.md": errors_page,
    "command-line.md": commands_page,
    "http.md": http_page,
    "state-machines.md": state_machines.page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
