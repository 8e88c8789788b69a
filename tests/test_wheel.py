"""What is shipped works in an app that has folders called domain and api of its own, and so does README's example."""

import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
OWNERS = """
from {folder} import OWNER
assert OWNER == "the app"
"""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target: str, folder: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(params=["wheel", "sdist", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The python of an environment with workledger in it, and beside it only what our own has."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    shipped = ["--editable", ROOT] if request.param == "editable" else [request.getfixturevalue(request.param)]
    command = ("pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", python)
    run(SCRIPTS / "uv", *command, *shipped)
    return python


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app with packages of the same names as our folders."""
    folder = tmp_path / "app"
    for name in ("domain", "projections", "adapters", "api"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text('OWNER = "the app"\n')
    owners = "".join(OWNERS.format(folder=path.name) for path in sorted(folder.iterdir()))
    (folder / "main.py").write_text(example() + owners)
    return folder


def example() -> str:
    """The first Python block of README."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return block[1]


def test_readmes_example_runs_in_an_app_with_folders_of_the_same_names(installed: Path, app: Path) -> None:
    assert "Fix the till" in run(installed, "-W", "error", "main.py", cwd=app)
    assert (app / "work.db").exists()


def test_the_command_is_installed(installed: Path, tmp_path: Path) -> None:
    assert "demo" in run(installed.parent / "workledger", "--help", cwd=tmp_path)


def test_the_wheel_holds_the_four_folders_types_and_licence_and_nothing_else(wheel: Path) -> None:
    names = run(sys.executable, "-m", "zipfile", "--list", wheel).split()
    packages = {"/".join(name.split("/")[:2]) for name in names if name.startswith("workledger/")}
    assert {"workledger/domain", "workledger/projections", "workledger/adapters", "workledger/api"} <= packages
    assert {one for one in packages if "." in one} == {"workledger/__init__.py", "workledger/py.typed"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "docs", "."))]
