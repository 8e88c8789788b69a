"""What `make` has compiled is not compiled again, where processes may not write bytecode either."""

import os
import subprocess
import sys
from pathlib import Path

import workledger

ROOT = Path(__file__).parent.parent
PACKAGE = Path(workledger.__file__).parent
IMPORT_ALL = """
import importlib, pkgutil, workledger
for module in pkgutil.walk_packages(workledger.__path__, "workledger."):
    importlib.import_module(module.name)
"""
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def compiled(imports: str) -> set[str]:
    """The files of the package that a process compiles to import these."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-v", "-c", imports], env=environment, capture_output=True, text=True, check=True
    )
    said = (line.removeprefix("# code object from ") for line in done.stderr.splitlines())
    return {path for path in said if path.startswith(str(PACKAGE)) and path.endswith(".py")}


def test_a_process_compiles_nothing_after_make(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    make = ["make", "--silent", f"VENV={sys.prefix}", "bytecode"]
    subprocess.run(make, cwd=ROOT, env=environment, check=True)
    assert compiled(IMPORT_ALL) == set()
    elsewhere = f"import sys; sys.pycache_prefix = {str(tmp_path)!r}; import workledger"
    assert str(PACKAGE / "__init__.py") in compiled(elsewhere)
