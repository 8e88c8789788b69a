"""Whatever is done to an export of beads, it comes in as far as it is whole: nothing ends an import or comes twice."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workledger
from support.beads_export import day, link
from support.examples import examples
from workledger.adapters.beads.importer import import_beads
from workledger.domain.task import Task
from workledger.projections.engine.state import dead_letters
from workledger.projections.tasks import Tasks

WHOLE: list[dict[str, Any]] = [
    {"id": "bd-1", "title": "An epic", "issue_type": "epic", "status": "open"},
    {"id": "bd-2", "title": "Done", "status": "closed", "closed_at": day(4), "close_reason": "it works"},
    {"id": "bd-3", "title": "Waits", "status": "blocked", "dependencies": [link("bd-2"), link("bd-1", "parent-child")]},
    {"id": "bd-4", "title": "Worked on", "status": "in_progress", "labels": ["ui"], "comments": [{"text": "c"}]},
    {"id": "bd-5", "title": "Gone", "status": "tombstone", "deleted_at": day(5), "dependencies": [link("bd-4")]},
    {"id": "bd-6", "title": "Free", "status": "open", "metadata": {"n": 1.5, "deep": {"er": [1, None]}}},
]  # fmt: skip
LINES = [json.dumps({**issue, "created_at": day(1), "updated_at": day(3)}).encode() for issue in WHOLE]
STATUSES = ["open", "closed", "tombstone", "blocked", "in_progress", "odd", ""]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(STATUSES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
times = st.datetimes().map(lambda at: at.isoformat() + "Z") | st.sampled_from(
    ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1969-12-31T00:00:00Z", "now", day(30 - 2)]
)
names = st.sampled_from(
    [
        "id",
        "title",
        "status",
        "priority",
        "labels",
        "dependencies",
        "issue_type",
        "created_at",
        "updated_at",
        "metadata",
    ]
)
links = st.builds(
    link,
    st.sampled_from([f"bd-{n}" for n in range(1, 8)]),
    st.sampled_from(["blocks", "parent-child", "waits-for", ""]),
)


@st.composite
def mutated(draw: st.DrawFn, line: bytes) -> bytes:
    """A line with something changed: bytes, a field, a time, a link, or everything."""
    kind = draw(st.sampled_from(["bytes", "cut", "inserted", "field", "time", "links", "nested", "other"]))
    at = draw(st.integers(0, len(line) - 1))
    match kind:
        case "bytes":
            return line[:at] + bytes([draw(st.integers(0, 255))]) + line[at + 1 :]
        case "cut":
            return line[:at]
        case "inserted":
            return line[:at] + draw(st.binary(max_size=20)) + line[at:]
        case "nested":
            depth = draw(st.sampled_from([30, 300, 5000]))
            return line[:-1] + b', "metadata": ' + b"[" * depth + b"]" * depth + b"}"
        case "other":
            return draw(st.binary(max_size=60))
    issue = json.loads(line)
    if kind == "field":
        issue[draw(names)] = draw(json_values)
    elif kind == "time":
        issue[draw(st.sampled_from(["created_at", "updated_at", "closed_at", "deleted_at"]))] = draw(times)
    else:
        issue["dependencies"] = draw(st.lists(links, max_size=4))
    return json.dumps(issue).encode()


@st.composite
def exports(draw: st.DrawFn) -> tuple[bytes, set[str]]:
    """An export with some lines mutated, and the ids of the issues on those that are not."""
    lines = [(line, issue["id"]) for line, issue in zip(LINES, WHOLE, strict=True)]
    for number in draw(st.sets(st.integers(0, len(lines) - 1), max_size=3)):
        lines[number] = (draw(mutated(lines[number][0])), "")
    lines += [(draw(mutated(draw(st.sampled_from(LINES)))), "") for _ in range(draw(st.integers(0, 2)))]
    lines = draw(st.permutations(lines))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    return b"".join(line + end for line, _ in lines), {id for _, id in lines if id}


def tasks(ledger: workledger.Workledger) -> Counter[str]:
    """How many living tasks each issue has."""
    ledger.catch_up()
    with ledger.tables.engine.connect() as connection:
        assert dead_letters.find(connection) == []
    rows = ledger.tables.all(Tasks.table.select())
    return Counter(str(row["metadata"]["beads"].get("id", row["id"])) for row in rows)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(st.lists(exports(), min_size=1, max_size=3))
def test_any_export_comes_in_as_far_as_it_is_whole(tmp_path_factory: Any, told: list[tuple[bytes, set[str]]]) -> None:
    file: Path = tmp_path_factory.getbasetemp() / "mutated.jsonl"
    with workledger.open("memory:") as ledger:
        [project] = _project(ledger, file)
        for data, whole in told:
            file.write_bytes(data)
            report = import_beads(ledger, file, project_id=project)
            assert not [reason for reason in report.left_out if "cannot be stored" in reason]
            assert {id for id in whole if ledger.find_any(Task, id) is None} == set()
            head = ledger.head()
            again = import_beads(ledger, file, project_id=project)
            assert ledger.head() == head, str(again)
            assert not again.imported
            assert set(tasks(ledger).values()) <= {1}


def _project(ledger: workledger.Workledger, file: Path) -> set[str]:
    file.write_bytes(b'{"id": "bd-0", "title": "The first"}\n')
    return import_beads(ledger, file).project_ids
