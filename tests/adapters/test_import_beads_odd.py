"""Issues of beads exports that are odd: old, broken, wrongly typed, too long, stale, vanished or come back."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.beads_export import Export, day, link
from workledger.adapters.beads.importer import import_beads
from workledger.adapters.beads.source import BeadsFailed
from workledger.adapters.importing import Report
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.task import Task

Fields = dict[str, Any]


@pytest.fixture
def memory() -> Iterator[workledger.Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "issues.jsonl")


def imported_twice(ledger: workledger.Workledger, path: Path) -> Report:
    """The report of the first of two imports; the second records nothing."""
    report = import_beads(ledger, path)
    head = ledger.head()
    again = import_beads(ledger, path)
    assert ledger.head() == head
    assert not again.imported
    ledger.catch_up()
    return report


def beads(ledger: Ledger, id: str) -> Fields:
    told = ledger.get(Task, id).metadata["beads"]
    assert isinstance(told, dict)
    return told


def nested(levels: int) -> Fields:
    value: Fields = {}
    for _ in range(levels):
        value = {"in": value}
    return value


TIMES = "times that are none, or outside the calendar"


@pytest.mark.parametrize(
    ("fields", "expected", "left_out"),
    [
        # times
        ({"created_at": "1969-12-31T10:00:00Z"}, {}, {}),
        ({"created_at": "0001-01-01T00:00:00Z"}, {}, {}),
        ({"created_at": "2099-01-01T00:00:00Z"}, {}, {}),
        ({"created_at": "9999-12-31T23:30:00-08:00"}, {}, {TIMES: 1}),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, {}, {}),
        ({"created_at": "2025-11-25 12:24:44.123456 -0800 PST m=+0.01"}, {}, {TIMES: 1}),
        ({"created_at": "yesterday", "updated_at": 7}, {}, {TIMES: 2}),
        ({"status": "closed", "closed_at": "2025-01-01T00:00:00Z", "close_reason": "early"}, {"state": "done"}, {}),
        # statuses
        ({"status": "in-progress"}, {"state": "working"}, {}),
        ({"status": "CLOSED"}, {"state": "done"}, {}),
        ({"status": "done"}, {"state": "done"}, {}),
        ({"status": "hooked"}, {"state": "working"}, {}),
        ({"status": "deferred", "defer_until": "2099-01-01T00:00:00Z"}, {"state": "ready"}, {}),
        ({"status": "testing"}, {"state": "ready"}, {"unknown statuses (taken for open)": 1}),
        ({"status": ["open"]}, {"state": "ready"}, {}),
        # titles and descriptions
        ({"title": "   "}, {"title": "bd-1"}, {}),
        ({"title": 7}, {"title": "7"}, {}),
        ({"title": None}, {"title": "bd-1"}, {}),
        ({"title": {"a": 1}}, {"title": "bd-1"}, {}),
        ({"title": "x\ny\tz"}, {"title": "x\ny\tz"}, {}),
        ({"description": {"a": 1}}, {"description": None}, {}),
        # labels, priorities and types
        ({"labels": "urgent"}, {"labels": ("urgent",)}, {}),
        ({"labels": ["", " ", "a", "a", 7, None, " b "]}, {"labels": ("a", "b")}, {}),
        ({"priority": "P1"}, {"priority": "high"}, {}),
        ({"priority": "3"}, {"priority": "low"}, {}),
        ({"priority": -3}, {"priority": "high"}, {}),
        ({"priority": 10**400}, {"priority": "medium"}, {"numbers kept as text, as they are too long": 1}),
        ({"priority": 2.0}, {"priority": "medium"}, {}),
        ({"priority": []}, {"priority": "medium"}, {}),
        ({"issue_type": ["bug"]}, {"labels": (), "category": "execute"}, {}),
        ({"issue_type": "bug"}, {"labels": ("bug",)}, {}),
        # dependencies
        ({"dependencies": {"a": 1}}, {"depends_on": ()}, {"dependencies that name no issue": 1}),
        ({"dependencies": "bd-2"}, {"depends_on": ()}, {"dependencies that name no issue": 1}),
        ({"dependencies": [{"depends_on_id": 7}, "x", None]}, {}, {"dependencies that name no issue": 3}),
        ({"dependencies": [link("external:p:cap")]}, {}, {"dependencies on or of what is not there": 1}),
        # numbers and texts
        ({"metadata": {"n": 2**60}}, {}, {"numbers kept as text, as they are too long": 1}),
        ({"assignee": "half \ud83d", "notes": "nul \0"}, {}, {}),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else None,
)
def test_an_odd_field_takes_only_itself_away(
    memory: workledger.Workledger, export: Export, fields: Fields, expected: Fields, left_out: dict[str, int]
) -> None:
    export.issue("bd-1", **fields)
    export.issue("bd-9")
    report = imported_twice(memory, export.path)
    assert report.imported["tasks"] == 2
    task = memory.get(Task, "bd-1")
    assert {name: getattr(task, name) for name in expected} == expected
    assert report.left_out == left_out
    assert set(report.first.values()) <= {"issues.jsonl:1"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1152921504606846976", "1152921504606846976"),
        ("1" + "0" * 30, "1" + "0" * 30),
        ("9007199254740992", 9007199254740992),
        ("-9007199254740993", "-9007199254740993"),
        ("1e308", 1e308),
        ("1e400", "1e400"),
        ("0.1", 0.1),
        ("0.10", 0.1),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_no_number_changes_silently(memory: workledger.Workledger, export: Export, written: str, kept: Any) -> None:
    export.write(b'{"id": "bd-1", "title": "t", "metadata": {"n": %s}}\n' % written.encode())
    report = imported_twice(memory, export.path)
    assert beads(memory, "bd-1")["metadata"] == {"n": kept}
    assert report.left_out["numbers kept as text, as they are too long"] == isinstance(kept, str)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"_type": "memory", "id": "mem-1", "value": "remember"}', "lines that are no issues"),
        (b'{"_type": "memory", "key": "k"}', "lines that are no issues"),
        (b'{"id": "  "}', "lines without an id"),
        (b'{"id": null}', "lines without an id"),
        (b"[" * 100_000, "malformed lines"),
        (b'{"id": "bd-2", "a":' + b'{"a":' * 100_000, "malformed lines"),
        (b"\xff\xfe\x00", "malformed lines"),
        (b"<<<<<<< HEAD", "malformed lines"),
    ],
)
def test_a_line_that_is_no_issue_is_told_with_its_place(
    memory: workledger.Workledger, export: Export, line: bytes, reason: str
) -> None:
    export.issue("bd-1")
    export.write(line + b"\n" + b'{"_type": "issue", "id": "bd-3", "title": "t"}\n')
    report = imported_twice(memory, export.path)
    assert report.imported == {"tasks": 2}
    assert report.left_out == {reason: 1}
    assert f"{reason} 1 (first: issues.jsonl:2)" in str(report)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends_of_windows_do_not_matter(
    memory: workledger.Workledger, export: Export, encoding: str, end: str
) -> None:
    lines = [json.dumps({"id": id, "title": "ünïcode"}, ensure_ascii=False) + end for id in ("bd-1", "bd-2")]
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    export.path.write_bytes((mark + "".join(lines)).encode(encoding))
    assert imported_twice(memory, export.path).imported == {"tasks": 2}
    assert memory.get(Task, "bd-1").title == "ünïcode"


LONG: list[Fields] = [
    {"comments": [{"id": number, "author": "ann", "text": "x" * 5000} for number in range(60)]},
    {"metadata": {"log": "y" * 300_000}},
    {"odd": ["x" * 300_000]},
    {"title": "t" * 300_000, "description": "\x01" * 300_000, "notes": "n" * 300_000, "close_reason": "ü" * 300_000},
    {"labels": ["L" * 500, *(f"label {number}" for number in range(600))]},
    {f"field {number}": "v" * 100 for number in range(5000)},
    {"dependencies": [link(f"other-{number}") for number in range(5000)]},
    {"metadata": nested(300)},
    {"status": "s" * 300_000, "issue_type": "i" * 300_000},
]


@pytest.mark.parametrize("fields", LONG, ids=lambda fields: ", ".join(list(fields)[:3]))
@pytest.mark.parametrize("status", ["open", "closed"])
def test_what_is_too_long_is_cut_and_told(
    ledger: workledger.Workledger, export: Export, fields: Fields, status: str
) -> None:
    export.issue("bd-1", **{"status": status, **fields})
    export.issue("bd-2", dependencies=[link("bd-1")])
    report = imported_twice(ledger, export.path)
    assert report.imported["tasks"] == 2
    assert report.imported["dependencies"] == 1
    assert report.shortened or report.left_out["dependencies of an issue that has too many"]
    assert not [reason for reason in report.left_out if "refused" in reason or "stored" in reason]
    export.issue("bd-1", priority=0, updated_at=day(9))
    assert import_beads(ledger, export.path).imported["changed tasks"] == 1


def test_everything_at_once_still_fits(memory: workledger.Workledger, export: Export) -> None:
    export.issue("bd-1", **{name: value for fields in LONG for name, value in fields.items()})
    assert imported_twice(memory, export.path).imported["tasks"] == 1


@pytest.mark.parametrize("id", ["my project-1", "proj/sub-1", "bd-#7", "x" * 90, "bd-é", "bd-e\u0301", "BD-1", "a%2Fb"])
def test_ids_come_in_as_they_are(ledger: workledger.Workledger, export: Export, id: str) -> None:
    export.issue(id)
    export.issue("bd-ok", dependencies=[link(id)])
    imported_twice(ledger, export.path)
    assert ledger.get(Task, "bd-ok").depends_on == (id,)


def test_an_id_may_be_of_any_length(ledger: workledger.Workledger, export: Export) -> None:
    export.issue("x" * 300_000)
    export.issue("x" * 300_000 + "y", dependencies=[link("x" * 300_000)])
    report = imported_twice(ledger, export.path)
    assert report.imported == {"tasks": 2, "dependencies": 1}


def test_a_secret_in_an_id_stays_outside(memory: workledger.Workledger, export: Export) -> None:
    token = "ghp_" + "Ab3" * 12
    export.issue(f"bd-{token}", labels=[token], dependencies=[link(f"bd-2-{token}")], status=token)
    export.issue(f"bd-2-{token}", assignee=token)
    report = imported_twice(memory, export.path)
    assert report.imported == {"tasks": 2, "dependencies": 1}
    assert token not in "".join(event.data + event.stream_id for event in memory.read())
    assert token not in str(report)
    assert report.redacted > 3


@pytest.mark.parametrize("kind", ["blocks", "waits-for", "conditional-blocks"])
def test_an_issue_waits_for_what_it_names_in_any_way(memory: workledger.Workledger, export: Export, kind: str) -> None:
    export.issue("bd-1")
    export.issue("bd-2", dependencies=[link("bd-1", kind)])
    imported_twice(memory, export.path)
    assert memory.get(Task, "bd-2").depends_on == ("bd-1",)
    export.issue("bd-2", dependencies=[])
    import_beads(memory, export.path)
    assert memory.get(Task, "bd-2").depends_on == ()


def told(export: Export, *lines: Fields) -> None:
    export.path.write_text("".join(json.dumps({"id": "bd-1", **line}) + "\n" for line in lines))


NEW = {"title": "New", "status": "closed", "updated_at": day(9), "closed_at": day(9)}
OLD = {"title": "Old", "status": "open", "updated_at": day(2)}


@pytest.mark.parametrize("lines", [(NEW, OLD), (OLD, NEW)], ids=["newest first", "newest last"])
def test_the_newest_line_of_an_issue_counts(memory: workledger.Workledger, export: Export, lines: list[Fields]) -> None:
    told(export, *lines)
    report = imported_twice(memory, export.path)
    assert (memory.get(Task, "bd-1").title, memory.get(Task, "bd-1").state) == ("New", "done")
    assert report.left_out == {"older lines of the same issue": 1}
    assert report.first == {"older lines of the same issue": f"issues.jsonl:{1 + lines.index(OLD)}"}


def test_an_export_that_is_older_than_what_was_imported_changes_nothing(
    memory: workledger.Workledger, export: Export
) -> None:
    told(export, NEW)
    import_beads(memory, export.path)
    told(export, OLD)
    head = memory.head()
    report = import_beads(memory, export.path)
    assert memory.head() == head
    assert str(report) == (
        "beads: imported: nothing new; skipped: issues older than imported before (the newer stay) 1 "
        "(first: issues.jsonl:1)"
    )
    told(export, {**NEW, "title": "Newest", "updated_at": day(10)})
    assert import_beads(memory, export.path).imported == {"changed tasks": 1}


def test_an_issue_that_vanished_is_told_and_stays(memory: workledger.Workledger, export: Export) -> None:
    export.issue("bd-1")
    export.issue("bd-2")
    import_beads(memory, export.path)
    memory.create(Task.create(title="Mine", project_id=next(iter(import_beads(memory, export.path).project_ids))))
    del export.issues["bd-2"]
    export.write()
    head = memory.head()
    report = import_beads(memory, export.path)
    assert report.left_out["issues that are in this export no more (their tasks stay)"] == 1
    assert report.first["issues that are in this export no more (their tasks stay)"] == "bd-2"
    assert memory.head() == head
    with memory.edit(Task, "bd-2") as task:
        task.delete()
    assert "no more" not in str(import_beads(memory, export.path))


def test_an_issue_comes_back_from_a_tombstone_and_goes_again(memory: workledger.Workledger, export: Export) -> None:
    export.issue("bd-1", status="tombstone", deleted_at=day(3), updated_at=day(3))
    export.issue("bd-2", dependencies=[link("bd-1")])
    [project] = imported_twice(memory, export.path).project_ids
    assert memory.find(Task, "bd-1") is None
    for life, number in (("", 4), ("-2", 6)):
        id = f"bd-1~{project[-6:]}{life}"
        export.issue("bd-1", status="open", updated_at=day(number), title=f"Life{life}")
        report = imported_twice(memory, export.path)
        assert report.imported["tasks"] == 1
        assert memory.get(Task, id).title == f"Life{life}"
        assert memory.get(Task, "bd-2").depends_on[-1] == id
        export.issue("bd-1", status="tombstone", deleted_at=day(number + 1), updated_at=day(number + 1))
        assert imported_twice(memory, export.path).imported["changed tasks"] == 1
        assert memory.find(Task, id) is None


def test_the_same_id_in_two_projects_comes_in_twice(ledger: workledger.Workledger, tmp_path: Path) -> None:
    one, two = (Export(tmp_path / name / ".beads" / "issues.jsonl") for name in ("one", "two"))
    for export in (one, two):
        export.issue("bd-1", title=f"Of {export.path.parts[-3]}")
        export.issue("bd-2", dependencies=[link("bd-1")])
    [first] = import_beads(ledger, tmp_path / "one").project_ids
    [second] = imported_twice(ledger, tmp_path / "two").project_ids
    end = f"~{second[-6:]}"
    assert ledger.get(Task, "bd-1").title == "Of one"
    assert ledger.get(Task, f"bd-1{end}").title == "Of two"
    assert ledger.get(Task, f"bd-2{end}").depends_on == (f"bd-1{end}",)
    assert ledger.get(Task, f"bd-2{end}").project_id == second
    two.issue("bd-1", status="closed", updated_at=day(5))
    one.issue("bd-2", priority=0, updated_at=day(5))
    assert import_beads(ledger, tmp_path / "two").imported == {"changed tasks": 1}
    assert import_beads(ledger, tmp_path / "one").imported == {"changed tasks": 1}
    assert (ledger.get(Task, "bd-1").state, ledger.get(Task, f"bd-1{end}").state) == ("ready", "done")
    assert ledger.get(Task, "bd-2").priority == "high"
    assert first != second


def test_a_task_whose_metadata_was_replaced_is_still_the_issues(memory: workledger.Workledger, export: Export) -> None:
    export.issue("bd-1")
    import_beads(memory, export.path)
    with memory.edit(Task, "bd-1") as task:
        task.change_metadata(metadata={"mine": 1})
    with memory.edit(Task, "bd-1") as task:
        task.queue()
    assert import_beads(memory, export.path).imported == {"changed tasks": 1}
    assert memory.get(Task, "bd-1").metadata.keys() == {"mine", "beads"}
    assert memory.get(Task, "bd-1").state == "queued"


def test_parents_may_be_nested_without_an_end(memory: workledger.Workledger, export: Export) -> None:
    for number in range(1500):
        above = [link(f"bd-{number + 1}", "parent-child")] if number < 1499 else []
        export.issues[f"bd-{number}"] = {"id": f"bd-{number}", "title": "t", "dependencies": above}
    export.write()
    assert import_beads(memory, export.path).imported == {"tasks": 1500}
    assert memory.get(Task, "bd-0").parent_task_id == "bd-1"


@pytest.mark.parametrize("name", ["issues.jsonl", "beads.jsonl", "told.jsonl"])
@pytest.mark.parametrize("source", ["shop", "shop/.beads", "shop/.beads/{name}"])
def test_the_file_is_found(memory: workledger.Workledger, tmp_path: Path, name: str, source: str) -> None:
    export = Export(tmp_path / "shop" / ".beads" / name)
    export.issue("bd-1")
    if name == "told.jsonl":
        (export.path.parent / "metadata.json").write_text('{"database": "dolt", "jsonl_export": "told.jsonl"}')
    (export.path.parent / "interactions.jsonl").write_text('{"id": "other"}\n')
    report = import_beads(memory, tmp_path / source.format(name=name))
    assert report.imported == {"tasks": 1}
    assert memory.get(Project, report.project_ids.pop()).name == "shop"


def test_a_folder_without_a_file_says_which_is_missing(memory: workledger.Workledger, tmp_path: Path) -> None:
    (tmp_path / ".beads").mkdir()
    with pytest.raises(FileNotFoundError, match=r"issues\.jsonl"):
        import_beads(memory, tmp_path)
    (tmp_path / ".beads" / "beads.db").touch()
    with pytest.raises(BeadsFailed, match="--export"):
        import_beads(memory, tmp_path)
    assert memory.head() == 0


@pytest.mark.parametrize(
    "store", ["beads.db", "beads.db-wal", "dolt/shop/.dolt/noms/manifest", "embeddeddolt/shop/.dolt/noms/journal"]
)
@pytest.mark.parametrize(("later", "is_told"), [(3600, True), (1, False), (-3600, False)])
def test_a_file_that_is_older_than_the_database_is_told(
    memory: workledger.Workledger, tmp_path: Path, store: str, later: int, is_told: bool
) -> None:
    export = Export(tmp_path / ".beads" / "issues.jsonl")
    export.issue("bd-1")
    file = export.path.parent / store
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    written = datetime(2026, 2, 1, 9, tzinfo=UTC).timestamp()
    os.utime(export.path, (written, written))
    os.utime(file, (written + later, written + later))
    line = str(import_beads(memory, tmp_path))
    assert ("--export asks bd for it" in line) == is_told
    assert ("the database of beads changed at 2026-02-01 10:00" in line) == is_told


@pytest.fixture
def bd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for bd on PATH, which runs what is written into it."""
    program = tmp_path / "bin" / "bd"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def written(program: Path, *lines: str) -> None:
    program.write_text(f"#!{sys.executable}\nimport sys, os\n" + "\n".join(lines))
    program.chmod(0o755)


