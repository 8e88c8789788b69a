"""What is shipped works in an app that has folders called domain and api of its own, and so does README's example."""

import sys
from pathlib import Path

import pytest

from support.documentation import ROOT, blocks
from support.wheels import FOLDERS, OWNERS, app, build, environment, run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(params=["wheel", "sdist", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The python of an environment with workledger in it, and beside it only what our own has."""
    shipped = ["--editable", ROOT] if request.param == "editable" else [request.getfixturevalue(request.param)]
    return environment(tmp_path / "environment", *shipped)


def test_readmes_example_runs_in_an_app_with_folders_of_the_same_names(installed: Path, tmp_path: Path) -> None:
    folder = app(tmp_path / "app")
    (folder / "main.py").write_text(blocks(ROOT / "README.md", "python")[0] + OWNERS)
    assert "Fix the till" in run(installed, "-W", "error", "main.py", cwd=folder)
    assert (folder / "work.db").exists()


def test_the_command_is_installed(installed: Path, tmp_path: Path) -> None:
    assert "demo" in run(installed.parent / "workledger", "--help", cwd=tmp_path)


def test_the_wheel_holds_the_four_folders_what_is_exported_types_and_licence_and_nothing_else(wheel: Path) -> None:
    names = run(sys.executable, "-m", "zipfile", "--list", wheel).split()
    packages = {name.split("/")[1] for name in names if name.startswith("workledger/")}
    exported = {"__init__.py", "columns.py", "fields.py", "http.py"}
    assert packages == {*FOLDERS, *exported, "testing", "py.typed"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "docs", "."))]
