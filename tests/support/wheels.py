"""Workledger built and installed as it is shipped, beside the packages that our own environment has."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
FOLDERS = ("domain", "projections", "adapters", "api")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a command prints.

    Raises:
        AssertionError: its exit code is not 0.
    """
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target: str, folder: Path) -> Path:
    """A wheel or an sdist of the work tree."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder)
    (built,) = folder.iterdir()
    return built


def environment(folder: Path, *shipped: str | Path) -> Path:
    """The python of a new environment, with what is given installed."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (site_packages(python) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    command = ("pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", python)
    run(SCRIPTS / "uv", *command, *shipped)
    return python


def site_packages(python: Path) -> Path:
    """Where that python has its packages."""
    return Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())


def app(folder: Path) -> Path:
    """An app with packages of the same names as our folders."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text('OWNER = "the app"\n')
    return folder


OWNERS = "".join(f"from {name} import OWNER as {name}_owner\nassert {name}_owner == 'the app'\n" for name in FOLDERS)
"""Asserts that those packages are the app's."""