TELLS = (
    "assert sys.argv[1:3] == ['export', '-o'] and os.path.isdir('.beads')",
    'open(sys.argv[3], \'w\').write(\'{"id": "bd-1", "title": "From the database"}\\n\')',
)


def test_bd_is_asked_for_an_export_and_the_file_stays(memory: workledger.Workledger, tmp_path: Path, bd: Path) -> None:
    export = Export(tmp_path / ".beads" / "issues.jsonl")
    export.issue("bd-1", title="Stale")
    before = export.path.read_bytes()
    written(bd, *TELLS)
    for source in (tmp_path, tmp_path / ".beads", export.path):
        report = import_beads(memory, source, export=True)
        assert memory.get(Task, "bd-1").title == "From the database"
    assert not report.imported
    assert export.path.read_bytes() == before


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (None, "bd is not installed, or not on PATH"),
        (["sys.exit('Warning: x\\nError: no beads database found')"], "bd export failed: Error: no beads database"),
        (["sys.exit(3)"], "bd export failed: it ended with 3"),
        (["pass"], "wrote no file"),
    ],
)
def test_an_export_that_fails_says_why(
    memory: workledger.Workledger, tmp_path: Path, bd: Path, lines: list[str] | None, reason: str
) -> None:
    Export(tmp_path / ".beads" / "issues.jsonl").issue("bd-1")
    if lines is not None:
        written(bd, *lines)
    with pytest.raises(BeadsFailed, match=reason):
        import_beads(memory, tmp_path, export=True)
    assert memory.head() == 0
