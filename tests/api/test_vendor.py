"""What the page borrows from others: each vendored file is the one that vendor.toml notes, its licence beside it."""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import workledger.api

STATIC = Path(workledger.api.__path__[0]) / "static"
VENDOR = STATIC / "vendor"
FILES: list[dict[str, Any]] = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["name"]))
def test_a_vendored_file_has_the_hash_that_was_noted(file: dict[str, Any]) -> None:
    assert hashlib.sha256((VENDOR / file["name"]).read_bytes()).hexdigest() == file["sha256"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["name"]))
def test_a_vendored_file_names_its_version_and_keeps_its_licence(file: dict[str, Any]) -> None:
    assert file["name"].endswith(f"-{file['version']}.mjs")
    assert "Copyright" in (VENDOR / file["license"]).read_text()


def test_nothing_is_vendored_without_being_noted() -> None:
    noted = {file["name"] for file in FILES} | {file["license"] for file in FILES} | {"vendor.toml"}
    assert {path.name for path in VENDOR.iterdir()} == noted


def test_the_import_map_points_at_vendored_files_and_the_modules_import_nothing_else() -> None:
    page = (STATIC / "index.html").read_text()
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    imports: dict[str, str] = json.loads(found[1])["imports"]
    assert {Path(path).name for path in imports.values()} == {file["name"] for file in FILES}
    wanted = re.compile(r'^(?:import|export)\b[^"]*\bfrom "([^"]+)"|^import "([^"]+)"', re.MULTILINE)
    for module in (STATIC / "app").glob("*.mjs"):
        for named, bare in wanted.findall(module.read_text()):
            name = named or bare
            assert name in imports or (STATIC / "app" / name).is_file(), f"{module.name} imports {name}"


def test_the_page_asks_no_other_host_for_anything() -> None:
    for path in [STATIC / "index.html", *(STATIC / "app").glob("*.mjs"), *(STATIC / "styles").glob("*.css")]:
        assert not re.search(r"https?://|//cdn|@import", path.read_text()), path.name
