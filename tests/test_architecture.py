"""The house rules: layers, sizes, first sentences, and files that hold on every machine."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workledger.domain.kernel.aggregate import Event
from workledger.projections.groups import GROUPS

ROOT = Path(__file__).parent.parent
LAYERS = ("domain", "projections", "adapters", "api")
TOP = {
    *(*LAYERS, "tests", "docs"),
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"),
}
PACKAGE = ROOT / ".src" / "workledger"
EXPORTED = [*PACKAGE.glob("*.py"), *(PACKAGE / "testing").glob("*.py")]
MODULES = sorted([*EXPORTED, *(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))])
LINES = 300
REGISTRIES = (
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|jsdelivr\.net|unpkg\.com|crates\.io|deb\.debian\.org"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    """The files of the repository, new ones included."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / one for one in set(listing.stdout.split("\0")) if one)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def first_sentence(path: Path) -> str:
    documentation = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return documentation.partition("\n\n")[0]


def test_the_contracts_of_layers_and_circles_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    tool = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_links_of_the_package_lead_to_the_four_folders() -> None:
    assert {layer: os.readlink(PACKAGE / layer) for layer in LAYERS} == {layer: f"../../{layer}" for layer in LAYERS}


def test_the_top_level_is_as_agreed() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {one for one in names if not one.startswith(".")} <= TOP
    assert "uv.lock" not in names


def test_files_are_short() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > LINES} == {}


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    """The docstring begins with a sentence."""
    beginnings = {name(path): first_sentence(path) for path in MODULES if not path.name.startswith("_")}
    assert len(beginnings) > len(LAYERS)
    assert {path: said for path, said in beginnings.items() if not said.rstrip().endswith((".", ":", "?"))} == {}


def test_no_file_names_this_machine_or_a_registry() -> None:
    here = [str(path) for path in (ROOT, Path.home()) if len(path.parts) > 2]
    machine = "|".join(rf"(?<![\w./-]){re.escape(path)}(?![\w.-])" for path in here)
    forbidden = re.compile("|".join(filter(None, (machine, REGISTRIES))))
    found = {
        f"{name(path)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        if path != Path(__file__)
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if forbidden.search(line)
    }
    assert not found


NO_TABLE = {
    "command_log.trimmed": "no query asks for it; the log itself tells it",
    "import_source.adopted": "which records an earlier release had imported; only the importer asks, by claims",
    "import_source.read": "how far an earlier release had read a file; only the importer asks",
    "import_source.records_imported": "which records of a file were imported; only the importer asks, by claims",
    "imported_rows.imported": "how rows of another database were when they were imported; only the importer asks",
    "redaction.begun": "for those who read the log; nothing is listed",
    "redaction.finished": "as above",
    "tool_calls.opened": "says whose tool calls follow; each of them says it again",
}
"""Events that no read table is made from, and why."""


def test_every_event_is_in_a_read_table_or_has_a_reason_not_to_be() -> None:
    read = {topic for group in GROUPS for topic in group.plan}
    assert set(Event.TOPICS) - read == set(NO_TABLE)
